"""Officer's keypad on a Modbus RTU bus, map v1 (input registers 10 to 12, acknowledge in holding register 10)."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.device import Cancel, DeviceError, Status
from drivers.keypad.codec import decode_key
from drivers.keypad.port import TIMEOUT, KeypadCapabilities, KeyPress
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.bus_line import OPEN_SECONDS, Tenant, Within
from drivers.seams.modbus import ModbusBus, bus_of
from drivers.seams.modbus_events import EventLine
from drivers.seams.modbus_map import NodeClass, identify, probe_node


class ModbusKeypad:
    """Every press is given out until it is acknowledged, and never after."""

    capabilities = KeypadCapabilities(exactly_once=True)

    def __init__(self, bus: ModbusBus, unit: int) -> None:
        self._bus = bus
        self._unit = unit
        self._events = EventLine(bus, unit)
        self._tenant = Tenant()

    def open(self) -> None:
        identify(self._bus, self._unit, NodeClass.KEYPAD, Within.seconds(OPEN_SECONDS))
        self._events.start()
        self._tenant.open()

    def close(self) -> None:
        """Ends what is under way; the bus belongs to others, too."""
        self._tenant.close()

    def probe(self) -> Status:
        return probe_node(self._bus, self._unit, NodeClass.KEYPAD)

    def poll(self, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> KeyPress | None:
        """The oldest press; raises BAD_DATA (and forgets the press) for a key that does not exist."""
        within = self._tenant.within(timeout, cancel)
        event = self._events.poll(within)
        if event is None:
            return None
        try:
            key = decode_key(event.code)
        except DeviceError:
            self._events.acknowledge(event.sequence, within)
            raise
        return KeyPress(key, event.sequence, event.age)

    def acknowledge(self, press: KeyPress, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> None:
        self._events.acknowledge(press.sequence, self._tenant.within(timeout, cancel))


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> ModbusKeypad:
    """From ``modbus+serial:///dev/…?unit=8``. Raises CONFIGURATION."""
    return ModbusKeypad(*bus_of(url, shared, options))
