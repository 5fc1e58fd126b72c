// A page on a fixed device says that it lives, with its own clock and what is not as it should be.

import { Refusal } from "./api.js";

const EVERY = 60000;

export class Terminal {
  constructor(api) {
    this.api = api;
    this.conditions = new Map();
  }

  start() {
    this.report();
    setInterval(() => this.report(), EVERY);
  }

  set(device, code, action) {
    const known = this.conditions.has(code);
    this.conditions.set(code, { device, code, action });
    if (!known) this.report();
  }

  clear(code) {
    if (this.conditions.delete(code)) this.report();
  }

  // Only a device reports itself; a page that only a person has opened says nothing.
  async report() {
    if (!this.api.token()) return;
    const body = { clock: new Date().toISOString(), conditions: Array.from(this.conditions.values()), waitingUploads: 0 };
    try {
      await this.api.ask("POST", "/terminals/report", body, {});
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
    }
  }
}
