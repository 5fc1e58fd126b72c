// The citizen's own page /t/<token>: where this ticket stands, where to go when it is called, and the rating afterwards.

import { Api } from "../shared/api.js";
import { choosePalette } from "../shared/look.js";
import { Texts } from "../shared/texts.js";
import { Link } from "./link.js";

const BUZZ = [400, 200, 400, 200, 800];
const AT_A_WINDOW = ["calling", "serving", "held"];

const byId = (id) => document.getElementById(id);
const put = (id, text) => {
  if (byId(id).textContent !== text) byId(id).textContent = text;
};
const show = (id, visible) => {
  byId(id).hidden = !visible;
};

class Page {
  constructor(texts) {
    const token = decodeURIComponent(location.pathname.split("/")[2] || "");
    this.texts = texts;
    this.api = new Api();
    this.link = new Link(this.api, token, {
      status: (status) => this.take(status),
      lost: (lost) => this.lose(lost),
      unknown: () => this.miss(),
    });
    this.status = null;
    this.at = null;
    this.calls = 0;
    texts.changed.push(() => this.draw());
  }

  start() {
    byId("cancel").onclick = () => this.ask(true);
    byId("stay").onclick = () => this.ask(false);
    byId("leave").onclick = () => this.act("leave", "cancel");
    byId("return").onclick = () => this.act("return", "reactivate");
    byId("remind").onclick = () => this.remind();
    this.link.start();
    this.learn();
  }

  // Whose hall this is; a server of many halls does not say, and the ticket names its hall anyway.
  async learn() {
    const hall = await this.api.get("/surfaces").catch(() => null);
    if (!hall) return;
    show("demo", hall.demo);
    this.hall = hall.hallName;
    this.draw();
  }

  take(status) {
    const ticket = status.ticket;
    const called = ticket.state === "calling" && ticket.calls > this.calls;
    if (called && this.status) this.buzz();
    this.calls = ticket.calls;
    this.status = status;
    this.at = new Date();
    this.draw();
  }

  lose(lost) {
    show("lost", lost);
    this.cut = lost;
    this.draw();
  }

  miss() {
    this.status = null;
    this.gone = true;
    this.draw();
  }

  // Browsers let a page vibrate only after somebody touched it; without that touch they complain instead.
  canBuzz() {
    return Boolean(navigator.vibrate) && (!navigator.userActivation || navigator.userActivation.hasBeenActive);
  }

  buzz() {
    if (this.canBuzz()) navigator.vibrate(BUZZ);
  }

  remind() {
    navigator.vibrate(200);
    this.reminds = true;
    this.draw();
  }

  ask(sure) {
    this.asking = sure;
    this.draw();
    byId(sure ? "stay" : "cancel").focus();
    if (sure) byId("sure").scrollIntoView({ block: "end" });
  }

  // The answer to an act does not know the place in the line; that is asked for at once.
  async act(button, verb) {
    byId(button).disabled = true;
    try {
      this.take(await this.api.press(`${this.link.path}/${verb}`));
      this.link.ask();
    } catch (refusal) {
      this.refused(refusal);
    }
    byId(button).disabled = false;
    this.asking = false;
    this.draw();
  }

  refused(refusal) {
    const keys = ["rate", "my"].map((area) => `${area}.refused.${refusal.code}`);
    put("said", this.texts.t(keys.find((key) => this.texts.has(key)) || "my.refused.internal"));
    if (refusal.code !== "no_answer") this.link.ask();
  }

  draw() {
    const texts = this.texts;
    const state = this.gone ? "unknown" : this.status ? this.status.ticket.state : "starting";
    const card = byId("card");
    if (card.dataset.state !== state) put("said", "");
    card.dataset.state = state;
    put("hall", texts.of((this.status && this.status.hallName) || this.hall));
    if (this.cut) put("lost", this.at ? texts.t("my.lost", { time: this.clock(this.at) }) : texts.t("my.noAnswer"));
    show("starting", state === "starting");
    show("ticket", state !== "starting");
    this.drawNews(state);
    if (this.status) this.drawTicket(this.status, state);
    const waiting = state === "waiting";
    const hint = `my.hint.${waiting && this.status.ticket.standing === "returned" ? "returned" : state}`;
    show("facts", Boolean(this.status) && state !== "done");
    show("queue", Boolean(this.status));
    show("number", Boolean(this.status));
    show("hint", texts.has(hint));
    if (!byId("hint").hidden) put("hint", texts.t(hint));
    show("return", state === "passed");
    show("remind", waiting && Boolean(navigator.vibrate) && !this.reminds && !this.asking);
    show("cancel", waiting && !this.asking);
    show("sure", waiting && Boolean(this.asking));
  }

