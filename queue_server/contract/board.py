"""Keeps a snapshot true by applying events to it.

An event carries the changed things as they are afterwards, so this needs no rule of the hall.
``ui/web/shared/board.js`` does the same in the browser; one test holds all three against each other:
snapshot + events == fresh snapshot.
"""

from __future__ import annotations

import msgspec

from queue_server.contract.codec import convert
from queue_server.contract.messages import CallView, Event, QueueView, Snapshot, TicketState, TicketView, WindowView

LAST_CALLS = 12
ON_THE_BOARD = frozenset(
    {
        TicketState.ISSUING,
        TicketState.PRINT_FAILED,
        TicketState.WAITING,
        TicketState.CALLING,
        TicketState.SERVING,
        TicketState.HELD,
        TicketState.PASSED,
    }
)


def apply(snapshot: Snapshot, event: Event) -> Snapshot:
    """The snapshot after one event. An event that was seen before changes nothing."""
    if event.seq <= snapshot.seq:
        return snapshot
    data = event.data
    tickets = dict(snapshot.tickets)
    if "ticket" in data:
        ticket = convert(data["ticket"], TicketView)
        if ticket.state in ON_THE_BOARD:
            tickets[ticket.id] = ticket
        else:
            tickets.pop(ticket.id, None)
    queues = dict(snapshot.queues)
    for row in data.get("queues", ()):
        queue = convert(row, QueueView)
        queues[queue.id] = queue
    windows = dict(snapshot.windows)
    for row in [*data.get("windows", ()), *([data["window"]] if "window" in data else ())]:
        window = convert(row, WindowView)
        windows[window.id] = window
    calls = snapshot.calls
    if "call" in data:
        call = convert(data["call"], CallView)
        calls = (call, *(c for c in calls if c.ticket != call.ticket))[:LAST_CALLS]
    return msgspec.structs.replace(
        snapshot, seq=event.seq, at=event.at, tickets=tickets, queues=queues, windows=windows, calls=calls
    )
