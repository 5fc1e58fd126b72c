"""The hub between the event table and the pages, with a table of this test's own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from queue_server.contract.codec import encode
from queue_server.contract.projection import Audience
from queue_server.contract.refusals import Code, Refusal
from queue_server.relay.push_hub import JOINED_SECONDS_MOST, PushHub, event_of
from queue_server.relay.relay import Relay
from queue_server.usecases.ports import EventRow

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Table:
    """The event table and nothing else of an office."""

    def __init__(self) -> None:
        self.rows: list[EventRow] = []
        self.oldest = 1
        self.broken = False
        self.asked_while_broken = 0
        self.callbacks: list = []

    def add(self, count: int = 1, **data: object) -> None:
        for _ in range(count):
            seq = len(self.rows) + 1
            body = encode({"n": seq, **data})
            self.rows.append(EventRow(seq, "ticket.issued", NOON + timedelta(seconds=seq), body))
        for callback in self.callbacks:
            callback("demo", len(self.rows))

    async def events_after(self, hall: str, seq: int, limit: int = 500) -> list[EventRow]:
        await asyncio.sleep(0)
        if self.broken:
            self.asked_while_broken += 1
            raise OSError("the disk is away")
        return [row for row in self.rows if row.seq > seq][:limit]

    async def last_seq(self, hall: str) -> int:
        return len(self.rows)

    async def oldest_seq(self, hall: str) -> int:
        return self.oldest

    def on_commit(self, callback: object) -> object:
        self.callbacks.append(callback)
        return self.callbacks.clear


async def all_of(subscription: object, count: int) -> list[int]:
    seen: list[int] = []
    while len(seen) < count:
        notices = await subscription.take(20.0)
        assert notices, f"only {seen} came"
        seen += [notice.event.seq for notice in notices]
    return seen


async def test_a_page_that_comes_late_gets_what_it_missed_and_then_what_happens() -> None:
    table = Table()
    hub = PushHub(table)
    relay = Relay(table, [hub], poll_seconds=0.05)
    table.add(5)
    await relay.start(["demo"])
    subscription = await hub.subscribe("demo", 2)
    table.add(3)
    assert await all_of(subscription, 6) == [3, 4, 5, 6, 7, 8]
    await relay.stop()


async def test_events_that_are_committed_while_a_page_catches_up_come_once() -> None:
    table = Table()
    hub = PushHub(table)
    relay = Relay(table, [hub], poll_seconds=0.05)
    table.add(1300)
    await relay.start(["demo"])
    joining = asyncio.create_task(hub.subscribe("demo", 0))
    for _ in range(20):
        table.add(5)
        await asyncio.sleep(0)
    subscription = await joining
    assert await all_of(subscription, 1400) == list(range(1, 1401))
    await relay.stop()


async def test_a_page_without_a_number_hears_only_what_happens_from_now_on() -> None:
    table = Table()
    hub = PushHub(table)
    table.add(3)
    subscription = await hub.subscribe("demo", None)
    table.add()
    await hub.receive("demo", event_of(table.rows[-1]))
    assert await all_of(subscription, 1) == [4]


@pytest.mark.parametrize("after", [0, 7, 1_000_000])
async def test_a_number_that_the_table_does_not_reach_asks_for_a_snapshot(after: int) -> None:
    table = Table()
    table.add(20)
    table.oldest = 10
    hub = PushHub(table)
    with pytest.raises(Refusal) as caught:
        await hub.subscribe("demo", after)
    assert caught.value.code is Code.SNAPSHOT_NEEDED
    assert hub.listeners == 0


async def test_a_page_that_does_not_read_is_dropped_and_the_others_are_not() -> None:
    table = Table()
    hub = PushHub(table, limit=10)
    slow = await hub.subscribe("demo", None)
    quick = await hub.subscribe("demo", None)
    for _ in range(30):
        table.add()
        await hub.receive("demo", event_of(table.rows[-1]))
        assert await quick.take(1.0)
    assert slow.dropped
    assert await slow.take(1.0) is None
    assert hub.listeners == 1


async def test_one_hall_hears_nothing_of_another() -> None:
    table = Table()
    hub = PushHub(table)
    other = await hub.subscribe("other", None)
    table.add()
    await hub.receive("demo", event_of(table.rows[-1]))
    assert await other.take(0.01) == []


async def test_the_feed_goes_on_after_the_database_was_away_for_a_while() -> None:
    table = Table()
    hub = PushHub(table)
    relay = Relay(table, [hub], poll_seconds=0.02)
    await relay.start(["demo"])
    subscription = await hub.subscribe("demo", 0)
    table.broken = True
    table.add(2)
    async with asyncio.timeout(20):
        while table.asked_while_broken < 2:  # noqa: ASYNC110  # because a table tells nobody that it was asked
            await asyncio.sleep(0.01)
    table.broken = False
    assert await all_of(subscription, 2) == [1, 2]
    await relay.stop()


async def test_a_receiver_that_fails_does_not_silence_the_next() -> None:
    table = Table()
    hub = PushHub(table)

    class Broken:
        async def receive(self, hall: str, event: object) -> None:
            raise RuntimeError("no bar here")

    relay = Relay(table, [Broken(), hub], poll_seconds=0.02)
    await relay.start(["demo"])
    subscription = await hub.subscribe("demo", 0)
    table.add(2)
    assert await all_of(subscription, 2) == [1, 2]
    await relay.stop()


async def test_a_lost_wake_up_is_found_by_looking_now_and_then() -> None:
    table = Table()
    hub = PushHub(table)
    relay = Relay(table, [hub], poll_seconds=0.02)
    await relay.start(["demo"])
    table.callbacks.clear()
    subscription = await hub.subscribe("demo", 0)
    table.add(1)
    assert await all_of(subscription, 1) == [1]
    await relay.stop()


async def test_a_frame_is_made_once_per_audience_and_hides_names_and_levels() -> None:
    table = Table()
    table.add(ticket={"id": "1", "maskedName": "张*"}, level="dissatisfied", window={"held": [{"maskedName": "李*"}]})
    hub = PushHub(table)
    subscription = await hub.subscribe("demo", 0)
    notices = await subscription.take(1.0)
    assert notices
    notice = notices[0]
    assert notice.frame(Audience.PUBLIC) is notice.frame(Audience.PUBLIC)
    public, staff, admin = (notice.frame(audience).decode() for audience in Audience)
    assert "张*" not in public
    assert "李*" not in public
    assert "dissatisfied" not in public
    assert "张*" in staff
    assert "dissatisfied" not in staff
    assert "dissatisfied" in admin
    lines = public.splitlines()
    assert lines[0] == "id: 1"
    assert lines[1] == "event: ticket.issued"
    assert json.loads(lines[2].removeprefix("data: "))["seq"] == 1


async def test_when_the_server_stops_every_page_is_told() -> None:
    hub = PushHub(Table())
    subscription = await hub.subscribe("demo", None)
    waiting = asyncio.create_task(subscription.take(30))
    await asyncio.sleep(0)
    hub.close()
    assert await waiting is None
    late = await hub.subscribe("demo", None)
    assert await late.take(30) is None


async def test_what_is_committed_while_the_relay_starts_is_handed_on_once() -> None:
    class Busy(Table):
        async def last_seq(self, hall: str) -> int:
            self.add()  # as another process does, whose wake-up comes at once
            return await super().last_seq(hall)

    class Counting:
        def __init__(self) -> None:
            self.seen: list[int] = []

        async def receive(self, hall: str, event: EventRow) -> None:
            self.seen.append(event.seq)

    table, counting = Busy(), Counting()
    relay = Relay(table, [counting], poll_seconds=0.02)
    await relay.start(["demo"])
    table.add(3)
    async with asyncio.timeout(20):
        while 4 not in counting.seen:  # noqa: ASYNC110  # because a list tells nobody
            await asyncio.sleep(0.01)
    await relay.stop()
    assert counting.seen == [1, 2, 3, 4]


async def test_a_hall_that_is_new_is_followed_from_its_first_event_on() -> None:
    table = Table()
    hub = PushHub(table)
    relay = Relay(table, [hub], poll_seconds=0.02)
    await relay.start([])
    subscription = await hub.subscribe("demo", None)
    table.add(2)
    assert await all_of(subscription, 1) == [2]
    table.add(1)
    assert await all_of(subscription, 1) == [3]
    await relay.stop()


async def test_more_pages_than_the_server_can_carry_are_told_to_come_later() -> None:
    hub = PushHub(Table(), most=2)
    first = await hub.subscribe("demo", None)
    await hub.subscribe("demo", None)
    with pytest.raises(Refusal) as caught:
        await hub.subscribe("demo", None)
    assert caught.value.code is Code.BUSY
    first.close()
    await hub.subscribe("demo", None)


async def test_when_many_listen_what_comes_together_goes_out_together_in_its_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timers: list[tuple[float, Callable[[str], None], str]] = []
    monkeypatch.setattr(asyncio.get_running_loop(), "call_later", lambda *timer: timers.append(timer))
    table = Table()
    hub = PushHub(table)
    pages = [await hub.subscribe("demo", None) for _ in range(150)]
    few = await hub.subscribe("other", None)
    table.add(6)
    for row in table.rows[:3]:
        await hub.receive("demo", event_of(row))
        await hub.receive("other", event_of(row))
    assert [notice.event.seq for notice in await few.take(0.0) or []] == [1, 2, 3], "nobody is kept waiting for others"
    assert await pages[0].take(0.0) == []
    late = await hub.subscribe("demo", 1)
    for row in table.rows[3:]:
        await hub.receive("demo", event_of(row))
    ((seconds, send, hall),) = timers
    assert 0 < seconds <= JOINED_SECONDS_MOST
    send(hall)
    for page in pages:
        notices = await page.take(0.0)
        assert [notice.event.seq for notice in notices or []] == [1, 2, 3, 4, 5, 6]
    assert await all_of(late, 5) == [2, 3, 4, 5, 6], "what it missed, what was on its way, and nothing twice"


async def all_frames(subscription: object) -> bytes:
    notices = await subscription.take(0.0)
    return notices[0].frames_with(notices, Audience.PUBLIC) if notices else b""


async def test_listeners_of_the_same_events_share_their_bytes() -> None:
    table = Table()
    hub = PushHub(table)
    pages = [await hub.subscribe("demo", None) for _ in range(2)]
    table.add(3)
    for row in table.rows:
        await hub.receive("demo", event_of(row))
    one, other = [await all_frames(page) for page in pages]
    assert one is other
    assert one.count(b"event: ") == 3
