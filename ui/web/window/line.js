// Who is next at this window and who was put aside: two lists whose rows keep their places.

import { Refusal } from "../shared/api.js";
import { el, mirror, put, set, show } from "../shared/dom.js";

const SHOWN = 5;
const SOON = 150;

const byId = (id) => document.getElementById(id);

export class Line {
  // `resume(ticket id)` takes up a held ticket.
  constructor(api, texts, window, resume) {
    this.api = api;
    this.texts = texts;
    this.window = window;
    this.resume = resume;
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
      this.tickets = (await this.api.get(`/windows/${encodeURIComponent(this.window)}/waiting?limit=${SHOWN}`)).tickets;
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
    }
    this.asking = null;
    this.question = null;
    this.redraw();
    if (this.again) this.refresh();
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

  draw(board, view, ready) {
    this.redraw = () => this.draw(board, view, ready);
    const { texts } = this;
    const now = this.api.now();
    const rows = board && view ? this.tickets.slice(0, SHOWN) : [];
    mirror(byId("next"), rows, (ticket) => ticket.id, makeRow, (node, ticket) => this.row(node, ticket, board, now));
    put(byId("next-count"), view ? texts.t("window.count", { count: this.total(board, view) }) : "");
    show(byId("next-none"), Boolean(view) && rows.length === 0);
    const held = view ? view.held : [];
    mirror(
      byId("held"),
      held,
      (ticket) => ticket.id,
      (ticket) => this.heldRow(ticket),
      (node, ticket) => {
        put(node.querySelector(".number"), ticket.number);
        put(node.querySelector("button"), texts.t("window.act.resume"));
        set(node.querySelector("button"), { disabled: !(ready && view.mode === "open" && !view.ticket) });
      },
    );
    put(byId("held-count"), held.length ? texts.t("window.count", { count: held.length }) : "");
    show(byId("held-none"), Boolean(view) && held.length === 0);
  }

  row(node, ticket, board, now) {
    const { texts } = this;
    put(node.querySelector(".number"), ticket.number);
    const queue = board.queues[ticket.queue];
    put(node.querySelector(".queue"), queue ? texts.of(queue.name) : ticket.queue);
    put(node.querySelector(".name"), ticket.maskedName || "");
    const marks = [ticket.priority !== "none" ? texts.t(`priority.${ticket.priority}`) : "", ticket.window === this.window ? texts.t("window.sentHere") : ""];
    put(node.querySelector(".mark"), marks.filter(Boolean).join(" "));
    put(node.querySelector(".waited"), texts.t("window.minutes", { minutes: minutesSince(ticket.issuedAt, now) }));
  }

  heldRow(ticket) {
    const button = el("button", { type: "button", class: "quiet-button", "data-resume": ticket.id });
    button.addEventListener("click", () => this.resume(ticket.id));
    return el("li", {}, el("span", { class: "number numbers" }), button);
  }
}

function makeRow() {
  const cell = (name) => el("span", { class: name });
  return el("li", {}, cell("number numbers"), cell("queue"), cell("name"), cell("mark"), cell("waited numbers"));
}

export function minutesSince(at, now) {
  return Math.max(0, Math.floor((now - Date.parse(at)) / 60000));
}
