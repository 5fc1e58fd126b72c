"""LED bar on a Modbus RTU bus, map v1 (function 16 to registers 20 and up)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace

from drivers.device import Action, Condition, DeviceError, DeviceState, Fault, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.modbus import ModbusBus, bus_of
from drivers.seams.modbus_map import COMMAND, NodeClass, identify, probe_node
from drivers.window_display.codec import encode_command, encode_text, next_sequence
from drivers.window_display.port import DisplayCapabilities, Style

BLANK = Condition("display.blank", Action.NONE)


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
        """How the bar is; ``display.blank`` after it was without power, since its text lives in RAM."""
        status = probe_node(self._bus, self._unit, NodeClass.DISPLAY)
        if status.state not in (DeviceState.READY, DeviceState.IMPAIRED) or not self._lost_its_text():
            return status
        return replace(status, state=DeviceState.IMPAIRED, conditions=(*status.conditions, BLANK))

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

    def _lost_its_text(self) -> bool:
        with self._lock:
            if not self._sequence:
                return False
            try:
                (sequence,) = self._bus.read_holding(self._unit, COMMAND, 1)
            except DeviceError:
                return False  # the next probe will say
            if sequence == 0:
                self._sequence = None
            return sequence == 0


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> ModbusBar:
    """From ``modbus+serial:///dev/…?unit=3`` and the option ``columns`` (default 16). Raises CONFIGURATION."""
    bus, unit = bus_of(url, shared)
    columns = str(options.get("columns", url.options.get("columns", "16")))
    if not columns.isdigit() or not 4 <= int(columns) <= 128:
        raise DeviceError(Fault.CONFIGURATION, "columns is not 4..128")
    return ModbusBar(bus, unit, int(columns))
