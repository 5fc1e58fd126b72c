"""A ticket (票号) and every way in which it may change state.

issuing → waiting, or → print-failed → waiting or void; waiting → calling → serving → done; calling → passed;
passed → waiting or serving; serving ⇄ held; calling or serving → waiting by transfer (queue_server.domain.transfer),
serving → waiting for the next of several items; waiting → cancelled; at the end of the day all who wait → expired.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec
from msgspec.structs import replace

from queue_server.contract.messages import Channel, Outcome, PassReason, Priority, Standing, TicketState
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain.hall import Hall

FIRST_RANK = 0
RETURNED_RANK = 1
TRANSFERRED_RANK = 2
APPOINTMENT_RANK = 3
ORDINARY_RANK = 4
RANKS = (FIRST_RANK, RETURNED_RANK, TRANSFERRED_RANK, APPOINTMENT_RANK, ORDINARY_RANK)

STANDINGS: tuple[Standing, ...] = (
    Standing.PRIORITY,
    Standing.RETURNED,
    Standing.TRANSFERRED,
    Standing.APPOINTMENT,
    Standing.ORDINARY,
)
"""The standing of each rank."""

LEVELS = (0, 1, 1, 2, 2)
"""The class of each rank: 0 goes first; returned and transferred people are in the middle."""

JUST_AFTER = timedelta(microseconds=1)
"""Behind whoever came in the same millisecond; finer the hall does not count."""

AWAITING_PAPER = frozenset({TicketState.ISSUING, TicketState.PRINT_FAILED})
"""The number exists, but whether anybody holds it is not known yet."""

ACTIVE = frozenset({TicketState.WAITING, TicketState.CALLING, TicketState.SERVING, TicketState.HELD})
"""States in which the hall still owes the person something."""

OWED = ACTIVE | {TicketState.ISSUING}
"""What counts for a person's limits. A ticket without paper does not: its person may go to another kiosk."""

EXPIRES = (
    TicketState.ISSUING,
    TicketState.PRINT_FAILED,
    TicketState.WAITING,
    TicketState.CALLING,
    TicketState.PASSED,
)
"""What the end of the business day brings to an end."""

FORGOTTEN_NOTE = "closed-at-day-end"
FORCED_NOTE = "closed-by-force"


class Stop(msgspec.Struct, frozen=True, array_like=True):
    """One queue on the way of a ticket with several items."""

    queue: str
    items: tuple[str, ...]


