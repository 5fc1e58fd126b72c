"""What a person or a machine may ask the hall to do: imperative and frozen."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, dataclass_transform

import msgspec
from msgspec import Meta

from queue_server.contract.words import (
    CallReason,
    Channel,
    ForceReason,
    Level,
    Outcome,
    PaperState,
    PassReason,
    PauseReason,
    Position,
    Priority,
    RatingChannel,
    RestrictionReason,
    RestrictionScope,
    SettleHow,
)

Key = Annotated[str, Meta(min_length=1, max_length=64)]
ShortId = Annotated[str, Meta(min_length=1, max_length=64)]
Words = Annotated[str, Meta(max_length=500)]
Instant = Annotated[datetime, Meta(tz=True)]
"""A time with its offset; one without could mean anything."""


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Command(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Something that a person or a machine asks the hall to do."""


class PersonRef(Command):
    """A citizen without a name: a keyed hash of the document number, and what may be shown."""

    token: Annotated[str, Meta(min_length=16, max_length=128)]
    masked_name: Annotated[str, Meta(max_length=40)] = ""


Phone = Annotated[str, Meta(pattern=r"^\+?[0-9]{5,20}$")]


class TakeTicket(Command):
    """取号. ``phone`` is reduced to a mask and a keyed hash before anything is stored.

    ``items`` are several matters on one ticket (一件事): it walks from queue to queue in their order; the first of
    them belongs to ``queue``. With ``awaits_paper`` the ticket waits only once ``ReportPaper`` said so.
    """

    queue: ShortId
    channel: Channel = Channel.STAFF
    priority: Priority = Priority.NONE
    item: ShortId | None = None
    items: Annotated[tuple[ShortId, ...], Meta(max_length=12)] = ()
    person: PersonRef | None = None
    phone: Phone | None = None
    awaits_paper: bool = False


class ReportPaper(Command):
    """Whether the paper of a ticket came out: the second phase of issuing it."""

    ticket: ShortId
    state: PaperState


class CancelTicket(Command):
    ticket: ShortId


class ReactivateTicket(Command):
    """过号激活: a passed ticket waits again, behind as many others as the hall says, once a day."""

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


class ForceCloseWindow(Command):
    """强制关窗: an admin closes a window whose officer is gone, whoever is in front. ``other`` needs a text."""

    window: ShortId
    reason: ForceReason
    text: Words = ""


class CallNext(Command):
    """叫号. ``finish_current`` first closes the current ticket with that outcome."""

    window: ShortId
    finish_current: Outcome | None = None


class CallTicket(Command):
    """Calls a waiting ticket out of order; the reason is kept. ``other`` needs a text."""

    window: ShortId
    ticket: ShortId
    reason: CallReason
    text: Words = ""
    finish_current: Outcome | None = None


class ServePassed(Command):
    """过号受理: the person of a passed ticket stands at the window and is served at once."""

    window: ShortId
    ticket: ShortId


class ServeWithoutTicket(Command):
    """Somebody is served who took no number; the service is rated and counted like any other."""

    window: ShortId
    queue: ShortId | None = None
    item: ShortId | None = None
    person: PersonRef | None = None


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


class UndoTransfer(Command):
    """Takes the last transfer from this window back, as long as nobody called the ticket."""

    window: ShortId


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


class ReturnNumbers(Command):
    """A kiosk gives back what it did not print: all from ``next`` on."""

    lease: ShortId
    next: Annotated[int, Meta(ge=1)]


class OfflineTicket(Command):
    """A ticket that a kiosk printed from its lease; ``key`` is that of the first attempt."""

    key: Key
    lease: ShortId
    queue: ShortId
    number: Annotated[str, Meta(min_length=1, max_length=12)]
    issued_at: Instant
    status_token: Annotated[str, Meta(min_length=16, max_length=64)]
    priority: Priority = Priority.NONE
    item: ShortId | None = None
    person: PersonRef | None = None
    phone: Phone | None = None


class ReportOfflineTickets(Command):
    """``clock`` is what the kiosk's clock shows when it reports, so that a wrong one is seen and put right."""

    tickets: Annotated[tuple[OfflineTicket, ...], Meta(max_length=500)]
    clock: Instant | None = None


class SettleParked(Command):
    """Staff decide what becomes of a parked offline ticket: a new number at its old time, or nothing with a reason."""

    kiosk: ShortId
    key: Key
    how: SettleHow
    queue: ShortId | None = None
    text: Words = ""


class BookAppointment(Command):
    """预约: one place in the slot of a queue that begins at ``start``."""

    queue: ShortId
    start: Instant
    item: ShortId | None = None
    person: PersonRef | None = None
    phone: Phone | None = None


class RescheduleAppointment(Command):
    """改约. Kiosks show whose appointment it is: with ``person``, or with ``phone`` if it was booked without a card."""

    appointment: ShortId
    start: Instant
    person: PersonRef | None = None
    phone: Phone | None = None


class CancelAppointment(Command):
    """Kiosks show whose appointment it is with ``person`` or ``phone``; staff give a reason in ``text``."""

    appointment: ShortId
    person: PersonRef | None = None
    phone: Phone | None = None
    text: Words = ""


class CheckIn(Command):
    """The person of an appointment is in the hall and gets a number. Kiosks show whose it is, as for changing it."""

    appointment: ShortId
    channel: Channel = Channel.STAFF
    priority: Priority = Priority.NONE
    person: PersonRef | None = None
    phone: Phone | None = None
    awaits_paper: bool = False


class RestrictPerson(Command):
    """No numbers, no bookings, or neither, for the person of a ticket or of an appointment, until a day.

    Exactly one of ``ticket``, ``appointment`` and ``person`` says who. Without ``until`` it holds until it is lifted.
    """

    reason: RestrictionReason
    scope: RestrictionScope = RestrictionScope.ALL
    until: Instant | None = None
    ticket: ShortId | None = None
    appointment: ShortId | None = None
    person: PersonRef | None = None
    text: Words = ""


class LiftRestriction(Command):
    restriction: ShortId
    text: Words = ""


class ExtendHours(Command):
    """延时服务: today the queue (or every one) takes people until then. An instant that is over ends it."""

    until: Instant
    queue: ShortId | None = None


class DeviceCondition(Command):
    """One thing that is not as it should be at a terminal; no free text, nothing personal."""

    device: ShortId
    code: Annotated[str, Meta(max_length=60)]
    action: Annotated[str, Meta(max_length=20)] = "none"


class ReportTerminal(Command):
    """A sign of life of a terminal, with its own clock so that the server sees it drift."""

    clock: Instant
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

    def __repr__(self) -> str:
        return f"Identity(method={self.method!r})"


class AskProvider(Command):
    """A self-service question to an outside system, e.g. provider ``case-progress``."""

    provider: ShortId
    identity: Identity | None = None
    inputs: dict[str, str] = {}
