// 预约台: staff book for whoever stands (or calls) at the desk, and move, give back or check in what is booked.

import { Refusal } from "../shared/api.js";
import { dayOf } from "../shared/clock.js";
import { el, fill, mirror, put, show } from "../shared/dom.js";
import { InOrder } from "../shared/order.js";
import { Person } from "./person.js";
import { said } from "./said.js";
import { Slots, dayWords, spanWords } from "./slots.js";

const SOON = 400;

export class Counter {
  // `day` is the list of the day's bookings beside it: it asks before a booking is given back or checked in.
  constructor(api, texts, place, day) {
    Object.assign(this, { api, texts, place, day, answers: new InOrder(), zone: undefined, theirs: [], moving: null, busy: false, told: null, trouble: null });
    this.build();
    day.acted.push((told) => this.acted(told));
  }

  build() {
    const who = el("div");
    const plan = el("div");
    this.person = new Person(this.api, this.texts, who, () => this.somebody());
    this.slots = new Slots(this.api, this.texts, plan, () => this.drawBar());
    this.whoTitle = el("h2");
    this.theirTitle = el("h3");
    this.list = el("ul", { class: "theirs" });
    this.none = el("p", { class: "about" });
    this.planTitle = el("h2");
    this.saidLine = el("p", { class: "done-line", role: "status" });
    this.troubleLine = el("p", { class: "trouble", role: "alert" });
    this.summary = el("p", { class: "summary" });
    this.back = el("button", { type: "button", class: "quiet-button", "data-act": "stay", onclick: () => this.move(null) });
    this.button = el("button", { type: "button", class: "primary-button", "data-act": "book", onclick: () => this.press() });
    const bar = el("div", { class: "bar" }, this.summary, el("div", { class: "buttons" }, this.back, this.button));
    fill(
      this.place,
      el("section", { class: "card who" }, this.whoTitle, who, this.theirTitle, this.list, this.none),
      el("section", { class: "card plan" }, this.planTitle, plan, this.troubleLine, this.saidLine, bar),
    );
  }

  take(board) {
    this.slots.take(board);
  }

  learn(catalogue) {
    this.zone = this.slots.zone = catalogue.timeZone;
    this.slots.items = catalogue.items;
    this.draw();
  }

  // Something was booked, moved or given back somewhere: at most one question for a burst.
  hear() {
    if (this.soon) return;
    this.soon = setTimeout(() => {
      this.soon = null;
      if (this.busy) return;
      this.slots.load();
      this.find();
    }, SOON);
  }

  async somebody() {
    this.theirs = [];
    this.told = this.trouble = null;
    this.moving = this.slots.fixed = null;
    this.draw();
    await this.find();
  }

  // What the person in front has booked.
  async find() {
    const { known } = this.person;
    if (!known) return;
    try {
      const found = await this.answers.of(this.api.press("/appointments/find", known.whose));
      if (!found || known !== this.person.known) return;
      this.theirs = found.appointments;
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      this.trouble = refusal;
    }
    this.draw();
  }

  acted(told) {
    this.told = told;
    this.trouble = null;
    this.draw();
    this.slots.load();
    this.find();
  }

  // Starts to move a booking (one of theirs, or one of the day's list); null: no longer.
  move(row) {
    this.moving = row;
    this.slots.fixed = row ? row.queue : null;
    this.told = this.trouble = null;
    this.slots.start = null;
    if (row && row.queue !== this.slots.queue) this.slots.setQueue(row.queue);
    this.draw();
    this.slots.draw();
    if (row) {
      this.place.lastElementChild.scrollIntoView({ block: "start" });
      const first = this.place.querySelector(".day");
      if (first) first.focus({ preventScroll: true });
    }
  }

