// The hall as it is now: what waits, who works where.

import { el, mirror, put } from "../shared/dom.js";
import { timeOf } from "../shared/clock.js";
import { mark, table } from "./table.js";

const byId = (id) => document.getElementById(id);

export class Overview {
  // `closing` shuts a window for an officer who is gone.
  constructor(texts, closing) {
    this.texts = texts;
    this.closing = closing;
  }

  draw(board, zone) {
    const queues = Object.values(board.queues).sort(byName);
    const windows = Object.values(board.windows).sort(byName);
    this.drawFigures(queues, windows);
    this.drawQueues(queues, board.windows);
    this.drawWindows(windows, board.queues, zone);
  }

  drawFigures(queues, windows) {
    const t = (key) => this.texts.t(key);
    const figures = [
      ["waiting", queues.reduce((sum, queue) => sum + queue.waiting, 0)],
      ["serving", windows.filter((window) => window.ticket && window.ticket.state === "serving").length],
      ["calling", windows.filter((window) => window.ticket && window.ticket.state === "calling").length],
      ["open", `${windows.filter((window) => window.mode === "open").length} / ${windows.length}`],
    ];
    mirror(
      byId("figures"),
      figures,
      ([name]) => name,
      () => el("div", {}, el("dt"), el("dd", { class: "numbers" })),
      (node, [name, value]) => {
        node.dataset.figure = name;
        put(node.firstElementChild, t(`office.figure.${name}`));
        put(node.lastElementChild, value);
      },
    );
  }

  drawQueues(queues, windows) {
    const texts = this.texts;
    const names = (ids) => ids.map((id) => windows[id]).filter(Boolean).map((window) => texts.of(window.name)).join(texts.t("list.comma"));
    const columns = [
      { head: texts.t("office.queue"), class: "first", cell: (queue) => `${queue.prefix} ${texts.of(queue.name)}` },
      { head: texts.t("office.state"), cell: (queue) => this.queueState(queue) },
      { head: texts.t("office.waiting"), class: "numbers right", cell: (queue) => String(queue.waiting) },
      { head: texts.t("office.wait"), class: "numbers", cell: (queue) => (queue.waiting ? texts.range(queue.estimatedWaitSeconds) : texts.t("office.nothing")) },
      { head: texts.t("office.windows"), cell: (queue) => names(queue.windows) },
    ];
    table(byId("queues"), columns, queues, (queue) => queue.id);
  }

  queueState(queue) {
    if (queue.open && queue.warning) return mark("care", this.texts.t(`warning.${queue.warning}`));
    if (queue.open) return mark("good", this.texts.t("office.queueOpen"));
    return mark("off", this.texts.t(`closed.${queue.closedReason || "any"}`));
  }

  drawWindows(windows, queues, zone) {
    const texts = this.texts;
    const served = (ids) => ids.map((id) => queues[id]).filter(Boolean).map((queue) => texts.of(queue.name)).join(texts.t("list.comma"));
    const columns = [
      { head: texts.t("office.window"), class: "first", cell: (window) => texts.of(window.name) },
      { head: texts.t("office.state"), cell: (window) => this.windowState(window) },
      { head: texts.t("office.officer"), class: "tight", cell: (window) => (window.officer ? `${window.officer.number} ${window.officer.name}` : texts.t("office.nothing")) },
      { head: texts.t("office.current"), class: "tight", cell: (window) => this.current(window, zone) },
      { head: texts.t("office.held"), class: "numbers right", cell: (window) => String(window.held.length) },
      { head: texts.t("office.queues"), cell: (window) => served(window.queues) },
      { head: texts.t("office.acts"), class: "acts", cell: (window) => (window.mode === "closed" ? "" : this.closing.button(window.id)) },
    ];
    table(byId("windows"), columns, windows, (window) => window.id);
  }

  windowState(window) {
    const texts = this.texts;
    if (window.mode === "open") return mark("good", texts.t("office.mode.open"));
    if (window.mode === "closed") return mark("off", texts.t("office.mode.closed"));
    const why = window.pauseReason ? texts.t(`office.pause.${window.pauseReason}`) : texts.t("office.pause.other");
    return mark("care", texts.t("office.mode.paused", { reason: why }));
  }

  current(window, zone) {
    const texts = this.texts;
    const ticket = window.ticket;
    if (!ticket) return texts.t("office.nothing");
    const since = ticket.state === "serving" ? ticket.startedAt : ticket.calledAt;
    const line = el("span", {}, el("strong", { class: "numbers", text: ticket.number }), " ");
    const state = texts.t(`office.ticket.${ticket.state}`);
    line.append(since ? texts.t("office.since", { state, time: timeOf(texts, since, zone) }) : state);
    return line;
  }
}

function byName(one, other) {
  return one.id.localeCompare(other.id, undefined, { numeric: true });
}
