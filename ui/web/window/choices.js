// The four questions that an act at a window may still have. Each resolves with the body of the command, or null.

import { el } from "../shared/dom.js";

const PASS_REASONS = ["absent", "left", "wrong-queue", "wrong-person", "other"];
const PAUSE_REASONS = ["lunch", "meeting", "fault", "other"];
const OUTCOMES = ["accepted", "consult", "collect", "wrong-item", "refused", "other"];

export async function askPassReason(sheet, texts) {
  const options = PASS_REASONS.map((reason) => option(texts.t(`window.pass.${reason}`), { reason }, { "data-reason": reason }));
  return sheet.choose(texts.t("window.ask.pass"), [{ options }]);
}

export async function askPauseReason(sheet, texts) {
  const options = PAUSE_REASONS.map((reason) => option(texts.t(`window.pause.${reason}`), { reason }, { "data-reason": reason }));
  return sheet.choose(texts.t("window.ask.pause"), [{ options }]);
}

export async function askOutcome(sheet, texts) {
  const options = OUTCOMES.map((outcome) => option(texts.t(`window.outcome.${outcome}`), { outcome }, { "data-outcome": outcome }));
  return sheet.choose(texts.t("window.ask.finish"), [{ options }]);
}

// To a queue or to a window that is there, at the old place in the line or last.
export async function askTransfer(sheet, texts, board, view) {
  const place = (value, checked) => {
    const input = el("input", { type: "radio", name: "position", value, checked });
    return { input, label: el("label", {}, input, el("span", { text: texts.t(`window.position.${value}`) })) };
  };
  const original = place("original", true);
  const last = place("last", false);
  const byName = (one, other) => (one.id < other.id ? -1 : 1);
  const queues = Object.values(board.queues)
    .sort(byName)
    .map((queue) => option(texts.of(queue.name), { queue: queue.id }, { "data-queue": queue.id }, texts.t("window.waiting", { count: queue.waiting })));
  const windows = Object.values(board.windows)
    .filter((window) => window.id !== view.id)
    .sort(byName)
    .map((window) => option(texts.of(window.name), { window: window.id }, { "data-window": window.id }, texts.t(`window.mode.${window.mode}`)));
  const groups = [
    { title: texts.t("window.toQueue"), options: queues },
    { title: texts.t("window.toWindow"), options: windows },
  ];
  const aim = await sheet.choose(texts.t("window.ask.transfer"), groups, el("div", { class: "position", role: "radiogroup" }, original.label, last.label));
  return aim && Object.assign({ position: last.input.checked ? "last" : "original" }, aim);
}

function option(label, value, attributes, detail) {
  return { label, value, attributes, detail };
}
