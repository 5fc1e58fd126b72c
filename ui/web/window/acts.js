// What an officer can do at a window, when it can be done, and how one press becomes one act.

import { duration, once } from "../shared/dom.js";

// The quiet row, in its fixed order: nothing may move between two presses. `can` reads the view of the window and how many passed.
export const ACTS = [
  { name: "recall", key: "R", can: (view) => is(view, "calling") },
  { name: "pass", key: "P", can: (view) => is(view, "calling") },
  { name: "hold", key: "H", can: (view) => is(view, "serving") },
  { name: "finish", key: "F", can: (view) => is(view, "calling") || is(view, "serving") },
  { name: "transfer", key: "T", can: (view) => is(view, "calling") || is(view, "serving") },
  { name: "resume", key: "U", can: (view) => free(view) && view.held.length > 0 },
  { name: "passed", key: "G", can: (view, passed) => view.mode !== "closed" && passed > 0 },
  { name: "pause", key: "B", can: (view) => free(view) },
  { name: "close", key: "X", can: (view) => view.mode !== "closed" && !view.ticket },
  { name: "more", key: "M", can: (view) => free(view) },
];

function is(view, state) {
  return Boolean(view.ticket) && view.ticket.state === state;
}

// Open, and nobody is here.
export function free(view) {
  return view.mode === "open" && !view.ticket;
}

// What the one large button means now.
export function primaryOf(view) {
  if (view.mode === "closed") return "open";
  if (view.mode === "paused") return "reopen";
  if (!view.ticket) return "call";
  return view.ticket.state === "calling" ? "start" : "next";
}

// One act at a time; a second tap within the time that the theme says does nothing, also not on what the button became.
export class Presses {
  constructor(changed) {
    this.changed = changed;
    this.busy = false;
    this.quiet = 0;
  }

  get ready() {
    return !this.busy && performance.now() >= this.quiet;
  }

  // A slow computer may come to a second tap late: it counts by when it was made.
  tooSoon(event) {
    return event.timeStamp < this.quiet;
  }

  // Calls `act`, unless something else is under way.
  async run(act) {
    if (!this.ready) return;
    this.busy = true;
    this.changed();
    try {
      await act();
    } finally {
      this.busy = false;
      this.rest();
    }
  }

  // The buttons mean something else now: nobody aimed at that yet.
  rest() {
    const pause = duration("--motion-second-tap");
    this.quiet = performance.now() + pause;
    this.changed();
    once(pause + 10).then(() => this.changed());
  }
}
