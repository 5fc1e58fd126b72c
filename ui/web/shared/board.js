// Keeps a snapshot true by applying events to it, exactly as queue_server/contract/board.py does (a test compares the two).

const LAST_CALLS = 12;
const ON_THE_BOARD = ["issuing", "print-failed", "waiting", "calling", "serving", "held", "passed"];

// The snapshot after one event. An event that was seen before changes nothing.
export function apply(snapshot, event) {
  if (event.seq <= snapshot.seq) return snapshot;
  const data = event.data;
  const tickets = Object.assign({}, snapshot.tickets);
  if (data.ticket) {
    if (ON_THE_BOARD.includes(data.ticket.state)) tickets[data.ticket.id] = data.ticket;
    else delete tickets[data.ticket.id];
  }
  const queues = Object.assign({}, snapshot.queues);
  for (const queue of data.queues || []) queues[queue.id] = queue;
  const windows = Object.assign({}, snapshot.windows);
  for (const window of data.windows || []) windows[window.id] = window;
  if (data.window) windows[data.window.id] = data.window;
  let calls = snapshot.calls;
  if (data.call) {
    calls = [data.call].concat(calls.filter((call) => call.ticket !== data.call.ticket)).slice(0, LAST_CALLS);
  }
  return { seq: event.seq, at: event.at, tickets, queues, windows, calls };
}
