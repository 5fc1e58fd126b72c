// The hall as it is now: a snapshot first, then every event after it, caught up by sequence after any break.

import { Refusal } from "./api.js";
import { apply } from "./board.js";
import { readStream, Lifeline } from "./stream.js";

export class Feed {
  // tell: { board(board) after every change, event(event, board) for each, state("live"|"lost"|"refused") }
  constructor(api, tell) {
    this.api = api;
    this.tell = tell;
    this.board = null;
    this.lifeline = new Lifeline((stop, live) => this.follow(stop, live), tell.state);
  }

  start() {
    this.lifeline.start();
    return this;
  }

  stop() {
    this.lifeline.stop();
  }

  async follow(stop, live) {
    try {
      if (!this.board) {
        this.board = await this.api.get("/snapshot");
        this.tell.board(this.board);
      }
      await readStream(this.api, `/events?after=${this.board.seq}`, (event) => this.hear(event), live, stop);
    } catch (failure) {
      if (!(failure instanceof Refusal)) throw failure;
      if (failure.status === 410) this.board = null;
      else if (failure.status === 401 || failure.status === 403) {
        failure.final = true;
        this.tell.state("refused");
      }
      throw failure;
    }
  }

  hear(message) {
    const event = JSON.parse(message.data);
    if (event.seq <= this.board.seq) return;
    this.board = apply(this.board, event);
    if (this.tell.event) this.tell.event(event, this.board);
    this.tell.board(this.board);
  }
}
