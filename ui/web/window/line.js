// Who is next at this window, who was put aside, and who missed the call: lists whose rows keep their places.

import { Refusal } from "../shared/api.js";
import { timeOf } from "../shared/clock.js";
import { el, mirror, put, set, show } from "../shared/dom.js";

const SHOWN = 5;
const MOST = 100;
const SOON = 150;

const byId = (id) => document.getElementById(id);

export class Line {
  // tell: { resume(ticket id), first(ticket), settle(ticket) }
  constructor(api, texts, window, tell) {
    this.api = api;
    this.texts = texts;
    this.window = window;
    this.tell = tell;
    this.zone = undefined;
    this.tickets = [];
    this.asking = null;
    this.question = null;
    this.redraw = () => {};
  }

  // The server knows the order; this only asks, at most once at a time and not for every event of a burst.
  refresh() {
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = setTimeout(() => {
      this.question = this.ask();
    }, SOON);
  }

  async ask() {
    this.again = false;
    try {
      this.tickets = await this.waiting(SHOWN);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
    }
    this.asking = null;
    this.question = null;
    this.redraw();
    if (this.again) this.refresh();
  }

  async waiting(limit) {
    return (await this.api.get(`/windows/${encodeURIComponent(this.window)}/waiting?limit=${limit}`)).tickets;
  }

  // Everybody from whom one may be called out of order, with what tells them apart.
  async everybody(board) {
    return (await this.waiting(MOST)).map((ticket) => ({ ticket, words: this.words(ticket, board) }));
  }

  // Asks nothing more; resolves once the question that is under way has its answer.
  async rest() {
    clearTimeout(this.asking);
    this.again = false;
    if (this.question) await this.question;
    this.asking = null;
  }

  // Everybody who may be called here.
  total(board, view) {
    return view.queues.reduce((sum, id) => sum + (board.queues[id] ? board.queues[id].waiting : 0), 0);
  }

  // Who missed the call today in a queue of this window, the latest first.
  passed(board, view) {
    const mine = Object.values(board.tickets).filter((ticket) => ticket.state === "passed" && view.queues.includes(ticket.queue));
    return mine.sort((one, other) => (one.calledAt < other.calledAt ? 1 : -1)).map((ticket) => ({ ticket, words: this.passedWords(ticket, board) }));
  }

  passedWords(ticket, board) {
    const { texts } = this;
    const words = [this.queue(ticket, board)];
    if (ticket.maskedName) words.push(ticket.maskedName);
    if (ticket.calledAt) words.push(texts.t("window.calledAt", { time: timeOf(texts, ticket.calledAt, this.zone) }));
    if (ticket.reactivated > 0) words.push(texts.t("window.cameBack"));
    return words.join(texts.t("window.dot"));
  }

  draw(board, view, ready) {
    this.redraw = () => this.draw(board, view, ready);
    const { texts } = this;
    const now = this.api.now();
    const rows = board && view ? this.tickets.slice(0, SHOWN) : [];
    const free = ready && Boolean(view) && view.mode === "open" && !view.ticket;
    mirror(byId("next"), rows, (ticket) => ticket.id, () => this.makeRow(), (node, ticket) => this.row(node, ticket, board, now, free));
    put(byId("next-count"), view ? texts.t("window.count", { count: this.total(board, view) }) : "");
    show(byId("next-none"), Boolean(view) && rows.length === 0);
    const held = view ? view.held : [];
    mirror(byId("held"), held, (ticket) => ticket.id, () => this.shortRow("resume"), (node, ticket) => this.short(node, ticket, "window.act.resume", () => this.tell.resume(ticket.id), free));
    put(byId("held-count"), held.length ? texts.t("window.count", { count: held.length }) : "");
    show(byId("held-none"), Boolean(view) && held.length === 0);
    const passed = board && view ? this.passed(board, view) : [];
    const may = ready && Boolean(view) && view.mode !== "closed";
    mirror(byId("passed"), passed, ({ ticket }) => ticket.id, () => this.shortRow("settle"), (node, { ticket }) => {
      this.short(node, ticket, "window.settle", () => this.tell.settle(ticket), may);
      put(node.querySelector(".when"), ticket.calledAt ? texts.t("window.calledAt", { time: timeOf(texts, ticket.calledAt, this.zone) }) : "");
    });
    put(byId("passed-count"), passed.length ? texts.t("window.count", { count: passed.length }) : "");
    show(byId("passed-none"), Boolean(view) && passed.length === 0);
  }

  // A row of who waits is a button: pressed, it asks why this one should go first.
  makeRow() {
    const cell = (name) => el("span", { class: name });
    const button = el("button", { type: "button", class: "row" }, cell("number numbers"), cell("queue"), cell("name"), cell("mark"), cell("waited numbers"));
    return el("li", {}, button);
  }

  row(node, ticket, board, now, free) {
    const { texts } = this;
    const button = node.firstElementChild;
    button.onclick = (event) => pressed(button, event, () => this.tell.first(ticket));
    set(button, { disabled: !free, "data-first": ticket.id, title: free ? texts.t("window.first", { number: ticket.number }) : null });
    put(node.querySelector(".number"), ticket.number);
    put(node.querySelector(".queue"), this.queue(ticket, board));
    put(node.querySelector(".name"), ticket.maskedName || "");
    put(node.querySelector(".mark"), this.marks(ticket).join(texts.t("window.dot")));
    put(node.querySelector(".waited"), texts.t("window.minutes", { minutes: minutesSince(ticket.issuedAt, now) }));
  }

  words(ticket, board) {
    const { texts } = this;
    const waited = texts.t("window.minutes", { minutes: minutesSince(ticket.issuedAt, this.api.now()) });
    return [this.queue(ticket, board), ticket.maskedName, ...this.marks(ticket), waited].filter(Boolean).join(texts.t("window.dot"));
  }

  // What sets this ticket apart from an ordinary one.
  marks(ticket) {
    const { texts } = this;
    const marks = [];
    if (ticket.window === this.window) marks.push(texts.t("window.sentHere"));
    if (ticket.priority !== "none") marks.push(texts.t(`priority.${ticket.priority}`));
    if (ticket.standing === "appointment" && ticket.appointmentStart) marks.push(texts.t("window.appointment", { time: timeOf(texts, ticket.appointmentStart, this.zone) }));
    else if (ticket.standing && ticket.standing !== "ordinary" && !(ticket.standing === "priority" && ticket.priority !== "none")) marks.push(texts.t(`standing.${ticket.standing}`));
    return marks;
  }

  queue(ticket, board) {
    return queueName(this.texts, board, ticket.queue);
  }

  shortRow(act) {
    const button = el("button", { type: "button", class: "quiet-button", "data-row": act });
    return el("li", {}, el("span", { class: "number numbers" }), el("span", { class: "when numbers" }), button);
  }

  short(node, ticket, key, act, ready) {
    const button = node.querySelector("button");
    button.onclick = (event) => pressed(button, event, act);
    put(node.querySelector(".number"), ticket.number);
    put(button, this.texts.t(key));
    set(button, { disabled: !ready, [`data-${button.dataset.row}`]: ticket.id });
  }
}

// A mouse leaves no focus behind: the space bar goes on meaning the large button.
function pressed(button, event, act) {
  if (event.detail > 0) button.blur();
  act();
}

export function minutesSince(at, now) {
  return Math.max(0, Math.floor((now - Date.parse(at)) / 60000));
}

export function queueName(texts, board, id) {
  const queue = board.queues[id];
  return queue ? texts.of(queue.name) : id;
}
