// Offline tickets that the server could not take over by itself; nothing is dropped, staff settle each.

import { dateTimeOf } from "../shared/clock.js";
import { el, put, show } from "../shared/dom.js";
import { InOrder } from "../shared/order.js";
import { table } from "./table.js";
import { queueName, queueOptions } from "./words.js";

const byId = (id) => document.getElementById(id);

export class Parked {
  constructor(api, texts, ask) {
    Object.assign(this, { api, texts, ask, answers: new InOrder(), rows: [], board: null, zone: undefined, said: null });
  }

  async refresh() {
    const found = await this.answers.of(this.api.get("/admin/parked"));
    if (!found) return;
    this.rows = found.tickets;
    this.draw();
  }

  draw() {
    const texts = this.texts;
    const reason = (row) => (texts.has(`office.parked.${row.reason}`) ? texts.t(`office.parked.${row.reason}`) : row.reason);
    const columns = [
      { head: texts.t("office.number"), class: "first numbers", cell: (row) => row.number },
      { head: texts.t("office.queue"), cell: (row) => queueName(texts, this.board, row.queue) },
      { head: texts.t("office.role.kiosk"), cell: (row) => row.kiosk },
      { head: texts.t("office.printedAt"), class: "numbers", cell: (row) => dateTimeOf(texts, row.issuedAt, this.zone) },
      { head: texts.t("office.reason"), cell: reason },
      { head: texts.t("office.acts"), class: "acts", cell: (row) => this.acts(row) },
    ];
    table(byId("parked-rows"), columns, this.rows, (row) => `${row.kiosk} ${row.key}`, (line, row) => {
      line.dataset.parked = row.key;
    });
    show(byId("parked-rows"), this.rows.length > 0);
    show(byId("no-parked"), this.rows.length === 0);
    put(byId("parked-badge"), this.rows.length);
    show(byId("parked-badge"), this.rows.length > 0);
    put(byId("parked-said"), this.said ? texts.t(this.said.key, this.said.values) : "");
  }

  acts(row) {
    const button = (act, deed) => el("button", { type: "button", class: "small", "data-act": act, text: this.texts.t(`office.${act}`), onclick: deed });
    return el("span", { class: "row-acts" }, button("issue", () => this.issue(row)), button("dismiss", () => this.dismiss(row)));
  }

  // A new number at its old time, in its own queue or in another.
  issue(row) {
    const { texts } = this;
    const options = queueOptions(texts, this.board);
    const known = options.some((one) => one.value === row.queue);
    const fields = [{ name: "queue", kind: "select", label: texts.t("office.queue"), options, value: known ? row.queue : undefined }];
    this.ask.open({ title: texts.t("office.issueAsk", { number: row.number }), about: texts.t("office.issueAbout"), fields, send: texts.t("office.issue") }, async ({ queue }) => {
      const done = await this.settle(row, { how: "issue", queue });
      this.said = { key: "office.issued", values: { old: row.number, number: done.ticket ? done.ticket.number : "" } };
      await this.refresh();
    });
  }

  dismiss(row) {
    const { texts } = this;
    const fields = [{ name: "text", kind: "words", label: texts.t("office.why") }];
    this.ask.open({ title: texts.t("office.dismissAsk", { number: row.number }), fields, send: texts.t("office.dismiss") }, async ({ text }) => {
      await this.settle(row, { how: "dismiss", text });
      this.said = { key: "office.dismissed", values: { number: row.number } };
      await this.refresh();
    });
  }

  settle(row, how) {
    return this.api.press("/admin/parked/settle", Object.assign({ kiosk: row.kiosk, key: row.key }, how));
  }
}
