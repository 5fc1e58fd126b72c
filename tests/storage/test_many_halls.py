"""Many halls in one PostgreSQL: none waits for another's lock, all get their turn, and none sees another's people."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from queue_server.contract.codec import decode
from queue_server.contract.messages import Called, CallNext, OpenWindow, Role, TakeTicket, TicketIssued
from queue_server.contract.refusals import Code, Refusal
from queue_server.storage import postgres
from queue_server.storage.init import init
from queue_server.storage.lanes import Lanes
from queue_server.storage.office import DatabaseOffice
from queue_server.usecases.ports import Actor

HALLS = [f"hall{number:02d}" for number in range(11)]

pytestmark = pytest.mark.postgresql


class Monday:
    """As in the other tests: 09:00 in Shanghai."""

    def now(self) -> datetime:
        return datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


class Quick:
    """No slow hash: nobody logs in here."""

    def hash(self, password: str) -> str:
        return password

    def fits(self, hashed: str | None, password: str) -> bool:
        return hashed == password


@pytest.fixture(scope="module")
def _city_template(postgres: Any, _postgres_template: str, demo_hall_text: str) -> Iterator[str]:
    postgres.execute(f"CREATE DATABASE template_city TEMPLATE {_postgres_template}")
    for hall in HALLS:
        text = demo_hall_text.replace("id: demo", f"id: {hall}")
        init(postgres.url("template_city"), text, clock=Monday(), hasher=Quick())
    yield "template_city"
    postgres.execute("DROP DATABASE template_city WITH (FORCE)")


@pytest.fixture
def city_url(postgres: Any, _city_template: str) -> Iterator[str]:
    """More halls than an office has threads."""
    name = f"city_{os.urandom(6).hex()}"
    postgres.execute(f"CREATE DATABASE {name} TEMPLATE {_city_template}")
    yield postgres.url(name)
    postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def city(city_url: str, make_office: Callable[[str], DatabaseOffice]) -> AsyncIterator[DatabaseOffice]:
    """Somebody has come to every hall."""
    async with make_office(city_url) as office:
        for hall in HALLS:
            await takes(office, hall)
        yield office


async def takes(office: DatabaseOffice, hall: str) -> str:
    reply = await office.carry_out(TakeTicket(queue="A"), Actor(hall, Role.INTEGRATOR, "integrator"))
    return decode(reply.body, TicketIssued).number


@contextlib.contextmanager
def locked(url: str, *halls: str) -> Iterator[Callable[[], None]]:
    """Somebody else's transaction keeps the rows of these halls; the yielded function lets go."""
    with psycopg.connect(url.replace("+psycopg", "")) as other:
        for hall in halls:
            other.execute("UPDATE hall SET turn = turn WHERE id = %s", (hall,))
        yield other.rollback


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for a locked hall is not told to come again before the test is over, however slow the machine."""
    monkeypatch.setattr(postgres, "LOCK_PATIENCE_SECONDS", 300.0)


@pytest.mark.usefixtures("patient")
async def test_a_locked_hall_does_not_stop_another(city: DatabaseOffice, city_url: str) -> None:
    with locked(city_url, "hall00") as let_go:
        waiting = [asyncio.create_task(takes(city, "hall00")) for _ in range(30)]
        begun = time.monotonic()
        for number in range(2, 32):
            assert await takes(city, "hall01") == f"A{number:03d}"
            await asyncio.sleep(0.02)  # people come one by one
        assert time.monotonic() - begun < 20, "with the lock in their way they would take more than a second each"
        assert not any(task.done() for task in waiting)
        let_go()
    assert sorted(await asyncio.gather(*waiting)) == [f"A{number:03d}" for number in range(2, 32)]


@pytest.mark.usefixtures("patient")
async def test_as_many_locked_halls_as_threads_do_not_stop_another(city: DatabaseOffice, city_url: str) -> None:
    stuck = HALLS[: postgres.PostgresEngine.writers + 2]
    free = next(hall for hall in HALLS if hall not in stuck)
    with locked(city_url, *stuck) as let_go:
        waiting = [asyncio.create_task(takes(city, hall)) for hall in stuck for _ in range(3)]
        await asyncio.sleep(0)
        for number in range(2, 5):
            assert await asyncio.wait_for(takes(city, free), 60) == f"A{number:03d}"
        assert not any(task.done() for task in waiting)
        let_go()
    assert set(await asyncio.gather(*waiting)) == {"A002", "A003", "A004"}


async def test_a_lock_that_is_never_let_go_ends_in_busy(
    city: DatabaseOffice, city_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "LOCK_PATIENCE_SECONDS", 0.5)
    with locked(city_url, "hall00"), pytest.raises(Refusal) as refused:
        await takes(city, "hall00")
    assert (refused.value.code, refused.value.retryable) == (Code.BUSY, True)
    assert await takes(city, "hall00") == "A002"


async def test_halls_share_nothing_but_the_server(city: DatabaseOffice) -> None:
    north, south = (Actor(hall, Role.INTEGRATOR, "integrator") for hall in HALLS[:2])
    await asyncio.gather(*(takes(city, hall) for hall in HALLS for _ in range(4)))
    await city.carry_out(OpenWindow(window="1"), north)
    called = decode((await city.carry_out(CallNext(window="1"), north)).body, Called).ticket
    assert called is not None
    for hall in HALLS:
        snapshot = await city.snapshot(hall)
        assert snapshot.queues["A"].waiting == (4 if hall == north.hall else 5)
        assert sorted(one.number for one in snapshot.tickets.values()) == [f"A{number:03d}" for number in range(1, 6)]
        rows = await city.events_after(hall, 0)
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    with pytest.raises(Refusal) as refused:
        await city.ticket_status(south.hall, called.id)
    assert refused.value.code is Code.NOT_FOUND


def test_lanes_take_turns_and_each_goes_one_group_at_a_time() -> None:
    gone: list[tuple[str, list[int]]] = []
    lanes = Lanes[int](lambda lane, jobs: gone.append((lane, jobs)), at_once=3)
    for job in range(5):
        lanes.put("busy", job)
    lanes.put("quiet", 100)
    assert gone == [("busy", [0]), ("quiet", [100])]
    lanes.done("busy", 1)
    lanes.put("quiet", 101)
    assert gone[2:] == [("busy", [1, 2, 3])]
    lanes.done("quiet", 1)
    lanes.done("busy", 3)
    assert gone[3:] == [("quiet", [101]), ("busy", [4])]
    lanes.done("busy", 1)
    lanes.done("quiet", 1)
    assert lanes.count == 0
    lanes.put("busy", 9)
    assert gone[-1] == ("busy", [9])
