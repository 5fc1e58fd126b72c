"""One transaction of one hall: what a use case sees, and how state, events and reply get to the disk together."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import date, datetime

from queue_server.contract.codec import encode
from queue_server.contract.messages import CallView, OfflineTicket, ReportTerminal, Role, TicketState
from queue_server.domain.events import Happened
from queue_server.domain.hall import Hall
from queue_server.domain.lease import Loan, ParkedReason
from queue_server.domain.queue import QueueState
from queue_server.domain.rating import RatingProfile, Service
from queue_server.domain.ticket import FIRST_RANK, ORDINARY_RANK, Ticket
from queue_server.domain.window import WindowState
from queue_server.storage import outbox, rows
from queue_server.storage import repositories as r
from queue_server.storage.rows import micros
from queue_server.storage.sql import Connection
from queue_server.usecases.work import OneOfPerson


@dataclass(frozen=True)
class HallRecord:
    """A hall as storage keeps it between transactions: its description, its secret and its rating dictionary."""

    hall: Hall
    secret: bytes = field(repr=False)
    profile: RatingProfile
    made_at: datetime

    def keyed_hash(self, kind: str, text: str) -> str:
        digest = hmac.digest(self.secret, f"{kind}:{text}".encode(), hashlib.sha256)
        return base64.b32encode(digest[:20]).decode("ascii")

    @property
    def person_key(self) -> str:
        """What kiosks use to turn a document number into a token; the secret itself never leaves the server."""
        return hmac.digest(self.secret, b"person key of the kiosks", hashlib.sha256).hex()


@dataclass
class UnitOfWork:
    """Implements ``queue_server.usecases.work.Work`` on one connection that holds the hall's lock."""

    connection: Connection
    record: HallRecord
    public_url: str
    first_seq: int
    events: list[Happened] = field(default_factory=list)

    @property
    def hall(self) -> Hall:
        return self.record.hall

    @property
    def profile(self) -> RatingProfile:
        return self.record.profile

    def keyed_hash(self, kind: str, text: str) -> str:
        return self.record.keyed_hash(kind, text)

    def append(self, event: Happened) -> None:
        self.events.append(event)

    def finish(self, now: datetime) -> int | None:
        """Writes what was appended; returns the hall's last event number, None when nothing happened."""
        last = outbox.add(self.connection, self.hall.id, self.first_seq, self.events, now)
        return last if self.events else None

    # --- tickets ---

    def ticket(self, ticket: str) -> Ticket | None:
        row = self.connection.one(r.TICKET, {"hall": self.hall.id, "id": ticket})
        return None if row is None else rows.ticket_of(row)

    def ticket_taken(self, by: str, key: str) -> Ticket | None:
        row = self.connection.one(r.TICKET_TAKEN, {"hall": self.hall.id, "by": by, "key": key})
        return None if row is None else rows.ticket_of(row)

    def number_is_used(self, day: date, number: str) -> bool:
        found = self.connection.one(r.NUMBER_USED, {"hall": self.hall.id, "day": day.isoformat(), "number": number})
        return found is not None

    def tickets_of_person(self, person: str, day: date) -> list[OneOfPerson]:
        found = self.connection.all(r.OF_PERSON, {"hall": self.hall.id, "person": person, "day": day.isoformat()})
        return [OneOfPerson(row[0], TicketState(row[1]), row[2]) for row in found]

    def heads(self, queue: str) -> list[Ticket]:
        found = []
        for rank in (FIRST_RANK, ORDINARY_RANK):
            row = self.connection.one(r.HEAD, {"hall": self.hall.id, "queue": queue, "rank": rank})
            if row is not None:
                found.append(rows.ticket_of(row))
        return found

    def sent_to(self, window: str) -> list[Ticket]:
        return [rows.ticket_of(row) for row in self.connection.all(r.SENT_TO, {"hall": self.hall.id, "window": window})]

    def held_at(self, window: str) -> list[Ticket]:
        return [rows.ticket_of(row) for row in self.connection.all(r.HELD_AT, {"hall": self.hall.id, "window": window})]

    def left_over(self, before: date, limit: int) -> list[Ticket]:
        found = self.connection.all(r.LEFT_OVER, {"hall": self.hall.id, "day": before.isoformat(), "most": limit})
        return [rows.ticket_of(row) for row in found]

    def add_ticket(self, ticket: Ticket) -> None:
        self.connection.run(r.ADD_TICKET, rows.ticket_row(self.hall.id, ticket))

    def save_ticket(self, ticket: Ticket) -> None:
        self.connection.run(r.SAVE_TICKET, {"k_hall": self.hall.id, "k_id": ticket.id, **rows.ticket_changes(ticket)})

    # --- queues and windows ---

    def queue(self, queue: str) -> QueueState:
        row = self.connection.one(r.QUEUE, {"hall": self.hall.id, "queue": queue})
        return QueueState(queue=queue) if row is None else rows.queue_of(row)

    def save_queue(self, queue: QueueState) -> None:
        row = rows.queue_row(self.hall.id, queue)
        keys = {"k_hall": self.hall.id, "k_queue": queue.queue}
        if self.connection.run(r.SAVE_QUEUE, {**row, **keys}) == 0:
            self.connection.run(r.ADD_QUEUE, row)

    def window(self, window: str) -> WindowState:
        row = self.connection.one(r.WINDOW, {"hall": self.hall.id, "window": window})
        return WindowState(window=window) if row is None else rows.window_of(row)

    def windows(self) -> list[WindowState]:
        return [rows.window_of(row) for row in self.connection.all(r.WINDOWS, {"hall": self.hall.id})]

    def save_window(self, window: WindowState) -> None:
        row = rows.window_row(self.hall.id, window)
        keys = {"k_hall": self.hall.id, "k_window": window.window}
        if self.connection.run(r.SAVE_WINDOW, {**row, **keys}) == 0:
            self.connection.run(r.ADD_WINDOW, row)

    def save_call(self, call: CallView) -> None:
        seq = self.first_seq + len(self.events)
        row = {"seq": seq, "data": encode(call)}
        keys = {"k_hall": self.hall.id, "k_ticket": call.ticket}
        if self.connection.run(r.SAVE_CALL, {**row, **keys}) == 0:
            self.connection.run(r.ADD_CALL, {"hall": self.hall.id, "ticket": call.ticket, **row})

    # --- services ---

    def service(self, service: str) -> Service | None:
        row = self.connection.one(r.SERVICE, {"hall": self.hall.id, "id": service})
        return None if row is None else rows.service_of(row)

    def finished_service_of(self, ticket: str) -> Service | None:
        row = self.connection.one(r.FINISHED_OF, {"hall": self.hall.id, "ticket": ticket})
        return None if row is None else rows.service_of(row)

    def add_service(self, service: Service) -> None:
        self.connection.run(r.ADD_SERVICE, rows.service_row(self.hall.id, service))

    def save_service(self, service: Service) -> None:
        row = rows.service_row(self.hall.id, service)
        self.connection.run(r.SAVE_SERVICE, {**row, "k_hall": self.hall.id, "k_id": service.id})

    # --- kiosks ---

    def loan(self, loan: str) -> Loan | None:
        row = self.connection.one(r.LOAN, {"hall": self.hall.id, "id": loan})
        return None if row is None else rows.loan_of(row)

    def add_loan(self, loan: Loan) -> None:
        self.connection.run(r.ADD_LOAN, rows.loan_row(self.hall.id, loan))

    def parked_reason(self, kiosk: str, key: str) -> ParkedReason | None:
        row = self.connection.one(r.PARKED_REASON, {"hall": self.hall.id, "kiosk": kiosk, "key": key})
        return None if row is None else ParkedReason(row[0])

    def park(self, kiosk: str, ticket: OfflineTicket, reason: ParkedReason, now: datetime) -> None:
        self.connection.run(
            r.PARK,
            {
                "hall": self.hall.id,
                "kiosk": kiosk,
                "key": ticket.key,
                "queue": ticket.queue,
                "number": ticket.number,
                "issued_at": micros(ticket.issued_at),
                "reason": reason.value,
                "parked_at": micros(now),
                "settled_at": None,
            },
        )

    def saw_terminal(
        self, name: str, role: Role, report: ReportTerminal, clock_off_seconds: float, now: datetime
    ) -> None:
        row = {
            "role": role.value,
            "last_seen": micros(now),
            "clock_off_seconds": clock_off_seconds,
            "conditions": encode(report.conditions),
            "waiting_uploads": report.waiting_uploads,
        }
        keys = {"k_hall": self.hall.id, "k_name": name}
        if self.connection.run(r.SAVE_TERMINAL, {**row, **keys}) == 0:
            self.connection.run(r.ADD_TERMINAL, {"hall": self.hall.id, "name": name, **row})
