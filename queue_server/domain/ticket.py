"""A ticket (票号) and every way in which it may change state.

issuing → waiting, or → print-failed → waiting or void; waiting → calling → serving → done; calling → passed;
passed → waiting or serving; serving ⇄ held; calling or serving → waiting by transfer, serving → waiting for the next of
several items; waiting → cancelled; at the end of the day waiting, calling and passed → expired.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec
from msgspec.structs import replace

from queue_server.contract.messages import Channel, Outcome, PassReason, Position, Priority, Standing, TicketState
from queue_server.contract.refusals import Code, Refusal

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

ACTIVE = frozenset({TicketState.WAITING, TicketState.CALLING, TicketState.SERVING, TicketState.HELD})
"""States in which the hall still owes the person something; they count for a person's limits."""


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


def _must_be(ticket: Ticket, act: str, *states: TicketState) -> None:
    if ticket.state not in states:
        raise Refusal(
            Code.WRONG_STATE,
            f"{ticket.number} is {ticket.state.value}, so it is not possible to {act} it",
            number=ticket.number,
            state=ticket.state.value,
        )


def call(ticket: Ticket, window: str, why: str, now: datetime) -> Ticket:
    """叫号: the ticket goes to a window."""
    _must_be(ticket, "call", TicketState.WAITING)
    return replace(
        ticket,
        state=TicketState.CALLING,
        window=window,
        to_window=None,
        called_at=now,
        last_called_at=now,
        calls=1,
        why=why,
    )


def recall(ticket: Ticket, now: datetime, limit: int, spacing_seconds: int) -> Ticket:
    """重呼: called once more, at most ``limit`` times and not faster than a person can walk."""
    _must_be(ticket, "recall", TicketState.CALLING)
    if ticket.calls > limit:
        raise Refusal(Code.RECALL_LIMIT, f"{ticket.number} was recalled {limit} times", limit=limit)
    passed = (now - (ticket.last_called_at or now)).total_seconds()
    if passed < spacing_seconds:
        wait = max(1, round(spacing_seconds - passed))
        raise Refusal(Code.RECALL_TOO_SOON, f"wait {wait} s before the next recall", waitSeconds=wait)
    return replace(ticket, calls=ticket.calls + 1, last_called_at=now)


def pass_over(ticket: Ticket, reason: PassReason, now: datetime) -> Ticket:
    """过号: the person did not come."""
    _must_be(ticket, "pass over", TicketState.CALLING)
    return replace(ticket, state=TicketState.PASSED, pass_reason=reason, finished_at=now)


def check_can_start(ticket: Ticket) -> None:
    """Raises ``WRONG_STATE`` for a ticket that is not being called."""
    _must_be(ticket, "start", TicketState.CALLING)


def start(ticket: Ticket, service: str, now: datetime) -> Ticket:
    """The person is at the window."""
    _must_be(ticket, "start", TicketState.CALLING)
    return replace(ticket, state=TicketState.SERVING, started_at=now, service=service)


def hold(ticket: Ticket) -> Ticket:
    """挂起: the person fetches something and will come back to this window."""
    _must_be(ticket, "hold", TicketState.SERVING)
    return replace(ticket, state=TicketState.HELD)


def resume(ticket: Ticket) -> Ticket:
    _must_be(ticket, "resume", TicketState.HELD)
    return replace(ticket, state=TicketState.SERVING)


def finish(ticket: Ticket, outcome: Outcome, now: datetime) -> Ticket:
    _must_be(ticket, "finish", TicketState.SERVING)
    return replace(ticket, state=TicketState.DONE, outcome=outcome, finished_at=now)


def close_forgotten(ticket: Ticket, now: datetime) -> Ticket:
    """At the end of the day: a service that nobody finished is closed, and says so."""
    _must_be(ticket, "close", TicketState.SERVING, TicketState.HELD)
    return replace(ticket, state=TicketState.DONE, outcome=Outcome.OTHER, finished_at=now, why="closed-at-day-end")


def transfer(
    ticket: Ticket, now: datetime, position: Position, queue: str | None = None, window: str | None = None
) -> Ticket:
    """转移 to a queue or to a window: waits again under the same number, at its old place or last."""
    _must_be(ticket, "transfer", TicketState.CALLING, TicketState.SERVING)
    return replace(
        ticket,
        state=TicketState.WAITING,
        queue=queue or ticket.queue,
        to_window=window,
        window=None,
        since=ticket.since if position is Position.ORIGINAL else now + JUST_AFTER,
        called_at=None,
        last_called_at=None,
        started_at=None,
        service=None,
        calls=0,
        why="",
    )


def cancel(ticket: Ticket, now: datetime) -> Ticket:
    _must_be(ticket, "cancel", TicketState.WAITING)
    return replace(ticket, state=TicketState.CANCELLED, finished_at=now)


def expire(ticket: Ticket, now: datetime) -> Ticket:
    """The business day is over and nobody was served under this number."""
    _must_be(ticket, "expire", TicketState.WAITING, TicketState.CALLING, TicketState.PASSED)
    return replace(ticket, state=TicketState.EXPIRED, finished_at=now)


def renumber(ticket: Ticket, number: str, lease: str, status_token: str) -> Ticket:
    """The paper of an offline kiosk shows another number than a request whose answer was lost: paper wins."""
    return replace(ticket, number=number, lease=lease, status_token=status_token, offline=True)
