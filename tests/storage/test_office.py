"""The office on both databases: take, call, finish, rate, and what is kept of it."""

from __future__ import annotations

from queue_server.contract.codec import decode
from queue_server.contract.messages import Called, CallNext, OpenWindow, TakeTicket, TicketIssued
from queue_server.storage.office import DatabaseOffice
from queue_server.usecases.ports import Actor


async def test_the_first_ticket_of_the_day_is_called_at_a_window(office: DatabaseOffice, integrator: Actor) -> None:
    issued = decode((await office.carry_out(TakeTicket(queue="A"), integrator)).body, TicketIssued)
    assert issued.number == "A001"
    await office.carry_out(OpenWindow(window="1"), integrator)
    called = decode((await office.carry_out(CallNext(window="1"), integrator)).body, Called)
    assert called.ticket is not None
    assert called.ticket.id == issued.id
