"""The uptime of a node is a counter of 16 bits: it wraps every 18 hours, and a power cut must be told from that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from drivers.seams.bus_line import Within
from drivers.seams.modbus import ModbusBus
from drivers.seams.modbus_events import EventLine
from drivers.seams.modbus_map import ACKNOWLEDGED, EVENT, UPTIME

RANGE = 0x10000


@dataclass
class Node:
    """A keypad of map v1 without a line, and the clock of both."""

    now: float = 1000.0
    born: float = 900.0
    acknowledged: int = 0
    presses: list[int] = field(default_factory=list)

    def press(self, code: int) -> None:
        self.presses.append(code)

    def power_cycle(self) -> None:
        self.born, self.acknowledged, self.presses = self.now, 0, []

    def read_input(self, unit: int, address: int, count: int, within: Within | None = None) -> tuple[int, ...]:
        del unit, within
        waiting = self.acknowledged < len(self.presses)
        shown = self.acknowledged + 1 if waiting else self.acknowledged
        known = {UPTIME: int(self.now - self.born) % RANGE, EVENT: shown}
        known[EVENT + 1] = self.presses[shown - 1] if shown else 0
        return tuple(known.get(number, 0) for number in range(address, address + count))

    def read_holding(self, unit: int, address: int, count: int, within: Within | None = None) -> tuple[int, ...]:
        assert (address, count) == (ACKNOWLEDGED, 1)
        del unit, within
        return (self.acknowledged,)

    def write(self, unit: int, address: int, values: Sequence[int], within: Within | None = None) -> None:
        assert address == ACKNOWLEDGED
        del unit, within
        (self.acknowledged,) = values


class Bus(Node, ModbusBus):
    """What the events are asked of."""


@pytest.fixture
def node() -> Bus:
    return Bus()


@pytest.fixture
def events(node: Bus) -> EventLine:
    made = EventLine(node, 8, lambda: node.now)
    assert made.poll() is None
    return made


def taken(node: Bus, events: EventLine, code: int) -> int:
    """The number under which a press is given out and acknowledged."""
    node.press(code)
    event = events.poll()
    assert event is not None
    assert event.code == code
    events.acknowledge(event.sequence)
    return event.sequence


def lives(node: Bus, events: EventLine, seconds: float, every: float = 60.0) -> None:
    """Asks it in peace for so long."""
    end = node.now + seconds
    while node.now < end:
        node.now += min(every, end - node.now)
        assert events.poll() is None


@pytest.mark.parametrize("days", [0, 1, 7, 90])
@pytest.mark.parametrize("before_wrap", [400, 200, 30])
def test_a_power_cut_shortly_before_the_counter_wraps_is_noticed_after_any_time(
    node: Bus, events: EventLine, days: int, before_wrap: int
) -> None:
    first = taken(node, events, 2)
    rounds = max(1, days * 86_400 // RANGE)
    lives(node, events, node.born + rounds * RANGE - before_wrap - node.now, every=600.0)
    node.power_cycle()
    node.now += 2
    assert taken(node, events, 2) != first
    assert events.era == 1


def test_a_counter_that_wraps_is_no_power_cut(node: Bus, events: EventLine) -> None:
    lives(node, events, 3 * 86_400)
    assert events.era == 0


def test_a_counter_that_wraps_while_the_line_is_away_is_no_power_cut(node: Bus, events: EventLine) -> None:
    lives(node, events, node.born + 64_000 - node.now)
    node.press(3)
    before = events.poll()
    node.now += 2000
    assert events.poll() == before
    assert events.era == 0


def test_a_power_cut_while_the_line_is_away_is_noticed(node: Bus, events: EventLine) -> None:
    first = taken(node, events, 2)
    lives(node, events, 3600)
    node.now += 10_000
    node.power_cycle()
    node.now += 5000
    assert taken(node, events, 2) != first
