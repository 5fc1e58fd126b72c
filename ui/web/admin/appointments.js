// The bookings of a day: who is due, who came, who did not; staff give a number, move a booking or take it back.

import { Refusal } from "../shared/api.js";
import { dayOf, timeOf } from "../shared/clock.js";
import { el, fill, put, show } from "../shared/dom.js";
import { refusalText } from "../shared/door.js";
import { InOrder } from "../shared/order.js";
import { mark, table } from "./table.js";
import { queueOptions } from "./words.js";

const KINDS = { booked: "", "checked-in": "good", late: "care", "no-show": "care", cancelled: "off", rescheduled: "off" };

const byId = (id) => document.getElementById(id);

export class Appointments {
  // can: `restrict(whom, words)` asks about the person of a booking, `move(row)` starts to move it; each may be missing.
  // `acted` are told after something was done: {key, values} of the words for it.
  constructor(api, texts, ask, can) {
    Object.assign(this, { api, texts, ask, can, answers: new InOrder(), acted: [], rows: [], items: [], board: null, zone: undefined, said: null });
    byId("booked-day").addEventListener("change", () => this.load());
    byId("booked-queue").addEventListener("change", () => this.draw());
    byId("booked-today").addEventListener("click", () => {
      byId("booked-day").value = this.today();
      this.load();
    });
  }

  today() {
    return dayOf(this.api.now(), this.zone);
  }

  async open() {
    if (!byId("booked-day").value) byId("booked-day").value = this.today();
    await this.load();
  }

  // Something was booked, moved or checked in somewhere.
  hear() {
    if (!byId("appointments").hidden) this.load();
  }

  async load() {
    const day = byId("booked-day").value;
    if (!day) return;
    try {
      const found = await this.answers.of(this.api.get(`/appointments?date=${encodeURIComponent(day)}`));
      if (!found || byId("booked-day").value !== day) return;
      this.rows = found.appointments;
      put(byId("appointments-trouble"), "");
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      put(byId("appointments-trouble"), refusalText(this.texts, refusal, "office"));
    }
    this.draw();
  }

  draw() {
    const { texts } = this;
    const chosen = byId("booked-queue").value;
    fill(byId("booked-queue"), el("option", { value: "", text: texts.t("office.allQueues") }), ...queueOptions(texts, this.board).map((one) => el("option", one)));
    byId("booked-queue").value = chosen;
    const rows = this.rows.filter((row) => !chosen || row.queue === chosen);
    rows.sort((one, other) => (one.start === other.start ? (one.queue < other.queue ? -1 : 1) : one.start < other.start ? -1 : 1));
    const at = (when) => timeOf(texts, when, this.zone);
    const columns = [
      { head: texts.t("office.slot"), class: "first numbers", cell: (row) => texts.t("office.span", { from: at(row.start), to: at(row.end) }) },
      { head: texts.t("office.queue"), cell: (row) => texts.of(row.queueName) },
      { head: texts.t("office.person"), class: "tight", cell: (row) => row.maskedName || row.maskedPhone || texts.t("office.nothing") },
      { head: texts.t("office.item"), cell: (row) => this.itemOf(row) },
      { head: texts.t("office.state"), cell: (row) => mark(KINDS[row.state], texts.t(`appointment-state.${row.state}`)) },
      { head: texts.t("office.acts"), class: "acts", cell: (row) => this.acts(row) },
    ];
    table(byId("appointment-rows"), columns, rows, (row) => row.id, (line, row) => {
      line.dataset.appointment = row.id;
    });
    show(byId("appointment-rows"), rows.length > 0);
    show(byId("no-appointments"), rows.length === 0);
    const came = rows.filter((row) => row.state === "checked-in" || row.state === "late").length;
    const open = rows.filter((row) => row.state === "booked").length;
    put(byId("appointments-count"), texts.t("office.bookedCount", { all: rows.length, open, came }));
    put(byId("appointments-said"), this.said ? texts.t(this.said.key, this.said.values) : "");
  }

  itemOf(row) {
    const item = this.items.find((one) => one.id === row.item);
    return item ? this.texts.of(item.name) : this.texts.t("office.nothing");
  }

  acts(row) {
    const { texts } = this;
    const button = (act, key, deed) => el("button", { type: "button", class: "small", "data-act": act, text: texts.t(key), onclick: deed });
    const open = row.state === "booked";
    return el(
      "span",
      { class: "row-acts" },
      open || this.mayStillCome(row) ? button("check-in", "office.checkIn", () => this.checkIn(row)) : null,
      open && this.can.move ? button("move", "office.move", () => this.can.move(row)) : null,
      open ? button("cancel", "office.cancel", () => this.cancel(row)) : null,
      this.can.restrict ? button("restrict", "office.restrict", () => this.can.restrict({ appointment: row.id }, this.wordsOf(row))) : null,
    );
  }

  // Who missed the time of a booking of today gets an ordinary number.
  mayStillCome(row) {
    return row.state === "no-show" && dayOf(row.start, this.zone) === this.today();
  }

  wordsOf(row) {
    return [timeOf(this.texts, row.start, this.zone), this.texts.of(row.queueName), row.maskedName || row.maskedPhone].filter(Boolean).join(" · ");
  }

  checkIn(row) {
    const { texts } = this;
    const question = { title: texts.t("office.checkInAsk"), about: this.wordsOf(row), fields: [], send: texts.t("office.checkIn") };
    this.ask.open(question, async () => {
      const done = await this.api.press(`/appointments/${encodeURIComponent(row.id)}/check-in`, {});
      await this.done({ key: "office.checkedIn", values: { number: done.ticket.number, name: row.maskedName || row.maskedPhone || "" } });
    });
  }

  cancel(row) {
    const { texts } = this;
    const fields = [{ name: "text", kind: "words", label: texts.t("office.why") }];
    this.ask.open({ title: texts.t("office.cancelAsk"), about: this.wordsOf(row), fields, send: texts.t("office.cancelSend") }, async ({ text }) => {
      await this.api.press(`/appointments/${encodeURIComponent(row.id)}/cancel`, { text });
      await this.done({ key: "office.bookingCancelled", values: {} });
    });
  }

  async done(said) {
    this.said = said;
    for (const tell of this.acted) tell(said);
    await this.load();
  }
}
