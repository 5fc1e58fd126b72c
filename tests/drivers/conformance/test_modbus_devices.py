"""What every model of a bar, a keypad and a rating box must do, asked of the models that exist."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from drivers.device import Device, DeviceError, DeviceState, Fault
from drivers.keypad.port import Keypad, KeypadKey
from drivers.loading import SharedPorts, make_device
from drivers.rating_device.port import RatingDevice, RatingKey
from drivers.seams.modbus_twin import SimulatedBar, SimulatedBus, SimulatedKeypad, SimulatedRater
from drivers.window_display.port import Style, WindowDisplay

MODELS = [("window_display", "modbus_bar", 3), ("keypad", "modbus_keypad", 8), ("rating_device", "modbus_rater", 18)]


@dataclass
class Stand:
    bus: SimulatedBus
    shared: SharedPorts

    def make(self, kind: str, model: str, unit: int) -> Device:
        return make_device(kind, model, self.bus.url(unit), {"columns": "16"}, self.shared)


@pytest.fixture
def stand() -> Iterator[Stand]:
    with SimulatedBus({3: SimulatedBar(), 8: SimulatedKeypad(), 18: SimulatedRater()}) as bus:
        shared = SharedPorts()
        yield Stand(bus, shared)
        shared.close()


@pytest.mark.parametrize(("kind", "model", "unit"), MODELS)
class TestEveryDevice:
    def test_opens_again_and_again_and_closes_twice(self, stand: Stand, kind: str, model: str, unit: int) -> None:
        device = stand.make(kind, model, unit)
        for _ in range(5):
            device.open()
            assert device.probe().state is DeviceState.READY
            device.close()
            device.close()

    def test_is_absent_without_its_bus_and_returns(self, stand: Stand, kind: str, model: str, unit: int) -> None:
        device = stand.make(kind, model, unit)
        stand.bus.unplug()
        with pytest.raises(DeviceError) as caught:
            device.open()
        assert caught.value.fault is Fault.ABSENT
        assert device.probe().state is DeviceState.ABSENT
        stand.bus.plug_in()
        end = time.monotonic() + 20
        while device.probe().state is not DeviceState.READY:
            assert time.monotonic() < end
            time.sleep(0.05)
        device.open()

    def test_is_unknown_while_it_is_silent(self, stand: Stand, kind: str, model: str, unit: int) -> None:
        device = stand.make(kind, model, unit)
        device.open()
        stand.bus.nodes[unit].faults.silent = True
        started = time.monotonic()
        status = device.probe()
        assert time.monotonic() - started < 4
        assert status.state is DeviceState.UNKNOWN
        assert [condition.code for condition in status.conditions] == ["node.silent"]

    def test_says_that_it_is_a_wrong_device(self, stand: Stand, kind: str, model: str, unit: int) -> None:
        other = {3: 8, 8: 18, 18: 3}[unit]
        device = stand.make(kind, model, other)
        with pytest.raises(DeviceError) as caught:
            device.open()
        assert caught.value.fault is Fault.CONFIGURATION
        assert device.probe().state is DeviceState.FAULT

    def test_its_url_is_checked_when_it_is_made(self, stand: Stand, kind: str, model: str, unit: int) -> None:
        del stand, unit
        with pytest.raises(DeviceError) as caught:
            make_device(kind, model, "modbus+serial:///dev/x?unit=many")
        assert caught.value.fault is Fault.CONFIGURATION


def bar_of(stand: Stand) -> WindowDisplay:
    device = stand.make(*MODELS[0])
    assert isinstance(device, Device)
    device.open()
    return device  # type: ignore[return-value]  # because make_device gives what the kind says


def test_a_bar_shows_clears_and_scrolls(stand: Stand) -> None:
    bar, twin = bar_of(stand), stand.bus.bar(3)
    assert bar.capabilities.columns == 16
    bar.show("A012 请到3号窗口", Style.BLINK)
    assert (twin.text, twin.style) == ("A012 请到3号窗口", 1)
    bar.show("本窗口因系统维护暂停服务", Style.STEADY)
    assert twin.style == 2
    bar.clear()
    assert twin.text == ""


def test_a_bar_refuses_what_it_cannot_show_and_keeps_its_line(stand: Stand) -> None:
    bar, twin = bar_of(stand), stand.bus.bar(3)
    bar.show("欢迎光临")
    with pytest.raises(DeviceError) as caught:
        bar.show("😀")
    assert caught.value.fault is Fault.BAD_DATA
    assert twin.text == "欢迎光临"


def test_a_keypad_gives_every_key_in_order(stand: Stand) -> None:
    keypad: Keypad = stand.make(*MODELS[1])  # type: ignore[assignment]  # as above
    keypad.open()
    assert keypad.poll() is None
    for key in KeypadKey:
        stand.bus.keypad(8).press(key.value)
    sequences = []
    for key in KeypadKey:
        press = keypad.poll()
        assert press is not None
        assert press.key is key
        sequences.append(press.sequence)
        keypad.acknowledge(press)
    assert keypad.poll() is None
    assert sequences == sorted(set(sequences))


def test_a_press_is_not_lost_when_the_driver_is_made_anew(stand: Stand) -> None:
    keypad: Keypad = stand.make(*MODELS[1])  # type: ignore[assignment]  # as above
    keypad.open()
    stand.bus.keypad(8).press("start")
    first = keypad.poll()
    assert first is not None
    again: Keypad = stand.make(*MODELS[1])  # type: ignore[assignment]  # as above
    again.open()
    second = again.poll()
    assert second is not None
    assert second.key is first.key
    again.acknowledge(second)
    assert again.poll() is None


def test_a_rating_box_takes_presses_only_while_it_invites(stand: Stand) -> None:
    rater: RatingDevice = stand.make(*MODELS[2])  # type: ignore[assignment]  # as above
    rater.open()
    twin = stand.bus.rater(18)
    assert not twin.press("satisfied")
    for session, level in enumerate(RatingKey, 1):
        rater.invite(session)
        assert twin.invited
        assert twin.press(level.value)
        press = rater.poll()
        assert press is not None
        assert (press.level, press.session) == (level, session)
        rater.acknowledge(press)
        assert rater.poll() is None
    rater.withdraw()
    assert not twin.invited
    assert not twin.press("satisfied")
    with pytest.raises(DeviceError):
        rater.invite(0)
