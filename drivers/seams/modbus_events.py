"""Events of a node (key presses), taken exactly once under polling, lost replies and power cuts of the node.

The node shows its oldest event until the master writes that event's sequence to the acknowledge register.
Sequences here go on growing when the node starts again from 1, so that one never means two presses.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from drivers.seams.bus_line import Within
from drivers.seams.modbus import ModbusBus
from drivers.seams.modbus_map import ACKNOWLEDGED, EVENT, EVENT_COUNT, UPTIME

_UPTIME_RANGE = 0x10000
_CLOCKS_DIFFER = 3.0
"""Seconds by which two sound clocks may differ; 0.2 % of the time between two looks are allowed on top."""
_ERA = 16
"""Bits of the node's own sequence; above them stands how often it was seen to start again."""


@dataclass(frozen=True, slots=True)
class NodeEvent:
    """One event as the node shows it. ``age`` in seconds."""

    sequence: int
    code: int
    age: float
    session: int


class EventLine:
    """The events of one node. Every method raises what the bus raises."""

    def __init__(self, bus: ModbusBus, unit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._bus = bus
        self._unit = unit
        self._lock = threading.Lock()
        self._acknowledged: int | None = None
        self._uptime = 0
        self._looked_at: float | None = None
        """When the node said that uptime, by our clock."""
        self._era = 0

    def start(self) -> None:
        """Forgets what was known; the next poll asks the node what was acknowledged."""
        with self._lock:
            self._acknowledged = None

    @property
    def era(self) -> int:
        """Grows whenever the node was seen to have started again; it has then forgotten its registers."""
        return self._era

    def poll(self, within: Within | None = None) -> NodeEvent | None:
        """The oldest event that was not acknowledged, or None."""
        with self._lock:
            registers = self._bus.read_input(self._unit, UPTIME, EVENT + EVENT_COUNT - UPTIME, within)
            now, uptime = self._clock(), registers[0]
            sequence, code, age, session = registers[EVENT - UPTIME :]
            restarted = self._restarted(uptime, now)
            if self._acknowledged is None or restarted:
                (self._acknowledged,) = self._bus.read_holding(self._unit, ACKNOWLEDGED, 1, within)
            if restarted:
                self._era += 1
            self._uptime, self._looked_at = uptime, now
            if sequence in (0, self._acknowledged):
                return None
            return NodeEvent(self._era << _ERA | sequence, code, float(age), session)

    def _restarted(self, uptime: int, now: float) -> bool:
        """Whether the node runs for less long than it should by now; its counter wraps after 65,536 s."""
        if self._looked_at is None:
            return False
        passed = now - self._looked_at
        slack = _CLOCKS_DIFFER + 0.002 * passed
        expected = self._uptime + passed
        if uptime < self._uptime and expected + slack < _UPTIME_RANGE:
            return True
        behind = (expected - uptime + _UPTIME_RANGE / 2) % _UPTIME_RANGE - _UPTIME_RANGE / 2
        return abs(behind) > slack

    def acknowledge(self, sequence: int, within: Within | None = None) -> None:
        """Says that an event was dealt with; of an event from before a restart there is nothing left to say."""
        with self._lock:
            if sequence >> _ERA != self._era:
                return
            own = sequence & ((1 << _ERA) - 1)
            self._acknowledged = None  # when this fails, only the node knows whether it heard it
            self._bus.write(self._unit, ACKNOWLEDGED, (own,), within)
            self._acknowledged = own
