// The call screen /screen/<id>: who is called to which window, for the zones of this screen, seen and heard.

import { Api, Refusal } from "../shared/api.js";
import { Clock } from "../shared/clock.js";
import { Door, refusalText } from "../shared/door.js";
import { duration, el, mirror, put, show } from "../shared/dom.js";
import { Feed } from "../shared/feed.js";
import { drawIcons, icon } from "../shared/icons.js";
import { choosePalette } from "../shared/look.js";
import { InOrder } from "../shared/order.js";
import { Terminal } from "../shared/terminal.js";
import { Texts } from "../shared/texts.js";
import { Calls } from "./calls.js";
import { Voice } from "./voice.js";

const ROWS = 8;
const NOTICE_TURN = 12000;
const LEARN_AGAIN = 2000;
const EARLY = 12;
const CALLING = ["ticket.called", "ticket.recalled"];

const byId = (id) => document.getElementById(id);

class Screen {
  constructor(texts) {
    this.texts = texts;
    this.id = decodeURIComponent(location.pathname.split("/")[2] || "");
    this.door = new Door(texts, "device");
    this.api = new Api(() => this.door.token());
    this.clock = new Clock(this.api, texts, { time: byId("time"), date: byId("date") });
    this.terminal = new Terminal(this.api);
    this.board = null;
    this.link = "starting";
    this.turn = 0;
    this.answers = new InOrder();
    this.early = [];
    this.shape({ zones: [], screens: [] });
    texts.changed.push(() => this.draw());
  }

  // What the hall says about this screen.
  shape(catalogue) {
    const own = (catalogue.screens || []).find((screen) => screen.id === this.id);
    this.catalogue = catalogue;
    this.zones = own && own.zones.length ? own.zones : catalogue.zones.map((zone) => zone.id);
    this.speaks = Boolean(own && own.speaks);
    this.clock.setZone(catalogue.timeZone);
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
    this.voice = new Voice(this.api, { blocked: (blocked) => this.soundBlocked(blocked) });
    this.calls = new Calls(() => this.api.now(), duration("--screen-call-hold"), (next) => this.speak(next), () => this.draw());
    byId("sound").addEventListener("click", () => this.voice.wake());
    this.feed = this.makeFeed();
    this.terminal.start();
    setInterval(() => {
      this.turn += 1;
      this.drawCaption();
    }, NOTICE_TURN);
  }

  askIn(trouble) {
    return this.door.ask(this.api, byId("door"), () => this.texts.t("screen.doorTitle", { id: this.id }), trouble);
  }

  makeFeed() {
    return new Feed(this.api, {
      board: (board) => this.take(board),
      event: (event) => this.hear(event),
      state: (state) => this.linked(state),
    }).start();
  }

  async linked(state) {
    this.link = state;
    document.documentElement.dataset.state = state;
    this.draw();
    if (state === "live") await this.learn();
    else if (state === "lost") {
      this.early = [];
      this.calls.clear();
    } else if (state === "refused") {
      this.feed.stop();
      this.door.forget();
      await this.askIn(this.texts.t("door.again"));
      this.feed = this.makeFeed();
    }
  }

  // Without its zones a screen announces nothing: what did not come is asked for again.
  async learn() {
    clearTimeout(this.learning);
    try {
      const catalogue = await this.answers.of(this.api.get("/catalogue"));
      if (!catalogue) return;
      this.shape(catalogue);
      this.known = true;
      for (const event of this.early.splice(0)) this.announce(event);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (refusal.retryable) this.learning = setTimeout(() => this.learn(), LEARN_AGAIN);
    }
    if (this.speaks) await this.voice.wake();
    this.draw();
  }

  take(board) {
    this.board = board;
    if (this.drawing) return;
    this.drawing = true;
    setTimeout(() => {
      this.drawing = false;
      this.draw();
    }, 0);
  }

  hear(event) {
    if (event.type === "hall.changed") this.learn();
    const call = event.data.call;
    if (call && call.withdrawn) {
      this.early = this.early.filter((other) => other.data.call.ticket !== call.ticket);
      this.calls.withdraw(call.ticket);
    }
    if (!call || !CALLING.includes(event.type)) return;
    if (this.known) this.announce(event);
    else this.early = this.early.concat(event).slice(-EARLY); // a call does not wait for the catalogue in vain
  }

  announce({ seq, data: { call } }) {
    if (this.zones.includes(call.zone)) this.calls.add(seq, call);
  }

  async speak(next) {
    if (!this.speaks) return;
    await this.voice.speak(next.seq, next.call.validUntil);
  }

  soundBlocked(blocked) {
    show(byId("sound"), blocked);
    if (blocked) this.terminal.set("speaker", "sound-blocked", "touch-screen");
    else this.terminal.clear("sound-blocked");
  }

