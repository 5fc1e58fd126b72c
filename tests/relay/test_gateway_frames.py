"""The gateway with keypads and rating boxes that speak the CRC-16 frame or something foreign, on the line of a bar."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

from drivers.device import DeviceState
from drivers.seams.modbus_twin import SimulatedBar, SimulatedBus, SimulatedKeypad, SimulatedRater
from drivers.seams.twin_tongues import CallerTongue
from queue_server.contract import messages as m
from queue_server.contract.messages import Event, RatingState, Snapshot, Text, WindowMode, WindowView
from queue_server.domain.hall import Device
from queue_server.relay.gateway import Gateway

NOW = datetime(2026, 5, 6, 9, 0, tzinfo=UTC)
LINE = "serial://${BUS}?baud=19200&unit="
CALLER = {
    "poll": "FF 68 02 02 68 {addr:u8} 01 {sum8:addr..} 16",
    "press": r"\xFF\x68\x03\x03\x68 (?P<addr>.) \x81 (?P<code>.) (?P<check>.) \x16",
    "nothing": r"\xFF\x68\x02\x02\x68 (?P<addr>.) \x81 . \x16",
    "check": "sum8:addr..code",
    "codes": "01=call-next 02=recall",
    "debounce": 200,
    "echo": False,
}
DEVICES = (
    Device(
        "bar3", "window_display", "modbus_bar", "modbus+serial://${BUS}?baud=19200&unit=3", "3", None, {"columns": 16}
    ),
    Device("keypad4", "keypad", "crc_frame", LINE + "4", "4"),
    Device("rater4", "rating_device", "crc_frame", LINE + "14", "4"),
    Device("keypad5", "keypad", "foreign", LINE + "5", "5", None, CALLER),
)


class Link:
    """A hall that remembers what it was asked."""

    def __init__(self) -> None:
        until = NOW + timedelta(seconds=60)
        self.windows = {number: self.window(number) for number in ("3", "5")}
        self.windows["4"] = self.window("4", service="s1", rating=RatingState.INVITED, rating_until=until)
        self.asked: list[m.Command] = []

    @staticmethod
    def window(number: str, **more: object) -> WindowView:
        return WindowView(id=number, name=Text(zh=number), zone="Z1", mode=WindowMode.OPEN, **more)  # type: ignore[arg-type]  # because these are its fields

    async def carry_out(self, command: m.Command, key: str) -> None:
        if not isinstance(command, m.ReportTerminal):
            self.asked.append(command)

    async def snapshot(self) -> Snapshot:
        return Snapshot(seq=0, at=NOW, queues={}, windows=self.windows, tickets={}, calls=())

    async def events(self, after: int) -> AsyncIterator[Event]:
        await asyncio.Event().wait()
        yield Event(seq=after + 1, type="x", at=NOW, data={})


async def eventually(what: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.01)


async def test_three_protocols_on_one_line_do_their_work() -> None:
    keypad, rater, caller, hall = SimulatedKeypad(), SimulatedRater(), SimulatedKeypad(), Link()
    tongue = CallerTongue({5: caller})
    with SimulatedBus({3: SimulatedBar()}, frames={4: keypad, 14: rater}, tongues=(tongue,)) as bus:
        gateway = Gateway(DEVICES, hall, {"BUS": bus.path}, wall_clock=lambda: NOW)
        await gateway.start()
        try:
            await eventually(lambda: all(one.state is DeviceState.READY for one in gateway.statuses().values()))
            await eventually(lambda: bus.bar(3).text == "欢迎光临")
            await asyncio.to_thread(rater.wait_for_invitation)
            keypad.press("recall")
            rater.press("satisfied")
            await eventually(lambda: len(hall.asked) == 2)
            caller.press("call-next")
            await eventually(lambda: len(hall.asked) == 3)
            await eventually(lambda: not keypad.unacknowledged and not rater.unacknowledged)
        finally:
            await gateway.stop()
    rated = m.RateService(service="s1", level=m.Level.SATISFIED, channel=m.RatingChannel.DEVICE)
    assert hall.asked[2] == m.CallNext(window="5")
    assert m.Recall(window="4") in hall.asked
    assert rated in hall.asked
