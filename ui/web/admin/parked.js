// Offline tickets that the server could not take over by itself; nothing is dropped, staff settle them.

import { dateTimeOf } from "../shared/clock.js";
import { put, show } from "../shared/dom.js";
import { table } from "./table.js";

const byId = (id) => document.getElementById(id);

export class Parked {
  constructor(api, texts) {
    this.api = api;
    this.texts = texts;
    this.rows = [];
    this.queues = {};
    this.zone = undefined;
  }

  async refresh() {
    this.rows = (await this.api.get("/admin/parked")).tickets;
    this.draw();
  }

  draw() {
    const texts = this.texts;
    const queue = (id) => (this.queues[id] ? texts.of(this.queues[id].name) : id);
    const reason = (row) => (texts.has(`office.parked.${row.reason}`) ? texts.t(`office.parked.${row.reason}`) : row.reason);
    const columns = [
      { head: texts.t("office.number"), class: "first numbers", cell: (row) => row.number },
      { head: texts.t("office.queue"), cell: (row) => queue(row.queue) },
      { head: texts.t("office.role.kiosk"), cell: (row) => row.kiosk },
      { head: texts.t("office.printedAt"), class: "numbers", cell: (row) => dateTimeOf(texts, row.issuedAt, this.zone) },
      { head: texts.t("office.reason"), cell: reason },
    ];
    table(byId("parked-rows"), columns, this.rows, (row) => `${row.kiosk} ${row.key}`);
    show(byId("parked-rows"), this.rows.length > 0);
    show(byId("no-parked"), this.rows.length === 0);
    put(byId("parked-badge"), this.rows.length);
    show(byId("parked-badge"), this.rows.length > 0);
  }
}