  drawTicket(status, state) {
    const texts = this.texts;
    const ticket = status.ticket;
    put("queue", texts.of(status.queueName));
    put("number", ticket.number);
    byId("number").dataset.number = ticket.number;
    put("issued", this.clock(new Date(ticket.issuedAt)));
    show("warning", state === "waiting" && Boolean(status.warning));
    if (status.warning) put("warning", texts.t(`my.warning.${status.warning}`));
    this.drawSteps(state === "done" ? [] : status.steps || []);
    show("places", state === "waiting" && status.windows.length > 0);
    this.drawPlaces(status.windows);
    this.open = state === "done" && ["invited", "timed-out"].includes(status.rating);
    if (this.open) this.invite();
    else show("rate", false);
  }

  // Several matters on one ticket: a part of its own, because few have them.
  drawSteps(steps) {
    show("steps", steps.length > 1);
    if (steps.length > 1) import("./steps.js").then(({ draw }) => draw(byId("steps"), this)).catch(() => show("steps", false));
  }

  // The rating is a part of its own, with its words: who only waits does not load it.
  async invite() {
    if (!this.rate) {
      if (!this.texts.areas.includes("rate")) this.texts.areas.push("rate");
      this.rate = Promise.all([import("./rate.js"), this.texts.load()]).then(([{ Rate }]) => {
        const told = { done: () => this.link.ask(), fail: (refusal) => this.refused(refusal) };
        return new Rate(this.api, this.link.path, this.texts, byId("rate"), told);
      });
    }
    try {
      (await this.rate).open(this);
    } catch (failure) {
      // not loaded: the next word from the hall tries again
      this.rate = null;
    }
  }

  // Windows by where they are; the name of a window is never broken in two.
  drawPlaces(windows) {
    const texts = this.texts;
    const zones = new Map();
    for (const window of windows) zones.set(this.zone(window), (zones.get(this.zone(window)) || []).concat(texts.of(window.name)));
    const where = byId("where");
    where.textContent = "";
    zones.forEach((names, zone) => {
      names.forEach((name, at) => span(where, at + 1 < names.length ? name + texts.t("list.comma") : name));
      span(where, zone).className = "zone";
    });
  }

  zone(window) {
    return `${this.texts.of(window.floor)} · ${this.texts.of(window.zone)}`;
  }

  drawNews(state) {
    const texts = this.texts;
    const status = this.status;
    const window = status && AT_A_WINDOW.indexOf(state) >= 0 ? status.windows[0] : null;
    const name = window ? texts.of(window.name) : "";
    const headline = byId("headline");
    delete headline.dataset.ahead;
    let key = `my.${state}`;
    let value = name;
    let line = window ? this.zone(window) : texts.has(`my.line.${state}`) ? texts.t(`my.line.${state}`) : "";
    if (state === "waiting") {
      headline.dataset.ahead = status.ahead;
      value = status.ahead;
      if (!status.ahead) key = status.ahead === 0 ? "my.next" : "my.again";
      line = status.estimatedWaitSeconds ? texts.t("my.wait", { range: texts.range(status.estimatedWaitSeconds) }) : "";
    }
    if (state === "done" && status.rating === "submitted") line = texts.t("my.thanks");
    if (state !== "starting") emphasise(headline, texts.t(key), value);
    put("line", line);
    const called = state === "calling" ? texts.t(key, { value: name }) : texts.t("my.title");
    document.title = status ? `${status.ticket.number} ${called}` : called;
  }

  clock(at) {
    return at.toLocaleTimeString(this.texts.language === "zh" ? "zh-CN" : "en-GB", {
      hour: "2-digit", minute: "2-digit", timeZone: this.status.timeZone || undefined,
    });
  }
}

// A sentence in which one word is larger than the others.
function emphasise(node, text, value) {
  const [before, after] = text.split("{value}");
  if (node.textContent === before + (after === undefined ? "" : value + after)) return;
  node.textContent = before;
  if (after === undefined) return;
  const strong = document.createElement("strong");
  strong.textContent = value;
  node.append(strong, after);
}

function span(place, text) {
  const node = document.createElement("span");
  node.textContent = text;
  place.append(node);
  return node;
}

async function main() {
  choosePalette();
  const texts = new Texts("phone");
  await texts.load();
  texts.bindSwitch(byId("language"));
  new Page(texts).start();
}

main();