  async press() {
    const { known } = this.person;
    const slot = this.slots.chosen;
    if (this.busy || !slot || (!known && !this.moving)) return;
    this.busy = true;
    this.told = this.trouble = null;
    this.drawBar();
    try {
      const done = this.moving ? await this.sendMove(slot) : await this.sendBooking(slot, known);
      const words = { queue: this.texts.of(done.queueName), day: this.dayOf(done), span: spanWords(this.texts, done, this.zone) };
      this.told = { key: this.moving ? "desk.moved" : "desk.booked", values: Object.assign(words, this.comes(done)) };
      this.moving = this.slots.fixed = null;
      this.slots.start = null;
      await this.find();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      this.trouble = refusal;
      if (refusal.code === "wrong_state") this.moving = this.slots.fixed = null;
      if (refusal.code !== "no_answer") await this.find();
    }
    this.busy = false;
    this.slots.load();
    this.draw();
  }

  sendBooking(slot, known) {
    const { queue, item } = this.slots;
    return this.api.press("/appointments", Object.assign({ queue, start: slot.start }, item ? { item } : {}, known.whose));
  }

  sendMove(slot) {
    return this.api.press(`/appointments/${encodeURIComponent(this.moving.id)}/reschedule`, { start: slot.start });
  }

  comes(row) {
    return { from: spanWords(this.texts, { start: row.checkInFrom, end: row.checkInUntil }, this.zone) };
  }

  dayOf(row) {
    return dayWords(this.texts, dayOf(row.start, this.zone));
  }

  words(row) {
    return [this.dayOf(row), spanWords(this.texts, row, this.zone), this.texts.of(row.queueName)].join(this.texts.t("desk.dot"));
  }

  draw() {
    const { texts } = this;
    put(this.whoTitle, texts.t("desk.who"));
    this.person.draw();
    const somebody = Boolean(this.person.known);
    put(this.theirTitle, texts.t("desk.theirs"));
    show(this.theirTitle, somebody);
    mirror(this.list, somebody ? this.theirs : [], (row) => row.id, () => this.makeRow(), (node, row) => this.drawRow(node, row));
    put(this.none, texts.t("desk.nothingBooked"));
    show(this.none, somebody && !this.theirs.length);
    put(this.planTitle, this.moving ? texts.t("desk.moveTitle", { what: this.words(this.moving) }) : texts.t("desk.new"));
    put(this.saidLine, this.told ? texts.t(this.told.key, this.told.values) : "");
    put(this.troubleLine, this.trouble ? said(texts, this.trouble, this.zone) : "");
    this.slots.draw();
    this.drawBar();
  }

  makeRow() {
    const button = (act) => el("button", { type: "button", class: "small", "data-act": act });
    return el("li", {}, el("p", {}, el("strong", { class: "numbers" }), el("span", { class: "state" })), el("span", { class: "row-acts" }, button("check-in"), button("move"), button("cancel")));
  }

  drawRow(node, row) {
    const { texts } = this;
    node.dataset.booking = row.id;
    put(node.querySelector("strong"), this.words(row));
    put(node.querySelector(".state"), texts.t(`appointment-state.${row.state}`));
    const deeds = { "check-in": ["office.checkIn", () => this.day.checkIn(row)], move: ["desk.move", () => this.move(row)], cancel: ["office.cancel", () => this.day.cancel(row)] };
    for (const button of node.querySelectorAll("button")) {
      const [key, deed] = deeds[button.dataset.act];
      put(button, texts.t(key));
      button.onclick = deed;
      show(button, row.state === "booked");
    }
  }

  drawBar() {
    const { texts, moving, slots } = this;
    const { known } = this.person;
    const slot = slots.chosen;
    const missing = !slot ? "desk.chooseSlot" : !known && !moving ? "desk.choosePerson" : null;
    const when = slot ? { day: dayWords(texts, slots.day), span: spanWords(texts, slot, this.zone) } : {};
    put(this.summary, missing ? texts.t(missing) : texts.t("desk.summary", Object.assign(when, { who: known ? known.words : moving.maskedName || moving.maskedPhone || "" })));
    put(this.button, texts.t(moving ? "desk.moveSend" : "desk.send"));
    this.button.disabled = this.busy || Boolean(missing);
    put(this.back, texts.t("desk.stay"));
    show(this.back, Boolean(moving));
  }
}
