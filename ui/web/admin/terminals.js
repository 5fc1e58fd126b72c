// Every terminal and what is wrong with it, in words; what needs somebody comes first.

import { el, put, show } from "../shared/dom.js";
import { InOrder } from "../shared/order.js";
import { mark, table } from "./table.js";

// Terminals report every minute; three missed reports are no accident.
const SILENT = 3 * 60;
const CLOCK = 60;

const byId = (id) => document.getElementById(id);

export class Terminals {
  constructor(api, texts) {
    this.api = api;
    this.texts = texts;
    this.rows = [];
    this.answers = new InOrder();
  }

  async refresh() {
    const found = await this.answers.of(this.api.get("/admin/terminals"));
    if (!found) return;
    this.rows = found.terminals;
    this.draw();
  }

  draw() {
    const texts = this.texts;
    const now = this.api.now();
    const rows = this.rows.map((terminal) => ({ terminal, age: terminal.lastSeen ? (now - Date.parse(terminal.lastSeen)) / 1000 : null }));
    const faults = (row) => this.troubles(row).filter((one) => one.kind !== "off").length;
    rows.sort((one, other) => faults(other) - faults(one) || one.terminal.name.localeCompare(other.terminal.name, undefined, { numeric: true }));
    const columns = [
      { head: texts.t("office.terminal"), class: "first", cell: (row) => row.terminal.name },
      { head: texts.t("office.role"), class: "tight", cell: (row) => texts.t(`office.role.${row.terminal.role}`) },
      { head: texts.t("office.condition"), cell: (row) => this.condition(row) },
      { head: texts.t("office.lastSeen"), class: "tight", cell: (row) => this.ago(row.age) },
      { head: texts.t("office.uploads"), class: "numbers right", cell: (row) => String(row.terminal.waitingUploads || 0) },
    ];
    table(byId("terminal-rows"), columns, rows, (row) => `${row.terminal.role} ${row.terminal.name}`, (line, row) => {
      line.dataset.terminal = row.terminal.name;
    });
    show(byId("no-terminals"), rows.length === 0);
    show(byId("terminal-rows"), rows.length > 0);
    const bad = rows.filter((row) => faults(row) > 0).length;
    put(byId("terminals-badge"), bad);
    show(byId("terminals-badge"), bad > 0);
  }

  // What is not as it should be; `off` is only news, `care` wants somebody.
  troubles(row) {
    const texts = this.texts;
    const found = [];
    if (row.age === null) return [{ kind: "off", text: texts.t("office.never") }];
    if (row.age > SILENT) found.push({ kind: "care", text: texts.t("office.silent") });
    const off = row.terminal.clockOffSeconds || 0;
    if (Math.abs(off) >= CLOCK) {
      found.push({ kind: "care", text: texts.t(off > 0 ? "office.clockFast" : "office.clockSlow", { length: this.length(Math.abs(off)) }) });
    }
    for (const one of row.terminal.conditions || []) found.push({ kind: "care", text: this.words(one) });
    return found;
  }

  condition(row) {
    const found = this.troubles(row);
    if (!found.length) return mark("good", this.texts.t("office.well"));
    const list = el("ul", { class: "troubles" });
    for (const one of found) list.append(el("li", {}, mark(one.kind, one.text)));
    return list;
  }

  // A condition as a sentence: which part, what, and who can do something about it.
  words(condition) {
    const texts = this.texts;
    const device = texts.has(`office.device.${condition.device}`) ? texts.t(`office.device.${condition.device}`) : condition.device;
    const action = this.first([`action.${condition.action}`, `office.action.${condition.action}`], {});
    const what = this.first([`condition.${condition.code}`, `office.condition.${condition.code}`, `device.${condition.code}`, condition.code, "office.condition.unknown"], { code: condition.code });
    const key = !condition.action || condition.action === "none" || !action ? "office.trouble" : "office.troubleAction";
    return texts.t(key, { device, what, action });
  }

  first(keys, values) {
    const key = keys.find((one) => this.texts.has(one));
    return key ? this.texts.t(key, values) : "";
  }

  ago(age) {
    const texts = this.texts;
    if (age === null) return texts.t("office.nothing");
    return age < 90 ? texts.t("office.now") : texts.t("office.ago", { length: this.length(age) });
  }

  length(seconds) {
    const texts = this.texts;
    if (seconds < 3600) return texts.t("office.minutes", { count: Math.max(1, Math.round(seconds / 60)) });
    if (seconds < 48 * 3600) return texts.t("office.hours", { count: Math.round(seconds / 3600) });
    return texts.t("office.days", { count: Math.round(seconds / 86400) });
  }
}
