// Which queue, day and time: days that can be booked, and every slot with its free places.

import { Refusal } from "../shared/api.js";
import { timeOf } from "../shared/clock.js";
import { el, fill, mirror, put, set, show } from "../shared/dom.js";
import { said } from "./said.js";

export class Slots {
  // `changed()` after every choice. `fixed` is the queue of a booking that moves, else null.
  constructor(api, texts, place, changed) {
    Object.assign(this, { api, texts, place, changed, board: null, items: [], zone: undefined, fixed: null, queue: "", item: "", day: "", start: null });
    Object.assign(this, { days: [], slots: [], trouble: null, loaded: false, asked: 0 });
    this.build();
  }

  build() {
    this.queues = el("select", { name: "desk-queue", onchange: () => this.setQueue(this.queues.value) });
    this.itemList = el("select", { name: "desk-item", onchange: () => this.setItem(this.itemList.value) });
    this.queueWords = el("span");
    this.itemWords = el("span");
    this.queueLine = el("label", {}, this.queueWords, this.queues);
    this.itemLine = el("label", {}, this.itemWords, this.itemList);
    this.dayList = el("div", { class: "days", role: "group" });
    this.slotList = el("div", { class: "slots", role: "group" });
    this.nothing = el("p", { class: "about", role: "status" });
    this.troubleLine = el("p", { class: "trouble", role: "alert" });
    this.again = el("button", { type: "button", class: "small", "data-act": "again", onclick: () => this.load() });
    const wishes = el("div", { class: "wishes" }, this.queueLine, this.itemLine);
    fill(this.place, wishes, this.dayList, this.slotList, this.nothing, this.troubleLine, this.again);
  }

  bookable() {
    const queues = this.board ? Object.values(this.board.queues).filter((queue) => queue.bookable) : [];
    return queues.sort((one, other) => one.id.localeCompare(other.id, undefined, { numeric: true }));
  }

  // The board came or changed: the first queue that can be booked is chosen.
  take(board) {
    this.board = board;
    const known = this.bookable().map((queue) => queue.id).join(" ");
    if (known === this.known) return;
    this.known = known;
    const ids = known.split(" ");
    if (!ids.includes(this.queue)) this.setQueue(ids[0]);
    else this.draw();
  }

  setQueue(queue) {
    Object.assign(this, { queue, item: "", day: "", start: null, days: [], slots: [], loaded: false });
    this.load();
  }

  setItem(item) {
    this.item = item;
    this.changed();
  }

  setDay(day) {
    Object.assign(this, { day, start: null, slots: [], loaded: false });
    this.load();
  }

  setStart(start) {
    this.start = start;
    this.draw();
    this.changed();
  }

  // The slot that is chosen, or nothing.
  get chosen() {
    return this.slots.find((slot) => slot.start === this.start && slot.free > 0) || null;
  }

  // Asks again for the same day; a choice that is still free stays.
  async load() {
    if (!this.queue) return this.draw();
    const mine = (this.asked += 1);
    const day = this.day ? `&date=${this.day}` : "";
    try {
      const found = await this.api.get(`/slots?queue=${encodeURIComponent(this.queue)}${day}`);
      if (mine !== this.asked) return;
      this.days = found.days;
      this.day = this.day || found.days[0] || "";
      this.slots = found.slots.filter((slot) => Date.parse(slot.start) > this.api.now());
      this.loaded = true;
      this.trouble = null;
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (mine !== this.asked) return;
      this.trouble = refusal;
    }
    if (!this.chosen) this.start = null;
    this.draw();
    this.changed();
  }

  draw() {
    const { texts } = this;
    const options = (rows) => rows.map(({ id, words }) => el("option", { value: id, text: words }));
    put(this.queueWords, texts.t("desk.queue"));
    put(this.itemWords, texts.t("desk.item"));
    fill(this.queues, ...options(this.bookable().map((queue) => ({ id: queue.id, words: texts.of(queue.name) }))));
    this.queues.value = this.queue;
    this.queues.disabled = Boolean(this.fixed);
    const items = this.items.filter((item) => item.queue === this.queue);
    fill(this.itemList, ...options([{ id: "", words: texts.t("desk.anyItem") }, ...items.map((item) => ({ id: item.id, words: texts.of(item.name) }))]));
    this.itemList.value = this.item;
    show(this.itemLine, items.length > 0 && !this.fixed);
    this.dayList.setAttribute("aria-label", texts.t("desk.day"));
    this.slotList.setAttribute("aria-label", texts.t("desk.slot"));
    mirror(this.dayList, this.days, (day) => day, (day) => el("button", { type: "button", class: "day", "data-day": day, onclick: () => this.setDay(day) }), (node, day) => {
      put(node, dayWords(texts, day));
      node.setAttribute("aria-pressed", day === this.day);
    });
    mirror(this.slotList, this.slots, (slot) => slot.start, () => this.makeSlot(), (node, slot) => this.drawSlot(node, slot));
    this.drawNothing();
  }

  makeSlot() {
    return el("button", { type: "button", class: "slot" }, el("span", { class: "when numbers" }), el("span", { class: "free" }));
  }

  drawSlot(node, slot) {
    const { texts } = this;
    node.onclick = () => this.setStart(slot.start);
    set(node, { "data-start": slot.start, disabled: slot.free < 1, "aria-pressed": String(slot.start === this.start) });
    put(node.firstElementChild, spanWords(texts, slot, this.zone));
    put(node.lastElementChild, slot.free > 0 ? texts.t("desk.free", { count: slot.free }) : texts.t(slot.over ? "desk.over" : "desk.full"));
  }

  drawNothing() {
    const { texts } = this;
    const none = this.loaded && !this.slots.length;
    const key = !this.queue ? "desk.noQueues" : this.days.length ? "desk.noSlots" : "desk.noDays";
    const full = this.slots.length > 0 && this.slots.every((slot) => slot.free < 1);
    put(this.nothing, this.trouble ? "" : full ? texts.t("desk.allFull") : none || (this.board && !this.queue) ? texts.t(key) : "");
    put(this.troubleLine, this.trouble ? said(texts, this.trouble, this.zone) : "");
    put(this.again, texts.t("desk.again"));
    show(this.again, Boolean(this.trouble));
  }
}

// A day of the hall's calendar, as people say it.
export function dayWords(texts, day) {
  const language = texts.language === "zh" ? "zh-CN" : "en-GB";
  return new Intl.DateTimeFormat(language, { month: "short", day: "numeric", weekday: "short", timeZone: "UTC" }).format(new Date(`${day}T12:00:00Z`));
}

export function spanWords(texts, { start, end }, zone) {
  return texts.t("desk.span", { from: timeOf(texts, start, zone), to: timeOf(texts, end, zone) });
}
