// Who did what out of the ordinary, and why: the newest first.

import { dateTimeOf } from "../shared/clock.js";
import { show } from "../shared/dom.js";
import { InOrder } from "../shared/order.js";
import { table } from "./table.js";
import { numberOf, queueName, windowName } from "./words.js";

const REASONS = ["call-reason", "restriction-reason", "office.settled"];

const byId = (id) => document.getElementById(id);

export class Audit {
  constructor(api, texts) {
    Object.assign(this, { api, texts, answers: new InOrder(), rows: [], board: null, zone: undefined });
  }

  async refresh() {
    const found = await this.answers.of(this.api.get("/admin/audit"));
    if (!found) return;
    this.rows = found.rows;
    this.draw();
  }

  draw() {
    const { texts } = this;
    const rows = this.rows.slice().sort((one, other) => (one.at < other.at ? 1 : -1));
    const columns = [
      { head: texts.t("office.time"), class: "numbers", cell: (row) => dateTimeOf(texts, row.at, this.zone) },
      { head: texts.t("office.by"), class: "tight", cell: (row) => row.by },
      { head: texts.t("office.act"), class: "first", cell: (row) => this.words(["office.act"], row.act) },
      { head: texts.t("office.subject"), class: "code-like", cell: (row) => this.subject(row) },
      { head: texts.t("office.reason"), class: "long", cell: (row) => this.why(row) },
    ];
    table(byId("audit-rows"), columns, rows, (row) => row.id);
    show(byId("audit-rows"), rows.length > 0);
    show(byId("no-audit"), rows.length === 0);
  }

  // A number where there is one, a queue by its name, else the id that the log knows.
  subject({ act, about }) {
    if (act === "extend-hours" && this.board && !this.board.queues[about]) return this.texts.t("office.allQueues");
    if (act === "force-close-window") return windowName(this.texts, this.board, about);
    return numberOf(this.board, about) || queueName(this.texts, this.board, about);
  }

  why(row) {
    if (row.act === "extend-hours") return row.text ? this.texts.t("office.extendedTo", { time: dateTimeOf(this.texts, row.text, this.zone) }) : this.texts.t("office.shorten");
    const reason = row.reason ? this.words(row.act === "force-close-window" ? ["office.force"] : REASONS, row.reason) : "";
    const text = row.text ? this.texts.t("office.quoted", { text: row.text }) : "";
    return [reason, text].filter(Boolean).join(this.texts.t("office.semicolon")) || this.texts.t("office.nothing");
  }

  words(prefixes, code) {
    const key = prefixes.map((prefix) => `${prefix}.${code}`).find((one) => this.texts.has(one));
    return key ? this.texts.t(key) : code;
  }
}
