// The order in which calls take the band: each is held while it is spoken and a while longer, unless others wait behind it.

import { once } from "../shared/dom.js";

const AT_LEAST = 4000;

export class Calls {
  // speak(call) resolves when it was said; show(call or null) draws the band; hold is in milliseconds.
  constructor(now, hold, speak, show) {
    this.now = now;
    this.hold = hold;
    this.speak = speak;
    this.show = show;
    this.line = [];
    this.current = null;
    this.running = false;
    this.newcomer = null;
  }

  // A call that is already too old is only listed, never announced; a newer call of the same ticket replaces the waiting one.
  add(seq, call) {
    if (Date.parse(call.validUntil) < this.now()) return;
    this.line = this.line.filter((other) => other.call.ticket !== call.ticket);
    this.line.push({ seq, call });
    if (this.newcomer) this.newcomer();
    if (!this.running) this.run();
  }

  // Whoever was called must not go there: off the band, and never announced if it still waits for its turn.
  withdraw(ticket) {
    this.line = this.line.filter((other) => other.call.ticket !== ticket);
    if (!this.current || this.current.ticket !== ticket) return;
    this.current = null;
    this.show(null);
    if (this.newcomer) this.newcomer();
  }

  clear() {
    this.line = [];
    if (this.newcomer) this.newcomer();
  }

  async run() {
    this.running = true;
    while (this.line.length) {
      const next = this.line.shift();
      if (Date.parse(next.call.validUntil) < this.now()) continue;
      const began = this.now();
      this.current = next.call;
      this.show(next.call);
      await this.speak(next);
      await this.wait(this.hold);
      const left = AT_LEAST - (this.now() - began);
      if (left > 0) await once(left);
    }
    this.running = false;
    this.current = null;
    this.show(null);
  }

  // Waits so long, or until another call wants the band.
  wait(time) {
    if (this.line.length) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(done, time);
      const self = this;
      function done() {
        clearTimeout(timer);
        self.newcomer = null;
        resolve();
      }
      this.newcomer = done;
    });
  }
}
