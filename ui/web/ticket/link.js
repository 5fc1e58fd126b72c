// Hears how one ticket stands: pushed while that works, else asked for every few seconds, and at once when the phone wakes up.

const LOOK = 5000;
const QUIET = 30000;

export class Link {
  // tell: { status(status), lost(yes), unknown() }
  constructor(api, token, tell) {
    this.api = api;
    this.path = `/my/${encodeURIComponent(token)}`;
    this.tell = tell;
    this.source = null;
    this.heard = 0;
    this.asking = false;
  }

  start() {
    this.ask();
    this.timer = setInterval(() => this.look(), LOOK);
    document.addEventListener("visibilitychange", () => document.hidden || this.ask());
    addEventListener("online", () => this.ask());
  }

  look() {
    if (document.hidden) return;
    const pushed = this.source && this.source.readyState === 1;
    if (!pushed || Date.now() - this.heard > QUIET) this.ask();
  }

  hear(status) {
    this.heard = Date.now();
    this.tell.lost(false);
    this.tell.status(status);
  }

  async ask() {
    this.again = this.asking; // that answer may be too old
    if (this.asking) return;
    this.asking = true;
    const began = Date.now();
    try {
      const status = await this.api.get(this.path);
      // What was pushed meanwhile is newer than this answer.
      if (this.heard <= began) this.hear(status);
      this.listen();
    } catch (refusal) {
      if (refusal.status === 404) this.end();
      else this.tell.lost(true);
    }
    this.asking = false;
    if (this.again) this.ask();
  }

  listen() {
    if (!self.EventSource || (this.source && this.source.readyState !== 2)) return;
    this.source = new EventSource(`/api/v1${this.path}/events`);
    this.source.addEventListener("status", (event) => this.hear(JSON.parse(event.data)));
    this.source.onerror = () => this.ask();
  }

  end() {
    clearInterval(this.timer);
    if (this.source) this.source.close();
    this.tell.unknown();
  }
}
