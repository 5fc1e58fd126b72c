// The console of a window /window/<id>: who is here, who is next, and one button that is always the right one.

import { Api, Refusal } from "../shared/api.js";
import { Door, refusalText } from "../shared/door.js";
import { el, put, set, show } from "../shared/dom.js";
import { Feed } from "../shared/feed.js";
import { drawIcons } from "../shared/icons.js";
import { choosePalette } from "../shared/look.js";
import { Terminal } from "../shared/terminal.js";
import { Texts } from "../shared/texts.js";
import { ACTS, Presses, primaryOf } from "./acts.js";
import { askOutcome, askPassReason, askPauseReason, askTransfer } from "./choices.js";
import { Line, minutesSince } from "./line.js";
import { Sheet } from "./sheet.js";

const SAID_FOR = 8000;
const SETTLE = 2000;

const byId = (id) => document.getElementById(id);

class Console {
  constructor(texts) {
    this.texts = texts;
    this.id = decodeURIComponent(location.pathname.split("/")[2] || "");
    this.door = new Door(texts, "either");
    this.api = new Api(() => this.door.token());
    this.presses = new Presses(() => this.draw());
    this.sheet = new Sheet(byId("sheet"), texts);
    this.line = new Line(this.api, texts, this.id, (ticket) => this.resume(ticket));
    this.board = null;
    this.me = null;
    this.link = "starting";
    this.said = null;
    this.sending = false;
    this.last = "";
    this.primary = null;
    this.catalogue = { zones: [], demo: false };
    texts.changed.push(() => this.draw());
  }

  get view() {
    return this.board ? this.board.windows[this.id] || null : null;
  }

  async start() {
    let trouble = null;
    try {
      await this.door.useFragment(this.api);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      trouble = refusalText(this.texts, refusal, "door");
    }
    this.makeButtons();
    document.addEventListener("keydown", (event) => this.key(event));
    byId("leave").addEventListener("click", () => this.leaveOrLogIn());
    setInterval(() => this.drawTimes(), 1000);
    new Terminal(new Api(() => this.door.device)).start();
    if (!this.door.token()) await this.askIn(trouble);
    this.feed = this.makeFeed();
  }

  askIn(trouble) {
    return this.door.ask(this.api, byId("door"), () => this.texts.t("window.doorTitle", { id: this.id }), trouble);
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
    this.draw();
    if (state === "live") await this.learn();
    else if (state === "refused") await this.enterAgain(this.texts.t("door.expired"));
  }

  async learn() {
    try {
      [this.me, this.catalogue] = await Promise.all([this.api.get("/me"), this.api.get("/catalogue")]);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
    }
    this.line.refresh();
    this.draw();
  }

  // Signed out, timed out, or another person signs in: nothing of the one before stays on the page.
  async enterAgain(trouble) {
    if (this.feed) this.feed.stop();
    if (trouble && !this.door.person) this.door.forget();
    this.door.forgetPerson();
    this.board = null;
    this.me = null;
    this.said = null;
    if (this.sheet.open) this.sheet.answer(null);
    this.draw();
    if (trouble || !this.door.token()) await this.askIn(trouble);
    this.feed = this.makeFeed();
  }

  // With a person it signs out; a terminal without one asks who sits here.
  async leaveOrLogIn() {
    if (this.door.person) {
      this.feed.stop();
      await this.line.rest(); // nothing asks on behalf of somebody who has gone
      await this.door.logOut(this.api);
      await this.enterAgain(null);
    } else {
      await this.askIn(null);
      this.feed.stop();
      this.feed = this.makeFeed();
    }
  }

  take(board) {
    this.board = board;
    if (this.drawing) return;
    this.drawing = true;
    queueMicrotask(() => {
      this.drawing = false;
      this.draw();
    });
  }

  hear(event) {
    const { type, data } = event;
    if (type === "hall.changed") this.learn();
    if (data.ticket || data.queues) this.line.refresh();
    if (type === "ticket.finished" && data.window && data.window.id === this.id) this.last = data.ticket.number;
  }

  // --- acts ---

  makeButtons() {
    this.buttons = ACTS.map((act) => {
      const button = el("button", { type: "button", class: "quiet-button", "data-act": act.name, "aria-keyshortcuts": act.key });
      button.append(el("span", { class: "label" }), el("kbd", { text: act.key }));
      button.addEventListener("click", (event) => this.clicked(button, event, () => this.secondary(act.name)));
      byId("acts").append(button);
      return { act, button };
    });
    byId("primary").addEventListener("click", (event) => this.clicked(byId("primary"), event, () => this.main()));
  }

