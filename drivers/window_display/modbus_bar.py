"""LED bar on a Modbus RTU bus, map v1 (function 16 to registers 20 and up)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace

from drivers.device import Action, Cancel, Condition, DeviceError, DeviceState, Fault, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.bus_line import Within
from drivers.seams.modbus import ModbusBus, bus_of
from drivers.seams.modbus_map import COMMAND, NodeClass, identify, probe_node
from drivers.window_display.codec import encode_command, encode_text, next_sequence
from drivers.window_display.port import SHOW_SECONDS, DisplayCapabilities, Style
from drivers.window_display.turns import Turns

BLANK = Condition("display.blank", Action.NONE)


class ModbusBar:
    """Shows one line. A bar takes a command when its sequence changes, so a repeated frame does nothing."""

    def __init__(self, bus: ModbusBus, unit: int, columns: int) -> None:
        self._bus = bus
        self._unit = unit
        self._columns = columns
        self._turns = Turns()
        self._lock = threading.Lock()
        self._sequence: int | None = None

    @property
    def capabilities(self) -> DisplayCapabilities:
        return DisplayCapabilities(columns=self._columns)

    def open(self) -> None:
        with self._lock:
            self._sequence = None
            identify(self._bus, self._unit, NodeClass.DISPLAY)
            self._turns.begin()

    def close(self) -> None:
        """The bar goes on showing its line; the bus belongs to others, too."""
        self._turns.end()

    def probe(self) -> Status:
        """How the bar is; ``display.blank`` after it was without power, since its text lives in RAM."""
        status = probe_node(self._bus, self._unit, NodeClass.DISPLAY)
        if status.state not in (DeviceState.READY, DeviceState.IMPAIRED) or not self._lost_its_text():
            return status
        return replace(status, state=DeviceState.IMPAIRED, conditions=(*status.conditions, BLANK))

    def show(
        self, text: str, style: Style = Style.STEADY, timeout: float = SHOW_SECONDS, cancel: Cancel | None = None
    ) -> None:
        """Shows a line; one that is longer than the bar scrolls whatever the style."""
        if len(encode_text(text)) > self._columns:
            style = Style.SCROLL
        with self._turns.line(timeout, cancel) as within, self._lock:
            self._write(text, style, within)

    def clear(self, timeout: float = SHOW_SECONDS, cancel: Cancel | None = None) -> None:
        self.show("", timeout=timeout, cancel=cancel)

    def set_brightness(self, level: int, timeout: float = SHOW_SECONDS, cancel: Cancel | None = None) -> None:
        del level, timeout, cancel
        raise DeviceError(Fault.UNSUPPORTED, "map v1 has no brightness")

    def switch(self, on: bool, timeout: float = SHOW_SECONDS, cancel: Cancel | None = None) -> None:
        del on, timeout, cancel
        raise DeviceError(Fault.UNSUPPORTED, "map v1 has no switch")

    def _write(self, text: str, style: Style, within: Within) -> None:
        known, self._sequence = self._sequence, None  # a write whose end is unknown is followed by asking
        if known is None:
            try:
                (known,) = self._bus.read_holding(self._unit, COMMAND, 1, within)
            except DeviceError as error:
                raise DeviceError(error.fault, error.detail) from None  # nothing was written yet
        sequence = next_sequence(known)
        self._bus.write(self._unit, COMMAND, encode_command(sequence, text, style), within)
        self._sequence = sequence

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
    """From ``modbus+serial:///dev/…?unit=3`` (or ``tcp://host:port?unit=3``) and the option ``columns`` (default 16).

    Raises CONFIGURATION.
    """
    bus, unit = bus_of(url, shared, options)
    columns = str(options.get("columns", url.options.get("columns", "16")))
    if not columns.isdecimal() or not 4 <= int(columns) <= 128:
        raise DeviceError(Fault.CONFIGURATION, "columns is not 4..128")
    return ModbusBar(bus, unit, int(columns))
