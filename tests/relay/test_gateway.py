"""The gateway with real drivers on a simulated bus and a hall that is a few lines long."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drivers.device import DeviceState
from drivers.seams.modbus_twin import SimulatedBar, SimulatedBus, SimulatedKeypad, SimulatedRater
from queue_server.contract import messages as m
from queue_server.contract.codec import plain
from queue_server.contract.messages import (
    Command,
    Event,
    RatingState,
    Snapshot,
    Text,
    TicketState,
    TicketView,
    WindowMode,
    WindowView,
)
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain.hall import Device
from queue_server.relay.gateway import Gateway
from queue_server.relay.hall_link import LinkDownError

NOW = datetime(2026, 5, 6, 9, 0, tzinfo=UTC)
URL = "modbus+serial://${BUS}?baud=19200&unit="
DEVICES = (
    Device(
        "bar3", "window_display", "modbus_bar", "modbus+serial://${BUS}?baud=19200&unit=3", "3", None, {"columns": 16}
    ),
    Device("keypad8", "keypad", "modbus_keypad", URL + "8", "8"),
    Device("rater8", "rating_device", "modbus_rater", URL + "18", "8"),
    Device("voice", "speaker", "none", "none:", None, "Z1"),
)


def window(number: str, state: TicketState | None = None, **more: Any) -> WindowView:
    ticket = None if state is None else TicketView(id="t", number="A012", queue="A", state=state, issued_at=NOW)
    return WindowView(
        id=number, name=Text(zh=f"{number}号窗口"), zone="Z1", mode=WindowMode.OPEN, ticket=ticket, **more
    )


class SmallHall:
    """A hall link that remembers what it was asked and publishes what a test tells it."""

    def __init__(self) -> None:
        self.windows = {"3": window("3"), "8": window("8")}
        self.seq = 0
        self.down = False
        self.asked: list[tuple[Command, str]] = []
        self.reports: list[m.ReportTerminal] = []
        self.missed = 0
        self.refusal: Refusal | None = None
        self.answers = asyncio.Event()
        self.answers.set()
        self._events: asyncio.Queue[Event | Exception] = asyncio.Queue()

    def publish(self, view: WindowView) -> None:
        self.seq += 1
        self.windows[view.id] = view
        self._events.put_nowait(Event(seq=self.seq, type="x", at=NOW, data={"window": plain(view)}))

    def break_off(self, error: Exception) -> None:
        self._events.put_nowait(error)

    async def carry_out(self, command: Command, key: str) -> None:
        if isinstance(command, m.ReportTerminal):
            self.reports.append(command)
            return
        self.asked.append((command, key))
        await self.answers.wait()
        if self.down:
            raise LinkDownError("down")
        if self.refusal is not None:
            raise self.refusal

    async def snapshot(self) -> Snapshot:
        if self.down:
            self.missed += 1
            raise LinkDownError("down")
        return Snapshot(seq=self.seq, at=NOW, queues={}, windows=dict(self.windows), tickets={}, calls=())

    async def events(self, after: int) -> AsyncIterator[Event]:
        while True:
            item = await self._events.get()
            if isinstance(item, Exception):
                raise item
            if item.seq > after:
                yield item


@pytest.fixture
def bus() -> Iterator[SimulatedBus]:
    with SimulatedBus({3: SimulatedBar(), 8: SimulatedKeypad(), 18: SimulatedRater()}) as wire:
        yield wire


async def eventually(what: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def running(gateway: Gateway) -> AsyncIterator[Gateway]:
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.stop()


@pytest.fixture
def hall() -> SmallHall:
    return SmallHall()


@pytest.fixture
async def gateway(bus: SimulatedBus, hall: SmallHall) -> AsyncIterator[Gateway]:
    made = Gateway(DEVICES, hall, {"BUS": bus.path}, wall_clock=lambda: NOW)
    await made.start()
    await eventually(lambda: all(status.state is DeviceState.READY for status in made.statuses().values()))
    yield made
    await made.stop()


async def test_a_call_stands_on_the_bar_at_once(gateway: Gateway, bus: SimulatedBus, hall: SmallHall) -> None:
    del gateway
    await eventually(lambda: bus.bar(3).text == "欢迎光临")
    started = time.monotonic()
    hall.publish(window("3", TicketState.CALLING))
    await eventually(lambda: bus.bar(3).text == "A012 请到3号窗口")
    print(f"event to bar: {(time.monotonic() - started) * 1000:.0f} ms")  # noqa: T201  # because it is a figure to look at
    assert bus.bar(3).style == 1
    hall.publish(window("3", TicketState.SERVING))
    await eventually(lambda: bus.bar(3).text == "A012 正在办理")


async def test_a_press_is_carried_out_once_and_taken_from_the_keypad(
    gateway: Gateway, bus: SimulatedBus, hall: SmallHall
) -> None:
    del gateway
    started = time.monotonic()
    bus.keypad(8).press("call-next")
    await eventually(lambda: hall.asked)
    print(f"key to hall: {(time.monotonic() - started) * 1000:.0f} ms")  # noqa: T201  # because it is a figure to look at
    await eventually(lambda: bus.keypad(8).unacknowledged == 0)
    assert [command for command, _ in hall.asked] == [m.CallNext(window="8")]
    bus.keypad(8).press("start")
    await eventually(lambda: len(hall.asked) == 2)
    assert hall.asked[1][0] == m.StartService(window="8")
    assert hall.asked[0][1] != hall.asked[1][1]


async def test_a_slow_hall_does_not_keep_the_bar_waiting(gateway: Gateway, bus: SimulatedBus, hall: SmallHall) -> None:
    del gateway
    hall.answers.clear()
    bus.keypad(8).press("call-next")
    await eventually(lambda: hall.asked)
    hall.publish(window("3", TicketState.CALLING))
    await eventually(lambda: bus.bar(3).text == "A012 请到3号窗口")
    assert bus.keypad(8).unacknowledged == 1, "the hall has still not answered"
    hall.answers.set()
    await eventually(lambda: bus.keypad(8).unacknowledged == 0)
    assert len(hall.asked) == 1


async def test_noise_does_not_double_a_press(gateway: Gateway, bus: SimulatedBus, hall: SmallHall) -> None:
    del gateway
    faults = bus.keypad(8).faults
    bus.keypad(8).press("recall")
    faults.lost_replies, faults.wrong_crc, bus.noise, bus.noisy = 2, 1, b"\x08\x04\x14", 3
    await eventually(lambda: bus.keypad(8).unacknowledged == 0)
    assert [command for command, _ in hall.asked] == [m.Recall(window="8")]


async def test_a_rating_goes_from_invitation_to_hall(gateway: Gateway, bus: SimulatedBus, hall: SmallHall) -> None:
    del gateway
    assert not bus.rater(18).press("satisfied")
    until = NOW + timedelta(seconds=60)
    hall.publish(window("8", service="s1", rating=RatingState.INVITED, rating_until=until))
    await asyncio.to_thread(bus.rater(18).wait_for_invitation)
    assert bus.rater(18).press("dissatisfied")
    await eventually(lambda: hall.asked)
    assert hall.asked[0][0] == m.RateService(service="s1", level=m.Level.DISSATISFIED, channel=m.RatingChannel.DEVICE)
    hall.publish(window("8", service="s1", rating=RatingState.SUBMITTED))
    await eventually(lambda: not bus.rater(18).invited)
    await eventually(lambda: bus.rater(18).unacknowledged == 0)


async def test_a_refused_press_is_taken_and_not_repeated(gateway: Gateway, bus: SimulatedBus, hall: SmallHall) -> None:
    del gateway
    hall.refusal = Refusal(Code.WINDOW_BUSY, "busy")
    bus.keypad(8).press("call-next")
    await eventually(lambda: hall.asked)
    await eventually(lambda: bus.keypad(8).unacknowledged == 0)
    assert len(hall.asked) == 1


async def test_a_dead_node_leaves_the_others_alone(gateway: Gateway, bus: SimulatedBus, hall: SmallHall) -> None:
    bus.keypad(8).faults.silent = True
    await eventually(lambda: gateway.statuses()["keypad8"].state is DeviceState.UNKNOWN)
    started = time.monotonic()
    hall.publish(window("3", TicketState.CALLING))
    await eventually(lambda: bus.bar(3).text == "A012 请到3号窗口")
    assert time.monotonic() - started < 5
    bus.keypad(8).faults.silent = False
    await eventually(lambda: gateway.statuses()["keypad8"].state is DeviceState.READY)


async def test_a_pulled_bus_is_absent_and_shows_the_newest_state_when_it_returns(
    gateway: Gateway, bus: SimulatedBus, hall: SmallHall
) -> None:
    bus.unplug()
    await eventually(lambda: gateway.statuses()["keypad8"].state is DeviceState.ABSENT)
    hall.publish(window("3", TicketState.CALLING))
    bus.plug_in()
    await eventually(lambda: bus.bar(3).text == "A012 请到3号窗口")
    await eventually(lambda: gateway.statuses()["keypad8"].state is DeviceState.READY)


async def test_a_lost_hall_is_found_again_with_its_newest_state(
    bus: SimulatedBus, hall: SmallHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queue_server.relay.gateway._AGAIN_SECONDS", 0.05)
    hall.down = True
    async with running(Gateway(DEVICES, hall, {"BUS": bus.path})):
        await eventually(lambda: hall.missed)
        hall.down = False
        await eventually(lambda: bus.bar(3).text == "欢迎光临")
        hall.windows["3"] = window("3", TicketState.CALLING)
        hall.break_off(Refusal(Code.SNAPSHOT_NEEDED, "too old"))
        await eventually(lambda: bus.bar(3).text == "A012 请到3号窗口")
        hall.windows["3"] = window("3")
        hall.break_off(LinkDownError("cut"))
        await eventually(lambda: bus.bar(3).text == "欢迎光临")


async def test_without_a_bus_the_devices_are_disabled_and_nothing_runs(hall: SmallHall) -> None:
    before = threading.active_count()
    gateway = Gateway(DEVICES, hall, {})
    await gateway.start()
    assert {status.state for status in gateway.statuses().values()} == {DeviceState.DISABLED}
    assert set(gateway.statuses()) == {"bar3", "keypad8", "rater8"}
    assert threading.active_count() <= before + 1
    await gateway.stop()
    await gateway.stop()


async def test_a_wrong_device_does_not_keep_the_others_from_working(bus: SimulatedBus, hall: SmallHall) -> None:
    wrong = (
        Device("no-model", "keypad", "carrier_pigeon", "modbus+serial://${BUS}?unit=8", "8"),
        Device("no-unit", "keypad", "modbus_keypad", "modbus+serial://${BUS}", "8"),
        Device("no-window", "keypad", "modbus_keypad", "modbus+serial://${BUS}?unit=8"),
        Device("wrong-class", "keypad", "modbus_keypad", "modbus+serial://${BUS}?unit=3", "8"),
    )
    async with running(Gateway([*wrong, DEVICES[0]], hall, {"BUS": bus.path})) as gateway:
        await eventually(lambda: bus.bar(3).text == "欢迎光临")
        wanted = dict.fromkeys((device.id for device in wrong), DeviceState.FAULT) | {"bar3": DeviceState.READY}
        await eventually(lambda: {name: status.state for name, status in gateway.statuses().items()} == wanted)


async def test_stopping_is_quick_and_leaves_no_thread(bus: SimulatedBus, hall: SmallHall) -> None:
    gateway = Gateway(DEVICES, hall, {"BUS": bus.path})
    await gateway.start()
    await eventually(lambda: bus.bar(3).text == "欢迎光临")
    started = time.monotonic()
    await gateway.stop()
    assert time.monotonic() - started < 5
    await eventually(lambda: not any(thread.name.startswith("bus ") for thread in threading.enumerate()))


async def test_the_hall_is_told_what_is_wrong_with_a_device_and_when_it_is_well_again(
    bus: SimulatedBus, hall: SmallHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queue_server.relay.gateway._LOOK_SECONDS", 0.02)
    async with running(Gateway(DEVICES, hall, {"BUS": bus.path}, wall_clock=lambda: NOW)):
        await eventually(lambda: hall.reports and hall.reports[-1].conditions == ())
        bus.keypad(8).faults.silent = True
        wanted = m.DeviceCondition(device="keypad8", code="node.silent", action="engineer")
        await eventually(lambda: hall.reports[-1].conditions == (wanted,))
        bus.keypad(8).faults.silent = False
        await eventually(lambda: hall.reports[-1].conditions == ())
        assert {report.clock for report in hall.reports} == {NOW}
        assert len(hall.reports) < 8
