// Server-sent events by fetch: a page sees the status code, sends its token, and hears the pings.

import { Refusal } from "./api.js";

const SILENCE = 40000;
const LIFETIME = 30 * 60 * 1000;

// Reads one connection until it ends. `hear(event)` gets {id, type, data}; `open()` is called once it stands.
// Ends normally when the server ends it or after half an hour (nothing is allowed to grow for weeks); throws when it breaks.
export async function readStream(api, path, hear, open, stop) {
  const breaker = new AbortController();
  const abort = () => breaker.abort();
  stop.addEventListener("abort", abort);
  const life = setTimeout(abort, LIFETIME);
  let watchdog = setTimeout(abort, SILENCE);
  try {
    const asked = Date.now();
    const reply = await fetch(`/api/v1${path}`, {
      headers: api.headers({ Accept: "text/event-stream" }),
      credentials: "omit",
      cache: "no-store",
      signal: breaker.signal,
    });
    api.setClock(reply, asked);
    if (!reply.ok) throw new Refusal(reply.status, await reply.json().catch(() => ({ code: "internal" })));
    open();
    const reader = reply.body.getReader();
    const lines = new Lines(hear);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(watchdog);
      watchdog = setTimeout(abort, SILENCE);
      lines.take(value);
    }
  } finally {
    clearTimeout(watchdog);
    clearTimeout(life);
    stop.removeEventListener("abort", abort);
    breaker.abort();
  }
}

export class Lines {
  constructor(hear) {
    this.hear = hear;
    this.decoder = new TextDecoder();
    this.rest = "";
    this.event = {};
  }

  take(bytes) {
    this.rest += this.decoder.decode(bytes, { stream: true });
    const lines = this.rest.split(/\r?\n/);
    this.rest = lines.pop();
    for (const line of lines) this.line(line);
  }

  line(line) {
    if (line === "") {
      if (this.event.data !== undefined) this.hear(this.event);
      this.event = {};
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.event.data = this.event.data === undefined ? value : `${this.event.data}\n${value}`;
    else if (field === "event") this.event.type = value;
    else if (field === "id") this.event.id = value;
  }
}

// Keeps `attempt` going for ever, with growing pauses while it fails. Says "live" or "lost"; a blink is not told.
export class Lifeline {
  constructor(attempt, say) {
    this.attempt = attempt;
    this.say = say;
    this.stopper = new AbortController();
    this.state = null;
    this.pause = 0;
    this.telling = null;
  }

  start() {
    this.run();
    return this;
  }

  stop() {
    clearTimeout(this.telling);
    this.stopper.abort();
  }

  live() {
    clearTimeout(this.telling);
    this.telling = null;
    this.pause = 0;
    this.tell("live");
  }

  tell(state) {
    if (this.state === state) return;
    this.state = state;
    this.say(state);
  }

  async run() {
    while (!this.stopper.signal.aborted) {
      try {
        await this.attempt(this.stopper.signal, () => this.live());
      } catch (failure) {
        if (failure instanceof Refusal && failure.final) return;
      }
      if (this.stopper.signal.aborted) return;
      if (!this.telling) this.telling = setTimeout(() => this.tell("lost"), 1500);
      const pause = this.pause * (0.7 + Math.random() * 0.6);
      this.pause = Math.min(Math.max(this.pause * 2, 400), 8000);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
