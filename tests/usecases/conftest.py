"""An office on SQLite, and a short way to let people in the hall do something."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from queue_server.contract import messages as m
from queue_server.contract.board import apply
from queue_server.contract.codec import decode
from queue_server.contract.messages import Command, Event, Message, Role
from queue_server.contract.refusals import Refusal
from queue_server.storage.office import DatabaseOffice
from queue_server.usecases.ports import Actor

REPLIES: dict[type[Command], type[Message]] = {
    m.TakeTicket: m.TicketIssued,
    m.CancelTicket: m.TicketStatus,
    m.CallNext: m.Called,
    m.RateService: m.ServiceRating,
    m.LendNumbers: m.Lease,
    m.ReportOfflineTickets: m.OfflineResults,
    m.ReportTerminal: m.TerminalReply,
    m.CallTicket: m.Called,
    m.ReportPaper: m.TicketStatus,
    m.ReactivateTicket: m.TicketStatus,
    m.ReturnNumbers: m.LeaseReturned,
    m.SettleParked: m.Settled,
    m.BookAppointment: m.AppointmentView,
    m.RescheduleAppointment: m.AppointmentView,
    m.CancelAppointment: m.AppointmentView,
    m.CheckIn: m.CheckedIn,
    m.RestrictPerson: m.RestrictionView,
    m.LiftRestriction: m.RestrictionView,
    m.ExtendHours: m.HoursExtended,
}


class Play:
    """People of the demo hall act through its office."""

    def __init__(self, office: DatabaseOffice, clock: Any) -> None:
        self.office = office
        self.clock = clock
        self.integrator = Actor("demo", Role.INTEGRATOR, "integrator")

    def officer(self, number: int) -> Actor:
        return Actor("demo", Role.OFFICER, f"officer{number}")

    def admin(self) -> Actor:
        return Actor("demo", Role.ADMIN, "admin")

    def kiosk(self, name: str = "K1") -> Actor:
        return Actor("demo", Role.KIOSK, name)

    async def does(self, command: Command, actor: Actor | None = None, key: str | None = None) -> Any:
        reply = await self.office.carry_out(command, actor or self.integrator, key)
        return decode(reply.body, REPLIES.get(type(command), m.WindowDone))

    async def refused(self, command: Command, actor: Actor | None = None, key: str | None = None) -> Refusal:
        try:
            await self.office.carry_out(command, actor or self.integrator, key)
        except Refusal as refusal:
            return refusal
        raise AssertionError(f"{command} was not refused")

    async def takes(self, queue: str = "A", **other: Any) -> m.TicketIssued:
        issued: m.TicketIssued = await self.does(m.TakeTicket(queue=queue, **other))
        return issued

    async def opens(self, *windows: str) -> None:
        for window in windows:
            await self.does(m.OpenWindow(window=window))

    async def serves(self, window: str = "1", queue: str = "A") -> m.WindowDone:
        """Somebody takes a number and is served to the end at a window that is open."""
        await self.takes(queue)
        await self.does(m.CallNext(window=window))
        await self.does(m.StartService(window=window))
        done: m.WindowDone = await self.does(m.FinishService(window=window))
        return done

    async def state(self, ticket: str) -> m.TicketState:
        return (await self.office.ticket_status("demo", ticket)).ticket.state

    async def events(self, after: int = 0) -> list[Event]:
        return [
            Event(seq=row.seq, type=row.type, at=row.at, data=decode(row.data_json, dict))
            for row in await self.office.events_after("demo", after, 10_000)
        ]


class Watched(Play):
    """After everything that is done, a board that applies the events is the same as a fresh snapshot."""

    board: m.Snapshot | None = None

    async def does(self, command: Command, actor: Actor | None = None, key: str | None = None) -> Any:
        if self.board is None:
            self.board = await self.office.snapshot("demo")
        reply = await super().does(command, actor, key)
        await self.look_at_the_board()
        return reply

    async def time_passes(self, **span: float) -> None:
        self.clock.forward(**span)
        await self.office.due("demo")
        await self.look_at_the_board()

    async def look_at_the_board(self) -> None:
        assert self.board is not None
        for event in await self.events(self.board.seq):
            self.board = apply(self.board, event)
        assert self.board == await self.office.snapshot("demo")


@pytest.fixture
async def watched(
    database_url: str, make_office: Callable[[str], DatabaseOffice], clock: Any
) -> AsyncIterator[Watched]:
    async with make_office(database_url) as office:
        yield Watched(office, clock)


@pytest.fixture
async def play(sqlite_url: str, make_office: Callable[[str], DatabaseOffice], clock: Any) -> AsyncIterator[Play]:
    async with make_office(sqlite_url) as office:
        yield Play(office, clock)
