// The console of a window /window/<id>: who is here, who is next, and one button that is always the right one.

import { Api, Refusal } from "../shared/api.js";
import { Door, refusalText } from "../shared/door.js";
import { el, put, set, show } from "../shared/dom.js";
import { Feed } from "../shared/feed.js";
import { drawIcons } from "../shared/icons.js";
import { choosePalette } from "../shared/look.js";
import { Terminal } from "../shared/terminal.js";
import { Texts } from "../shared/texts.js";
import { ACTS, Presses, free, primaryOf } from "./acts.js";
import * as choices from "./choices.js";
import { drawFacts } from "./facts.js";
import { Line, queueName } from "./line.js";
import { Sheet } from "./sheet.js";
import { LastTransfer } from "./undo.js";
import { Why } from "./why.js";

const SAID_FOR = 8000;
const SETTLE = 2000;
const LEARN_AGAIN = 2000;

const byId = (id) => document.getElementById(id);

class Console {
  constructor(texts) {
    this.texts = texts;
    this.id = decodeURIComponent(location.pathname.split("/")[2] || "");
    this.door = new Door(texts, "either");
    this.api = new Api(() => this.door.token());
    this.presses = new Presses(() => this.draw());
    this.sheet = new Sheet(byId("sheet"), texts);
    this.line = new Line(this.api, texts, this.id, {
      resume: (ticket) => this.resume(ticket),
      first: (ticket) => this.act("call", () => choices.askCallReason(this.sheet, texts, ticket)),
      settle: (ticket) => this.settlePassed(ticket),
    });
    this.why = new Why(texts);
    this.transfer = new LastTransfer();
    this.board = null;
    this.me = null;
    this.link = "starting";
    this.said = null;
    this.sending = false;
    this.last = "";
    this.primary = null;
    this.catalogue = { zones: [], items: [], demo: false };
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
    byId("ask-why").addEventListener("click", (event) => this.clicked(byId("ask-why"), event, () => this.explain()));
    byId("undo").addEventListener("click", (event) => this.clicked(byId("undo"), event, () => this.secondary("undo")));
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

  // Who sits here and what the hall offers; what did not come is asked for again.
  async learn() {
    clearTimeout(this.learning);
    const token = this.door.token();
    try {
      const [me, catalogue] = await Promise.all([this.api.get("/me"), this.api.get("/catalogue")]);
      if (token !== this.door.token()) return; // the answer is about somebody who has gone
      Object.assign(this, { me, catalogue });
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (refusal.retryable && token === this.door.token()) this.learning = setTimeout(() => this.learn(), LEARN_AGAIN);
    }
    this.line.zone = this.catalogue.timeZone;
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
    this.transfer.drop();
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
    if (data.forced && data.window.id === this.id) this.say("window.said.forced", "trouble");
    if (!data.ticket || !data.window || data.window.id !== this.id) return;
    this.why.take(data.ticket.id, data.because);
    if (type === "ticket.transferred") this.transfer.take(data.ticket, event.at);
    if (type === "ticket.transfer-undone") this.transfer.drop();
    if (type === "ticket.finished" || type === "ticket.moved-on") this.last = data.ticket.number;
    if (type === "ticket.moved-on") this.say("window.said.movedOn", "quiet", { number: data.ticket.number, next: this.queueOf(data.ticket.queue) });
  }

  // --- acts ---

  makeButtons() {
    this.buttons = ACTS.map((act) => {
      const button = el("button", { type: "button", class: "quiet-button", "data-act": act.name, "aria-keyshortcuts": act.key });
      button.append(el("span", { class: "label" }), el("kbd", { text: act.key }));
      if (act.name === "passed") button.append(el("span", { class: "badge numbers" }));
      button.addEventListener("click", (event) => this.clicked(button, event, () => this.secondary(act.name)));
      byId("acts").append(button);
      return { act, button };
    });
    byId("primary").addEventListener("click", (event) => this.clicked(byId("primary"), event, () => this.main()));
  }

  // A mouse leaves no focus behind, so that the space bar goes on meaning the large button.
  clicked(button, event, act) {
    if (event.detail > 0) button.blur();
    if (button === byId("ask-why") || !this.presses.tooSoon(event)) act();
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || this.sheet.open || !byId("door").hidden) return;
    const focused = document.activeElement; // for a moment still in a sheet that was just put away
    const soon = this.presses.tooSoon(event);
    if (event.key === " " && !(focused && focused.matches("button:not(#primary)") && !focused.closest("dialog:not([open])"))) {
      event.preventDefault();
      if (!soon) byId("primary").click();
      return;
    }
    const key = event.key.toUpperCase();
    const rare = { W: byId("ask-why"), Z: byId("undo") }[key];
    const found = rare ? { button: rare } : this.buttons.find(({ act }) => act.key === key);
    if (found) {
      event.preventDefault();
      if (!soon || key === "W") found.button.click();
    }
  }

  main() {
    const body = { open: {}, reopen: {}, call: {}, start: {}, next: { finishCurrent: "accepted" } }[this.primary];
    const verb = { open: "open", reopen: "open", call: "call-next", start: "start", next: "call-next" }[this.primary];
    return this.act(verb, async () => body);
  }

  secondary(name) {
    const { texts, sheet, board, view } = this;
    if (name === "more") return this.more();
    if (name === "passed") return this.findPassed();
    const asks = {
      pass: () => choices.askPassReason(sheet, texts),
      pause: () => choices.askPauseReason(sheet, texts),
      finish: () => choices.askOutcome(sheet, texts, this.stopsAfter(view.ticket)),
      transfer: () => choices.askTransfer(sheet, texts, board, view),
      call: () => this.askWho(),
      serve: () => choices.askQueue(sheet, texts, view.queues.map((id) => board.queues[id]).filter(Boolean)),
    };
    return this.act({ undo: "undo-transfer" }[name] || name, asks[name] || (async () => ({})));
  }

