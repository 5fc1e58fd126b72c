"""What time makes due is done in time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from queue_server.relay.timers import Timers


class Due:
    """An office that counts how often it was asked what is due."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.asked: list[str] = []
        self.broken = 0

    async def due(self, hall: str) -> datetime:
        self.asked.append(hall)
        if self.broken:
            self.broken -= 1
            raise OSError("the disk is away")
        return datetime.now(UTC) + timedelta(seconds=self.seconds)


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


async def until(true: object, seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  # because what is waited for tells nobody
            await asyncio.sleep(0.01)


async def test_every_hall_is_looked_at_when_the_server_starts() -> None:
    office = Due(3600)
    timers = Timers(office, Clock())
    await timers.start(["a", "b"])
    await until(lambda: sorted(office.asked) == ["a", "b"])
    await timers.stop()


async def test_the_next_moment_is_met() -> None:
    office = Due(0.4)
    timers = Timers(office, Clock())
    await timers.start(["a"])
    await until(lambda: len(office.asked) >= 3)
    await timers.stop()


async def test_an_event_makes_it_look_again_but_a_thousand_do_not_make_it_look_a_thousand_times() -> None:
    office = Due(3600)
    timers = Timers(office, Clock())
    await timers.start(["a"])
    await until(lambda: len(office.asked) == 1)
    for _ in range(1000):
        await timers.receive("a", object())
    await until(lambda: len(office.asked) == 2)
    await asyncio.sleep(0.05)
    assert len(office.asked) == 2
    await timers.stop()


async def test_a_hall_that_is_new_is_watched_from_its_first_event_on() -> None:
    office = Due(3600)
    timers = Timers(office, Clock())
    await timers.receive("new", object())
    assert office.asked == []  # this process does not lead
    await timers.start(["a"])
    await timers.receive("new", object())
    await until(lambda: sorted(office.asked) == ["a", "new"])
    await timers.stop()


async def test_a_failure_is_not_the_end_of_all_time_outs(monkeypatch: object) -> None:
    monkeypatch.setattr("queue_server.relay.timers._AFTER_A_FAILURE", 0.01)
    office = Due(3600)
    office.broken = 2
    timers = Timers(office, Clock())
    await timers.start(["a"])
    await until(lambda: len(office.asked) == 3)
    await timers.stop()
