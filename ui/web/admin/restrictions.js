// Who may not take numbers or book for some time: nobody's name stands here, only why, since when and until when.

import { dateTimeOf, instantOf } from "../shared/clock.js";
import { el, show } from "../shared/dom.js";
import { InOrder } from "../shared/order.js";
import { mark, table } from "./table.js";

const REASONS = ["scalping", "abuse", "false-identity", "no-shows", "other"];
const SCOPES = ["all", "tickets", "booking"];

const byId = (id) => document.getElementById(id);

export class Restrictions {
  constructor(api, texts, ask) {
    Object.assign(this, { api, texts, ask, answers: new InOrder(), rows: [], board: null, zone: undefined });
    byId("restrict").addEventListener("click", () => this.add({}, ""));
  }

  async refresh() {
    const found = await this.answers.of(this.api.get("/admin/restrictions"));
    if (!found) return;
    this.rows = found.restrictions;
    this.draw();
  }

  // Whether it still holds.
  holds(row) {
    return !row.liftedAt && (!row.until || Date.parse(row.until) > this.api.now());
  }

  draw() {
    const { texts } = this;
    const rows = this.rows.slice().sort((one, other) => this.holds(other) - this.holds(one) || (one.madeAt < other.madeAt ? 1 : -1));
    const columns = [
      { head: texts.t("office.reason"), class: "first", cell: (row) => texts.t(`restriction-reason.${row.reason}`) },
      { head: texts.t("office.scope"), class: "tight", cell: (row) => texts.t(`restriction-scope.${row.scope}`) },
      { head: texts.t("office.state"), cell: (row) => this.state(row) },
      { head: texts.t("office.made"), cell: (row) => texts.t("office.madeBy", { time: dateTimeOf(texts, row.madeAt, this.zone), by: row.madeBy }) },
      { head: texts.t("office.note"), class: "long", cell: (row) => row.text || texts.t("office.nothing") },
      { head: texts.t("office.acts"), class: "acts", cell: (row) => this.acts(row) },
    ];
    table(byId("restriction-rows"), columns, rows, (row) => row.id, (line, row) => {
      line.dataset.restriction = row.id;
    });
    show(byId("restriction-rows"), rows.length > 0);
    show(byId("no-restrictions"), rows.length === 0);
  }

  state(row) {
    const { texts } = this;
    if (row.liftedAt) return mark("off", texts.t("office.lifted", { time: dateTimeOf(texts, row.liftedAt, this.zone) }));
    if (!this.holds(row)) return mark("off", texts.t("office.ended"));
    return mark("care", row.until ? texts.t("office.untilTime", { time: dateTimeOf(texts, row.until, this.zone) }) : texts.t("office.untilLifted"));
  }

  acts(row) {
    if (!this.holds(row)) return "";
    return el("button", { type: "button", class: "small", "data-act": "lift", text: this.texts.t("office.lift"), onclick: () => this.lift(row) });
  }

  // `whom` is {appointment}, or empty: then the number of a ticket of today is asked for.
  add(whom, words) {
    const { texts } = this;
    const choices = (prefix, values) => values.map((value) => ({ value, text: texts.t(`${prefix}.${value}`) }));
    const fields = [
      { name: "reason", kind: "select", label: texts.t("office.reason"), options: choices("restriction-reason", REASONS) },
      { name: "scope", kind: "select", label: texts.t("office.scope"), options: choices("restriction-scope", SCOPES) },
      { name: "day", kind: "date", label: texts.t("office.lastDay"), optional: true },
      { name: "text", kind: "words", label: texts.t("office.noteOptional"), optional: true },
    ];
    if (!whom.appointment) fields.unshift({ name: "ticket", kind: "text", label: texts.t("office.ticketOf") });
    const about = words || texts.t("office.restrictAbout");
    this.ask.open({ title: texts.t("office.restrictAsk"), about, fields, send: texts.t("office.restrict") }, async ({ ticket, reason, scope, day, text }) => {
      const who = whom.appointment ? whom : { ticket: this.idOf(ticket) };
      const until = day ? instantOf(day, "23:59", this.zone) : null;
      await this.api.press("/restrictions", Object.assign({ reason, scope, until, text }, who));
      await this.refresh();
    });
  }

  // The id of a ticket of today by the number on it; who knows the id may type that.
  idOf(typed) {
    const wanted = typed.toUpperCase();
    const found = this.board ? Object.values(this.board.tickets).find((ticket) => ticket.number === wanted) : null;
    return found ? found.id : typed;
  }

  lift(row) {
    const { texts } = this;
    const fields = [{ name: "text", kind: "words", label: texts.t("office.why") }];
    this.ask.open({ title: texts.t("office.liftAsk"), about: texts.t(`restriction-reason.${row.reason}`), fields, send: texts.t("office.lift") }, async ({ text }) => {
      await this.api.press(`/restrictions/${encodeURIComponent(row.id)}/lift`, { text });
      await this.refresh();
    });
  }
}
