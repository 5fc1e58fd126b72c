"""What readers ask the database, beside what use cases see in a transaction."""

from __future__ import annotations

from datetime import UTC, date, datetime

from queue_server.contract.board import LAST_CALLS
from queue_server.contract.codec import decode
from queue_server.contract.messages import (
    AlertView,
    AppointmentView,
    AuditRow,
    CallView,
    DeviceCondition,
    ParkedTicket,
    PersonRef,
    Role,
    ServiceRating,
    Snapshot,
    TerminalView,
    TicketView,
)
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import views
from queue_server.domain.appointment import KEPT
from queue_server.domain.next import Waiting, preview
from queue_server.domain.supervision import alert_view
from queue_server.storage import outbox, registry, rows
from queue_server.storage import repositories as r
from queue_server.storage.rows import micros, moment
from queue_server.storage.sql import Connection
from queue_server.storage.unit_of_work import UnitOfWork
from queue_server.usecases import look, see_appointments
from queue_server.usecases.ports import RatingRow
from queue_server.usecases.rate_service import rated_service


class Sight(UnitOfWork):
    """One hall as a reader sees it. Its connection cannot write, and nobody calls ``finish``."""


def waiting_at(sight: Sight, window: str, limit: int) -> list[TicketView]:
    """Who waits for a window, in the order in which it would call them. Raises ``NOT_FOUND``."""
    rule = sight.hall.window_by_id.get(window)
    if rule is None:
        raise Refusal(Code.NOT_FOUND, f"there is no window {window!r}", window=window)
    heads = (*sight.sent_to(window), *(ticket for queue in rule.queues for ticket in sight.line(queue, limit)))
    waiting = Waiting(heads, {queue: sight.queue(queue) for queue in rule.queues}, sight.window(window).turns)
    return [views.ticket_view(one) for one in preview(rule, waiting, sight.hall.rules, sight.now, limit)]


def appointments(sight: Sight, day: date, queue: str | None) -> list[AppointmentView]:
    """All bookings of a day in the order of their times."""
    return [see_appointments.view(sight.hall, one) for one in sight.appointments_on(day, queue)]


def appointments_of(sight: Sight, person: PersonRef | None, phone: str | None) -> list[AppointmentView]:
    """What one person has booked from today on and did not give back."""
    who = sight.keyed_hash("person", person.token) if person is not None else None
    if who is None and phone:
        who = sight.keyed_hash("phone", phone)
    if who is None:
        return []
    today = sight.now.astimezone(sight.hall.zone_info).date()
    return [see_appointments.view(sight.hall, one) for one in sight.appointments_of(who, today) if one.state in KEPT]


def alerts(sight: Sight, limit: int) -> list[AlertView]:
    """Those that stand, then the newest that are over."""
    standing = sorted(sight.alerts(), key=lambda one: (one.raised_at, one.id), reverse=True)
    return [alert_view(one) for one in (*standing, *sight.alerts_over(limit))][:limit]


def audit(sight: Sight, limit: int) -> list[AuditRow]:
    return [
        AuditRow(id=one.id, at=one.at, by=one.by, act=one.act, about=one.about, reason=one.reason, text=one.text)
        for one in sight.audit(limit)
    ]


def snapshot(sight: Sight) -> Snapshot:
    """Run it in one consistent read."""
    connection, hall = sight.connection, sight.hall.id
    seq = outbox.last_seq(connection, hall)
    last = outbox.one(connection, hall, seq)
    tickets = [rows.ticket_of(row) for row in connection.all(r.ON_THE_BOARD, {"hall": hall})]
    calls = [decode(bytes(row[0]), CallView) for row in connection.all(r.CALLS, {"hall": hall, "most": LAST_CALLS})]
    return look.snapshot(sight, seq, last.at if last else sight.record.made_at, tickets, calls)


def service_rating(sight: Sight, wanted: str) -> ServiceRating:
    """``wanted`` is a service or a ticket. Raises ``NOT_FOUND``, ``RATING_NOT_POSSIBLE``."""
    service = rated_service(sight, wanted)
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
        ParkedTicket(
            key=one.key,
            kiosk=one.kiosk,
            queue=one.queue,
            number=one.number,
            issued_at=one.issued_at,
            reason=one.reason.value,
        )
        for one in map(rows.parked_of, connection.all(r.PARKED, {"hall": hall}))
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
