"""Who is next (one line for many windows), and what a queue says about itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import msgspec
from msgspec.structs import replace

from queue_server.contract.messages import Caution, ClosedReason, Estimate, TicketState, WindowMode
from queue_server.domain import schedule, waiting_time
from queue_server.domain.hall import Hall, QueueRule, WindowRule
from queue_server.domain.pace import Learned
from queue_server.domain.ticket import FIRST_RANK, Ticket
from queue_server.domain.window import WindowState

FIRST_IN_LINE = "first-in-line"
PRIORITY = "priority"
SENT_HERE = "sent-here"
OTHER_QUEUE_EMPTY = "other-queue-empty"
"""The four answers to *why this one*; pages translate ``why.<code>``."""

PRIMARY_WEIGHT = 100
SECONDARY_WEIGHT = 50
"""Hundredths of a window: a queue that a window only serves when its first one is empty counts half."""


class Choice(msgspec.Struct, frozen=True):
    """The next ticket and the reason that an officer can give to whoever asks."""

    ticket: Ticket
    why: str
    waited_seconds: int


class QueueState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a queue now, and what was published of it with its last event.

    Of the ``waiting``, ``first`` are in the priority class, ``returned``, ``transferred`` and ``appointments`` in
    theirs. ``servers`` are hundredths of open windows, ``staffed`` counts windows that are open or on a break.
    ``last_…`` are the last numbers given out on ``day``, ``calls`` are the calls of that day. ``turns`` is how far
    appointments and walk-ins have come in their turns. ``learned`` is what waiting_time saw today.
    """

    queue: str
    waiting: int = 0
    first: int = 0
    returned: int = 0
    transferred: int = 0
    appointments: int = 0
    servers: int = 0
    staffed: int = 0
    day: date = date.min
    issued_today: int = 0
    last_number: int = 0
    last_lent: int = 0
    last_priority: int = 0
    last_appointment: int = 0
    last_without_ticket: int = 0
    calls: int = 0
    turns: dict[str, int] = {}
    extended_until: datetime | None = None
    learned: Learned = Learned()
    open: bool = False
    closed_reason: ClosedReason | None = None
    warning: Caution | None = None
    estimate: Estimate = Estimate(low=0, likely=0, high=0)


def next_for(window: WindowRule, waiting: Iterable[Ticket], now: datetime) -> Choice | None:
    """The ticket that the window should call: sent here first, then its queues in their order.

    Within one queue the priority class goes first, then who waits longest; equal times go by id.
    ``waiting`` may be everybody or only the first of every class of every queue: the answer is the same.
    """
    order = {queue: place for place, queue in enumerate(window.queues)}
    best: tuple[tuple[int, int, int, datetime, str], Ticket] | None = None
    for ticket in waiting:
        if ticket.state is not TicketState.WAITING or (ticket.since > now and ticket.issued_at > now):
            continue
        if ticket.to_window is not None:
            if ticket.to_window != window.id:
                continue
            place = (0, 0)
        elif ticket.queue in order:
            place = (1, order[ticket.queue])
        else:
            continue
        key = (*place, ticket.rank, ticket.since, ticket.id)
        if best is None or key < best[0]:
            best = (key, ticket)
    if best is None:
        return None
    (direct, queue_place, rank, _, _), ticket = best
    if direct == 0:
        why = SENT_HERE
    elif rank == FIRST_RANK:
        why = PRIORITY
    elif queue_place > 0:
        why = OTHER_QUEUE_EMPTY
    else:
        why = FIRST_IN_LINE
    return Choice(ticket, why, max(0, int((now - ticket.issued_at).total_seconds())))


def ahead_of_newcomer(state: QueueState, rank: int) -> int:
    """How many go before somebody who joins now."""
    return state.first if rank == FIRST_RANK else state.waiting


def closed_reason(hall: Hall, rule: QueueRule, state: QueueState, now: datetime) -> ClosedReason | None:
    """Why the queue takes nobody now; None when it is open."""
    by_time = schedule.closed_reason(hall.calendar, hall.zone_info, now)
    if by_time is not None:
        return by_time
    if hall.rules.needs_open_window and state.staffed == 0:
        return ClosedReason.NO_WINDOW
    if state.waiting >= hall.rules.max_waiting_per_queue:
        return ClosedReason.FULL
    if rule.quota_per_day is not None and state.issued_today >= rule.quota_per_day:
        return ClosedReason.FULL
    return None


def publish(hall: Hall, state: QueueState, now: datetime) -> QueueState:
    """The state with what people may be told of it now: open or why not, and the wait of a newcomer."""
    rule = hall.queue_by_id[state.queue]
    reason = closed_reason(hall, rule, state, now)
    estimate = waiting_time.estimate(
        state.waiting, state.servers or PRIMARY_WEIGHT * state.staffed, rule.expected_service_seconds
    )
    return replace(state, open=reason is None, closed_reason=reason, estimate=estimate)


def on_day(state: QueueState, day: date) -> QueueState:
    """The state with the counts of ``day``. A clock that went back over midnight does not bring numbers back."""
    if day <= state.day:
        return state
    return replace(state, day=day, issued_today=0, last_number=0, last_lent=0)


def joined(state: QueueState, rank: int) -> QueueState:
    """One more waits."""
    return replace(state, waiting=state.waiting + 1, first=state.first + (rank == FIRST_RANK))


def left(state: QueueState, rank: int) -> QueueState:
    """One less waits."""
    return replace(state, waiting=state.waiting - 1, first=state.first - (rank == FIRST_RANK))


def staffed_by(hall: Hall, state: QueueState, windows: Iterable[WindowState]) -> QueueState:
    """The state with the windows counted anew."""
    serving = [w for w in windows if state.queue in hall.window_by_id[w.window].queues]
    return replace(
        state,
        servers=sum(weight(hall.window_by_id[w.window], state.queue) for w in serving if w.mode is WindowMode.OPEN),
        staffed=sum(w.mode is not WindowMode.CLOSED for w in serving),
    )


def weight(window: WindowRule, queue: str) -> int:
    """How much of a window works for a queue, in hundredths."""
    if queue not in window.queues:
        return 0
    return PRIMARY_WEIGHT if window.queues[0] == queue else SECONDARY_WEIGHT
