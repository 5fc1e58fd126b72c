"""Rating box on a Modbus RTU bus, map v1 (invitation in holding register 12, presses in input registers 10 to 13)."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from drivers.device import Cancel, DeviceError, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.rating_device.codec import IDLE, checked_session, decode_level
from drivers.rating_device.port import TIMEOUT, RatingCapabilities, RatingPress
from drivers.seams.bus_line import OPEN_SECONDS, Tenant, Within
from drivers.seams.modbus import ModbusBus, bus_of
from drivers.seams.modbus_events import EventLine
from drivers.seams.modbus_map import SESSION, NodeClass, identify, probe_node


class ModbusRater:
    """Invites for one service at a time. A press carries its session, so it never counts for the next one."""

    capabilities = RatingCapabilities(exactly_once=True)

    def __init__(self, bus: ModbusBus, unit: int) -> None:
        self._bus = bus
        self._unit = unit
        self._events = EventLine(bus, unit)
        self._tenant = Tenant()
        self._lock = threading.Lock()
        self._session = IDLE
        self._era = 0

    def open(self) -> None:
        identify(self._bus, self._unit, NodeClass.RATER, Within.seconds(OPEN_SECONDS))
        self._events.start()
        self._tenant.open()

    def close(self) -> None:
        """Ends what is under way; the bus belongs to others, too."""
        self._tenant.close()

    def probe(self) -> Status:
        return probe_node(self._bus, self._unit, NodeClass.RATER)

    def invite(self, session: int, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> None:
        self._become(checked_session(session), self._tenant.within(timeout, cancel))

    def withdraw(self, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> None:
        self._become(IDLE, self._tenant.within(timeout, cancel))

    def poll(self, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> RatingPress | None:
        """The oldest press; raises BAD_DATA (and forgets the press) for what is no level.

        A box that was without power is invited again for the running session.
        """
        within = self._tenant.within(timeout, cancel)
        with self._lock:
            event = self._events.poll(within)
            if self._events.era != self._era:
                self._bus.write(self._unit, SESSION, (self._session,), within)
                self._era = self._events.era
        if event is None:
            return None
        try:
            level = decode_level(event.code)
        except DeviceError:
            self._events.acknowledge(event.sequence, within)
            raise
        return RatingPress(level, event.sequence, event.session, event.age)

    def acknowledge(self, press: RatingPress, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> None:
        self._events.acknowledge(press.sequence, self._tenant.within(timeout, cancel))

    def _become(self, session: int, within: Within) -> None:
        with self._lock:
            self._session = session
            self._bus.write(self._unit, SESSION, (session,), within)


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> ModbusRater:
    """From ``modbus+serial:///dev/…?unit=18``. Raises CONFIGURATION."""
    return ModbusRater(*bus_of(url, shared, options))
