"""Officer's keypad on a Modbus RTU bus, map v1 (input registers 10 to 12, acknowledge in holding register 10)."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.device import DeviceError, Status
from drivers.keypad.codec import decode_key
from drivers.keypad.port import KeyPress
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.modbus import ModbusBus, bus_of
from drivers.seams.modbus_events import EventLine
from drivers.seams.modbus_map import NodeClass, identify, probe_node


class ModbusKeypad:
    """Every press is given out until it is acknowledged, and never after."""

    def __init__(self, bus: ModbusBus, unit: int) -> None:
        self._bus = bus
        self._unit = unit
        self._events = EventLine(bus, unit)

    def open(self) -> None:
        self._events.start()
        identify(self._bus, self._unit, NodeClass.KEYPAD)

    def close(self) -> None:
        """Nothing to give back; the bus belongs to others, too."""

    def probe(self) -> Status:
        return probe_node(self._bus, self._unit, NodeClass.KEYPAD)

    def poll(self) -> KeyPress | None:
        """The oldest press; raises BAD_DATA (and forgets the press) for a key that does not exist."""
        event = self._events.poll()
        if event is None:
            return None
        try:
            key = decode_key(event.code)
        except DeviceError:
            self._events.acknowledge(event.sequence)
            raise
        return KeyPress(key, event.sequence, event.age)

    def acknowledge(self, press: KeyPress) -> None:
        self._events.acknowledge(press.sequence)


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> ModbusKeypad:
    """From ``modbus+serial:///dev/…?unit=8``. Raises CONFIGURATION."""
    del options
    return ModbusKeypad(*bus_of(url, shared))
