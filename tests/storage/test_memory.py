"""What the office keeps of a hall between transactions is always what the database holds."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
import pytest

from queue_server.contract import messages as m
from queue_server.contract.codec import decode
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain.pace import Pace
from queue_server.domain.queue import QueueState
from queue_server.storage.carrying_out import Done, begin, write_to
from queue_server.storage.init import init
from queue_server.storage.lines import Line, Place
from queue_server.storage.memory import Kept
from queue_server.storage.office import DatabaseOffice
from queue_server.storage.room import Ground
from queue_server.storage.sql import Connection
from queue_server.storage.unit_of_work import UnitOfWork
from queue_server.usecases.ports import Actor, Reply

Make = Callable[[str], DatabaseOffice]


async def what_is_kept_is_true(office: DatabaseOffice, hall: str = "demo") -> None:
    """Reads all anew beside what is in memory, in one transaction."""

    def compare(connection: Connection) -> None:
        kept = office._open_engine()._memory.of(hall)  # type: ignore[attr-defined]  # both engines have it
        work, now = begin(connection, office._halls, hall, office.clock, "")
        bare = Kept(work.kept.turn, work.kept.version)
        fresh = UnitOfWork(Ground(connection, work.record, bare, now))
        assert kept is not None
        if kept.turn == work.kept.turn - 1:
            assert kept.queues is None or kept.queues == fresh.floor().queues
            assert kept.windows is None or kept.windows == fresh.floor().windows
            assert kept.paces is None or kept.paces == fresh.floor().paces
            assert kept.near is None or kept.near == fresh._near()
            assert_lines_are_true(kept.lines, fresh)
            for service in kept.services.values():
                assert fresh.service(service.id) == service
        assert work.floor() == fresh.floor()
        assert work._near() == fresh._near()
        work.finish(now)

    await office._open_engine().write(compare, lane=hall)


def assert_lines_are_true(lines: Mapping[Place, Line], fresh: UnitOfWork) -> None:
    for (queue, rank), line in lines.items():
        there = fresh._read_line(queue, rank, 1000).first
        assert there[: len(line.first)] == line.first
        assert not line.whole or len(there) == len(line.first)


async def a_bit_of_everything(office: DatabaseOffice, actor: Actor, clock: Any) -> None:
    """Somebody comes, is called, held and taken up again, another is sent to window 3."""
    for command in (
        m.TakeTicket(queue="A"),
        m.TakeTicket(queue="A", priority=m.Priority.ELDER),
        m.CallNext(window="1", finish_current=m.Outcome.ACCEPTED),
        m.StartService(window="1"),
        m.HoldService(window="1"),
        m.CallNext(window="1"),
        m.TransferTicket(window="1", to_window="3"),
        m.ResumeService(window="1"),
    ):
        clock.forward(seconds=7)
        with contextlib.suppress(Refusal):
            await office.carry_out(command, actor)


async def test_two_offices_that_take_turns_never_work_with_old_states(
    database_url: str, make_office: Make, integrator: Actor, clock: Any
) -> None:
    numbers = []
    async with make_office(database_url) as one, make_office(database_url) as two:
        for window in "13":
            await one.carry_out(m.OpenWindow(window=window), integrator)
        for _ in range(3):
            for office in (one, two):
                await a_bit_of_everything(office, integrator, clock)
                reply = await office.carry_out(m.TakeTicket(queue="A"), integrator)
                numbers.append(decode(reply.body, m.TicketIssued).number)
                await what_is_kept_is_true(office)
        assert len(set(numbers)) == 6
        assert sorted(numbers) == numbers
        assert await one.snapshot("demo") == await two.snapshot("demo")


async def test_a_refused_job_leaves_nothing_behind_in_the_group(
    database_url: str, make_office: Make, integrator: Actor, clock: Any
) -> None:
    async with make_office(database_url) as office:
        await office.carry_out(m.OpenWindow(window="1"), integrator)
        answers = await asyncio.gather(
            *(
                office.carry_out(command, integrator, key)
                for key, command in {
                    "1": m.TakeTicket(queue="A"),
                    "2": m.StartService(window="1"),
                    "3": m.CallNext(window="1"),
                    "4": m.TakeTicket(queue="nowhere"),
                    "5": m.TakeTicket(queue="A"),
                    "6": m.CallNext(window="1"),
                }.items()
            ),
            return_exceptions=True,
        )
        codes = [answer.code if isinstance(answer, Refusal) else None for answer in answers]
        assert codes == [None, Code.NO_CURRENT_TICKET, None, Code.NOT_FOUND, None, Code.WINDOW_BUSY]
        await what_is_kept_is_true(office)
        rows = await office.events_after("demo", 0)
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))


async def test_a_job_that_fails_after_it_has_written_spoils_nobody_elses(
    database_url: str, make_office: Make, integrator: Actor, clock: Any
) -> None:
    async with make_office(database_url) as office:
        runs = 0

        def spoil(connection: Connection) -> Done:
            nonlocal runs
            runs += 1
            work, now = begin(connection, office._halls, "demo", clock, "")
            work.save_queue(QueueState(queue="A", waiting=77))
            work.save_pace(Pace(queue="A", hour=9, weight=7))
            work.finish(now)
            connection.run(*_a_terminal())
            raise ValueError("too late")

        engine = office._open_engine()
        first = office.carry_out(m.TakeTicket(queue="A"), integrator, "1")
        bad = engine.write(spoil, lane="demo")
        last = office.carry_out(m.TakeTicket(queue="A"), integrator, "2")
        answers = await asyncio.gather(first, bad, last, return_exceptions=True)
        assert isinstance(answers[1], ValueError)
        replies = [one for one in (answers[0], answers[2]) if isinstance(one, Reply)]
        assert [decode(one.body, m.TicketIssued).number for one in replies] == ["A001", "A002"]
        assert runs >= 1
        assert "late" not in {one.name for one in await office.terminals("demo")}
        assert (await office.snapshot("demo")).queues["A"].waiting == 2
        await what_is_kept_is_true(office)


def _a_terminal() -> tuple[Any, dict[str, Any]]:
    from queue_server.storage import repositories as r

    row = {"hall": "demo", "name": "late", "role": "kiosk", "last_seen": None, "clock_off_seconds": 0.0}
    return r.SAVE_TERMINAL, {**row, "conditions": b"[]", "waiting_uploads": 0}


async def test_a_commit_that_fails_is_forgotten_as_a_whole(
    database_url: str, make_office: Make, integrator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Connection.plain
    failures: list[Exception] = []

    def fails(self: Connection, text: str) -> None:
        if text == "COMMIT" and failures and self.learned:
            error = failures.pop()
            plain(self, "ROLLBACK")
            raise error
        plain(self, text)

    monkeypatch.setattr(Connection, "plain", fails)
    sqlite = database_url.startswith("sqlite")
    async with make_office(database_url) as office:
        await office.carry_out(m.OpenWindow(window="1"), integrator)
        await office.carry_out(m.TakeTicket(queue="A"), integrator)
        failures.append(sqlite3.OperationalError("disk I/O error") if sqlite else psycopg.OperationalError("gone"))
        answers = await asyncio.gather(
            office.carry_out(m.TakeTicket(queue="A"), integrator, "a"),
            office.carry_out(m.CallNext(window="1"), integrator, "b"),
            return_exceptions=True,
        )
        assert any(isinstance(answer, Refusal) and answer.retryable for answer in answers)
        again = [
            await office.carry_out(m.TakeTicket(queue="A"), integrator, "a"),
            await office.carry_out(m.CallNext(window="1"), integrator, "b"),
        ]
        assert decode(again[0].body, m.TicketIssued).number == "A002"
        called = decode(again[1].body, m.Called).ticket
        assert called is not None
        assert called.number == "A001"
        await what_is_kept_is_true(office)
        rows = await office.events_after("demo", 0)
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))


async def test_a_new_description_is_in_force_with_the_next_press(
    database_url: str, make_office: Make, integrator: Actor, demo_hall_text: str, clock: Any
) -> None:
    line = next(line for line in demo_hall_text.splitlines() if '- { id: "8"' in line)
    more = demo_hall_text.replace(line, f"{line}\n{line.replace(chr(34) + '8' + chr(34), chr(34) + '9' + chr(34))}", 1)
    async with make_office(database_url) as office:
        await office.carry_out(m.TakeTicket(queue="A"), integrator)
        init(database_url, more, clock=clock)
        assert len(await office.windows("demo")) == 9
        await office.carry_out(m.OpenWindow(window="9"), integrator)
        await what_is_kept_is_true(office)


async def test_what_is_read_while_others_write_is_of_one_instant(
    database_url: str, make_office: Make, integrator: Actor
) -> None:
    async with make_office(database_url) as office:
        await office.carry_out(m.OpenWindow(window="1"), integrator)
        opened = await office.last_seq("demo")

        async def take() -> None:
            for _ in range(25):
                await office.carry_out(m.TakeTicket(queue="A"), integrator)

        async def look() -> None:
            for _ in range(25):
                seen = await office.snapshot("demo")
                waiting = [one for one in seen.tickets.values() if one.state is m.TicketState.WAITING]
                assert seen.queues["A"].waiting == len(waiting)
                assert seen.seq == opened + len(waiting)

        await asyncio.gather(take(), take(), look(), look())


async def test_a_pace_is_kept_and_found_again(database_url: str, make_office: Make) -> None:
    learned = Pace(queue="A", hour=9, weight=2.5, total=300.0, squares=9.5)
    async with make_office(database_url) as office:
        for pace in (Pace(queue="A", hour=14), learned, Pace(queue="A", hour=9), learned):

            def save(work: UnitOfWork, _: object, pace: Pace = pace) -> None:
                work.save_pace(pace)

            await office._open_engine().write(write_to(office._halls, "demo", office.clock, save), lane="demo")
        await what_is_kept_is_true(office)
    async with make_office(database_url) as office:
        floor = await office._sight("demo", lambda sight: sight.floor())
        assert floor.paces["A"] == (learned, Pace(queue="A", hour=14))