class BeforeTransfer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a ticket stood at its window before it was transferred, so that it can come back."""

    window: str
    at: datetime
    state: TicketState
    queue: str
    since: datetime
    rank: int
    called_at: datetime | None = None
    last_called_at: datetime | None = None
    started_at: datetime | None = None
    service: str | None = None
    calls: int = 0
    why: str = ""


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """One person's place.

    ``since`` is the clock of the waiting line: the time of issue unless moved to the end,
    the booked time of an appointment, the time of coming back of a passed ticket.

    ``window`` is where the ticket is or was; ``to_window`` where alone it may be called. ``person`` and
    ``phone_hash`` are keyed hashes. ``take_key`` is the idempotency key under which ``taken_by`` took it.
    """

    id: str
    number: str
    queue: str
    business_day: date
    state: TicketState
    issued_at: datetime
    since: datetime
    status_token: str
    rank: int = ORDINARY_RANK
    priority: Priority = Priority.NONE
    channel: Channel = Channel.STAFF
    item: str | None = None
    person: str | None = None
    masked_name: str = ""
    phone_mask: str = ""
    phone_hash: str | None = None
    window: str | None = None
    to_window: str | None = None
    called_at: datetime | None = None
    last_called_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    calls: int = 0
    outcome: Outcome | None = None
    pass_reason: PassReason | None = None
    why: str = ""
    service: str | None = None
    offline: bool = False
    taken_by: str = ""
    take_key: str | None = None
    lease: str | None = None
    appointment: str | None = None
    booked_for: datetime | None = None
    stops: tuple[Stop, ...] = ()
    stop: int = 0
    after_calls: int | None = None
    """A returned ticket waits until its queue has called so many people today (``QueueState.calls``)."""
    reactivated: int = 0
    before_transfer: BeforeTransfer | None = None
    clock_off: bool = False


def rank_of(priority: Priority) -> int:
    """The priority class: lower goes first; within one class the time decides."""
    return ORDINARY_RANK if priority is Priority.NONE else FIRST_RANK


def stops_of(hall: Hall, items: Sequence[str]) -> tuple[Stop, ...]:
    """The way of a ticket with these items (all known): items of one queue that follow each other are one stop."""
    grouped = itertools.groupby(items, key=lambda item: hall.item_by_id[item].queue)
    return tuple(Stop(queue, tuple(group)) for queue, group in grouped)


def must_be(ticket: Ticket, act: str, *states: TicketState) -> None:
    """Raises ``WRONG_STATE`` when the ticket is in none of these states."""
    if ticket.state not in states:
        raise Refusal(
            Code.WRONG_STATE,
            f"{ticket.number} is {ticket.state.value}, so it is not possible to {act} it",
            number=ticket.number,
            state=ticket.state.value,
        )


def back_in_line(ticket: Ticket) -> Ticket:
    """Waits, and nothing of the call or the service before is left on it."""
    return replace(
        ticket,
        state=TicketState.WAITING,
        window=None,
        to_window=None,
        called_at=None,
        last_called_at=None,
        started_at=None,
        service=None,
        calls=0,
        why="",
        after_calls=None,
        before_transfer=None,
    )


# --- paper ---


def paper_came(ticket: Ticket) -> Ticket:
    """The person holds the number and waits since it was issued."""
    must_be(ticket, "confirm", *AWAITING_PAPER)
    return replace(ticket, state=TicketState.WAITING)


def paper_failed(ticket: Ticket) -> Ticket:
    must_be(ticket, "print", TicketState.ISSUING)
    return replace(ticket, state=TicketState.PRINT_FAILED)


def abandon(ticket: Ticket, now: datetime) -> Ticket:
    """Nobody ever held this number."""
    must_be(ticket, "abandon", *AWAITING_PAPER)
    return replace(ticket, state=TicketState.VOID, finished_at=now)


# --- calls ---


def call(ticket: Ticket, window: str, why: str, now: datetime) -> Ticket:
    """叫号: the ticket goes to a window."""
    must_be(ticket, "call", TicketState.WAITING)
    return replace(
        ticket,
        state=TicketState.CALLING,
        window=window,
        to_window=None,
        called_at=now,
        last_called_at=now,
        calls=1,
        why=why,
        after_calls=None,
        before_transfer=None,
    )


def recall(ticket: Ticket, now: datetime, limit: int, spacing_seconds: int) -> Ticket:
    """重呼: called once more, at most ``limit`` times and not faster than a person can walk."""
    must_be(ticket, "recall", TicketState.CALLING)
    if ticket.calls > limit:
        raise Refusal(Code.RECALL_LIMIT, f"{ticket.number} was recalled {limit} times", limit=limit)
    passed = (now - (ticket.last_called_at or now)).total_seconds()
    if passed < spacing_seconds:
        wait = max(1, round(spacing_seconds - passed))
        raise Refusal(Code.RECALL_TOO_SOON, f"wait {wait} s before the next recall", waitSeconds=wait)
    return replace(ticket, calls=ticket.calls + 1, last_called_at=now)


def withdraw_call(ticket: Ticket) -> Ticket:
    """Nobody is at the window that called: the ticket waits at its old place, and this call does not count."""
    must_be(ticket, "withdraw the call of", TicketState.CALLING)
    return back_in_line(ticket)


def pass_over(ticket: Ticket, reason: PassReason, now: datetime, reactivations: int = 0) -> Ticket:
    """过号: the person did not come. Who may come back so often and misses the last call too is out of the line."""
    must_be(ticket, "pass over", TicketState.CALLING)
    out = 0 < reactivations <= ticket.reactivated
    state = TicketState.VOID if out else TicketState.PASSED
    return replace(ticket, state=state, pass_reason=reason, finished_at=now)


def reactivate(ticket: Ticket, now: datetime, limit: int, after_calls: int) -> Ticket:
    """过号激活: waits again, until its queue has called ``after_calls`` people today in all."""
    _may_come_back(ticket, "reactivate", limit)
    return replace(
        back_in_line(ticket),
        rank=RETURNED_RANK,
        since=now,
        after_calls=after_calls,
        reactivated=ticket.reactivated + 1,
        pass_reason=None,
        finished_at=None,
    )


def come_back(ticket: Ticket, window: str, why: str, now: datetime, limit: int) -> Ticket:
    """过号受理: the person of a passed ticket stands at a window, as if it had just been called there."""
    _may_come_back(ticket, "serve", limit)
    return replace(
        ticket,
        state=TicketState.CALLING,
        window=window,
        called_at=now,
        last_called_at=now,
        why=why,
        reactivated=ticket.reactivated + 1,
        pass_reason=None,
        finished_at=None,
    )


def _may_come_back(ticket: Ticket, act: str, limit: int) -> None:
    must_be(ticket, act, TicketState.PASSED)
    if ticket.reactivated >= limit:
        raise Refusal(Code.REACTIVATION_LIMIT, f"{ticket.number} came back {ticket.reactivated} times", limit=limit)


# --- service ---


def check_can_start(ticket: Ticket) -> None:
    """Raises ``WRONG_STATE`` for a ticket that is not being called."""
    must_be(ticket, "start", TicketState.CALLING)


def start(ticket: Ticket, service: str, now: datetime) -> Ticket:
    """The person is at the window."""
    must_be(ticket, "start", TicketState.CALLING)
    return replace(ticket, state=TicketState.SERVING, started_at=now, service=service)


def hold(ticket: Ticket) -> Ticket:
    """挂起: the person fetches something and will come back to this window."""
    must_be(ticket, "hold", TicketState.SERVING)
    return replace(ticket, state=TicketState.HELD)


def resume(ticket: Ticket) -> Ticket:
    must_be(ticket, "resume", TicketState.HELD)
    return replace(ticket, state=TicketState.SERVING)


def finish(ticket: Ticket, outcome: Outcome, now: datetime) -> Ticket:
    must_be(ticket, "finish", TicketState.SERVING)
    return replace(ticket, state=TicketState.DONE, outcome=outcome, finished_at=now)


def has_more_stops(ticket: Ticket) -> bool:
    """Whether something is left to do in another queue after this stop."""
    return ticket.stop + 1 < len(ticket.stops)


def move_on(ticket: Ticket, now: datetime, *, keeps_time: bool) -> Ticket:
    """One of several items is done: the ticket waits in the queue of the next stop, by its old time or last."""
    must_be(ticket, "move on", TicketState.SERVING)
    following = ticket.stops[ticket.stop + 1]
    own = rank_of(ticket.priority)
    return replace(
        back_in_line(ticket),
        queue=following.queue,
        stop=ticket.stop + 1,
        item=following.items[0],
        rank=min(own, TRANSFERRED_RANK) if keeps_time else own,
        since=ticket.issued_at if keeps_time else now + JUST_AFTER,
    )


def close_forgotten(ticket: Ticket, now: datetime, note: str = FORGOTTEN_NOTE) -> Ticket:
    """At the end of the day, or by force: a service that nobody finished is closed, and says so."""
    must_be(ticket, "close", TicketState.SERVING, TicketState.HELD)
    return replace(ticket, state=TicketState.DONE, outcome=Outcome.OTHER, finished_at=now, why=note)


# --- ends ---


def cancel(ticket: Ticket, now: datetime) -> Ticket:
    must_be(ticket, "cancel", TicketState.WAITING)
    return replace(ticket, state=TicketState.CANCELLED, finished_at=now)


def expire(ticket: Ticket, now: datetime) -> Ticket:
    """The business day is over and nobody was served under this number."""
    must_be(ticket, "expire", *EXPIRES)
    return replace(ticket, state=TicketState.EXPIRED, finished_at=now)


def renumber(ticket: Ticket, number: str, lease: str, status_token: str) -> Ticket:
    """The paper of an offline kiosk shows another number than a request whose answer was lost: paper wins."""
    return replace(ticket, number=number, lease=lease, status_token=status_token, offline=True)
