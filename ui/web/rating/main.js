// The rating pad /rate/<window>: shows who sits here; after a service asks once, takes what is pressed, and forgets it.

import { Api, Refusal } from "../shared/api.js";
import { Door, refusalText } from "../shared/door.js";
import { el, mirror, once, put, show } from "../shared/dom.js";
import { Feed } from "../shared/feed.js";
import { drawIcons } from "../shared/icons.js";
import { choosePalette } from "../shared/look.js";
import { Terminal } from "../shared/terminal.js";
import { Texts } from "../shared/texts.js";
import { face } from "./faces.js";

const THANKS = 5000;
const SECOND = 1000;
const LEARN_AGAIN = 2000;

const byId = (id) => document.getElementById(id);

class Pad {
  constructor(texts) {
    this.texts = texts;
    this.language = texts.language;
    this.id = decodeURIComponent(location.pathname.split("/")[2] || "");
    this.door = new Door(texts, "device");
    this.api = new Api(() => this.door.token());
    this.catalogue = { levels: [] };
    this.board = null;
    this.link = "starting";
    this.thanking = false;
    this.answered = null;
    this.forget();
    texts.changed.push(() => this.draw());
  }

  // Nothing of one citizen is left for the next.
  forget() {
    this.level = null;
    this.reasons = new Set();
    this.sending = false;
    this.trouble = null;
    byId("words").value = "";
    if (this.texts.language !== this.language) this.texts.switchTo(this.language);
  }

  async start() {
    let trouble = null;
    try {
      await this.door.useFragment(this.api);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      trouble = refusalText(this.texts, refusal, "door");
    }
    if (!this.door.token()) await this.askIn(trouble);
    byId("send").addEventListener("click", () => this.send());
    byId("words").addEventListener("input", () => this.draw());
    this.feed = this.makeFeed();
    new Terminal(this.api).start();
    setInterval(() => this.tick(), SECOND / 4);
  }

  askIn(trouble) {
    return this.door.ask(this.api, byId("door"), () => this.texts.t("rating.doorTitle", { id: this.id }), trouble);
  }

  makeFeed() {
    const tell = { board: (board) => this.take(board), state: (state) => this.linked(state) };
    return new Feed(this.api, tell).start();
  }

  async linked(state) {
    this.link = state;
    document.documentElement.dataset.state = state;
    this.draw();
    if (state === "refused") {
      this.feed.stop();
      this.door.forget();
      await this.askIn(this.texts.t("door.again"));
      this.feed = this.makeFeed();
    } else if (state === "live") await this.learn();
  }

  // Without the levels nobody can rate: what did not come is asked for again.
  async learn() {
    clearTimeout(this.learning);
    try {
      this.catalogue = await this.api.get("/catalogue");
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (refusal.retryable) this.learning = setTimeout(() => this.learn(), LEARN_AGAIN);
    }
    this.draw();
  }

  take(board) {
    const before = this.asked();
    this.board = board;
    if (before !== this.asked() && !this.thanking) this.forget();
    this.draw();
  }

  get window() {
    return this.board ? this.board.windows[this.id] : null;
  }

  // The service that is to be rated now, or null.
  asked() {
    const window = this.window;
    if (!window || window.rating !== "invited" || !window.service || window.service === this.answered) return null;
    return this.secondsLeft() > 0 ? window.service : null;
  }

  secondsLeft() {
    return (Date.parse(this.window.ratingUntil) - this.api.now()) / SECOND;
  }

  choose(level) {
    if (this.sending) return;
    if (this.level !== level) this.reasons = new Set();
    this.level = level;
    this.trouble = null;
    this.draw();
  }

  toggle(code) {
    if (!this.reasons.delete(code)) this.reasons.add(code);
    this.trouble = null;
    this.draw();
  }

  async send() {
    const service = this.asked();
    const level = this.catalogue.levels.find((one) => one.level === this.level);
    const text = byId("words").value.trim();
    if (!service || !level || this.sending) return;
    if (level.bad && this.reasons.size === 0 && !text) {
      this.trouble = () => this.texts.t("refusal.reason_required");
      this.draw();
      return;
    }
    this.sending = true;
    this.trouble = null;
    this.draw();
    const body = { level: level.level, reasons: Array.from(this.reasons), text, channel: "pad" };
    try {
      await this.api.press(`/services/${encodeURIComponent(service)}/rating`, body);
      // An answer that was long on its way says nothing to the citizen who came after.
      if ([null, service].includes(this.asked())) await this.thank(service);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (this.asked() !== service) return;
      this.sending = false;
      this.trouble = () => refusalText(this.texts, refusal, "rating");
      this.draw();
    }
  }

