"""What a use case may reach for: the hall as it is inside one transaction. Storage makes it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple, Protocol

from queue_server.contract.messages import CallView, ReportTerminal, Role, TicketState
from queue_server.domain.appointment import Appointment
from queue_server.domain.audit import AuditEntry
from queue_server.domain.events import Happened
from queue_server.domain.floor import Floor
from queue_server.domain.hall import Hall
from queue_server.domain.lease import Loan, Parked, ParkedReason
from queue_server.domain.pace import Pace
from queue_server.domain.queue import QueueState
from queue_server.domain.rating import RatingProfile, Service
from queue_server.domain.restriction import Restriction
from queue_server.domain.supervision import Alert
from queue_server.domain.ticket import Ticket
from queue_server.domain.window import WindowState


class Clock(Protocol):
    """Aware time, given from outside so that tests can say what it is."""

    def now(self) -> datetime: ...


class Ids(Protocol):
    """Where new ids and secrets come from; tests bring their own."""

    def new(self, now: datetime) -> str:
        """32 characters that sort by time and never come twice."""

    def secret(self) -> str:
        """At least 128 random bits for the link of one ticket."""


class OneOfPerson(NamedTuple):
    """A ticket that one person took today."""

    queue: str
    state: TicketState
    number: str


class Work(Protocol):
    """One transaction of one hall. What is added or saved here is committed together with the reply, or not at all."""

    @property
    def hall(self) -> Hall: ...

    @property
    def profile(self) -> RatingProfile: ...

    @property
    def public_url(self) -> str:
        """Where citizens reach the pages, without a slash at the end; may be empty."""

    def keyed_hash(self, kind: str, text: str) -> str:
        """A hash that only this hall can make, so that a short number cannot be guessed back."""

    def append(self, event: Happened) -> None:
        """Writes an event when the use case is done; it takes the hall's next number."""

    # tickets
    def ticket(self, ticket: str) -> Ticket | None: ...
    def ticket_taken(self, by: str, key: str) -> Ticket | None:
        """The ticket that a terminal took under an idempotency key."""

    def number_is_used(self, day: date, number: str) -> bool: ...
    def link_is_used(self, status_token: str, but_by: str | None = None) -> bool:
        """Whether the code on a paper belongs to a ticket (another one than ``but_by``)."""

    def tickets_of_person(self, person: str, day: date) -> list[OneOfPerson]: ...
    def heads(self, queue: str) -> list[Ticket]:
        """The first waiting ticket of each class (rank), without those that were sent to one window."""

    def since_of_place(self, queue: str, place: int) -> datetime | None:
        """``since`` of the waiting ordinary ticket at that place (0 is the first), None behind the last."""

    def sent_to(self, window: str) -> list[Ticket]:
        """Waiting tickets that only this window may call."""

    def held_at(self, window: str) -> list[Ticket]:
        """In the order in which they were started."""

    def left_over(self, before: date, limit: int) -> list[Ticket]:
        """Tickets of earlier business days that are not at an end."""

    def awaiting_paper(self) -> list[Ticket]:
        """Tickets in the states issuing and print-failed, the oldest first."""

    def add_ticket(self, ticket: Ticket) -> None: ...
    def save_ticket(self, ticket: Ticket) -> None: ...

    # queues and windows
    def queue(self, queue: str) -> QueueState: ...
    def save_queue(self, queue: QueueState) -> None: ...
    def floor(self) -> Floor:
        """Everything at once, with what was saved in this transaction; cheap (kept between transactions)."""

    def save_pace(self, pace: Pace) -> None: ...
    def window(self, window: str) -> WindowState: ...
    def windows(self) -> list[WindowState]: ...
    def save_window(self, window: WindowState) -> None: ...
    def save_call(self, call: CallView) -> None:
        """The list of last calls; a ticket stands in it once."""

    # services
    def service(self, service: str) -> Service | None: ...
    def finished_service_of(self, ticket: str) -> Service | None:
        """The last service of a ticket that came to an outcome."""

    def add_service(self, service: Service) -> None: ...
    def save_service(self, service: Service) -> None: ...

    # kiosks
    def loan(self, loan: str) -> Loan | None: ...
    def add_loan(self, loan: Loan) -> None: ...
    def save_loan(self, loan: Loan) -> None: ...
    def loans(self, queue: str, day: date) -> list[Loan]:
        """All blocks lent of a queue on a day, in the order of their numbers."""

    def parked(self, kiosk: str, key: str) -> Parked | None:
        """A parked offline ticket, settled or not."""

    def settle(self, kiosk: str, key: str, now: datetime) -> None: ...
    def parked_reason(self, kiosk: str, key: str) -> ParkedReason | None: ...
    def park(self, parked: Parked) -> None: ...
    def saw_terminal(
        self, name: str, role: Role, report: ReportTerminal, clock_off_seconds: float, now: datetime
    ) -> None: ...

    # appointments
    def appointment(self, appointment: str) -> Appointment | None: ...
    def appointments_of(self, person: str, since: date) -> list[Appointment]:
        """Bookings of one person for ``since`` and later days, in the order of their times."""

    def booked(self, queue: str, day: date) -> dict[datetime, int]:
        """How many places of each slot of the day bookings hold (booked, checked in, late), by its start."""

    def awaited(self, queue: str, day: date) -> dict[datetime, int]:
        """How many of each slot of the day have not come yet (state booked), by its start."""

    def missed(self, before: datetime, limit: int) -> list[Appointment]:
        """Bookings in the state booked whose slot began before that instant, the oldest first."""

    def next_appointment(self) -> datetime | None:
        """When the next slot with a booking in the state booked begins; may be in the past."""

    def add_appointment(self, appointment: Appointment) -> None: ...
    def save_appointment(self, appointment: Appointment) -> None: ...

    # restrictions, alerts, audit
    def restrictions_of(self, person: str) -> list[Restriction]:
        """Those that were not lifted, over or not."""

    def restriction(self, restriction: str) -> Restriction | None: ...
    def add_restriction(self, restriction: Restriction) -> None: ...
    def save_restriction(self, restriction: Restriction) -> None: ...
    def alerts(self) -> list[Alert]:
        """Those that are not cleared."""

    def add_alert(self, alert: Alert) -> None: ...
    def save_alert(self, alert: Alert) -> None: ...
    def note(self, entry: AuditEntry) -> None:
        """Adds a line to the audit list."""


def all_heads(work: Work, window: str, queues: Iterable[str]) -> list[Ticket]:
    """Everybody who could be called next by a window."""
    return [*work.sent_to(window), *(ticket for queue in queues for ticket in work.heads(queue))]
