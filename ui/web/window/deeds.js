// What can be done at a window now. The server decides; this only keeps buttons that would be refused from being pressed.

// The state of a window as its officer sees it.
export function stateOf(window) {
  if (window.mode !== "open") return window.mode;
  return window.ticket ? window.ticket.state : "free";
}

// The one primary button: its words, the request, and what goes with it.
export const PRIMARY = {
  closed: { text: "primary.open", path: "open" },
  paused: { text: "primary.reopen", path: "open" },
  free: { text: "primary.call", path: "call-next" },
  calling: { text: "primary.start", path: "start" },
  serving: { text: "primary.next", path: "call-next", body: { finishCurrent: "accepted" } },
};

const ALLOWED = {
  recall: ["calling"],
  pass: ["calling"],
  finish: ["serving"],
  hold: ["serving"],
  resume: ["free"],
  transfer: ["calling", "serving"],
  pause: ["free"],
  close: ["free", "paused"],
};

export function allowed(deed, window) {
  if (deed === "resume" && !window.held.length) return false;
  return ALLOWED[deed].includes(stateOf(window));
}

export const KEYS = { KeyR: "recall", KeyP: "pass", KeyF: "finish", KeyH: "hold", KeyU: "resume", KeyT: "transfer", KeyZ: "pause" };

export const PASS_REASONS = ["absent", "wrong-person", "wrong-queue", "left", "other"];
export const PAUSE_REASONS = ["lunch", "meeting", "fault", "other"];
export const OUTCOMES = ["accepted", "consult", "collect", "wrong-item", "refused", "other"];
