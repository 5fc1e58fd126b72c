"""What the jobs of a transaction leave to be written before its commit: each row once, and rows of a kind together.

Under load a ticket is taken, called and finished within one group of jobs, so its row is written once and not three
times. A statement that looks for tickets or services by what they are must see them, so it has them written first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from queue_server.domain.rating import Service
from queue_server.domain.ticket import Ticket
from queue_server.storage import outbox, replies, rows
from queue_server.storage import repositories as r
from queue_server.storage.sql import Connection
from queue_server.usecases.ports import EventRow


def draft_of(connection: Connection, hall: str) -> Draft:
    """What the transaction under way has left of this hall so far."""
    found = connection.drafts.get(hall)
    if not isinstance(found, Draft):
        found = connection.drafts[hall] = Draft()
    return found


def write_drafts(connection: Connection) -> None:
    """Writes what jobs left, of every hall."""
    for hall, draft in connection.drafts.items():
        draft.write(connection, hall)


class Change(NamedTuple):
    """A ticket after some jobs; ``before`` is its row in the database, None when there is none."""

    before: Ticket | None
    after: Ticket


class Record(NamedTuple):
    """A service after some jobs; ``new`` when it has no row in the database."""

    new: bool
    service: Service


@dataclass
class Draft:
    """Of one hall. Jobs add to it when nothing can fail any more."""

    tickets: dict[str, Change] = field(default_factory=dict)
    services: dict[str, Record] = field(default_factory=dict)
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Rows of the last calls by their tickets."""
    events: list[EventRow] = field(default_factory=list)
    replies: dict[tuple[str, str], replies.Stored] = field(default_factory=dict)
    """By actor and key."""

    def write(self, connection: Connection, hall: str) -> None:
        """Everything, and begins anew."""
        self.write_tickets(connection, hall)
        self.write_services(connection, hall)
        if self.calls:
            connection.put_all(r.SAVE_CALL, list(self.calls.values()))
            self.calls = {}
        if self.events:
            outbox.add(connection, hall, self.events)
            self.events = []
        if self.replies:
            replies.add(connection, hall, self.replies)
            self.replies = {}

    def write_tickets(self, connection: Connection, hall: str) -> None:
        if not self.tickets:
            return
        new, changed, paper = [], [], []
        for known, (before, after) in self.tickets.items():
            if before is None:
                new.append(rows.ticket_row(hall, after))
                continue
            key = {"k_hall": hall, "k_id": known}
            changed.append({**key, **rows.ticket_changes(after)})
            on_paper = rows.ticket_paper(after)
            if on_paper != rows.ticket_paper(before):
                paper.append({**key, **on_paper})
        connection.put_all(r.SAVE_PAPER, paper)
        connection.put_all(r.ADD_TICKET, new)
        connection.put_all(r.SAVE_TICKET, changed)
        self.tickets = {}

    def write_services(self, connection: Connection, hall: str) -> None:
        if not self.services:
            return
        found = self.services.values()
        connection.put_all(r.ADD_SERVICE, [rows.service_row(hall, one) for new, one in found if new])
        changed = [{"k_hall": hall, "k_id": one.id, **rows.service_changes(one)} for new, one in found if not new]
        connection.put_all(r.SAVE_SERVICE, changed)
        self.services = {}
