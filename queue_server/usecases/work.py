"""What a use case may reach for: the hall as it is inside one transaction. Storage makes it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple, Protocol

from queue_server.contract.messages import CallView, OfflineTicket, ReportTerminal, Role, TicketState
from queue_server.domain.events import Happened
from queue_server.domain.hall import Hall
from queue_server.domain.lease import Loan, ParkedReason
from queue_server.domain.queue import QueueState
from queue_server.domain.rating import RatingProfile, Service
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
    def tickets_of_person(self, person: str, day: date) -> list[OneOfPerson]: ...
    def heads(self, queue: str) -> list[Ticket]:
        """The first waiting ticket of each priority class, without those that were sent to one window."""

    def sent_to(self, window: str) -> list[Ticket]:
        """Waiting tickets that only this window may call."""

    def held_at(self, window: str) -> list[Ticket]:
        """In the order in which they were started."""

    def left_over(self, before: date, limit: int) -> list[Ticket]:
        """Tickets of earlier business days that are not at an end."""

    def add_ticket(self, ticket: Ticket) -> None: ...
    def save_ticket(self, ticket: Ticket) -> None: ...

    # queues and windows
    def queue(self, queue: str) -> QueueState: ...
    def save_queue(self, queue: QueueState) -> None: ...
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
    def parked_reason(self, kiosk: str, key: str) -> ParkedReason | None: ...
    def park(self, kiosk: str, ticket: OfflineTicket, reason: ParkedReason, now: datetime) -> None: ...
    def saw_terminal(
        self, name: str, role: Role, report: ReportTerminal, clock_off_seconds: float, now: datetime
    ) -> None: ...


def all_heads(work: Work, window: str, queues: Iterable[str]) -> list[Ticket]:
    """Everybody who could be called next by a window."""
    return [*work.sent_to(window), *(ticket for queue in queues for ticket in work.heads(queue))]
