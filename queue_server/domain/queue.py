"""What a queue says about itself: how many wait, whether it is open, what is told of the wait."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from queue_server.contract.messages import Caution, ClosedReason, Estimate, WindowMode
from queue_server.domain import pace, schedule, surroundings, waiting_time
from queue_server.domain.hall import Hall, QueueRule, WindowRule
from queue_server.domain.pace import Learned
from queue_server.domain.ticket import (
    APPOINTMENT_RANK,
    FIRST_RANK,
    ORDINARY_RANK,
    RETURNED_RANK,
    TRANSFERRED_RANK,
)
from queue_server.domain.window import WindowState

if TYPE_CHECKING:
    from queue_server.domain.floor import Floor

PRIMARY_WEIGHT = 100
SECONDARY_WEIGHT = 50
"""Hundredths of a window: a queue that a window only serves when its first one is empty counts half."""


WORTH_SECONDS = 60
WORTH_SHARE = 0.2
"""So much the likely wait must move before time alone makes an event of it."""

FAR_FROM_CLOSING = 3600
"""With more time left than this and twice what was published, nobody needs to ask whether it is enough."""

REOPEN_SECONDS = 300
"""A queue that closed because too little time was left opens again only with so much to spare."""


class QueueState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a queue now, and what was published of it with its last event.

    Of the ``waiting``, ``first`` are in the priority class, ``returned``, ``transferred`` and ``appointments`` in
    theirs. ``servers`` are hundredths of open windows, ``staffed`` counts windows that are open or on a break.
    ``issued_today`` counts tickets of the day, ``held`` the places of its quota that bookings hold and no ticket has.
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
    held: int = 0
    last_number: int = 0
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


def ahead_of_newcomer(state: QueueState, rank: int) -> int:
    """How many go before somebody who joins now."""
    if rank == ORDINARY_RANK:
        return state.waiting
    classes = (state.first, state.returned, state.transferred, state.appointments)
    return sum(classes[: rank + 1])


def closed_reason(
    hall: Hall, rule: QueueRule, state: QueueState, floor: Floor, rank: int, now: datetime
) -> ClosedReason | None:
    """Why the queue takes nobody of this class now; None when it is open.

    Somebody with an appointment has a place already: neither the quota nor the time that is left keeps him out.
    """
    day = schedule.today(hall, rule, state, now)
    reason = _no_door(hall, rule, state, day, rank, now)
    if reason is not None or rank == APPOINTMENT_RANK or not hall.rules.closing_gate:
        return reason
    closes = schedule.end_at(day, now)
    if closes is None:
        return None
    estimate = waiting_time.for_newcomer(hall, floor, rule.id, rank, now)
    return ClosedReason.NO_TIME_LEFT if _too_late(hall, state, rank, closes, estimate, now) else None


def warning(hall: Hall, rule: QueueRule, state: QueueState, floor: Floor, rank: int, now: datetime) -> Caution | None:
    """What somebody of this class should know before taking a number."""
    closes = schedule.closes_at(hall, rule, state, now)
    if closes is None:
        return None
    return caution_before(hall, closes, waiting_time.for_newcomer(hall, floor, rule.id, rank, now), now)


def publish(hall: Hall, state: QueueState, floor: Floor, now: datetime, estimate: Estimate | None = None) -> QueueState:
    """The state with what people may be told of it now: open or why not, a warning, and the wait of a newcomer.

    ``floor`` may still hold an older state of this queue; ``estimate`` is that wait when it is known already.
    """
    rule = hall.queue_by_id[state.queue]
    if estimate is None:
        estimate = waiting_time.for_newcomer(hall, floor, rule.id, ORDINARY_RANK, now, state)
    day = schedule.today(hall, rule, state, now)
    reason = _no_door(hall, rule, state, day, ORDINARY_RANK, now)
    caution = None
    if reason is None:
        closes = schedule.end_at(day, now)
        if closes is not None:
            if _too_late(hall, state, ORDINARY_RANK, closes, estimate, now):
                reason = ClosedReason.NO_TIME_LEFT
            else:
                caution = caution_before(hall, closes, estimate, now)
    return replace(state, open=reason is None, closed_reason=reason, warning=caution, estimate=estimate)


def worth_telling(before: QueueState, after: QueueState) -> bool:
    """Whether time alone changed so much that everybody should hear of it.

    The opening, its reason or the warning; or, while the queue is open, the likely wait by a minute and a fifth.
    """
    if (before.open, before.closed_reason, before.warning) != (after.open, after.closed_reason, after.warning):
        return True
    moved = abs(after.estimate.likely - before.estimate.likely)
    return after.open and moved >= max(WORTH_SECONDS, WORTH_SHARE * before.estimate.likely)


def on_day(state: QueueState, day: date) -> QueueState:
    """The state with the counts of ``day``. A clock that went back over midnight does not bring numbers back."""
    if day <= state.day:
        return state
    return replace(
        state,
        day=day,
        issued_today=0,
        held=0,
        last_number=0,
        last_priority=0,
        last_appointment=0,
        last_without_ticket=0,
        calls=0,
        turns={},
        learned=Learned(),
        extended_until=None,
    )


def joined(state: QueueState, rank: int, now: datetime | None = None) -> QueueState:
    """One more waits. With ``now`` the queue also learns how many come."""
    learned = state.learned
    if now is not None:
        others = state.first + state.returned + state.transferred + state.appointments
        learned = pace.somebody_came(learned, rank, now, first=state.waiting <= others)
    return _counted(state, rank, 1, learned)


def left(state: QueueState, rank: int) -> QueueState:
    """One less waits."""
    return _counted(state, rank, -1, state.learned)


def called(state: QueueState, rank: int, waited_seconds: float, now: datetime | None = None) -> QueueState:
    """Somebody of this class was called after so long: one less waits, one more was called today."""
    learned = state.learned
    if now is not None:
        learned = pace.somebody_was_called(learned, rank, now - timedelta(seconds=waited_seconds))
    return replace(_counted(state, rank, -1, learned), calls=state.calls + 1)


def served(hall: Hall, state: QueueState, paces: tuple[pace.Pace, ...], hour: int, seconds: float) -> QueueState:
    """A ticket of the queue kept its window for so long; ``paces`` are those of before."""
    usual = surroundings.usual(hall, hall.queue_by_id[state.queue], paces, hour)
    return replace(state, learned=pace.service_ended(state.learned, seconds / usual.mean))


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


def _counted(state: QueueState, rank: int, by: int, learned: Learned) -> QueueState:
    return replace(
        state,
        waiting=state.waiting + by,
        first=state.first + by * (rank == FIRST_RANK),
        returned=state.returned + by * (rank == RETURNED_RANK),
        transferred=state.transferred + by * (rank == TRANSFERRED_RANK),
        appointments=state.appointments + by * (rank == APPOINTMENT_RANK),
        learned=learned,
    )


def _no_door(
    hall: Hall, rule: QueueRule, state: QueueState, day: schedule.Today, rank: int, now: datetime
) -> ClosedReason | None:
    """The reasons that need no estimate."""
    by_time = schedule.reason_at(day, now)
    if by_time is not None:
        return by_time
    if hall.rules.needs_open_window and state.staffed == 0:
        return ClosedReason.NO_WINDOW
    if rank == APPOINTMENT_RANK:
        return None
    if state.waiting >= hall.rules.max_waiting_per_queue:
        return ClosedReason.FULL
    if rule.quota_per_day is not None and state.issued_today >= rule.quota_per_day - state.held:
        return ClosedReason.FULL
    return None


def _too_late(hall: Hall, state: QueueState, rank: int, closes: datetime, estimate: Estimate, now: datetime) -> bool:
    """Whether a newcomer would not be served before closing. What is closed for that stays closed for a little."""
    if not hall.rules.closing_gate:
        return False
    left = (closes - now).total_seconds()
    if rank == ORDINARY_RANK and state.closed_reason is ClosedReason.NO_TIME_LEFT:
        left -= REOPEN_SECONDS
    return estimate.likely > left


def caution_before(hall: Hall, closes: datetime | None, estimate: Estimate, now: datetime) -> Caution | None:
    """What somebody with this estimate should know; None when the hours have no end."""
    if closes is None:
        return None
    left = (closes - now).total_seconds() - 60 * hall.rules.closing_warning_minutes
    return Caution.MAY_NOT_BE_SERVED if estimate.high > left else None
