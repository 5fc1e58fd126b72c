// The wall clock of a page, in the hall's time zone and by the server's time.

import { put } from "./dom.js";

export class Clock {
  constructor(api, texts, nodes) {
    this.api = api;
    this.texts = texts;
    this.nodes = nodes;
    this.zone = undefined;
    this.format();
    texts.changed.push(() => this.format());
    setInterval(() => this.tick(), 1000);
  }

  setZone(zone) {
    this.zone = zone || undefined;
    this.format();
  }

  format() {
    const language = this.texts.language === "zh" ? "zh-CN" : "en-GB";
    this.time = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: this.zone });
    this.date = new Intl.DateTimeFormat(language, { month: "long", day: "numeric", weekday: "long", timeZone: this.zone });
    this.tick();
  }

  tick() {
    const now = new Date(this.api.now());
    put(this.nodes.time, this.time.format(now));
    if (this.nodes.date) put(this.nodes.date, this.date.format(now));
  }
}

// The time of day of a moment, for rows of lists.
export function timeOf(texts, at, zone) {
  const language = texts.language === "zh" ? "zh-CN" : "en-GB";
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: zone || undefined }).format(new Date(at));
}

export function dateTimeOf(texts, at, zone) {
  const language = texts.language === "zh" ? "zh-CN" : "en-GB";
  const wanted = { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false, timeZone: zone || undefined };
  return new Intl.DateTimeFormat(language, wanted).format(new Date(at));
}

// The day of a moment in the hall's time zone, as 2026-03-02.
export function dayOf(at, zone) {
  const wanted = { year: "numeric", month: "2-digit", day: "2-digit", timeZone: zone || undefined };
  return new Intl.DateTimeFormat("en-CA", wanted).format(new Date(at));
}

// The moment of a day and a time (00:00 to 24:00) in the hall's time zone, as the server reads it.
export function instantOf(day, time, zone) {
  const [hours, minutes] = time.split(":").map(Number);
  const wanted = Date.parse(`${day}T00:00:00Z`) + (hours * 60 + minutes) * 60000;
  // Twice, because the offset at the first guess may be that of the other side of a clock change.
  let at = wanted;
  for (let turn = 0; turn < 2; turn += 1) at = wanted - offset(at, zone);
  return new Date(at).toISOString();
}

// How far the clocks of a zone are ahead of UTC at a moment, in milliseconds.
function offset(at, zone) {
  const wanted = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23", timeZone: zone || undefined };
  const parts = {};
  for (const { type, value } of new Intl.DateTimeFormat("en-US", wanted).formatToParts(new Date(at))) parts[type] = Number(value);
  return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second) - at;
}