  // The rare acts stand behind one button.
  async more() {
    const { texts, board, view } = this;
    if (!this.presses.ready) return;
    const undo = this.offered() && this.transferred();
    const wanted = await choices.askMore(this.sheet, texts, { call: this.line.total(board, view) > 0, undo });
    if (wanted) this.secondary(wanted);
  }

  async findPassed() {
    if (!this.presses.ready) return;
    const ticket = await choices.askPassed(this.sheet, this.texts, this.line.passed(this.board, this.view));
    if (ticket) this.settlePassed(ticket);
  }

  // Somebody who missed the call came back: served at once, or back into the line.
  async settlePassed(ticket) {
    if (!this.presses.ready) return;
    const how = await choices.askSettle(this.sheet, this.texts, ticket, free(this.view));
    if (how === "serve") this.act("serve-passed", async () => ({ ticket: ticket.id }));
    if (how === "return") this.send(`/tickets/${encodeURIComponent(ticket.id)}/reactivate`, async () => ({}), () => this.say("window.said.reactivated", "quiet", { number: ticket.number }));
  }

  async askWho() {
    const rows = await this.line.everybody(this.board);
    const ticket = await choices.askWho(this.sheet, this.texts, rows);
    return ticket && choices.askCallReason(this.sheet, this.texts, ticket);
  }

  explain() {
    const { view } = this;
    if (!view || !view.ticket) return;
    this.sheet.tell(this.texts.t("window.why.title", { number: view.ticket.number }), ...this.why.details(view.ticket, this.board));
  }

  resume(ticket) {
    return this.act("resume", async () => ({ ticket }));
  }

  // An act at this window; the page shows what it did before the next press counts.
  act(verb, ask) {
    return this.send(`/windows/${encodeURIComponent(this.id)}/${verb}`, ask, async (reply) => {
      if (reply.ticket) this.why.take(reply.ticket.id, reply.because);
      if (verb === "call-next" && reply.ticket === null) this.say("window.said.nobody", "quiet");
      if (verb === "undo-transfer" && reply.ticket) this.say("window.said.undone", "quiet", { number: reply.ticket.number });
      if (reply.window) await this.settle(reply.window);
    });
  }

  // Asks what is still open, sends one press, and hands the answer on.
  send(path, ask, done) {
    return this.presses.run(async () => {
      try {
        const body = await ask();
        if (body === null) return;
        this.sending = true;
        this.say(null);
        await done(await this.api.press(path, body));
      } catch (refusal) {
        if (!(refusal instanceof Refusal)) throw refusal;
        if (refusal.code === "nothing_to_undo") this.transfer.drop();
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

  say(what, tone, values) {
    clearTimeout(this.saying);
    this.said = what ? { what, tone, values } : null;
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
      words = said.what instanceof Refusal ? refusalText(texts, said.what, "window") : texts.t(said.what, said.values);
      tone = said.tone;
    } else if (this.taken()) {
      words = texts.t("window.said.taken", { officer: this.officerOf(this.view.officer) });
      tone = "trouble";
    } else if (this.offered()) {
      words = this.transferred();
    }
    put(byId("said"), words);
    byId("said").dataset.tone = tone;
    const undo = byId("undo");
    show(undo, Boolean(this.offered()) && this.link !== "lost");
    set(undo, { disabled: !(this.presses.ready && this.view && free(this.view) && !this.taken()) });
  }

  // The ticket of the last transfer from here, while it can be taken back.
  offered() {
    return this.transfer.offered(this.board, this.api.now(), this.catalogue.undoTransferSeconds || 0);
  }

  transferred() {
    return this.texts.t("window.said.transferred", { number: this.transfer.ticket.number, where: this.transfer.where(this.texts, this.board) });
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
    const next = ticket && ticket.nextQueues && ticket.nextQueues.length ? this.queueOf(ticket.nextQueues[0]) : "";
    put(byId("queue"), !ticket ? "" : next ? texts.t("window.route", { here: this.queueOf(ticket.queue), next }) : this.queueOf(ticket.queue));
    put(byId("why"), ticket ? this.why.line(ticket) : "");
    show(byId("ask-why"), Boolean(ticket));
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
    const passed = view ? this.line.passed(this.board, view).length : 0;
    for (const { act, button } of this.buttons || []) {
      put(button.firstElementChild, texts.t(`window.act.${act.name}`));
      if (act.name === "passed") put(button.lastElementChild, passed || "");
      const possible = Boolean(view) && !this.taken() && act.can(view, passed);
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
    return queueName(this.texts, this.board, id);
  }

  // Where a ticket with several items goes after this stop, in words.
  stopsAfter(ticket) {
    return (ticket.nextQueues || []).map((id) => this.queueOf(id)).join(this.texts.t("list.comma"));
  }

  drawTimes() {
    drawFacts(byId("facts"), this.texts, this.view ? this.view.ticket : null, this.api.now(), this.catalogue);
    if (!byId("undo").hidden && !this.offered()) this.drawSaid();
  }
}

// What of a window tells whether an act has reached the page.
function stamp(window) {
  const ticket = window.ticket;
  return [window.mode, window.rating, window.held.length, ticket ? `${ticket.id} ${ticket.state} ${ticket.calls}` : ""].join("|");
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
