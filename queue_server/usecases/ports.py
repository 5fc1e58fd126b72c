"""What the rest of the server may ask of the hall's office, and what the office asks of its storage.

``Office`` is the one door: web, relay, gateway and command line go through it. Every method is safe to
call from the event loop of the process. ``queue_server.storage.office.open_office`` makes one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Protocol

import msgspec

from queue_server.contract.codec import decode
from queue_server.contract.messages import (
    AlertView,
    AppointmentView,
    AuditRow,
    Catalogue,
    Command,
    Enrolled,
    Level,
    ParkedTicket,
    PersonRef,
    QueueView,
    RatingChannel,
    RestrictionView,
    Role,
    ServiceRating,
    Slots,
    Snapshot,
    TerminalView,
    TicketStatus,
    TicketView,
    WindowView,
)
from queue_server.domain.hall import Hall


@dataclass(frozen=True)
class Actor:
    """Who does something: a terminal, an officer, an admin, an integrator, or a citizen.

    ``name`` is the terminal's or the officer's id. ``window`` is the one window at which a window
    terminal or a rating pad stands. A citizen who holds the link of a ticket has no role, but ``ticket``.
    """

    hall: str
    role: Role | None
    name: str
    window: str | None = None
    ticket: str | None = None


class Reply(msgspec.Struct, frozen=True):
    """What goes out under an idempotency key: HTTP status and JSON body. ``repeated``: it was stored before."""

    status: int
    body: bytes
    repeated: bool = False


class News(Protocol):
    """What receivers see of an event: a row of the table, or the message that came over a wire."""

    @property
    def seq(self) -> int: ...
    @property
    def type(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def data(self) -> dict[str, Any]: ...


class EventRow(msgspec.Struct, frozen=True, dict=True):
    """One row of the event table; ``data_json`` is ready to be sent, before any name is stripped."""

    seq: int
    type: str
    at: datetime
    data_json: bytes

    @cached_property
    def data(self) -> dict[str, Any]:
        """Decoded when somebody looks: in a hall to which nobody listens, never."""
        found: dict[str, Any] = decode(self.data_json, dict)
        return found


@dataclass(frozen=True)
class IssuedToken:
    """A new token, shown once and stored only as a hash."""

    name: str
    role: Role
    hall: str
    token: str
    window: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class EnrolmentCode:
    """A code that a person types on a device once (or that stands in the fragment of its first URL)."""

    code: str
    name: str
    role: Role
    hall: str
    window: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class RatingRow:
    """One rating for the back office: the level as it was pressed, never a default."""

    service: str
    ticket: str
    number: str
    window: str
    officer: str | None
    queue: str
    level: Level
    reasons: tuple[str, ...]
    text: str
    channel: RatingChannel
    at: datetime


class Office(Protocol):
    """The hall's office: commands go in, replies and events come out; all that it says is on disk before."""

    # --- life ---

    async def start(self) -> None:
        """Opens the database, starts the writer and the watch for other processes' events.

        Raises ``StorageError`` with a sentence for the operator: newer version, network drive, no access.
        """

    async def close(self) -> None:
        """Finishes what was begun, then closes."""

    async def ready(self) -> None:
        """Returns when the database answers a read; raises otherwise (for ``/readyz``)."""

    # --- doing ---

    async def carry_out(self, command: Command, actor: Actor, key: str | None = None) -> Reply:
        """Does one command whole or not at all; the reply leaves after the commit.

        The same ``key`` of the same actor gives the stored reply again, also of a final refusal; with another
        command it raises ``Refusal(KEY_REUSED)``. Raises ``Refusal`` for every no (the first time and when
        repeated), so that a ``Reply`` is always 200 or 201. ``ReportTerminal`` is never stored under a key.
        """

    async def due(self, hall: str) -> datetime:
        """Does all that time has made due (rating time-outs, opening and closing, day end, clean-up).

        Returns when to look again at the latest; call it earlier whenever you like.
        """

    # --- reading ---

    async def halls(self) -> tuple[str, ...]:
        """The ids of all halls in this database."""

    async def hall(self, hall: str) -> Hall:
        """The hall's description: windows, screens, devices, rules. Raises ``Refusal(NOT_FOUND)``."""

    async def hall_yaml(self, hall: str) -> str:
        """The hall's description as it was loaded."""

    async def ticket_status(self, hall: str, ticket: str) -> TicketStatus:
        """Raises ``Refusal(NOT_FOUND)``."""

    async def status_by_token(self, token: str) -> TicketStatus:
        """The ticket behind a citizen's link. Raises ``Refusal(NOT_FOUND)``."""

    async def queues(self, hall: str) -> list[QueueView]:
        """As published with the last event of each queue, in the order of the description."""

    async def windows(self, hall: str) -> list[WindowView]:
        """In the order of the description."""

    async def waiting_at(self, hall: str, window: str, limit: int = 5) -> list[TicketView]:
        """Who waits for a window, in the order in which call-next would take them. Raises ``Refusal(NOT_FOUND)``."""

    async def snapshot(self, hall: str) -> Snapshot:
        """The hall as it is after event ``seq``; one consistent read."""

    async def catalogue(self, hall: str, *, with_person_key: bool = False) -> Catalogue:
        """All that a terminal keeps; the person key only for kiosks. ``providers`` is left empty."""

    async def catalogue_version(self, hall: str) -> str:
        """Cheap: for the ETag."""

    async def events_after(self, hall: str, seq: int, limit: int = 500) -> list[EventRow]:
        """Events with a greater sequence number, in order. Fewer than ``limit`` means that this is the end."""

    async def event(self, hall: str, seq: int) -> EventRow | None:
        """One event, None when it is not there (or not any more)."""

    async def last_seq(self, hall: str) -> int:
        """The number of the last event, 0 before the first."""

    async def oldest_seq(self, hall: str) -> int:
        """The oldest event that is still kept (1 when none was). Who saw less than this minus 1 needs a snapshot."""

    async def service_rating(self, hall: str, service: str) -> ServiceRating:
        """``service`` may also be a ticket's id. Holds the level: strip it for everybody but admins."""

    async def ratings(
        self, hall: str, limit: int = 100, *, start: datetime | None = None, end: datetime | None = None
    ) -> list[RatingRow]:
        """Given from ``start`` on and before ``end``, the newest first. For admins."""

    async def parked(self, hall: str) -> list[ParkedTicket]:
        """Offline tickets that staff must settle, the newest first."""

    async def slots(self, hall: str, queue: str, day: date | None = None) -> Slots:
        """The slots of one day (None: the first that can be booked). Raises ``Refusal(NOT_FOUND)``."""

    async def appointments(self, hall: str, day: date, queue: str | None = None) -> list[AppointmentView]:
        """All bookings of a day in the order of their times, for staff."""

    async def appointments_of(self, hall: str, person: PersonRef | None, phone: str | None) -> list[AppointmentView]:
        """What one person has booked from today on, in the states booked, checked in, late and no-show."""

    async def restrictions(self, hall: str) -> list[RestrictionView]:
        """The newest first, lifted ones too."""

    async def alerts(self, hall: str, limit: int = 100) -> list[AlertView]:
        """Those that stand, then the newest that are over."""

    async def audit(self, hall: str, limit: int = 200) -> list[AuditRow]:
        """The newest first."""

    async def terminals(self, hall: str) -> list[TerminalView]:
        """Every terminal that has a token or a code, with its last sign of life."""

    # --- who is who ---

    async def authenticate(self, token: str) -> Actor | None:
        """The terminal, integrator, officer or admin behind a device or session token; None: unknown or expired."""

    async def authenticate_citizen(self, token: str) -> Actor | None:
        """The holder of a ticket's link: may cancel and rate ``actor.ticket``, nothing else."""

    async def log_in(self, name: str, password: str, hall: str | None = None) -> IssuedToken:
        """A session token for an officer or admin (12 hours). Raises ``Refusal(UNAUTHENTICATED)``.

        ``hall`` may be left out when there is one hall only.
        """

    async def log_out(self, token: str) -> None:
        """Forgets a session token; unknown ones are no error."""

    async def enrol(self, code: str) -> Enrolled:
        """Turns a code into a device token, once. Raises ``Refusal(UNAUTHENTICATED)``."""

    async def make_enrolment_code(
        self, hall: str, name: str, role: Role, *, window: str | None = None, code: str | None = None
    ) -> EnrolmentCode:
        """A code for one device, good once and for 7 days. For windows and pads ``window`` defaults to ``name``."""

    async def issue_token(
        self,
        name: str,
        role: Role,
        *,
        hall: str | None = None,
        window: str | None = None,
        expires_at: datetime | None = None,
    ) -> IssuedToken:
        """A token for a terminal or integrator. ``hall`` may be left out when there is one hall only."""

    async def revoke_tokens(self, hall: str, name: str) -> int:
        """Makes every token of that name worthless; returns how many there were."""

    # --- waking up ---

    def on_commit(self, callback: Callable[[str, int], None]) -> Callable[[], None]:
        """Calls ``callback(hall, seq)`` on the event loop after every commit that wrote events, of any process.

        A wake-up only (it may come late, doubled or joined): read ``events_after``. Returns how to stop it.
        """


@dataclass(frozen=True)
class Credentials:
    """What ``init`` made and shows once: passwords of new people, codes of new devices."""

    hall: str
    passwords: dict[str, str]
    codes: Sequence[EnrolmentCode]


class StorageError(Exception):
    """The database cannot be used at all; the text tells the operator why and what to do."""
