"""What can be read of a hall: never waits for writers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import date, datetime

from queue_server.contract.messages import (
    AlertView,
    AppointmentView,
    AuditRow,
    Catalogue,
    ItemView,
    ParkedTicket,
    PersonRef,
    QueueView,
    RestrictionView,
    ServiceRating,
    Slots,
    Snapshot,
    TerminalView,
    TicketStatus,
    TicketView,
    WindowView,
)
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain.restriction import view
from queue_server.storage import outbox, reading
from queue_server.storage import repositories as r
from queue_server.storage.desk import Desk
from queue_server.storage.halls import unknown_hall
from queue_server.storage.reading import Sight
from queue_server.usecases import look, see_appointments
from queue_server.usecases.catalogue import catalogue, item_views
from queue_server.usecases.ports import EventRow, RatingRow

RESTRICTIONS_SHOWN = 500


@dataclass
class ReadingDesk(Desk):
    """The reading half of the office."""

    _items: dict[str, tuple[str, tuple[ItemView, ...]]] = field(default_factory=dict, repr=False)

    async def hall_yaml(self, hall: str) -> str:
        row = await self._read(lambda c: c.one(r.HALL_ROW, {"hall": hall}))
        if row is None:
            raise unknown_hall(hall)
        return str(row[2])

    async def ticket_status(self, hall: str, ticket: str) -> TicketStatus:
        def status(sight: Sight) -> TicketStatus:
            found = sight.ticket(ticket)
            if found is None:
                raise Refusal(Code.NOT_FOUND, "there is no such ticket")
            return look.ticket_status(sight, found, sight.now)

        return await self._sight(hall, status)

    async def status_by_token(self, token: str) -> TicketStatus:
        hall, ticket = await self._ticket_of(token)
        return await self.ticket_status(hall, ticket)

    async def queues(self, hall: str) -> list[QueueView]:
        return await self._sight(hall, look.queue_views, consistent=True)

    async def windows(self, hall: str) -> list[WindowView]:
        return await self._sight(hall, look.window_views, consistent=True)

    async def waiting_at(self, hall: str, window: str, limit: int = 5) -> list[TicketView]:
        return await self._sight(hall, lambda sight: reading.waiting_at(sight, window, limit), consistent=True)

    async def snapshot(self, hall: str) -> Snapshot:
        return await self._sight(hall, reading.snapshot, consistent=True)

    async def catalogue(self, hall: str, *, with_person_key: bool = False) -> Catalogue:
        record = await self._read(lambda c: self._halls.now(c, hall))
        known = self._items.get(hall)
        if known is None or known[0] != record.hall.version:
            items = await asyncio.to_thread(item_views, record.hall.items)
            known = self._items[hall] = (record.hall.version, items)
        return catalogue(
            record.hall,
            record.profile,
            known[1],
            await self.queues(hall),
            await self.windows(hall),
            self.public_url,
            record.person_key if with_person_key else "",
        )

    async def catalogue_version(self, hall: str) -> str:
        return (await self.hall(hall)).version

    async def events_after(self, hall: str, seq: int, limit: int = 500) -> list[EventRow]:
        return await self._read(lambda c: outbox.after(c, hall, seq, limit))

    async def event(self, hall: str, seq: int) -> EventRow | None:
        return await self._read(lambda c: outbox.one(c, hall, seq))

    async def last_seq(self, hall: str) -> int:
        return await self._read(lambda c: outbox.last_seq(c, hall))

    async def oldest_seq(self, hall: str) -> int:
        return await self._read(lambda c: outbox.oldest_seq(c, hall))

    async def service_rating(self, hall: str, service: str) -> ServiceRating:
        return await self._sight(hall, lambda sight: reading.service_rating(sight, service))

    async def ratings(
        self, hall: str, limit: int = 100, *, start: datetime | None = None, end: datetime | None = None
    ) -> list[RatingRow]:
        return await self._read(lambda c: reading.ratings(c, hall, limit, start, end))

    async def parked(self, hall: str) -> list[ParkedTicket]:
        return await self._read(lambda c: reading.parked(c, hall))

    async def slots(self, hall: str, queue: str, day: date | None = None) -> Slots:
        return await self._sight(hall, lambda sight: see_appointments.slots(sight, queue, day, sight.now))

    async def appointments(self, hall: str, day: date, queue: str | None = None) -> list[AppointmentView]:
        return await self._sight(hall, lambda sight: reading.appointments(sight, day, queue))

    async def appointments_of(self, hall: str, person: PersonRef | None, phone: str | None) -> list[AppointmentView]:
        return await self._sight(hall, lambda sight: reading.appointments_of(sight, person, phone))

    async def restrictions(self, hall: str) -> list[RestrictionView]:
        return await self._sight(hall, lambda sight: [view(one) for one in sight.restrictions(RESTRICTIONS_SHOWN)])

    async def alerts(self, hall: str, limit: int = 100) -> list[AlertView]:
        return await self._sight(hall, lambda sight: reading.alerts(sight, limit), consistent=True)

    async def audit(self, hall: str, limit: int = 200) -> list[AuditRow]:
        return await self._sight(hall, lambda sight: reading.audit(sight, limit))

    async def terminals(self, hall: str) -> list[TerminalView]:
        return await self._read(lambda c: reading.terminals(c, hall), consistent=True)
