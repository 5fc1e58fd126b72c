// The rating after the service: five levels of the same size and weight, then why, then thanks. Nothing is chosen beforehand.

import { styled } from "./styled.js";

const FACE = "M16 29a13 13 0 1 0 0-26 13 13 0 0 0 0 26zM11.500 12v1.500M20.500 12v1.500";
const MOUTHS = {
  "very-satisfied": "M9 18h14c-.5 4-3 6-7 6s-6.500-2-7-6z",
  satisfied: "M10 19c1.500 2.700 3.500 4 6 4s4.500-1.300 6-4",
  "basically-satisfied": "M11 20.500c1.500.7 3.200 1 5 1s3.500-.3 5-1",
  dissatisfied: "M10.500 22.500c1.500-2 3.300-3 5.500-3s4 1 5.500 3",
  "very-dissatisfied": "M9.500 23.500c1.500-3.300 3.700-5 6.500-5s5 1.700 6.500 5M9.500 9l3.500 1M22.500 9l-3.500 1",
};

export class Rate {
  // done() after the hall has the rating; fail(refusal) when it said no.
  constructor(api, path, texts, place, tell) {
    Object.assign(this, { api, path, texts, place, tell, levels: null, level: null, chosen: new Set(), words: "" });
  }

  // `page.open` says whether the hall still asks once the parts of the form are there.
  async open(page) {
    if (this.drawn === this.texts.language) {
      this.place.hidden = !(this.levels && page.open);
      return;
    }
    this.drawn = this.texts.language;
    try {
      if (!this.levels) {
        const [reply] = await Promise.all([this.api.get("/levels"), styled("/static/ticket/rate.css")]);
        this.levels = reply.levels;
      }
      this.draw();
      this.place.hidden = !page.open;
    } catch (refusal) {
      this.drawn = null;
      this.tell.fail(refusal);
    }
  }

  draw() {
    this.place.textContent = "";
    this.place.hidden = false;
    if (this.level) this.drawWhy();
    else this.drawLevels();
  }

  drawLevels() {
    this.add("h2", "", this.texts.t("rate.ask"));
    const list = this.add("div", "levels");
    for (const level of this.levels) {
      const button = add(list, "button", "level");
      button.dataset.level = level.level;
      button.append(face(level.level));
      add(button, "span", "", this.texts.of(level.text));
      button.onclick = () => this.choose(level);
    }
  }

  choose(level) {
    this.level = level;
    this.chosen.clear();
    this.words = "";
    this.draw();
    this.place.scrollIntoView({ block: "start" });
  }

  drawWhy() {
    const t = (key) => this.texts.t(key);
    const head = this.add("div", "chosen");
    head.append(face(this.level.level));
    add(head, "strong", "", this.texts.of(this.level.text));
    const other = add(head, "button", "quiet", t("rate.other"));
    other.onclick = () => this.choose(null);
    this.add("h2", "", t(this.level.bad ? "rate.why" : "rate.whyGood"));
    const chips = this.add("div", "chips");
    for (const reason of this.level.reasons) {
      if (reason.hideOn && reason.hideOn.indexOf("qr") >= 0) continue;
      const chip = add(chips, "button", "chip", this.texts.of(reason.text));
      chip.dataset.reason = reason.code;
      chip.setAttribute("aria-pressed", this.chosen.has(reason.code));
      chip.onclick = () => {
        if (!this.chosen.delete(reason.code)) this.chosen.add(reason.code);
        chip.setAttribute("aria-pressed", this.chosen.has(reason.code));
        this.allow();
      };
    }
    const words = this.add("textarea");
    words.rows = 2;
    words.maxLength = 500;
    words.value = this.words;
    words.placeholder = t("rate.words");
    words.setAttribute("aria-label", t("rate.words"));
    words.oninput = () => {
      this.words = words.value;
      this.allow();
    };
    this.need = this.add("p", "need", t("rate.need"));
    this.send = this.add("button", "primary wide", t("rate.send"));
    this.send.dataset.act = "send";
    this.send.onclick = () => this.give();
    this.allow();
  }

  // A bad level says why: in a chosen reason or in words.
  allow() {
    const missing = this.level.bad && !this.chosen.size && !this.words.trim();
    this.send.disabled = missing;
    this.need.hidden = !missing;
  }

  async give() {
    this.send.disabled = true;
    const body = { level: this.level.level, reasons: Array.from(this.chosen), text: this.words.trim() };
    try {
      await this.api.press(`${this.path}/rating`, body);
      this.tell.done();
    } catch (refusal) {
      this.tell.fail(refusal);
      this.allow();
    }
  }

  add(tag, className, text) {
    return add(this.place, tag, className, text);
  }
}

function add(place, tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  place.append(node);
  return node;
}

function face(level) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 32 32");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", FACE + MOUTHS[level]);
  svg.append(path);
  return svg;
}
