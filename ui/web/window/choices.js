// The questions that an act at a window may still have. Each resolves with the body of the command, or null.

import { el } from "../shared/dom.js";

const PASS_REASONS = ["absent", "left", "wrong-queue", "wrong-person", "other"];
const PAUSE_REASONS = ["lunch", "meeting", "fault", "other"];
const OUTCOMES = ["accepted", "consult", "collect", "wrong-item", "refused", "other"];
const CALL_REASONS = ["special-need", "quick-matter", "correction", "instructed", "other"];
const POSITIONS = ["original", "middle", "last"];

export async function askPassReason(sheet, texts) {
  const options = PASS_REASONS.map((reason) => option(texts.t(`window.pass.${reason}`), { reason }, { "data-reason": reason }));
  return sheet.choose(texts.t("window.ask.pass"), [{ options }]);
}

export async function askPauseReason(sheet, texts) {
  const options = PAUSE_REASONS.map((reason) => option(texts.t(`window.pause.${reason}`), { reason }, { "data-reason": reason }));
  return sheet.choose(texts.t("window.ask.pause"), [{ options }]);
}

// `next` says where the ticket goes on to, when it has several items.
export async function askOutcome(sheet, texts, next) {
  const options = OUTCOMES.map((outcome) => option(texts.t(`window.outcome.${outcome}`), { outcome }, { "data-outcome": outcome }));
  return sheet.choose(next ? texts.t("window.ask.finishThen", { next }) : texts.t("window.ask.finish"), [{ options }]);
}

// To a queue or to a window that is there, at the old place in the line, in its middle, or last.
export async function askTransfer(sheet, texts, board, view) {
  const places = POSITIONS.map((value) => {
    const input = el("input", { type: "radio", name: "position", value, checked: value === "original" });
    return { value, input, label: el("label", {}, input, el("span", { text: texts.t(`window.position.${value}`) })) };
  });
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
  const aim = await sheet.choose(texts.t("window.ask.transfer"), groups, el("div", { class: "position", role: "radiogroup" }, ...places.map((place) => place.label)));
  return aim && Object.assign({ position: places.find((place) => place.input.checked).value }, aim);
}

// The rare acts. Resolves with the name of one.
export async function askMore(sheet, texts, can) {
  const options = [];
  if (can.call) options.push(option(texts.t("window.act.call"), "call", { "data-more": "call" }, texts.t("window.more.call")));
  options.push(option(texts.t("window.act.serve"), "serve", { "data-more": "serve" }, texts.t("window.more.serve")));
  if (can.undo) options.push(option(texts.t("window.act.undo"), "undo", { "data-more": "undo" }, can.undo));
  return sheet.choose(texts.t("window.ask.more"), [{ options, wide: true }]);
}

// Who is to be called out of order; `rows` are {ticket, words}.
export async function askWho(sheet, texts, rows) {
  const options = rows.map(({ ticket, words }) => option(ticket.number, ticket, { "data-ticket": ticket.id }, words));
  return sheet.choose(texts.t("window.ask.call"), [{ options, wide: true }]);
}

// Why this one goes before the others; "other" is written down.
export async function askCallReason(sheet, texts, ticket) {
  const options = CALL_REASONS.map((reason) => option(texts.t(`call-reason.${reason}`), { reason }, { "data-reason": reason }));
  const title = texts.t("window.ask.callWhy", { number: ticket.number });
  const kept = el("p", { class: "hint", text: texts.t("window.ask.kept") });
  const chosen = await sheet.choose(title, [{ options }], kept);
  if (!chosen || chosen.reason !== "other") return chosen && Object.assign({ ticket: ticket.id }, chosen);
  const text = await sheet.write(title, texts.t("window.ask.callWords"));
  return text && { ticket: ticket.id, reason: chosen.reason, text };
}

export async function askPassed(sheet, texts, rows) {
  const options = rows.map(({ ticket, words }) => option(ticket.number, ticket, { "data-ticket": ticket.id }, words));
  return sheet.choose(texts.t("window.ask.passed"), [{ options, wide: true }]);
}

// A passed ticket came back: "serve" at once, where nobody else is served, or "return" to the line.
export async function askSettle(sheet, texts, ticket, mayServe) {
  const options = [option(texts.t("window.reactivate"), "return", { "data-settle": "return" }, texts.t("window.reactivateAbout"))];
  if (mayServe) options.unshift(option(texts.t("window.servePassed"), "serve", { "data-settle": "serve" }, texts.t("window.servePassedAbout")));
  return sheet.choose(texts.t("window.ask.settle", { number: ticket.number }), [{ options, wide: true }]);
}

export async function askQueue(sheet, texts, queues) {
  const options = queues.map((queue) => option(texts.of(queue.name), { queue: queue.id }, { "data-queue": queue.id }, texts.t("window.waiting", { count: queue.waiting })));
  return sheet.choose(texts.t("window.ask.serve"), [{ options }]);
}

function option(label, value, attributes, detail) {
  return { label, value, attributes, detail };
}
