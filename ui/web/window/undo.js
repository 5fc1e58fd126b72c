// The last transfer from this window, as long as it can be taken back.

export class LastTransfer {
  constructor() {
    this.ticket = null;
    this.at = 0;
  }

  take(ticket, at) {
    this.ticket = ticket;
    this.at = Date.parse(at);
  }

  drop() {
    this.ticket = null;
  }

  // The ticket, unless somebody has called it, it has moved again, or the hall's time for this is over.
  offered(board, now, seconds) {
    const { ticket } = this;
    if (!ticket || !board) return null;
    const there = board.tickets[ticket.id];
    const untouched = there && there.state === "waiting" && there.queue === ticket.queue && there.window === ticket.window;
    if (!untouched || (seconds > 0 && now > this.at + seconds * 1000)) return null;
    return there;
  }

  // Where it went, in words.
  where(texts, board) {
    const { queue, window } = this.ticket;
    const place = window ? board.windows[window] : board.queues[queue];
    return place ? texts.of(place.name) : window || queue;
  }
}
