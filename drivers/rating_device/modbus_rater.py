"""Rating box on a Modbus RTU bus, map v1 (invitation in holding register 12, presses in input registers 10 to 13)."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from drivers.device import DeviceError, Fault, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.rating_device.codec import decode_level
from drivers.rating_device.port import RatingPress
from drivers.seams.modbus import ModbusBus, bus_of
from drivers.seams.modbus_events import EventLine
from drivers.seams.modbus_map import SESSION, NodeClass, identify, probe_node

IDLE = 0


class ModbusRater:
    """Invites for one service at a time. A press carries its session, so it never counts for the next one."""

    def __init__(self, bus: ModbusBus, unit: int) -> None:
        self._bus = bus
        self._unit = unit
        self._events = EventLine(bus, unit)
        self._lock = threading.Lock()
        self._session = IDLE
        self._era = 0

    def open(self) -> None:
        self._events.start()
        identify(self._bus, self._unit, NodeClass.RATER)

    def close(self) -> None:
        """Nothing to give back; the bus belongs to others, too."""

    def probe(self) -> Status:
        return probe_node(self._bus, self._unit, NodeClass.RATER)

    def invite(self, session: int) -> None:
        if not 1 <= session <= 0xFFFF:
            raise DeviceError(Fault.BAD_DATA, "a session is 1..65535")
        with self._lock:
            self._session = session
            self._bus.write(self._unit, SESSION, (session,))

    def withdraw(self) -> None:
        with self._lock:
            self._session = IDLE
            self._bus.write(self._unit, SESSION, (IDLE,))

    def poll(self) -> RatingPress | None:
        """The oldest press; raises BAD_DATA (and forgets the press) for what is no level.

        A box that was without power is invited again for the running session.
        """
        with self._lock:
            event = self._events.poll()
            if self._events.era != self._era:
                self._bus.write(self._unit, SESSION, (self._session,))
                self._era = self._events.era
        if event is None:
            return None
        try:
            level = decode_level(event.code)
        except DeviceError:
            self._events.acknowledge(event.sequence)
            raise
        return RatingPress(level, event.sequence, event.session, event.age)

    def acknowledge(self, press: RatingPress) -> None:
        self._events.acknowledge(press.sequence)


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> ModbusRater:
    """From ``modbus+serial:///dev/…?unit=18``. Raises CONFIGURATION."""
    del options
    return ModbusRater(*bus_of(url, shared))
