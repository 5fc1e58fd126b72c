"""What readers ask the database, beside what use cases see in a transaction."""

from __future__ import annotations

from datetime import UTC, datetime

from queue_server.contract.board import LAST_CALLS
from queue_server.contract.codec import decode
from queue_server.contract.messages import (
    CallView,
    DeviceCondition,
    ParkedTicket,
    Role,
    ServiceRating,
    Snapshot,
    TerminalView,
    TicketState,
)
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain.ticket import Ticket
from queue_server.storage import outbox, registry, rows
from queue_server.storage import repositories as r
from queue_server.storage.rows import micros, moment
from queue_server.storage.sql import Connection
from queue_server.storage.unit_of_work import HallRecord, UnitOfWork
from queue_server.usecases import look
from queue_server.usecases.ports import RatingRow


class Sight(UnitOfWork):
    """One hall as a reader sees it. It has no event number, so it could not write if it wanted to."""

    def __init__(self, connection: Connection, record: HallRecord) -> None:
        super().__init__(connection, record, "", 0)

    def ahead_of(self, ticket: Ticket) -> int:
        place = {"hall": self.hall.id, "rank": ticket.rank, "since": micros(ticket.since), "id": ticket.id}
        if ticket.to_window is not None:
            row = self.connection.one(r.AHEAD_AT_WINDOW, {**place, "window": ticket.to_window})
        else:
            row = self.connection.one(r.AHEAD, {**place, "queue": ticket.queue})
        return row[0] if row else 0

    def in_use(self, queue: str) -> bool:
        """Whether a ticket of this queue is not at an end."""
        return self.connection.one(r.IN_USE, {"hall": self.hall.id, "queue": queue}) is not None

    def line(self, queue: str, most: int) -> list[Ticket]:
        """The first of a queue, in the order in which they are called."""
        found = self.connection.all(r.LINE, {"hall": self.hall.id, "queue": queue, "most": most})
        return [rows.ticket_of(row) for row in found]


def snapshot(sight: Sight) -> Snapshot:
    """Run it in one consistent read."""
    connection, hall = sight.connection, sight.hall.id
    seq = outbox.last_seq(connection, hall)
    last = outbox.one(connection, hall, seq)
    tickets = [rows.ticket_of(row) for row in connection.all(r.ON_THE_BOARD, {"hall": hall})]
    calls = [decode(bytes(row[0]), CallView) for row in connection.all(r.CALLS, {"hall": hall, "most": LAST_CALLS})]
    return look.snapshot(sight, seq, last.at if last else sight.record.made_at, tickets, calls)


def service_rating(sight: Sight, wanted: str) -> ServiceRating:
    """``wanted`` is a service or a ticket. Raises ``NOT_FOUND``."""
    service = sight.service(wanted) or sight.finished_service_of(wanted)
    if service is None:
        ticket = sight.ticket(wanted)
        if ticket is not None and ticket.state is TicketState.PASSED:
            raise Refusal(Code.RATING_NOT_POSSIBLE, "a ticket that was passed over had no service")
        raise Refusal(Code.NOT_FOUND, "there is no such service")
    return ServiceRating(
        service=service.id,
        window=service.window,
        state=service.rating,
        until=service.rating_until,
        level=service.level,
        reasons=service.reasons,
        channel=service.channel,
    )


def ratings(
    connection: Connection, hall: str, limit: int, start: datetime | None, end: datetime | None
) -> list[RatingRow]:
    found = connection.all(
        r.RATED,
        {
            "hall": hall,
            "most": limit,
            "start": micros(start) if start else 0,
            "end": micros(end or datetime.max.replace(tzinfo=UTC)),
        },
    )
    given = []
    for row in found:
        service = rows.service_of(row)
        if service.level is None or service.channel is None or service.rated_at is None:
            continue
        given.append(
            RatingRow(
                service=service.id,
                ticket=service.ticket,
                number=row[len(rows.SERVICE)],
                window=service.window,
                officer=service.officer,
                queue=service.queue,
                level=service.level,
                reasons=service.reasons,
                text=service.text,
                channel=service.channel,
                at=service.rated_at,
            )
        )
    return given


def parked(connection: Connection, hall: str) -> list[ParkedTicket]:
    return [
        ParkedTicket(key=row[0], kiosk=row[1], queue=row[2], number=row[3], issued_at=moment(row[4]), reason=row[5])
        for row in connection.all(r.PARKED, {"hall": hall})
    ]


def terminals(connection: Connection, hall: str) -> list[TerminalView]:
    """Terminals that reported, and those that never did."""
    seen = {
        row[0]: TerminalView(
            name=row[0],
            role=Role(row[1]),
            last_seen=None if row[2] is None else moment(row[2]),
            clock_off_seconds=row[3],
            conditions=decode(bytes(row[4]), tuple[DeviceCondition, ...]),
            waiting_uploads=row[5],
        )
        for row in connection.all(r.TERMINALS, {"hall": hall})
    }
    for name, role in registry.devices(connection, hall).items():
        if name not in seen and role is not Role.INTEGRATOR:
            seen[name] = TerminalView(name=name, role=role)
    return [seen[name] for name in sorted(seen)]
