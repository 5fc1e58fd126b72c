"""Many at once, in several offices on one database as several processes would be."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from queue_server.contract.codec import decode
from queue_server.contract.messages import Called, CallNext, OpenWindow, Outcome, TakeTicket, TicketIssued
from queue_server.contract.refusals import Code, Refusal
from queue_server.storage.office import DatabaseOffice
from queue_server.usecases.ports import Actor


async def test_no_number_twice_no_ticket_at_two_windows_no_gap_in_the_events(
    database_url: str, make_office: Callable[[str], DatabaseOffice], integrator: Actor, demo_hall_text: str
) -> None:
    taken: list[TicketIssued] = []
    called: list[Any] = []
    async with make_office(database_url) as one, make_office(database_url) as two:
        offices = (one, two)
        for window in "123":
            await one.carry_out(OpenWindow(window=window), integrator)

        async def citizen(number: int) -> None:
            for visit in range(8):
                office = offices[(number + visit) % 2]
                key = f"{number}-{visit}"
                replies = await asyncio.gather(
                    office.carry_out(TakeTicket(queue="A"), integrator, key),
                    offices[number % 2].carry_out(TakeTicket(queue="A"), integrator, key),
                )
                assert replies[0].body == replies[1].body
                taken.append(decode(replies[0].body, TicketIssued))

        async def officer(window: str, office: DatabaseOffice) -> None:
            for _ in range(12):
                with contextlib.suppress(Refusal):
                    reply = await office.carry_out(CallNext(window=window, finish_current=Outcome.ACCEPTED), integrator)
                    ticket = decode(reply.body, Called).ticket
                    if ticket is not None:
                        called.append(ticket)

        await asyncio.gather(
            *(citizen(number) for number in range(8)),
            *(officer(window, office) for window in "123" for office in offices),
        )
        assert len({ticket.number for ticket in taken}) == len(taken) == 64
        assert Counter(ticket.number for ticket in called).most_common(1)[0][1] == 1
        rows = await two.events_after("demo", 0, 10_000)
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        at_windows = [w.ticket.number for w in (await one.snapshot("demo")).windows.values() if w.ticket]
        assert len(set(at_windows)) == len(at_windows)
        finished = sum(row.type == "ticket.finished" for row in rows)
        assert finished == len(called) - len(at_windows)


async def test_two_windows_that_press_at_once_get_one_ticket_and_one_nobody(
    office: DatabaseOffice, integrator: Actor
) -> None:
    for window in "12":
        await office.carry_out(OpenWindow(window=window), integrator)
    for _ in range(20):
        await office.carry_out(TakeTicket(queue="A"), integrator)
        replies = await asyncio.gather(
            *(office.carry_out(CallNext(window=window, finish_current=Outcome.ACCEPTED), integrator) for window in "12")
        )
        found = [decode(reply.body, Called).ticket for reply in replies]
        assert sum(ticket is not None for ticket in found) == 1


async def test_two_taps_with_one_key_are_one_ticket(office: DatabaseOffice, integrator: Actor) -> None:
    replies = await asyncio.gather(*(office.carry_out(TakeTicket(queue="A"), integrator, "tap-tap") for _ in range(10)))
    assert len({reply.body for reply in replies}) == 1
    assert sum(not reply.repeated for reply in replies) == 1
    assert len((await office.snapshot("demo")).tickets) == 1


async def test_another_process_hears_of_every_event(
    database_url: str, make_office: Callable[[str], DatabaseOffice], integrator: Actor
) -> None:
    async with make_office(database_url) as writing, make_office(database_url) as listening:
        heard: asyncio.Queue[tuple[str, int]] = asyncio.Queue()
        stop = listening.on_commit(lambda hall, seq: heard.put_nowait((hall, seq)))
        await writing.carry_out(TakeTicket(queue="A"), integrator)
        assert await asyncio.wait_for(heard.get(), 30) == ("demo", await listening.last_seq("demo"))
        stop()
        stop()


@pytest.mark.postgresql
async def test_a_notification_comes_long_before_the_poll(postgres_url: str, integrator: Actor, clock: Any) -> None:
    from queue_server.storage.office import open_office

    async with (
        open_office(postgres_url, clock=clock, poll_seconds=3600) as writing,
        open_office(postgres_url, clock=clock, poll_seconds=3600) as listening,
    ):
        heard = asyncio.Event()
        listening.on_commit(lambda *_: heard.set())
        async with asyncio.timeout(60):
            while not heard.is_set():  # the listener may still be connecting
                await writing.carry_out(TakeTicket(queue="A"), integrator)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(heard.wait(), 0.3)


async def test_readers_do_not_wait_for_a_long_write(sqlite_url: str, make_office: Any, integrator: Actor) -> None:
    async with make_office(sqlite_url) as office:
        go_on = threading.Event()
        long = asyncio.create_task(office._engine.write(lambda _: go_on.wait(60)))
        await asyncio.sleep(0)
        assert len(await asyncio.wait_for(office.queues("demo"), 30)) == 5
        assert not long.done()
        go_on.set()
        assert await long


async def test_who_comes_while_the_database_closes_is_told_so_and_who_came_before_is_answered(
    database_url: str, make_office: Any, integrator: Actor
) -> None:
    office = make_office(database_url)
    await office.start()
    engine = office._open_engine()
    begun, go_on = threading.Event(), threading.Event()

    def long(_: Any) -> str:
        begun.set()
        assert go_on.wait(60)
        return "done"

    before = asyncio.create_task(engine.write(long, lane="demo"))
    assert await asyncio.to_thread(begun.wait, 60)
    behind = asyncio.create_task(engine.write(lambda _: "behind", lane="demo"))
    await asyncio.sleep(0)
    closing = asyncio.create_task(engine.close())
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        with pytest.raises(Refusal) as refused:
            await engine.write(lambda _: "late", lane="demo")
        assert refused.value.code is Code.BUSY
        go_on.set()
        assert (await before, await behind) == ("done", "behind")
        await closing
    await office.close()
