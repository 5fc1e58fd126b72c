// Talks to the hall's server. What it refuses comes back as a Refusal with a stable code (text: refusal.<code>).

const PATIENCE = 10000;
const PAUSES = [500, 1000, 2000, 4000];

export class Refusal extends Error {
  constructor(status, body) {
    super(body.code);
    this.status = status;
    this.code = body.code;
    this.retryable = Boolean(body.retryable);
    this.detail = body.detail || {};
  }
}

// No answer is not the same as no: whoever pressed must not be told that nothing happened.
const NO_ANSWER = { code: "no_answer", retryable: true };

export class Api {
  // `token` is a function, so that signing in and out needs no new Api.
  constructor(token) {
    this.token = token || (() => null);
    this.ahead = 0;
    this.unsure = null;
  }

  headers(more) {
    const token = this.token();
    return Object.assign(token ? { Authorization: `Bearer ${token}` } : {}, more);
  }

  // The server's clock: a box whose own clock is wrong must still know when a call is too old to be spoken.
  now() {
    return Date.now() + this.ahead;
  }

  get(path) {
    return this.ask("GET", path, undefined, {});
  }

  // One press of a person. It keeps its key while it is tried again, so it happens once however often it is sent.
  async press(path, body) {
    const what = `${path} ${JSON.stringify(body || {})}`;
    const key = this.unsure && this.unsure.what === what ? this.unsure.key : newKey();
    this.unsure = null;
    for (let turn = 0; ; turn += 1) {
      try {
        return await this.ask("POST", path, body || {}, { "Idempotency-Key": key });
      } catch (refusal) {
        const hopeless = !(refusal instanceof Refusal) || !(refusal.code === "no_answer" || refusal.status >= 500);
        if (hopeless) throw refusal;
        if (turn >= PAUSES.length) {
          this.unsure = { what, key };
          throw refusal;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSES[turn]));
    }
  }

  async ask(method, path, body, headers) {
    const reply = await this.send(method, path, body, headers);
    const text = await reply.text().catch(() => "");
    let said = null;
    try {
      said = text ? JSON.parse(text) : null;
    } catch (nonsense) {
      if (reply.ok) throw new Refusal(502, NO_ANSWER);
    }
    if (reply.ok) return said;
    throw new Refusal(reply.status, said && said.code ? said : { code: "internal", retryable: reply.status >= 500 });
  }

  async send(method, path, body, headers) {
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), PATIENCE);
    const request = { method, headers: this.headers(headers), credentials: "omit", cache: "no-store", signal: giveUp.signal };
    if (body !== undefined) {
      request.body = JSON.stringify(body);
      request.headers["Content-Type"] = "application/json";
    }
    const asked = Date.now();
    try {
      const reply = await fetch(`/api/v1${path}`, request);
      this.setClock(reply, asked);
      return reply;
    } catch (failure) {
      throw new Refusal(0, NO_ANSWER);
    } finally {
      clearTimeout(timer);
    }
  }

  setClock(reply, asked) {
    const date = Date.parse(reply.headers.get("Date") || "");
    const way = (Date.now() - asked) / 2;
    const ahead = date - asked - way;
    // Date has whole seconds; smaller differences are only its rounding and the way.
    if (date) this.ahead = Math.abs(ahead) > 2000 + way ? ahead : 0;
  }
}

export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