  draw() {
    const texts = this.texts;
    put(byId("hall"), texts.of(this.catalogue.name));
    const names = this.catalogue.zones.filter((zone) => this.zones.includes(zone.id)).map((zone) => texts.of(zone.name));
    put(byId("zones"), names.join(texts.t("list.comma")));
    show(byId("zones"), names.length > 0);
    show(byId("demo"), Boolean(this.catalogue.demo));
    const call = this.calls ? this.calls.current : null;
    const state = this.link === "lost" ? "cut" : call ? "calling" : this.board ? "resting" : "starting";
    byId("screen").dataset.state = state;
    show(byId("call"), state === "calling");
    show(byId("cut"), state === "cut");
    show(byId("rest"), state === "resting");
    if (state === "calling") this.drawCall(call);
    put(byId("welcome"), texts.t("screen.welcome"));
    put(byId("guide"), texts.t("screen.guide"));
    if (this.board) this.drawLists(call);
    this.drawCaption();
  }

  drawCall(call) {
    const texts = this.texts;
    const name = texts.of(call.windowName);
    const key = `${call.ticket} ${call.calls} ${call.at}`;
    put(byId("please"), texts.t("screen.please"));
    put(byId("number"), call.number);
    set(byId("number"), "longest", call.number.length > 5);
    put(byId("to"), texts.t("screen.to"));
    put(byId("window"), name);
    set(byId("window"), "long", name.length > (texts.language === "zh" ? 5 : 8));
    show(byId("again"), call.calls > 1);
    const line = byId("call");
    line.dataset.callNumber = call.number;
    if (line.dataset.call !== key) {
      line.dataset.call = key;
      line.classList.remove("fresh");
      void line.offsetWidth;
      line.classList.add("fresh");
    }
  }

  drawLists(call) {
    const texts = this.texts;
    const shown = (row) => !row.withdrawn && this.zones.includes(row.zone) && !(call && row.ticket === call.ticket);
    const calls = this.board.calls.filter(shown);
    mirror(
      byId("calls"),
      calls.slice(0, ROWS),
      (row) => row.ticket,
      () => el("li", {}, el("span", { class: "number" }), icon("arrow"), el("span", { class: "at" })),
      (node, row) => {
        const name = texts.of(row.windowName);
        put(node.firstElementChild, row.number);
        set(node.firstElementChild, "long", row.number.length === 5);
        set(node.firstElementChild, "longest", row.number.length > 5);
        put(node.lastElementChild, name);
        set(node.lastElementChild, "long", name.length > (texts.language === "zh" ? 5 : 9));
      },
    );
    show(byId("none"), calls.length === 0 && !call);
    show(byId("calls"), calls.length > 0);
    mirror(
      byId("queues"),
      this.queues(),
      (queue) => queue.id,
      () => el("li", {}, el("p", { class: "queue" }, el("span", { class: "name" }), el("span", { class: "count numbers" })), el("p", { class: "range numbers" })),
      (node, queue) => this.drawQueue(node, queue),
    );
    set(byId("queues"), "many", byId("queues").children.length > 4);
  }

  // Queues that are served in the zones of this screen.
  queues() {
    const here = (id) => {
      const window = this.board.windows[id];
      return window && this.zones.includes(window.zone);
    };
    return Object.values(this.board.queues)
      .filter((queue) => queue.windows.some(here))
      .sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  drawQueue(node, queue) {
    const texts = this.texts;
    put(node.querySelector(".name"), texts.of(queue.name));
    put(node.querySelector(".count"), texts.t("screen.people", { count: queue.waiting }));
    const closed = queue.closedReason ? texts.t(`closed.${queue.closedReason}`) : texts.t("closed.any");
    const range = queue.waiting === 0 && queue.open ? texts.t("screen.nobody") : texts.range(queue.estimatedWaitSeconds);
    put(node.querySelector(".range"), queue.open ? range : closed);
  }

  // The bottom line says what is being spoken; in between the notices of the hall take turns.
  drawCaption() {
    const texts = this.texts;
    const call = this.link !== "lost" && this.calls ? this.calls.current : null;
    show(byId("caption-icon"), Boolean(call));
    if (call) {
      put(byId("words"), texts.t("screen.caption", { number: call.number, window: texts.of(call.windowName) }));
      return;
    }
    const notices = this.notices();
    put(byId("words"), notices.length ? notices[this.turn % notices.length] : "");
  }

  notices() {
    const notices = [this.texts.of(this.catalogue.notice), this.texts.of(this.catalogue.hours)];
    if (this.board) {
      const paused = Object.values(this.board.windows).filter((window) => window.mode === "paused" && this.zones.includes(window.zone));
      if (paused.length) {
        const names = paused.map((window) => this.texts.of(window.name)).join(this.texts.t("list.comma"));
        notices.push(this.texts.t("screen.paused", { windows: names }));
      }
    }
    return notices.filter(Boolean);
  }
}

function set(node, name, on) {
  node.classList.toggle(name, on);
}

async function main() {
  choosePalette();
  const texts = new Texts("web");
  await texts.load();
  drawIcons(document);
  texts.bindSwitch(byId("language"));
  await new Screen(texts).start();
}

main();
