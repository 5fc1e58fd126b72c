"""Commands, replies and events as they travel.

Commands are imperative, events are in the past tense, all are frozen. On the wire names are
lowerCamelCase, times are RFC 3339 with offset, unknown fields of a command are refused.
A command carries everything it needs; what the path of a request says (a window, a ticket) is a
field of the command like any other.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

Key = Annotated[str, Meta(min_length=1, max_length=64)]
ShortId = Annotated[str, Meta(min_length=1, max_length=64)]
Words = Annotated[str, Meta(max_length=500)]


class Command(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Something that a person or a machine asks the hall to do."""


class Message(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that the hall says. Receivers ignore fields they do not know."""


# --- words of the hall -------------------------------------------------------------------------


class Role(StrEnum):
    """What a token or a login may do."""

    KIOSK = "kiosk"
    WINDOW = "window"
    SCREEN = "screen"
    PAD = "pad"
    GATEWAY = "gateway"
    INTEGRATOR = "integrator"
    OFFICER = "officer"
    ADMIN = "admin"


class Channel(StrEnum):
    """Where a ticket was taken."""

    KIOSK = "kiosk"
    STAFF = "staff"
    MOBILE = "mobile"


class Priority(StrEnum):
    """Who goes before others (domain: 绿色通道/爱心号)."""

    NONE = "none"
    ELDER = "elder"
    DISABLED = "disabled"
    PREGNANT = "pregnant"
    MILITARY = "military"
    GREEN = "green"


class TicketState(StrEnum):
    """Where a ticket stands (the state machine is in queue_server.domain.ticket)."""

    WAITING = "waiting"
    CALLING = "calling"
    SERVING = "serving"
    HELD = "held"
    PASSED = "passed"
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class WindowMode(StrEnum):
    """What a window says about itself."""

    CLOSED = "closed"
    OPEN = "open"
    PAUSED = "paused"


class PauseReason(StrEnum):
    LUNCH = "lunch"
    MEETING = "meeting"
    FAULT = "fault"
    OTHER = "other"


class PassReason(StrEnum):
    """Why a called ticket was passed over (过号)."""

    ABSENT = "absent"
    WRONG_PERSON = "wrong-person"
    WRONG_QUEUE = "wrong-queue"
    LEFT = "left"
    OTHER = "other"


class Outcome(StrEnum):
    """How a service ended."""

    ACCEPTED = "accepted"
    CONSULT = "consult"
    COLLECT = "collect"
    WRONG_ITEM = "wrong-item"
    REFUSED = "refused"
    OTHER = "other"


class Position(StrEnum):
    """Where a transferred ticket stands in its new line."""

    ORIGINAL = "original"
    LAST = "last"


class Level(StrEnum):
    """The five official levels (国办发〔2019〕51号). Numbers exist only in adapters."""

    VERY_SATISFIED = "very-satisfied"
    SATISFIED = "satisfied"
    BASICALLY_SATISFIED = "basically-satisfied"
    DISSATISFIED = "dissatisfied"
    VERY_DISSATISFIED = "very-dissatisfied"


class RatingChannel(StrEnum):
    PAD = "pad"
    DEVICE = "device"
    QR = "qr"
    KIOSK = "kiosk"


class RatingState(StrEnum):
    """What became of the invitation to rate one service."""

    NOT_YET = "not-yet"
    INVITED = "invited"
    SUBMITTED = "submitted"
    TIMED_OUT = "timed-out"


class ClosedReason(StrEnum):
    """Why a queue takes nobody now."""

    NO_WINDOW = "no-window"
    OUT_OF_HOURS = "out-of-hours"
    DAY_OFF = "day-off"
    FULL = "full"
    SUSPENDED = "suspended"


class Text(Message):
    """One text in both languages; Chinese is never empty."""

    zh: str
    en: str = ""


# --- commands ----------------------------------------------------------------------------------


class PersonRef(Command):
    """A citizen without a name: a keyed hash of the document number, and what may be shown."""

    token: Annotated[str, Meta(min_length=16, max_length=128)]
    masked_name: Annotated[str, Meta(max_length=40)] = ""


class TakeTicket(Command):
    """取号. ``phone`` is reduced to a mask and a keyed hash before anything is stored."""

    queue: ShortId
    channel: Channel = Channel.STAFF
    priority: Priority = Priority.NONE
    item: ShortId | None = None
    person: PersonRef | None = None
    phone: Annotated[str, Meta(pattern=r"^\+?[0-9]{5,20}$")] | None = None


class CancelTicket(Command):
    ticket: ShortId


class OpenWindow(Command):
    window: ShortId
    reason: Words = ""


class PauseWindow(Command):
    window: ShortId
    reason: PauseReason = PauseReason.OTHER


class CloseWindow(Command):
    window: ShortId
    reason: Words = ""


class CallNext(Command):
    """叫号. ``finish_current`` first closes the current ticket with that outcome."""

    window: ShortId
    finish_current: Outcome | None = None


class Recall(Command):
    window: ShortId


class StartService(Command):
    window: ShortId


class PassOver(Command):
    window: ShortId
    reason: PassReason = PassReason.ABSENT


class HoldService(Command):
    window: ShortId


class ResumeService(Command):
    """Takes up a held ticket again: the one named, else the one that was held last here."""

    window: ShortId
    ticket: ShortId | None = None


class FinishService(Command):
    window: ShortId
    outcome: Outcome = Outcome.ACCEPTED


class TransferTicket(Command):
    """转移 to a queue or to a window (exactly one of them); the number stays."""

    window: ShortId
    queue: ShortId | None = None
    to_window: ShortId | None = None
    position: Position = Position.LAST


class RateService(Command):
    """评价. ``service`` may also be the ticket's id. A bad level needs a reason or a text."""

    service: ShortId
    level: Level
    reasons: tuple[Annotated[str, Meta(max_length=8)], ...] = ()
    text: Words = ""
    channel: RatingChannel = RatingChannel.PAD


class LendNumbers(Command):
    """A kiosk borrows numbers for hours without a network."""

    queue: ShortId
    size: Annotated[int, Meta(ge=1, le=200)] = 20


class OfflineTicket(Command):
    """A ticket that a kiosk printed from its lease; ``key`` is that of the first attempt."""

    key: Key
    lease: ShortId
    queue: ShortId
    number: Annotated[str, Meta(min_length=1, max_length=12)]
    issued_at: datetime
    status_token: Annotated[str, Meta(min_length=16, max_length=64)]
    priority: Priority = Priority.NONE
    item: ShortId | None = None
    person: PersonRef | None = None
    phone: Annotated[str, Meta(pattern=r"^\+?[0-9]{5,20}$")] | None = None


class ReportOfflineTickets(Command):
    tickets: Annotated[tuple[OfflineTicket, ...], Meta(max_length=500)]


class DeviceCondition(Command):
    """One thing that is not as it should be at a terminal; no free text, nothing personal."""

    device: ShortId
    code: Annotated[str, Meta(max_length=60)]
    action: Annotated[str, Meta(max_length=20)] = "none"


class ReportTerminal(Command):
    """A sign of life of a terminal, with its own clock so that the server sees it drift."""

    clock: datetime
    conditions: tuple[DeviceCondition, ...] = ()
    waiting_uploads: int = 0


class Enrol(Command):
    """A device shows the code that was typed on it once."""

    code: Annotated[str, Meta(min_length=6, max_length=64)]


class LogIn(Command):
    name: ShortId
    password: Annotated[str, Meta(min_length=1, max_length=200)]


class Identity(Command):
    """Who asks, and how it was made sure. Never stored, never logged."""

    method: Annotated[str, Meta(max_length=20)]  # "face", "code"
    id_number: Annotated[str, Meta(max_length=40)]
    name: Annotated[str, Meta(max_length=80)] = ""
    code: Annotated[str, Meta(max_length=40)] = ""


class AskProvider(Command):
    """A self-service question to an outside system, e.g. provider ``case-progress``."""

    provider: ShortId
    identity: Identity | None = None
    inputs: dict[str, str] = {}


# --- replies -----------------------------------------------------------------------------------


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


class QueueView(Message):
    id: str
    name: Text
    prefix: str
    open: bool
    waiting: int
    estimated_wait_seconds: Estimate
    closed_reason: ClosedReason | None = None
    windows: tuple[str, ...] = ()


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


class Called(Message):
    """Reply to call-next: nobody waits → ``ticket`` is null."""

    ticket: TicketView | None = None
    window: WindowView | None = None


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


class Lease(Message):
    """Numbers lent to one kiosk for one queue and one business day, both ends included."""

    id: str
    queue: str
    prefix: str
    digits: int
    from_: int = msgspec.field(name="from")
    to: int
    business_day: date
    expires_at: datetime


class OfflineResult(Message):
    """``accepted``, ``already-known`` (same key again) or ``parked`` with a reason for staff."""

    key: str
    result: str
    ticket: str | None = None
    reason: str = ""


class OfflineResults(Message):
    results: tuple[OfflineResult, ...]


class TerminalReply(Message):
    server_time: datetime
    clock_off_seconds: float
    catalogue_version: str


class Enrolled(Message):
    name: str
    role: Role
    hall: str
    token: str


class Me(Message):
    """Who the server thinks is asking."""

    name: str
    role: Role
    hall: str
    hall_name: Text
    window: str | None = None


class ItemView(Message):
    """A service item (事项) as it is searched on the kiosk."""

    id: str
    name: Text
    queue: str
    department: Text
    initials: str = ""
    pinyin: str = ""
    hot: bool = False


class ZoneView(Message):
    id: str
    name: Text
    floor: Text


class ReasonView(Message):
    code: str
    text: Text


class LevelView(Message):
    level: Level
    text: Text
    bad: bool
    reasons: tuple[ReasonView, ...] = ()


class ProviderView(Message):
    """Whether an outside system answers now."""

    provider: str
    available: bool
    since: datetime | None = None


class Catalogue(Message):
    """All that a terminal keeps of the hall. ``person_key`` turns a document number into a token."""

    version: str
    hall: str
    name: Text
    notice: Text
    hours: Text
    time_zone: str
    zones: tuple[ZoneView, ...]
    queues: tuple[QueueView, ...]
    windows: tuple[WindowView, ...]
    items: tuple[ItemView, ...]
    levels: tuple[LevelView, ...]
    providers: tuple[ProviderView, ...] = ()
    person_key: str = ""
    public_url: str = ""


class Snapshot(Message):
    """The hall as it is after event ``seq``; applying later events to it keeps it true."""

    seq: int
    at: datetime
    queues: dict[str, QueueView]
    windows: dict[str, WindowView]
    tickets: dict[str, TicketView]
    calls: tuple[CallView, ...]


class Event(Message):
    """One row of the event table. ``data`` holds the changed things as they are afterwards:
    any of ``ticket``, ``queues``, ``window``, ``windows``, ``call`` and what belongs to the type alone."""

    seq: int
    type: str
    at: datetime
    data: dict[str, Any]


class ParkedTicket(Message):
    """An offline ticket that the server could not take, for staff to settle."""

    key: str
    kiosk: str
    queue: str
    number: str
    issued_at: datetime
    reason: str


class TerminalView(Message):
    name: str
    role: Role
    last_seen: datetime | None = None
    clock_off_seconds: float = 0.0
    conditions: tuple[DeviceCondition, ...] = ()
    waiting_uploads: int = 0


class Answer(Message):
    """What an outside system said, already masked: rows of label key → text, to show and to print."""

    provider: str
    reference: str
    rows: tuple[dict[str, str], ...]
    demo: bool = False


class EventType(StrEnum):
    """Every word that may stand in ``Event.type``."""

    TICKET_ISSUED = "ticket.issued"
    TICKET_CANCELLED = "ticket.cancelled"
    TICKET_CALLED = "ticket.called"
    TICKET_RECALLED = "ticket.recalled"
    TICKET_PASSED = "ticket.passed"
    TICKET_STARTED = "ticket.started"
    TICKET_HELD = "ticket.held"
    TICKET_RESUMED = "ticket.resumed"
    TICKET_TRANSFERRED = "ticket.transferred"
    TICKET_FINISHED = "ticket.finished"
    TICKET_EXPIRED = "ticket.expired"
    TICKET_RENUMBERED = "ticket.renumbered"
    WINDOW_OPENED = "window.opened"
    WINDOW_PAUSED = "window.paused"
    WINDOW_CLOSED = "window.closed"
    RATING_INVITED = "rating.invited"
    RATING_SUBMITTED = "rating.submitted"
    RATING_TIMED_OUT = "rating.timed-out"
    NUMBERS_LENT = "numbers.lent"
    OFFLINE_PARKED = "offline.parked"
    HALL_CHANGED = "hall.changed"
