// Plays the calls of this screen one after the other, and never one that has become too late.

export class Voice {
  // say: { blocked(boolean), done(seq) }
  constructor(api, say) {
    this.api = api;
    this.say = say;
    this.context = null;
    this.blocked = false;
  }

  // Browsers start sound only after a touch unless they were told otherwise; ask early, not at the first call.
  async wake() {
    if (!this.context) this.context = new (window.AudioContext || window.webkitAudioContext)();
    if (this.context.state !== "running") {
      await Promise.race([this.context.resume().catch(() => {}), new Promise((resolve) => setTimeout(resolve, 300))]);
    }
    this.blocked = this.context.state !== "running";
    this.say.blocked(this.blocked);
    return !this.blocked;
  }

  // Speaks the call and resolves when it has been said, "spoken", or why it was not: "late", "silent".
  async speak(seq, validUntil) {
    const late = () => this.api.now() > Date.parse(validUntil);
    if (late()) return "late";
    try {
      const sound = await this.fetch(seq, Date.parse(validUntil) - this.api.now());
      if (!sound) return "late";
      if (late()) return "late";
      if (!(await this.wake())) return "silent";
      await this.play(await this.context.decodeAudioData(sound));
      return "spoken";
    } catch (failure) {
      return "silent";
    }
  }

  async fetch(seq, patience) {
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), Math.max(patience, 1));
    try {
      const reply = await fetch(`/api/v1/speech/${seq}.wav`, {
        headers: this.api.headers({}),
        credentials: "omit",
        signal: giveUp.signal,
      });
      if (reply.status === 410) return null;
      if (!reply.ok) throw new Error(`speech ${reply.status}`);
      return await reply.arrayBuffer();
    } finally {
      clearTimeout(timer);
    }
  }

  play(buffer) {
    return new Promise((resolve) => {
      const source = this.context.createBufferSource();
      // A sound card that goes away must not stop the calls behind it.
      const timer = setTimeout(resolve, buffer.duration * 1000 + 2000);
      source.buffer = buffer;
      source.connect(this.context.destination);
      source.onended = () => {
        clearTimeout(timer);
        source.disconnect();
        resolve();
      };
      source.start();
    });
  }
}
