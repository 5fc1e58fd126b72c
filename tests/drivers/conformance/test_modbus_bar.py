"""A bar by map v1: what was lost on the wire, cancelled or closed never leaves an old line where a new one belongs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from drivers.device import Cancel, DeviceError, Fault
from drivers.loading import SharedPorts, make_device
from drivers.seams.modbus_twin import SimulatedBar, SimulatedBus
from drivers.window_display.port import Style, WindowDisplay


@pytest.fixture
def bus() -> Iterator[SimulatedBus]:
    with SimulatedBus({3: SimulatedBar(), 4: SimulatedBar()}) as wire:
        yield wire


@pytest.fixture
def shared() -> Iterator[SharedPorts]:
    ports = SharedPorts()
    yield ports
    ports.close()


def bar(bus: SimulatedBus, shared: SharedPorts, unit: int = 3) -> WindowDisplay:
    made = make_device("window_display", "modbus_bar", bus.url(unit), {}, shared)
    made.open()
    return made  # type: ignore[return-value]  # because make_device gives what the kind says


def test_a_line_whose_answers_were_lost_does_not_swallow_the_next_one(bus: SimulatedBus, shared: SharedPorts) -> None:
    made, twin = bar(bus, shared), bus.bar(3)
    twin.faults.lost_replies = 1
    made.show("A001")
    assert twin.shown == ["A001"], "the repeated frame has no second effect"
    twin.faults.lost_requests = 1
    twin.faults.lost_replies = 1
    with pytest.raises(DeviceError) as caught:
        made.show("A002")
    assert (caught.value.fault, caught.value.uncertain) == (Fault.SILENT, True)
    made.show("A003")
    assert twin.text == "A003"


def test_what_was_called_off_or_came_to_a_closed_bar_is_not_shown(bus: SimulatedBus, shared: SharedPorts) -> None:
    made, twin = bar(bus, shared), bus.bar(3)
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(DeviceError) as caught:
        made.show("A001", cancel=cancel)
    assert (caught.value.fault, caught.value.uncertain) == (Fault.CANCELLED, False)
    made.close()
    with pytest.raises(DeviceError) as closed:
        made.show("A001")
    assert closed.value.fault is Fault.ABSENT
    assert twin.shown == []


def test_a_bar_says_honestly_what_it_cannot(bus: SimulatedBus, shared: SharedPorts) -> None:
    made = bar(bus, shared)
    assert made.capabilities.styles == set(Style)
    assert (made.capabilities.brightness_levels, made.capabilities.switches) == (0, False)
    for command in (lambda: made.set_brightness(3), lambda: made.switch(False)):
        with pytest.raises(DeviceError) as caught:
            command()
        assert caught.value.fault is Fault.UNSUPPORTED


def test_closing_one_bar_leaves_the_others_of_the_bus_working(bus: SimulatedBus, shared: SharedPorts) -> None:
    first, second = bar(bus, shared, 3), bar(bus, shared, 4)
    first.close()
    second.show("B001")
    assert bus.bar(4).text == "B001"
