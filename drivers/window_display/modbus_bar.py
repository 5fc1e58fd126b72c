"""LED bar on a Modbus RTU bus, map v1 (function 16 to registers 20 and up)."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from drivers.device import DeviceError, Fault, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.modbus import ModbusBus, bus_of
from drivers.seams.modbus_map import COMMAND, NodeClass, identify, probe_node
from drivers.window_display.codec import encode_command, encode_text, next_sequence
from drivers.window_display.port import DisplayCapabilities, Style


class ModbusBar:
    """Shows one line. A bar takes a command when its sequence changes, so a repeated frame does nothing."""

    def __init__(self, bus: ModbusBus, unit: int, columns: int) -> None:
        self._bus = bus
        self._unit = unit
        self._columns = columns
        self._lock = threading.Lock()
        self._sequence: int | None = None

    @property
    def capabilities(self) -> DisplayCapabilities:
        return DisplayCapabilities(columns=self._columns)

    def open(self) -> None:
        with self._lock:
            self._sequence = None
            identify(self._bus, self._unit, NodeClass.DISPLAY)

    def close(self) -> None:
        """The bar goes on showing its line; the bus belongs to others, too."""

    def probe(self) -> Status:
        return probe_node(self._bus, self._unit, NodeClass.DISPLAY)

    def show(self, text: str, style: Style = Style.STEADY) -> None:
        """Shows a line; one that is longer than the bar scrolls whatever the style."""
        if len(encode_text(text)) > self._columns:
            style = Style.SCROLL
        with self._lock:
            if self._sequence is None:
                (self._sequence,) = self._bus.read_holding(self._unit, COMMAND, 1)
            sequence = next_sequence(self._sequence)
            self._bus.write(self._unit, COMMAND, encode_command(sequence, text, style))
            self._sequence = sequence

    def clear(self) -> None:
        self.show("")

    def lost_its_text(self) -> bool:
        """True after the bar was without power: its registers are 0 again. Raises what the bus raises."""
        with self._lock:
            if not self._sequence:
                return False
            (sequence,) = self._bus.read_holding(self._unit, COMMAND, 1)
            lost = sequence == 0
            if lost:
                self._sequence = 0
            return lost


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> ModbusBar:
    """From ``modbus+serial:///dev/…?unit=3`` and the option ``columns`` (default 16). Raises CONFIGURATION."""
    bus, unit = bus_of(url, shared)
    columns = str(options.get("columns", url.options.get("columns", "16")))
    if not columns.isdigit() or not 4 <= int(columns) <= 128:
        raise DeviceError(Fault.CONFIGURATION, "columns is not 4..128")
    return ModbusBar(bus, unit, int(columns))
