"""A window with wired devices from the called number to the rating: real office, real drivers, simulated bus."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import assets
from drivers.device import DeviceState
from drivers.seams.modbus_twin import SimulatedBar, SimulatedBus, SimulatedKeypad, SimulatedRater
from queue_server.contract import messages as m
from queue_server.relay.gateway import Gateway
from queue_server.relay.hall_link import OfficeLink
from queue_server.storage.init import init
from queue_server.storage.office import open_office
from queue_server.usecases.ports import Actor, Office


class NoHash:
    """Passwords are not what this is about, and argon2 takes its time on purpose."""

    def hash(self, password: str) -> str:
        return f"plain:{password}"

    def verify(self, hashed: str, password: str) -> bool:
        return hashed == f"plain:{password}"


@pytest.fixture
def bus() -> Iterator[SimulatedBus]:
    with SimulatedBus({3: SimulatedBar(), 8: SimulatedKeypad(), 18: SimulatedRater()}) as wire:
        yield wire


@pytest.fixture
async def office(tmp_path: Path, clock: Any) -> AsyncIterator[Office]:
    url = f"sqlite:///{tmp_path / 'hall.db'}"
    await asyncio.to_thread(init, url, assets.DEMO_HALL.read_text(encoding="utf-8"), hasher=NoHash(), clock=clock)
    made = open_office(url, public_url="http://hall", clock=clock)
    await made.start()
    yield made
    await made.close()


@pytest.fixture
async def gateway(bus: SimulatedBus, office: Office, clock: Any) -> AsyncIterator[Gateway]:
    hall = await office.hall("demo")
    link = OfficeLink(office, "demo", Actor("demo", m.Role.GATEWAY, "gateway"))
    on_the_bus = [device for device in hall.devices if "${BUS}" in device.url]
    made = Gateway(on_the_bus, link, {"BUS": bus.path}, wall_clock=clock.now)
    await made.start()
    await eventually(lambda: all(status.state is DeviceState.READY for status in made.statuses().values()))
    yield made
    await made.stop()


async def eventually(what: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.01)


async def state_of(office: Office, window: str) -> m.WindowView:
    return (await office.snapshot("demo")).windows[window]


async def until(office: Office, window: str, what: Callable[[m.WindowView], bool]) -> m.WindowView:
    end = time.monotonic() + 20
    while not what(view := await state_of(office, window)):
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.02)
    return view


async def test_an_officer_with_a_keypad_and_a_citizen_with_a_rating_box(
    gateway: Gateway, bus: SimulatedBus, office: Office
) -> None:
    del gateway
    desk = Actor("demo", m.Role.INTEGRATOR, "desk")
    for _ in range(2):
        await office.carry_out(m.TakeTicket(queue="D"), desk)
    keypad, rater = bus.keypad(8), bus.rater(18)
    keypad.press("pause")
    await until(office, "8", lambda view: view.mode is m.WindowMode.OPEN)
    keypad.press("call-next")
    view = await until(office, "8", lambda view: view.ticket is not None)
    assert view.ticket is not None
    assert (view.ticket.number, view.ticket.state) == ("D001", m.TicketState.CALLING)
    keypad.press("start")
    view = await until(office, "8", lambda view: view.service is not None)
    service = view.service
    keypad.press("finish")
    await asyncio.to_thread(rater.wait_for_invitation)
    assert rater.press("dissatisfied"), "a box has no keys for reasons, and a bad rating counts all the same"
    await until(office, "8", lambda view: view.rating is m.RatingState.SUBMITTED)
    await eventually(lambda: not rater.invited and not keypad.unacknowledged and not rater.unacknowledged)
    assert service is not None
    rating = await office.service_rating("demo", service)
    assert (rating.level, rating.channel) == (m.Level.DISSATISFIED, m.RatingChannel.DEVICE)
    keypad.press("call-next")
    view = await until(office, "8", lambda view: view.ticket is not None)
    assert view.ticket is not None
    assert view.ticket.number == "D002"


async def test_the_bar_follows_its_window(gateway: Gateway, bus: SimulatedBus, office: Office) -> None:
    del gateway
    desk = Actor("demo", m.Role.INTEGRATOR, "desk")
    bar = bus.bar(3)
    await asyncio.to_thread(bar.wait_for, lambda text: text == "本窗口未开放")
    await office.carry_out(m.OpenWindow(window="3"), desk)
    await asyncio.to_thread(bar.wait_for, lambda text: text == "欢迎光临")
    await office.carry_out(m.TakeTicket(queue="A"), desk)
    started = time.monotonic()
    await office.carry_out(m.CallNext(window="3"), desk)
    await asyncio.to_thread(bar.wait_for, lambda text: text == "A001 请到3号窗口")
    print(f"call to bar: {(time.monotonic() - started) * 1000:.0f} ms")  # noqa: T201  # because it is a figure to look at
    await office.carry_out(m.PassOver(window="3"), desk)
    await asyncio.to_thread(bar.wait_for, lambda text: text == "欢迎光临")
    await office.carry_out(m.PauseWindow(window="3"), desk)
    await asyncio.to_thread(bar.wait_for, lambda text: text == "本窗口暂停服务")
    assert bar.shown[-4:] == ["欢迎光临", "A001 请到3号窗口", "欢迎光临", "本窗口暂停服务"]