  // A mouse leaves no focus behind, so that the space bar goes on meaning the large button.
  clicked(button, event, act) {
    if (event.detail > 0) button.blur();
    act();
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || this.sheet.open || !byId("door").hidden) return;
    const focused = document.activeElement;
    if (event.key === " " && !(focused && focused.matches("button:not(#primary)"))) {
      event.preventDefault();
      byId("primary").click();
      return;
    }
    const found = this.buttons.find(({ act }) => act.key === event.key.toUpperCase());
    if (found) {
      event.preventDefault();
      found.button.click();
    }
  }

  main() {
    const body = { open: {}, reopen: {}, call: {}, start: {}, next: { finishCurrent: "accepted" } }[this.primary];
    const verb = { open: "open", reopen: "open", call: "call-next", start: "start", next: "call-next" }[this.primary];
    return this.act(verb, async () => body);
  }

  secondary(name) {
    const { texts, sheet, board, view } = this;
    const asks = {
      pass: () => askPassReason(sheet, texts),
      pause: () => askPauseReason(sheet, texts),
      finish: () => askOutcome(sheet, texts),
      transfer: () => askTransfer(sheet, texts, board, view),
    };
    return this.act(name, asks[name] || (async () => ({})));
  }

  resume(ticket) {
    return this.act("resume", async () => ({ ticket }));
  }

  // Asks what is still open, sends one press, and waits until the page shows what it did.
  act(verb, ask) {
    return this.presses.run(async () => {
      const body = await ask();
      if (body === null) return;
      this.sending = true;
      this.say(null);
      try {
        const reply = await this.api.press(`/windows/${encodeURIComponent(this.id)}/${verb}`, body);
        if (verb === "call-next" && reply.ticket === null) this.say("window.said.nobody", "quiet");
        if (reply.window) await this.settle(reply.window);
      } catch (refusal) {
        if (!(refusal instanceof Refusal)) throw refusal;
        if (refusal.code === "unauthenticated") await this.enterAgain(this.texts.t("door.expired"));
        else this.say(refusal, "trouble");
      } finally {
        this.sending = false;
      }
    });
  }

  // The event may come after the reply; until then the old state must not invite a second press.
  async settle(window) {
    const wanted = stamp(window);
    const until = performance.now() + SETTLE;
    while (this.view && stamp(this.view) !== wanted && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  say(what, tone) {
    clearTimeout(this.saying);
    this.said = what ? { what, tone } : null;
    if (what) this.saying = setTimeout(() => this.say(null), SAID_FOR);
    this.draw();
  }

  // --- what is seen ---

  draw() {
    const { texts, view } = this;
    document.documentElement.dataset.state = this.link;
    const known = this.board && !view ? "missing" : view ? (view.ticket ? view.ticket.state : view.mode) : "starting";
    byId("console").dataset.state = known;
    put(byId("window"), view ? texts.of(view.name) : texts.t("window.doorTitle", { id: this.id }));
    show(byId("demo"), Boolean(this.catalogue.demo));
    put(byId("leave"), texts.t(this.door.person ? "window.leave" : "door.login"));
    this.drawSaid();
    this.drawHead(view);
    this.drawCurrent(view, known);
    this.drawButtons(view);
    this.line.draw(this.board, view, this.presses.ready);
    this.drawTimes();
  }

  drawSaid() {
    const { texts, said } = this;
    let words = "";
    let tone = "quiet";
    if (this.link === "lost") {
      words = texts.t("window.said.lost");
      tone = "trouble";
    } else if (said) {
      words = said.what instanceof Refusal ? refusalText(texts, said.what, "window") : texts.t(said.what);
      tone = said.tone;
    } else if (this.taken()) {
      words = texts.t("window.said.taken", { officer: this.officerOf(this.view.officer) });
      tone = "trouble";
    }
    put(byId("said"), words);
    byId("said").dataset.tone = tone;
  }

  drawHead(view) {
    const { texts } = this;
    const mode = view ? view.mode : "";
    byId("mode").dataset.mode = mode;
    put(byId("mode"), mode ? texts.t(`window.mode.${mode}`) : "");
    const officer = view && view.officer ? this.officerOf(view.officer) : "";
    put(byId("who"), officer || (this.me && this.me.role === "officer" ? this.me.name : ""));
  }

  drawCurrent(view, state) {
    const { texts } = this;
    const ticket = view ? view.ticket : null;
    put(byId("number"), ticket ? ticket.number : "");
    byId("number").dataset.number = ticket ? ticket.number : "";
    show(byId("number"), Boolean(ticket));
    show(byId("rest"), !ticket);
    put(byId("phase"), ticket ? texts.t(`window.phase.${ticket.state}`) : "");
    put(byId("queue"), ticket ? this.queueOf(ticket.queue) : "");
    const waiting = view ? this.line.total(this.board, view) : 0;
    const resting = state === "open" && waiting === 0 ? "window.rest.nobody" : `window.rest.${state}`;
    put(byId("rest"), ticket ? "" : texts.t(resting, { count: waiting }));
    const rating = view ? view.rating : "not-yet";
    byId("rated").dataset.rating = rating;
    put(byId("rated"), rating === "not-yet" ? "" : texts.t(`window.rated.${rating}`, { number: this.last || texts.t("window.previous") }));
  }

  drawButtons(view) {
    const { texts, presses } = this;
    const means = view ? (this.unclaimed() ? "open" : primaryOf(view)) : null;
    if (means !== this.primary) {
      const first = this.primary === null;
      this.primary = means;
      if (!first && !presses.busy) presses.rest();
    }
    const may = Boolean(view) && presses.ready && !this.taken();
    put(byId("primary-word"), means ? texts.t(`window.do.${means}`) : "");
    set(byId("primary"), { disabled: !may, "data-off": !view || this.taken(), "data-act": means === "open" || means === "reopen" ? "open" : "primary", "data-does": means });
    byId("primary").classList.toggle("sending", this.sending);
    for (const { act, button } of this.buttons || []) {
      put(button.firstElementChild, texts.t(`window.act.${act.name}`));
      const possible = Boolean(view) && !this.taken() && act.can(view);
      set(button, { disabled: !(may && possible), "data-off": !possible });
    }
  }

  // Somebody else sits here.
  taken() {
    const { me, view } = this;
    return Boolean(me && me.role === "officer" && view && view.officer && view.officer.id !== me.name);
  }

  // The window is open, but this officer has not yet sat down at it.
  unclaimed() {
    const { me, view } = this;
    return Boolean(me && me.role === "officer" && view && !view.officer && view.mode === "open");
  }

  officerOf(officer) {
    return this.texts.t("window.officer", { number: officer.number, name: officer.name });
  }

  queueOf(id) {
    const queue = this.board.queues[id];
    return queue ? this.texts.of(queue.name) : id;
  }

  // How long this person has waited, why it is his turn, and since when he is being served.
  drawTimes() {
    const ticket = this.view ? this.view.ticket : null;
    if (!ticket) {
      put(byId("facts"), "");
      return;
    }
    const { texts } = this;
    const facts = [];
    if (ticket.maskedName) facts.push(ticket.maskedName);
    if (ticket.priority !== "none") facts.push(texts.t(`priority.${ticket.priority}`));
    const until = ticket.calledAt ? Date.parse(ticket.calledAt) : this.api.now();
    facts.push(texts.t("window.waited", { minutes: minutesSince(ticket.issuedAt, until) }));
    if (ticket.state === "calling" && ticket.calls > 1) facts.push(texts.t("window.calls", { count: ticket.calls }));
    if (ticket.state === "serving" && ticket.startedAt) facts.push(texts.t("window.serving", { time: clockTime(this.api.now() - Date.parse(ticket.startedAt)) }));
    const why = `why.${ticket.why}`;
    if (ticket.state === "calling" && ticket.why && texts.has(why)) facts.push(texts.t(why));
    put(byId("facts"), facts.join(texts.t("window.dot")));
  }
}

// What of a window tells whether an act has reached the page.
function stamp(window) {
  const ticket = window.ticket;
  return [window.mode, window.rating, window.held.length, ticket ? `${ticket.id} ${ticket.state} ${ticket.calls}` : ""].join("|");
}

function clockTime(time) {
  const seconds = Math.max(0, Math.floor(time / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return `${hours ? `${hours}:` : ""}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

async function main() {
  choosePalette();
  const texts = new Texts("web");
  await texts.load();
  drawIcons(document);
  texts.bindSwitch(byId("language"));
  await new Console(texts).start();
}

main();
