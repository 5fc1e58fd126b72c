"""Ids: in order, also within a millisecond, and never twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from queue_server.contract.codec import decode
from queue_server.contract.messages import Called, CallNext, OpenWindow, Outcome, TakeTicket, TicketIssued
from queue_server.storage.office import DatabaseOffice
from queue_server.usecases.ports import Actor
from queue_server.usecases.system import RandomIds

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_ids_of_one_millisecond_sort_as_they_were_made() -> None:
    ids = RandomIds()
    made = [ids.new(NOW) for _ in range(10_000)]
    made += [ids.new(NOW + timedelta(milliseconds=1)) for _ in range(10_000)]
    assert sorted(set(made)) == made
    assert {len(one) for one in made} == {32}


def test_threads_never_get_the_same_id() -> None:
    ids = RandomIds()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: ids.new(NOW), range(4_000)))
    assert len(set(made)) == 4_000


def test_two_servers_never_make_the_same_id() -> None:
    assert RandomIds().new(NOW) != RandomIds().new(NOW)


async def test_who_takes_numbers_in_the_same_millisecond_is_called_in_the_order_of_the_numbers(
    sqlite_url: str, make_office: Callable[[str], DatabaseOffice], integrator: Actor, clock: Any
) -> None:
    office = make_office(sqlite_url)
    office.ids = RandomIds()  # the clock stands still: all of this is one millisecond
    async with office:
        await office.carry_out(OpenWindow(window="1"), integrator)
        taken = [await office.carry_out(TakeTicket(queue="A"), integrator) for _ in range(12)]
        called = []
        for _ in taken:
            reply = await office.carry_out(CallNext(window="1", finish_current=Outcome.ACCEPTED), integrator)
            called.append(decode(reply.body, Called).ticket)
    assert [one and one.number for one in called] == [decode(one.body, TicketIssued).number for one in taken]
