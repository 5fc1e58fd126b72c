"""A hall with office hours, lunch and bookings, on both databases, and people who book there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from queue_server.contract import messages as m
from queue_server.contract.board import apply
from queue_server.contract.codec import decode
from queue_server.contract.messages import Command, Event, Message, PersonRef, Role
from queue_server.contract.refusals import Refusal
from queue_server.storage.init import init
from queue_server.storage.office import DatabaseOffice
from queue_server.usecases.ports import Actor

REPLIES: dict[type[Command], type[Message]] = {
    m.BookAppointment: m.AppointmentView,
    m.RescheduleAppointment: m.AppointmentView,
    m.CancelAppointment: m.AppointmentView,
    m.CheckIn: m.CheckedIn,
    m.TakeTicket: m.TicketIssued,
    m.CallNext: m.Called,
    m.RestrictPerson: m.RestrictionView,
    m.LiftRestriction: m.RestrictionView,
}

HOURS = """calendar:
  weekdays: [mon, tue, wed, thu, fri]
  closed: [2026-03-04]
  extra: [2026-03-07]
  sessions:
    - { from: "09:00", to: "12:00" }
    - { from: "13:30", to: "17:00" }
    - { from: "17:00", to: "20:00", extended: true }
"""


def with_office_hours(text: str, appointments: str, *others: tuple[str, str]) -> str:
    """The demo hall with office hours and another rule for booking queue A."""
    before, _, rest = text.partition("calendar:\n")
    _, _, after = rest.partition("zones:\n")
    changes = (("appointments: { slot_minutes: 30, capacity: 4 }", appointments), *others)
    text = f"{before}{HOURS}\nzones:\n{after}"
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def person(number: int) -> PersonRef:
    return PersonRef(token=f"person-{number:032d}", masked_name="张*三")


class Desk:
    """People book, come, or do not. Times are those of the clock on the wall of the hall, Monday 2 March 2026."""

    def __init__(self, office: DatabaseOffice, clock: Any, url: str, text: str) -> None:
        self.office = office
        self.clock = clock
        self.url = url
        self._text = text
        self.integrator = Actor("demo", Role.INTEGRATOR, "integrator")
        self.kiosk = Actor("demo", Role.KIOSK, "K1")
        self.officer = Actor("demo", Role.OFFICER, "officer1")
        self.admin = Actor("demo", Role.ADMIN, "admin")

    def rules(self, appointments: str = "appointments: { capacity: 2 }", *others: tuple[str, str]) -> None:
        init(self.url, with_office_hours(self._text, appointments, *others), clock=self.clock)

    @staticmethod
    def at(clock: str, day: int = 2) -> datetime:
        hour, minute = clock.split(":")
        return datetime(2026, 3, day, int(hour), int(minute), tzinfo=UTC) - timedelta(hours=8)

    def now_is(self, clock: str, day: int = 2, seconds: float = 0) -> None:
        self.clock.set(self.at(clock, day) + timedelta(seconds=seconds))

    async def does(self, command: Command, actor: Actor | None = None, key: str | None = None) -> Any:
        reply = await self.office.carry_out(command, actor or self.integrator, key)
        return decode(reply.body, REPLIES.get(type(command), m.WindowDone))

    async def refused(self, command: Command, actor: Actor | None = None, key: str | None = None) -> Refusal:
        with pytest.raises(Refusal) as caught:
            await self.office.carry_out(command, actor or self.integrator, key)
        return caught.value

    async def books(self, clock: str, who: int = 1, day: int = 2, queue: str = "A", **other: Any) -> m.AppointmentView:
        wish = m.BookAppointment(queue=queue, start=self.at(clock, day), person=person(who), **other)
        booked: m.AppointmentView = await self.does(wish)
        return booked

    async def comes(self, booked: m.AppointmentView, **other: Any) -> m.CheckedIn:
        came: m.CheckedIn = await self.does(m.CheckIn(appointment=booked.id, **other))
        return came

    async def takes(self, queue: str = "A", **other: Any) -> m.TicketIssued:
        issued: m.TicketIssued = await self.does(m.TakeTicket(queue=queue, **other))
        return issued

    async def free(self, clock: str, day: int = 2, queue: str = "A") -> int:
        slots = await self.office.slots("demo", queue, date(2026, 3, day))
        return next(slot.free for slot in slots.slots if slot.start == self.at(clock, day))

    async def state(self, booked: m.AppointmentView) -> m.AppointmentState:
        day = booked.start.astimezone(UTC).date()
        return next(one.state for one in await self.office.appointments("demo", day) if one.id == booked.id)

    async def events(self, prefix: str) -> list[Event]:
        return [
            Event(seq=row.seq, type=row.type, at=row.at, data=decode(row.data_json, dict))
            for row in await self.office.events_after("demo", 0, 10_000)
            if row.type.startswith(prefix)
        ]

    async def board_is_true(self, before: m.Snapshot) -> None:
        """What a screen made of the events since then is what the hall says now."""
        board = before
        for row in await self.office.events_after("demo", before.seq, 10_000):
            event = Event(seq=row.seq, type=row.type, at=row.at, data=decode(row.data_json, dict))
            board = apply(board, event)
        now = await self.office.snapshot("demo")
        assert (board.seq, board.queues, board.tickets) == (now.seq, now.queues, now.tickets)

    async def opens(self, queue: str = "A") -> bool:
        return next(view.open for view in await self.office.queues("demo") if view.id == queue)


@pytest.fixture
async def desk(
    database_url: str, make_office: Callable[[str], DatabaseOffice], clock: Any, demo_hall_text: str
) -> AsyncIterator[Desk]:
    """On Monday at 09:00 the hall opens; two places in every half hour."""
    async with make_office(database_url) as office:
        opened = Desk(office, clock, database_url, demo_hall_text)
        opened.rules()
        yield opened