  async thank(service) {
    this.answered = service;
    this.thanking = true;
    this.forget();
    this.draw();
    await once(THANKS);
    this.thanking = false;
    this.draw();
  }

  // The time to answer runs out quietly; nothing is sent for anybody.
  tick() {
    if (this.view !== "invite") return;
    const left = this.asked() ? this.secondsLeft() : 0;
    if (left <= 0) {
      this.forget();
      this.draw();
      return;
    }
    put(byId("left"), this.texts.t("rating.left", { seconds: Math.ceil(left) }));
    byId("drain").style.transform = `scaleX(${Math.min(1, left / 60).toFixed(3)})`;
  }

  draw() {
    const window = this.window;
    const texts = this.texts;
    show(byId("link"), this.link === "lost");
    show(byId("demo"), Boolean(this.catalogue.demo));
    if (!window) return;
    put(byId("window"), texts.of(window.name));
    const view = this.thanking ? "thanks" : this.asked() && this.catalogue.levels.length ? "invite" : "card";
    const entered = this.view !== view;
    this.view = view;
    byId("pad").dataset.view = view;
    for (const name of ["card", "invite", "thanks"]) show(byId(name), name === view);
    if (view === "card") this.drawCard(window);
    if (view === "invite") this.drawInvite(window);
    if (view === "invite" && entered) byId("question").focus({ preventScroll: true });
  }

  drawCard(window) {
    const texts = this.texts;
    put(byId("officer-number"), window.officer ? texts.t("rating.officerNumber", { number: window.officer.number }) : "");
    put(byId("officer-name"), window.officer ? window.officer.name : texts.of(window.name));
    byId("mode").dataset.mode = window.mode;
    put(byId("mode"), texts.t(`rating.mode.${window.mode}`));
    const queues = window.queues.map((id) => this.board.queues[id]).filter(Boolean);
    mirror(byId("services"), queues, (queue) => queue.id, () => el("li"), (node, queue) => put(node, texts.of(queue.name)));
  }

  drawInvite(window) {
    const texts = this.texts;
    const officer = window.officer;
    put(byId("of"), officer ? texts.t("rating.of", { number: officer.number, name: officer.name }) : "");
    mirror(
      byId("faces"),
      this.catalogue.levels,
      (level) => level.level,
      (level) => el("button", { type: "button", "data-level": level.level, onclick: () => this.choose(level.level) }, face(level.level), el("span")),
      (node, level) => {
        put(node.lastChild, texts.of(level.text));
        node.setAttribute("aria-pressed", String(level.level === this.level));
      },
    );
    const chosen = this.catalogue.levels.find((level) => level.level === this.level);
    byId("invite").dataset.chosen = chosen ? "yes" : "no";
    show(byId("why"), Boolean(chosen));
    show(byId("send"), Boolean(chosen));
    byId("send").disabled = this.sending;
    put(byId("trouble"), this.trouble ? this.trouble() : "");
    if (chosen) this.drawReasons(chosen);
    this.tick();
  }

  drawReasons(level) {
    const texts = this.texts;
    put(byId("why-title"), texts.t(level.bad ? "rating.whyBad" : "rating.whyGood"));
    mirror(
      byId("chips"),
      level.reasons.filter((reason) => !(reason.hideOn || []).includes("pad")),
      (reason) => reason.code,
      (reason) => el("button", { type: "button", class: "chip", "data-reason": reason.code, onclick: () => this.toggle(reason.code) }),
      (node, reason) => {
        put(node, texts.of(reason.text));
        node.setAttribute("aria-pressed", String(this.reasons.has(reason.code)));
      },
    );
  }
}

async function main() {
  choosePalette();
  const texts = new Texts("web");
  await texts.load();
  drawIcons(document);
  texts.bindSwitch(byId("language"));
  await new Pad(texts).start();
}

main();
