"""Bodies and replies that only HTTP knows: lists in an object, and requests that are not commands of the hall."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from queue_server.contract import messages as m
from queue_server.contract.messages import Command, Message, Role


class Queues(Message):
    queues: tuple[m.QueueView, ...]


class Windows(Message):
    windows: tuple[m.WindowView, ...]


class Providers(Message):
    providers: tuple[m.ProviderView, ...]


class Terminals(Message):
    terminals: tuple[m.TerminalView, ...]


class Parked(Message):
    tickets: tuple[m.ParkedTicket, ...]


class Restrictions(Message):
    restrictions: tuple[m.RestrictionView, ...]


class Alerts(Message):
    alerts: tuple[m.AlertView, ...]


class Audit(Message):
    rows: tuple[m.AuditRow, ...]


class RatingLine(Message):
    """One rating, as a citizen pressed it: every published figure drills down to these."""

    service: str
    ticket: str
    number: str
    window: str
    queue: str
    at: datetime
    state: m.RatingState
    level: m.Level
    channel: m.RatingChannel
    officer: str | None = None
    reasons: tuple[str, ...] = ()
    text: str = ""


class Ratings(Message):
    rows: tuple[RatingLine, ...]


class CodeMade(Message):
    """An enrolment code, shown once."""

    code: str
    name: str
    role: Role
    window: str | None = None
    expires_at: datetime | None = None


class Done(Message):
    """It was done and there is nothing to say about it."""


class Nothing(Command):
    """A request that needs no body."""


class EnrolmentWish(Command):
    """Which device gets a code. For windows and pads ``window`` defaults to what the name says."""

    name: m.ShortId
    role: Role
    window: m.ShortId | None = None


class FindAppointments(Command):
    """Whose bookings: in the body, because an address is written down everywhere."""

    person: m.PersonRef | None = None
    phone: m.Phone | None = None


class PersonShown(Command):
    """What staff read from a person's document, to find or make a booking. Never stored, never logged."""

    document: Annotated[str, Meta(min_length=5, max_length=30)]
    name: Annotated[str, Meta(max_length=40)] = ""

    def __repr__(self) -> str:
        return "PersonShown(…)"


class PersonKnown(Message):
    """The same person as the commands take it, and what may be shown of the document."""

    token: str
    masked_name: str = ""
    masked_document: str = ""


class CitizenRating(Command):
    """A rating from the link on the paper."""

    level: m.Level
    reasons: tuple[m.ShortId, ...] = ()
    text: m.Words = ""
