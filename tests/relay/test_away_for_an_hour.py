"""A page that was away for long catches up, or is told to fetch everything anew; on both databases."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from queue_server.contract import board
from queue_server.contract import messages as m
from queue_server.contract.messages import Event, Snapshot
from queue_server.contract.refusals import Code, Refusal
from queue_server.relay.push_hub import PushHub, Subscription
from queue_server.relay.relay import Relay
from queue_server.storage.init import init
from queue_server.storage.office import DatabaseOffice
from queue_server.usecases.ports import Actor


@pytest.fixture
async def office(
    database_url: str, make_office: Callable[[str], DatabaseOffice], demo_hall_text: str, clock: Any
) -> AsyncIterator[DatabaseOffice]:
    """The demo hall, which keeps its events for one day only."""
    init(database_url, demo_hall_text.replace("rules:\n", "rules:\n  events_kept_days: 1\n", 1), clock=clock)
    async with make_office(database_url) as opened:
        yield opened


@pytest.fixture
def live(office: DatabaseOffice, integrator: Actor, clock: Any) -> Callable[[int, timedelta], Any]:
    chance = random.Random(24)

    async def live(acts: int, during: timedelta) -> None:
        """So many things happen in the hall in that time."""
        for window in "13":
            await office.carry_out(m.OpenWindow(window=window), integrator)
        for _ in range(acts):
            clock.forward(seconds=during / timedelta(seconds=acts))
            window = chance.choice("13")
            call = m.CallNext(window=window, finish_current=m.Outcome.ACCEPTED)
            command = chance.choice([m.TakeTicket(queue="A"), call, m.StartService(window=window)])
            with suppress(Refusal):
                await office.carry_out(command, integrator)
            await office.due("demo")

    return live


def kept_true(page: Snapshot, events: list[Event]) -> Snapshot:
    """The page after these events, which must follow each other and what the page has seen."""
    assert [event.seq for event in events] == list(range(page.seq + 1, page.seq + 1 + len(events)))
    for event in events:
        page = board.apply(page, event)
    return page


async def all_that_waits(subscription: Subscription, until: int) -> list[Event]:
    found: list[Event] = []
    async with asyncio.timeout(30):
        while not found or found[-1].seq < until:
            notices = await subscription.take(20)
            assert notices is not None
            found += [notice.event for notice in notices]
    return found


async def test_who_was_away_for_an_hour_gets_exactly_what_was_missed(office: DatabaseOffice, live: Any) -> None:
    page = await office.snapshot("demo")
    await live(90, timedelta(hours=1))
    fresh = await office.snapshot("demo")
    assert fresh.at - page.at > timedelta(minutes=50)
    subscription = await PushHub(office).subscribe("demo", page.seq)
    missed = await all_that_waits(subscription, fresh.seq)
    assert missed[0].seq == page.seq + 1
    assert missed[0].at < fresh.at - timedelta(minutes=50)
    assert kept_true(page, missed) == fresh


async def test_who_comes_back_while_the_hall_works_on_misses_nothing_and_hears_nothing_twice(
    office: DatabaseOffice, live: Any
) -> None:
    page = await office.snapshot("demo")
    await live(60, timedelta(hours=1))
    hub = PushHub(office)
    relay = Relay(office, [hub])
    await relay.start(["demo"])
    try:
        working = asyncio.create_task(live(60, timedelta(minutes=10)))
        subscription = await hub.subscribe("demo", page.seq)
        await working
        fresh = await office.snapshot("demo")
        assert kept_true(page, await all_that_waits(subscription, fresh.seq)) == fresh
    finally:
        hub.close()
        await relay.stop()


async def test_who_missed_more_than_a_replay_holds_fetches_everything_and_goes_on_from_there(
    office: DatabaseOffice, live: Any
) -> None:
    page = await office.snapshot("demo")
    await live(400, timedelta(hours=1))
    hub = PushHub(office, replay_limit=500)
    last = await office.last_seq("demo")
    assert last - page.seq > 500
    with pytest.raises(Refusal) as refused:
        await hub.subscribe("demo", page.seq)
    assert (refused.value.code, refused.value.status) == (Code.SNAPSHOT_NEEDED, 410)
    assert refused.value.detail["last"] == last
    assert hub.listeners == 0
    inside = await hub.subscribe("demo", last - 499)
    assert [event.seq for event in await all_that_waits(inside, last)] == list(range(last - 498, last + 1))

    relay = Relay(office, [hub])
    await relay.start(["demo"])
    try:
        anew = await office.snapshot("demo")
        subscription = await hub.subscribe("demo", anew.seq)
        await live(30, timedelta(minutes=5))
        fresh = await office.snapshot("demo")
        assert kept_true(anew, await all_that_waits(subscription, fresh.seq)) == fresh
    finally:
        hub.close()
        await relay.stop()


async def test_who_was_away_longer_than_events_are_kept_is_told_so(
    office: DatabaseOffice, live: Any, clock: Any
) -> None:
    page = await office.snapshot("demo")
    await live(20, timedelta(hours=1))
    before_the_night = await office.snapshot("demo")
    await live(20, timedelta(hours=20))
    hub = PushHub(office)
    fresh = await office.snapshot("demo")
    assert kept_true(page, await all_that_waits(await hub.subscribe("demo", page.seq), fresh.seq)) == fresh

    await live(5, timedelta(hours=5))  # now the first hour is more than a day ago
    oldest, last = await office.oldest_seq("demo"), await office.last_seq("demo")
    assert oldest > page.seq + 1
    with pytest.raises(Refusal) as refused:
        await hub.subscribe("demo", page.seq)
    assert refused.value.code is Code.SNAPSHOT_NEEDED
    assert refused.value.detail == {"oldest": oldest, "last": last}
    with pytest.raises(Refusal):
        await hub.subscribe("demo", oldest - 2)
    assert before_the_night.seq >= oldest - 1, "only what is older than a day is forgotten"
    at_the_edge = await all_that_waits(await hub.subscribe("demo", oldest - 1), last)
    assert [event.seq for event in at_the_edge] == list(range(oldest, last + 1))
    assert at_the_edge[0].at >= clock.now() - timedelta(days=1, hours=1)
