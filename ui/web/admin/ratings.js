// Ratings of some days: only what citizens pressed, and every figure opens into the rows that it counts.

import { Refusal } from "../shared/api.js";
import { dateTimeOf, dayOf } from "../shared/clock.js";
import { el, fill, mirror, put, show } from "../shared/dom.js";
import { refusalText } from "../shared/door.js";
import { table } from "./table.js";

const PAGE = 100;
// The server gives no more rows than this at once.
const MOST = 5000;

const byId = (id) => document.getElementById(id);

export class Ratings {
  constructor(api, texts) {
    this.api = api;
    this.texts = texts;
    this.rows = null;
    this.levels = [];
    this.windows = {};
    this.queues = {};
    this.zone = undefined;
    this.filter = {};
    this.shown = PAGE;
    this.days = "";
    this.asked = 0;
    byId("days").addEventListener("submit", (event) => {
      event.preventDefault();
      this.load();
    });
    for (const button of document.querySelectorAll("[data-days]")) {
      button.addEventListener("click", () => {
        this.choose(Number(button.dataset.days));
        this.load();
      });
    }
    byId("more").addEventListener("click", () => {
      this.shown += PAGE;
      this.draw();
    });
  }

  // The last so many days of the hall, today included.
  choose(days) {
    byId("to").value = this.day(0);
    byId("from").value = this.day(days - 1);
  }

  day(ago) {
    return dayOf(this.api.now() - ago * 86400000, this.zone);
  }

  async open() {
    if (!byId("to").value) this.choose(1);
    await this.load();
  }

  async load() {
    const from = byId("from").value;
    const to = byId("to").value;
    put(byId("ratings-trouble"), from > to ? this.texts.t("office.daysWrong") : "");
    if (from > to) return;
    const days = `from=${from}&to=${to}`;
    const mine = (this.asked += 1);
    try {
      if (!this.levels.length) this.levels = (await this.api.get("/levels")).levels;
      const { rows } = await this.api.get(`/admin/ratings?${days}`);
      if (mine !== this.asked) return;
      this.rows = rows;
      // What somebody chose while the same days were read anew stays chosen.
      if (days !== this.days) Object.assign(this, { days, filter: {}, shown: PAGE });
      this.draw();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (mine !== this.asked) return;
      put(byId("ratings-trouble"), refusalText(this.texts, refusal, "office"));
    }
  }

  draw() {
    if (!this.rows) return;
    show(byId("ratings-body"), true);
    this.drawRate();
    this.drawCounts();
    this.drawWindows();
    this.drawRows();
  }

  drawRate() {
    const good = this.rows.filter((row) => !this.rule(row.level).bad).length;
    const all = this.rows.length;
    put(byId("rate"), all ? `${((good / all) * 100).toFixed(2)}%` : this.texts.t("office.noFigure"));
    put(byId("formula"), this.texts.t("office.formula", { good, all }));
  }

  drawCounts() {
    const counts = [{ level: "", text: this.texts.t("office.all"), count: this.rows.length }].concat(
      this.levels.map((rule) => ({ level: rule.level, text: this.texts.of(rule.text), count: this.count({ level: rule.level }) })),
    );
    mirror(
      byId("counts"),
      counts,
      (one) => one.level || "all",
      (one) => el("button", { class: "count-button", onclick: () => this.select({ level: one.level }) }, el("strong", { class: "numbers" }), el("span")),
      (button, one) => {
        button.dataset.count = one.level || "all";
        button.setAttribute("aria-pressed", String((this.filter.level || "") === one.level && !this.filter.window));
        put(button.firstElementChild, one.count);
        put(button.lastElementChild, one.text);
      },
    );
  }

  // Windows by levels; a figure that is not nothing opens into its rows.
  drawWindows() {
    const texts = this.texts;
    const ids = Array.from(new Set(this.rows.map((row) => row.window))).sort((one, other) => one.localeCompare(other, undefined, { numeric: true }));
    const columns = [{ head: texts.t("office.window"), class: "first", cell: (id) => this.windowName(id) }].concat(
      this.levels.map((rule) => ({ head: texts.of(rule.text), class: "numbers right", cell: (id) => this.figure({ window: id, level: rule.level }) })),
      [{ head: texts.t("office.all"), class: "numbers right", cell: (id) => this.figure({ window: id }) }],
    );
    table(byId("by-window"), columns, ids, (id) => id);
  }

  figure(filter) {
    const count = this.count(filter);
    if (!count) return "0";
    const same = this.filter.window === filter.window && this.filter.level === filter.level;
    const button = el("button", { class: "figure", text: count, "aria-pressed": String(same), onclick: () => this.select(filter) });
    button.setAttribute("aria-label", `${this.titleOf(filter)} ${count}`);
    return button;
  }

  drawRows() {
    const texts = this.texts;
    const rows = this.rows.filter((row) => matches(row, this.filter));
    put(byId("rows-title"), texts.t("office.rows", { what: this.titleOf(this.filter), count: rows.length }));
    put(byId("rows-about"), this.rows.length >= MOST ? texts.t("office.most", { count: MOST }) : texts.t("office.rowsAbout"));
    const columns = [
      { head: texts.t("office.time"), class: "numbers", cell: (row) => dateTimeOf(texts, row.at, this.zone) },
      { head: texts.t("office.number"), class: "first numbers", cell: (row) => row.number },
      { head: texts.t("office.window"), class: "tight", cell: (row) => this.windowName(row.window) },
      { head: texts.t("office.queue"), cell: (row) => (this.queues[row.queue] ? texts.of(this.queues[row.queue].name) : row.queue) },
      { head: texts.t("office.level"), class: "tight", cell: (row) => texts.of(this.rule(row.level).text) },
      { head: texts.t("office.reasons"), class: "long", cell: (row) => this.reasons(row) },
      { head: texts.t("office.channel"), class: "tight", cell: (row) => texts.t(`office.channel.${row.channel}`) },
    ];
    table(byId("rating-rows"), columns, rows.slice(0, this.shown), (row) => row.service);
    show(byId("rating-rows"), rows.length > 0);
    show(byId("no-rows"), rows.length === 0);
    show(byId("more"), rows.length > this.shown);
    put(byId("more"), texts.t("office.more", { count: rows.length - this.shown }));
  }

  reasons(row) {
    const known = new Map(this.rule(row.level).reasons.map((reason) => [reason.code, this.texts.of(reason.text)]));
    const words = (row.reasons || []).map((code) => known.get(code) || code);
    if (row.text) words.push(this.texts.t("office.quoted", { text: row.text }));
    if (!words.length) return this.texts.t("office.nothing");
    const list = el("span", {});
    fill(list, words.join(this.texts.t("office.semicolon")));
    return list;
  }

  select(filter) {
    this.filter = filter;
    this.shown = PAGE;
    this.draw();
    byId("rows-title").focus();
  }

  titleOf(filter) {
    const parts = [];
    if (filter.window) parts.push(this.windowName(filter.window));
    parts.push(filter.level ? this.texts.of(this.rule(filter.level).text) : this.texts.t("office.allRatings"));
    return parts.join(" · ");
  }

  windowName(id) {
    return this.windows[id] ? this.texts.of(this.windows[id].name) : id;
  }

  rule(level) {
    return this.levels.find((rule) => rule.level === level) || { level, text: { zh: level }, bad: false, reasons: [] };
  }

  count(filter) {
    return this.rows.filter((row) => matches(row, filter)).length;
  }
}

function matches(row, filter) {
  return (!filter.level || row.level === filter.level) && (!filter.window || row.window === filter.window);
}
