"""Bars of other makes driven by the gateway, from the lines of a hall description to what stands on the wall."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from drivers.device import DeviceState
from drivers.window_display.bx_twin import SimulatedBxLine, SimulatedBxTcp, SimulatedCard
from drivers.window_display.template_twin import MuteBar, SimulatedForeignLine
from queue_server.contract.codec import plain
from queue_server.contract.messages import Event, Snapshot, Text, TicketState, TicketView, WindowMode, WindowView
from queue_server.domain.hall import Device
from queue_server.relay.gateway import Gateway

NOW = datetime(2026, 5, 6, 9, 0, tzinfo=UTC)
CXT = {"frame": "21 21 55 AA 01 01 {style:u8} 05 00 00 00 0A {len:u16be} {text:gbk}", "styles": "steady=0, scroll=1"}
DEVICES = (
    Device("bar1", "window_display", "bx", "serial://${BARS}?address=1", "1", None, {"columns": 16}),
    Device("bar2", "window_display", "bx", "serial://${BARS}?address=2", "2", None, {"columns": 12}),
    Device("bar3", "window_display", "bx", "${CARD}", "3", None, {"width": 128, "colour": "green"}),
    Device("bar4", "window_display", "template", "serial://${FOREIGN}?baud=9600", "4", None, {**CXT, "address": 1}),
)
WELCOME = "欢迎光临"


def window(number: str, ticket: str = "") -> WindowView:
    view = TicketView(id="t", number=ticket, queue="A", state=TicketState.CALLING, issued_at=NOW) if ticket else None
    return WindowView(id=number, name=Text(zh=f"{number}号窗口"), zone="Z1", mode=WindowMode.OPEN, ticket=view)


class WindowsOnly:
    """A hall link that knows windows and publishes their changes."""

    def __init__(self) -> None:
        self.seq = 0
        self.windows = {number: window(number) for number in "1234"}
        self._events: asyncio.Queue[Event] = asyncio.Queue()

    def call(self, number: str, ticket: str) -> None:
        self.seq += 1
        self.windows[number] = window(number, ticket)
        data = {"window": plain(self.windows[number])}
        self._events.put_nowait(Event(seq=self.seq, type="x", at=NOW, data=data))

    async def carry_out(self, command: Any, key: str) -> None:
        """Only reports come."""

    async def snapshot(self) -> Snapshot:
        return Snapshot(seq=self.seq, at=NOW, queues={}, windows=dict(self.windows), tickets={}, calls=())

    async def events(self, after: int) -> AsyncIterator[Event]:
        while True:
            yield await self._events.get()

    async def speech(self, call: Any, language: Any) -> bytes:
        raise AssertionError("no loudspeaker is here")


class Wall:
    def __init__(self) -> None:
        self.line = SimulatedBxLine([SimulatedCard(1), SimulatedCard(2, width=96)])
        self.card = SimulatedBxTcp(SimulatedCard(7))
        self.foreign = SimulatedForeignLine([MuteBar(1)])

    def texts(self) -> list[str]:
        return [self.line.card(1).text, self.line.card(2).text, self.card.card(7).text, self.foreign.bars[1].text]


@pytest.fixture
def wall() -> Iterator[Wall]:
    made = Wall()
    with made.line, made.card, made.foreign:
        yield made


@pytest.fixture
def hall() -> WindowsOnly:
    return WindowsOnly()


@pytest.fixture
async def gateway(wall: Wall, hall: WindowsOnly) -> AsyncIterator[Gateway]:
    places = {"BARS": wall.line.path, "CARD": wall.card.url(), "FOREIGN": wall.foreign.path}
    made = Gateway(DEVICES, hall, places, wall_clock=lambda: NOW)  # type: ignore[arg-type]  # because it is as much hall as bars need
    await made.start()
    await eventually(lambda: wall.texts() == [WELCOME] * 4)
    yield made
    await made.stop()


async def eventually(what: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.01)


async def test_calls_stand_on_bars_of_every_make_and_fit_their_widths(
    gateway: Gateway, wall: Wall, hall: WindowsOnly
) -> None:
    for number in "1234":
        hall.call(number, f"A01{number}")
    wanted = ["A011 请到1号窗口", "请A012号", "A013 请到3号窗口", "A014 请到4号窗口"]
    await eventually(lambda: wall.texts() == wanted)
    states = {name: status.state for name, status in gateway.statuses().items()}
    assert states == dict.fromkeys(("bar1", "bar2", "bar3"), DeviceState.READY) | {"bar4": DeviceState.UNKNOWN}
    assert wall.card.card(7).areas[0].colour == "green"
    assert [card.hurried for card in (*wall.line.cards.values(), wall.card.card(7))] == [0, 0, 0]


async def test_of_calls_faster_than_a_card_takes_them_the_newest_stands_there(
    gateway: Gateway, wall: Wall, hall: WindowsOnly
) -> None:
    del gateway
    for ticket in range(20, 60):
        hall.call("3", f"A0{ticket}")
        await asyncio.sleep(0.005)
    card = wall.card.card(7)
    await eventually(lambda: card.text == "A059 请到3号窗口")
    assert len(card.shown) < 20, "not every one of them"
    assert card.hurried == 0


async def test_a_bar_that_lost_its_power_gets_its_line_again(
    gateway: Gateway, wall: Wall, hall: WindowsOnly, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queue_server.relay.displays.PROBE_SECONDS", 0.1)
    monkeypatch.setattr("queue_server.relay.displays.Bar.interval", 0.1)
    hall.call("1", "A011")
    card = wall.line.card(1)
    await eventually(lambda: card.text == "A011 请到1号窗口")
    card.power_cut()
    assert card.text == ""
    await eventually(lambda: card.text == "A011 请到1号窗口")
    await eventually(lambda: gateway.statuses()["bar1"].state is DeviceState.READY)


async def test_a_dead_card_is_told_to_the_hall_and_leaves_its_neighbour_working(
    gateway: Gateway, wall: Wall, hall: WindowsOnly
) -> None:
    wall.line.card(2).faults.silent = True
    hall.call("2", "A012")
    await eventually(lambda: gateway.statuses()["bar2"].state is DeviceState.UNKNOWN)
    assert [one.code for one in gateway.statuses()["bar2"].conditions] == ["node.silent"]
    hall.call("1", "A011")
    await eventually(lambda: wall.line.card(1).text == "A011 请到1号窗口")
    wall.line.card(2).faults.silent = False
    await eventually(lambda: wall.line.card(2).text == "请A012号")


async def test_a_network_card_that_was_away_shows_the_newest_line_when_it_returns(
    gateway: Gateway, wall: Wall, hall: WindowsOnly
) -> None:
    wall.card.unplug()
    hall.call("3", "A013")
    await eventually(lambda: gateway.statuses()["bar3"].state is DeviceState.ABSENT)
    hall.call("3", "A014")
    wall.card.plug_in()
    await eventually(lambda: wall.card.card(7).text == "A014 请到3号窗口")
