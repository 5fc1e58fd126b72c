"""What the hall says of tickets, queues and windows: replies, views, events.

Receivers ignore fields that they do not know.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, dataclass_transform

import msgspec

from queue_server.contract.words import (
    Behind,
    Caution,
    Channel,
    ClosedReason,
    Language,
    Level,
    Outcome,
    PauseReason,
    Priority,
    RatingChannel,
    RatingState,
    Standing,
    TicketState,
    Why,
    WindowMode,
)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Message(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that the hall says. Receivers ignore fields they do not know."""


class Text(Message):
    """One text in both languages; Chinese is never empty."""

    zh: str
    en: str = ""

    def said_in(self, language: Language) -> str:
        """In that language, or in Chinese when it has no words in it."""
        return (self.en if language is Language.EN else self.zh) or self.zh


class Estimate(Message):
    """How long the wait may be, in seconds; low ≤ likely ≤ high, never negative."""

    low: int
    likely: int
    high: int


class WindowPlace(Message):
    """Where a person has to go."""

    id: str
    name: Text
    zone: Text
    floor: Text


class TicketIssued(Message):
    id: str
    number: str
    queue: str
    ahead: int
    estimated_wait_seconds: Estimate
    issued_at: datetime
    status_url: str
    queue_name: Text
    windows: tuple[WindowPlace, ...] = ()
    priority: Priority = Priority.NONE
    items: tuple[str, ...] = ()
    state: TicketState = TicketState.WAITING
    warning: Caution | None = None
    appointment_start: datetime | None = None


class TicketView(Message):
    """A ticket as screens, windows and phones see it. ``masked_name`` only reaches staff."""

    id: str
    number: str
    queue: str
    state: TicketState
    issued_at: datetime
    priority: Priority = Priority.NONE
    channel: Channel = Channel.STAFF
    window: str | None = None
    called_at: datetime | None = None
    started_at: datetime | None = None
    calls: int = 0
    item: str | None = None
    outcome: Outcome | None = None
    why: str = ""
    masked_name: str = ""
    offline: bool = False
    standing: Standing = Standing.ORDINARY
    items: tuple[str, ...] = ()
    """What is to be done at the present stop; empty when only ``item`` says it."""
    next_queues: tuple[str, ...] = ()
    """Where the ticket goes after this stop."""
    appointment_start: datetime | None = None
    reactivated: int = 0
    clock_off: bool = False
    """Printed offline by a kiosk whose clock was wrong; the time of issue is corrected."""


class TicketStatus(Message):
    """``GET /tickets/{id}``: the ticket, its place and an estimate while it waits."""

    ticket: TicketView
    queue_name: Text
    ahead: int | None = None
    estimated_wait_seconds: Estimate | None = None
    windows: tuple[WindowPlace, ...] = ()
    rating: RatingState = RatingState.NOT_YET
    service: str | None = None
    hall_name: Text | None = None
    time_zone: str = ""
    """The hall's, so that a phone set to another one shows the times that stand on the paper."""
    warning: Caution | None = None
    steps: tuple[Text, ...] = ()
    """The queues of a ticket with several items, in their order; empty for all others."""
    step: int = 0
    """Which of ``steps`` it is at, counted from 0."""


class QueueView(Message):
    id: str
    name: Text
    prefix: str
    open: bool
    waiting: int
    estimated_wait_seconds: Estimate
    closed_reason: ClosedReason | None = None
    windows: tuple[str, ...] = ()
    warning: Caution | None = None
    bookable: bool = False


class OfficerView(Message):
    """What a citizen may know of the officer who serves: number and name on the window sign."""

    id: str
    number: str
    name: str


class WindowView(Message):
    id: str
    name: Text
    zone: str
    mode: WindowMode
    queues: tuple[str, ...] = ()
    pause_reason: PauseReason | None = None
    officer: OfficerView | None = None
    ticket: TicketView | None = None
    held: tuple[TicketView, ...] = ()
    service: str | None = None
    rating: RatingState = RatingState.NOT_YET
    rating_until: datetime | None = None


class CallView(Message):
    """One call as it is shown in the list of the call screen."""

    ticket: str
    number: str
    window: str
    window_name: Text
    zone: str
    at: datetime
    calls: int
    valid_until: datetime
    withdrawn: bool = False
    """The window was closed by force: whoever was called must not go there. Such a call is neither shown nor spoken."""


class WaitingAt(Message):
    """``GET /windows/{id}/waiting``: who waits for this window, in the order in which they would be called."""

    tickets: tuple[TicketView, ...]


class Considered(Message):
    """A head of a line that was not called, and why not."""

    number: str
    queue: str
    standing: Standing
    waited_seconds: int
    behind: Behind


class Because(Message):
    """Why this ticket and no other: what an officer can say to whoever asks."""

    code: Why
    waited_seconds: int = 0
    standing: Standing = Standing.ORDINARY
    risen: int = 0
    """By how many classes waiting has lifted it."""
    turn: str = ""
    """The turn that decided, as written in the hall's rules: ``1:2`` or ``A=2 B=1``."""
    considered: tuple[Considered, ...] = ()


class Called(Message):
    """Reply to call-next: nobody waits → ``ticket`` is null."""

    ticket: TicketView | None = None
    window: WindowView | None = None
    because: Because | None = None


class WindowDone(Message):
    """Reply to every other act at a window."""

    window: WindowView
    ticket: TicketView | None = None
    service: str | None = None


class ServiceRating(Message):
    """``GET /services/{id}/rating``. ``level`` only reaches admins, never the rated officer."""

    service: str
    window: str
    state: RatingState
    until: datetime | None = None
    level: Level | None = None
    reasons: tuple[str, ...] = ()
    channel: RatingChannel | None = None


class Snapshot(Message):
    """The hall as it is after event ``seq``; applying later events to it keeps it true."""

    seq: int
    at: datetime
    queues: dict[str, QueueView]
    windows: dict[str, WindowView]
    tickets: dict[str, TicketView]
    calls: tuple[CallView, ...]


class Event(Message):
    """One row of the event table.

    ``data`` holds the changed things as they are afterwards: any of ``ticket``, ``queues``, ``window``,
    ``windows``, ``call`` and what belongs to the type alone.
    """

    seq: int
    type: str
    at: datetime
    data: dict[str, Any]
