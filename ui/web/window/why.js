// Why this one was called: a line under the number, and on demand everything that an officer can answer a citizen.

import { el } from "../shared/dom.js";
import { minutesSince, queueName } from "./line.js";

export class Why {
  constructor(texts) {
    this.texts = texts;
    this.ticket = null;
    this.because = null;
  }

  // What the hall said when it called; it stays as long as this ticket is here.
  take(ticket, because) {
    if (!because) return;
    this.ticket = ticket;
    this.because = because;
  }

  of(ticket) {
    return this.ticket === ticket.id ? this.because : null;
  }

  line(ticket) {
    const because = this.of(ticket);
    const key = `why.${because ? because.code : ticket.why}`;
    return this.texts.has(key) ? this.texts.t(key) : "";
  }

  // All of it, to be read in the sheet.
  details(ticket, board) {
    const { texts } = this;
    const because = this.of(ticket);
    const waited = because ? Math.floor(because.waitedSeconds / 60) : minutesSince(ticket.issuedAt, Date.parse(ticket.calledAt || ticket.startedAt || ticket.issuedAt));
    const facts = el("dl", { class: "why-facts" });
    const fact = (key, words) => facts.append(el("div", {}, el("dt", { text: texts.t(key) }), el("dd", { class: "numbers", text: words })));
    fact("window.why.standing", texts.t(`standing.${because ? because.standing : ticket.standing}`));
    fact("window.why.waited", texts.t("window.minutes", { minutes: waited }));
    if (because && because.risen > 0) fact("window.why.risen", texts.t("window.why.risenBy", { count: because.risen }));
    if (because && because.turn) fact("window.why.turn", this.turn(because.turn, board));
    const said = el("p", { class: "why-said", text: this.line(ticket) });
    return [said, facts, ...this.others(because, board)];
  }

  others(because, board) {
    const { texts } = this;
    if (!because) return [el("p", { class: "why-none", text: texts.t("window.why.forgotten") })];
    if (!because.considered.length) return [el("p", { class: "why-none", text: texts.t("window.why.alone") })];
    const rows = because.considered.map((one) => {
      const facts = [queueName(texts, board, one.queue), texts.t(`standing.${one.standing}`), texts.t("window.waited", { minutes: Math.floor(one.waitedSeconds / 60) })];
      return el(
        "li",
        { "data-considered": one.number },
        el("span", { class: "number numbers", text: one.number }),
        el("span", { class: "facts", text: facts.join(texts.t("window.dot")) }),
        el("span", { class: "behind", text: texts.t(`behind.${one.behind}`) }),
      );
    });
    return [el("h3", { text: texts.t("window.why.others") }), el("ul", { class: "considered" }, ...rows)];
  }

  // "1:2" are appointments and walk-ins, "A=2 B=1" the queues of this window.
  turn(turn, board) {
    const { texts } = this;
    if (turn.includes("=")) {
      const parts = turn.split(" ").map((part) => part.split("="));
      return parts.map(([queue, count]) => texts.t("window.why.queueShare", { queue: queueName(texts, board, queue), count })).join(" : ");
    }
    const [appointments, walkIns] = turn.split(":");
    return texts.t("window.why.share", { appointments, walkIns });
  }
}
