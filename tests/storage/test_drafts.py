"""Rows of a group are written once, and whoever looks for them meanwhile finds them."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from queue_server.contract import messages as m
from queue_server.contract.codec import decode
from queue_server.contract.messages import Command
from queue_server.contract.refusals import Code, Refusal
from queue_server.storage.office import DatabaseOffice
from queue_server.storage.sql import Connection, SqliteConnection
from queue_server.usecases.ports import Actor

Make = Callable[[str], DatabaseOffice]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many rows of each kind of statement were written."""
    seen: Counter[str] = Counter()
    put_all = Connection.put_all

    def watched(self: Connection, statement: Any, rows: Any) -> None:
        for _ in rows:
            seen[" ".join(str(statement).split()[:3])] += 1
        put_all(self, statement, rows)

    several = SqliteConnection.put_all

    def watched_several(self: SqliteConnection, statement: Any, rows: Any) -> None:
        if len(rows) >= 2:
            for _ in rows:
                seen[" ".join(str(statement).split()[:3])] += 1
        several(self, statement, rows)

    monkeypatch.setattr(Connection, "put_all", watched)
    monkeypatch.setattr(SqliteConnection, "put_all", watched_several)
    return seen


async def together(office: DatabaseOffice, *asked: tuple[Command, Actor, str]) -> list[Any]:
    """All in one transaction: they come while the writer is busy. What was refused comes as its refusal."""
    begun, go = threading.Event(), threading.Event()

    def busy(_: Connection) -> None:
        begun.set()
        assert go.wait(30)

    first = asyncio.create_task(office._open_engine().write(busy, lane="demo"))
    assert await asyncio.to_thread(begun.wait, 30)
    tasks = [asyncio.create_task(office.carry_out(command, actor, key)) for command, actor, key in asked]
    await asyncio.sleep(0)
    go.set()
    await first
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_who_is_taken_called_and_finished_in_one_group_is_written_once(
    database_url: str, make_office: Make, integrator: Actor, written: Counter[str]
) -> None:
    async with make_office(database_url) as office:
        await office.carry_out(m.OpenWindow(window="1"), integrator)
        for _ in range(2):  # after this it is known that nobody waits
            await office.carry_out(m.TakeTicket(queue="A"), integrator)
            await office.carry_out(m.CallNext(window="1", finish_current=m.Outcome.ACCEPTED), integrator)
        await office.carry_out(m.FinishService(window="1", outcome=m.Outcome.ACCEPTED), integrator)
        written.clear()
        replies = await together(
            office,
            (m.TakeTicket(queue="A"), integrator, "k1"),
            (m.CallNext(window="1"), integrator, "k2"),
            (m.StartService(window="1"), integrator, "k3"),
            (m.FinishService(window="1", outcome=m.Outcome.ACCEPTED), integrator, "k4"),
        )
        assert [reply.status for reply in replies] == [201, 200, 200, 200]
        assert written["INSERT INTO ticket"] == 1
        assert written["UPDATE ticket SET"] == 0
        assert written["INSERT INTO service"] == 1
        assert written["UPDATE service SET"] == 1  # the one before: nobody rated it
        ticket = decode(replies[0].body, m.TicketIssued)
        status = await office.ticket_status("demo", ticket.id)
        assert (status.ticket.state, status.ticket.outcome) == (m.TicketState.DONE, m.Outcome.ACCEPTED)
        assert (await office.service_rating("demo", ticket.id)).state is m.RatingState.INVITED
        assert ticket.number in [call.number for call in (await office.snapshot("demo")).calls]


async def test_one_person_gets_one_number_also_within_a_group_and_nothing_is_written_twice(
    database_url: str, make_office: Make, integrator: Actor, written: Counter[str]
) -> None:
    person = m.PersonRef(token="a" * 32, masked_name="王*")
    wish = m.TakeTicket(queue="A", person=person)
    async with make_office(database_url) as office:
        replies = await together(
            office,
            (m.TakeTicket(queue="A"), integrator, "k0"),
            (wish, integrator, "k1"),
            (wish, integrator, "k2"),
            (wish, integrator, "k1"),
            (m.TakeTicket(queue="A"), integrator, "k3"),
        )
        refused = replies[2]
        assert isinstance(refused, Refusal)
        assert refused.code is Code.ALREADY_WAITING
        assert replies[3].repeated
        assert replies[3].body == replies[1].body
        assert written["INSERT INTO ticket"] == 3
        numbers = [decode(replies[place].body, m.TicketIssued).number for place in (0, 1, 4)]
        assert numbers == ["A001", "A002", "A003"]
        assert sorted(one.number for one in (await office.snapshot("demo")).tickets.values()) == numbers


async def test_a_reply_under_a_key_is_found_within_the_group(
    database_url: str, make_office: Make, integrator: Actor
) -> None:
    async with make_office(database_url) as office:
        replies = await together(
            office,
            (m.TakeTicket(queue="A"), integrator, "same"),
            (m.TakeTicket(queue="A"), integrator, "same"),
            (m.TakeTicket(queue="B"), integrator, "same"),
        )
        assert replies[0].body == replies[1].body
        assert (replies[0].repeated, replies[1].repeated) == (False, True)
        assert replies[2].code is Code.KEY_REUSED
        assert len((await office.snapshot("demo")).tickets) == 1
