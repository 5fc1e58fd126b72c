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
