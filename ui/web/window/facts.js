// What an officer knows of the person who is here, in one line.

import { timeOf } from "../shared/clock.js";
import { put } from "../shared/dom.js";
import { minutesSince } from "./line.js";

// Name, priority, booked time, how long the wait was, what is wanted, and since when he is being served.
export function drawFacts(node, texts, ticket, now, catalogue) {
  if (!ticket) {
    put(node, "");
    return;
  }
  const facts = [];
  if (ticket.maskedName) facts.push(ticket.maskedName);
  if (ticket.priority !== "none") facts.push(texts.t(`priority.${ticket.priority}`));
  if (ticket.appointmentStart) facts.push(texts.t("window.appointment", { time: timeOf(texts, ticket.appointmentStart, catalogue.timeZone) }));
  if (ticket.calledAt) facts.push(texts.t("window.waited", { minutes: minutesSince(ticket.issuedAt, Date.parse(ticket.calledAt)) }));
  if (ticket.state === "calling" && ticket.calls > 1) facts.push(texts.t("window.calls", { count: ticket.calls }));
  if (ticket.state === "serving" && ticket.startedAt) facts.push(texts.t("window.serving", { time: clockTime(now - Date.parse(ticket.startedAt)) }));
  if (ticket.offline) facts.push(texts.t(ticket.clockOff ? "window.clockOff" : "window.offline"));
  facts.push(...itemsOf(texts, ticket, catalogue));
  put(node, facts.join(texts.t("window.dot")));
}

// The matters of this stop: the first by name, and how many there are.
function itemsOf(texts, ticket, catalogue) {
  const wanted = ticket.items && ticket.items.length ? ticket.items : ticket.item ? [ticket.item] : [];
  const first = catalogue.items.find((item) => item.id === wanted[0]);
  if (!first) return [];
  const item = texts.of(first.name);
  return [wanted.length > 1 ? texts.t("window.items", { item, count: wanted.length }) : item];
}

function clockTime(time) {
  const seconds = Math.max(0, Math.floor(time / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return `${hours ? `${hours}:` : ""}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
