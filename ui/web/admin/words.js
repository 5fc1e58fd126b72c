// Words that several rooms of the back office share.

// A length of time as people say it.
export function length(texts, seconds) {
  if (seconds < 120) return texts.t("office.seconds", { count: Math.round(seconds) });
  if (seconds < 2 * 3600) return texts.t("office.minutes", { count: Math.round(seconds / 60) });
  if (seconds < 48 * 3600) return texts.t("office.hours", { count: Math.round(seconds / 3600) });
  return texts.t("office.days", { count: Math.round(seconds / 86400) });
}

export function queueName(texts, board, id) {
  return board && board.queues[id] ? texts.of(board.queues[id].name) : id || "";
}

export function windowName(texts, board, id) {
  return board && board.windows[id] ? texts.of(board.windows[id].name) : id || "";
}

// The number of a ticket of today that is still on the board, else nothing.
export function numberOf(board, id) {
  return board && id && board.tickets[id] ? board.tickets[id].number : "";
}

// Choices of a field: every queue by name.
export function queueOptions(texts, board) {
  const queues = board ? Object.values(board.queues) : [];
  queues.sort((one, other) => one.id.localeCompare(other.id, undefined, { numeric: true }));
  return queues.map((queue) => ({ value: queue.id, text: `${queue.prefix} ${texts.of(queue.name)}` }));
}
