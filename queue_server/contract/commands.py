"""What a person or a machine may ask the hall to do: imperative and frozen."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, dataclass_transform

import msgspec
from msgspec import Meta

from queue_server.contract.words import (
    Channel,
    Level,
    Outcome,
    PassReason,
    PauseReason,
    Position,
    Priority,
    RatingChannel,
)

Key = Annotated[str, Meta(min_length=1, max_length=64)]
ShortId = Annotated[str, Meta(min_length=1, max_length=64)]
Words = Annotated[str, Meta(max_length=500)]


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Command(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Something that a person or a machine asks the hall to do."""


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

    def __repr__(self) -> str:
        return f"Identity(method={self.method!r})"


class AskProvider(Command):
    """A self-service question to an outside system, e.g. provider ``case-progress``."""

    provider: ShortId
    identity: Identity | None = None
    inputs: dict[str, str] = {}
