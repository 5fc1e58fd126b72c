// What the hall should look at: what stands now, the worst first, and what is over.

import { dateTimeOf } from "../shared/clock.js";
import { put, show } from "../shared/dom.js";
import { InOrder } from "../shared/order.js";
import { mark, table } from "./table.js";
import { length, numberOf, queueName, windowName } from "./words.js";

const ORDER = ["red", "yellow", "note"];
const KINDS = { red: "urgent", yellow: "care", note: "off" };
const PAST = 50;

const byId = (id) => document.getElementById(id);

export class Alerts {
  constructor(api, texts) {
    this.api = api;
    this.texts = texts;
    this.rows = new Map();
    this.answers = new InOrder();
    this.news = [];
    this.board = null;
    this.zone = undefined;
  }

  // What is heard while the answer is on its way is newer than the answer.
  async refresh() {
    this.news = [];
    const found = await this.answers.of(this.api.get("/alerts"));
    if (!found) return;
    this.rows = new Map(found.alerts.concat(this.news).map((alert) => [alert.id, alert]));
    this.draw();
  }

  // Raised anew, at another level, or over: the newest word about an alert counts.
  hear(alert) {
    if (!alert) return;
    this.news.push(alert);
    this.rows.set(alert.id, alert);
    this.draw();
  }

  draw() {
    const all = Array.from(this.rows.values());
    const late = (one, other) => (one.raisedAt < other.raisedAt ? 1 : -1);
    const standing = all.filter((alert) => !alert.clearedAt);
    standing.sort((one, other) => ORDER.indexOf(one.level) - ORDER.indexOf(other.level) || late(other, one));
    const past = all.filter((alert) => alert.clearedAt).sort(late).slice(0, PAST);
    this.table("alert-rows", standing, false);
    show(byId("no-alerts"), standing.length === 0);
    this.table("past-rows", past, true);
    show(byId("past-title"), past.length > 0);
    put(byId("alerts-badge"), standing.length);
    show(byId("alerts-badge"), standing.length > 0);
    byId("alerts-badge").dataset.level = standing.length ? standing[0].level : "";
  }

  table(id, rows, past) {
    const { texts } = this;
    const columns = [
      { head: texts.t("office.alertLevel"), class: "tight", cell: (row) => mark(past ? "off" : KINDS[row.level], texts.t(`level.${row.level}`)) },
      { head: texts.t("office.alert"), class: "tight first", cell: (row) => texts.t(`alert.${row.rule}`) },
      { head: texts.t("office.what"), class: "long", cell: (row) => this.sentence(row) },
      { head: texts.t("office.raised"), class: "numbers", cell: (row) => dateTimeOf(texts, row.raisedAt, this.zone) },
    ];
    if (past) columns.push({ head: texts.t("office.cleared"), class: "numbers", cell: (row) => dateTimeOf(texts, row.clearedAt, this.zone) });
    table(byId(id), columns, rows, (row) => row.id, (line, row) => {
      line.dataset.alert = row.id;
    });
    show(byId(id), rows.length > 0);
  }

  // What was seen, against what the hall allows.
  sentence(alert) {
    const { texts, board } = this;
    const percent = alert.rule === "many-passes";
    const say = (value) => (percent ? texts.t("office.percent", { count: value }) : length(texts, value));
    const number = numberOf(board, alert.ticket);
    const words = texts.t(`office.alert.${alert.rule}`, {
      queue: queueName(texts, board, alert.queue),
      window: windowName(texts, board, alert.window),
      value: say(alert.value),
      limit: say(alert.limit),
    });
    return number ? texts.t("office.withNumber", { words, number }) : words;
  }
}
