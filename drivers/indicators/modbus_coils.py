"""Lamps, locks and other outputs on a Modbus relay board (functions 1 and 5), or on a node of map v1, class 4."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping

from drivers.device import Cancel, DeviceError, Fault, Status
from drivers.indicators.port import TIMEOUT, IndicatorCapabilities
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.bus_line import OPEN_SECONDS, Tenant, Within
from drivers.seams.bus_url import yes_or_no
from drivers.seams.modbus import ModbusBus, bus_of
from drivers.seams.modbus_map import NodeClass, identify, noise_of, probe_node
from drivers.seams.named_bits import NamedBits
from drivers.seams.node_health import gone_status, status_of

_SAFE_SECONDS = 0.5
_SHORTEST_PERIOD = 0.2


class ModbusCoils:
    """Switches, looks whether it is so, flashes, and leaves a safe state behind.

    ``safe``: what outputs become when the device is closed; those that are not named stay, except that flashing ends.
    """

    def __init__(
        self,
        bus: ModbusBus,
        unit: int,
        outputs: NamedBits,
        *,
        safe: Mapping[str, bool] | None = None,
        has_map: bool = False,
        reads_back: bool = True,
    ) -> None:
        self._bus = bus
        self._unit = unit
        self._outputs = outputs
        self._safe = dict(safe or {})
        self._has_map = has_map
        self.capabilities = IndicatorCapabilities(outputs.names, reads_back=reads_back)
        self._tenant = Tenant()
        self._lock = threading.Lock()
        self._switching = threading.Lock()
        """Held while an output is switched and looked at: nobody else, and no late turn of flashing, undoes it."""
        self._flashing: dict[str, float] = {}
        """How long each flashing output stays on, and off."""
        self._changed = threading.Event()
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        within = Within.seconds(OPEN_SECONDS)
        if self._has_map:
            identify(self._bus, self._unit, NodeClass.INPUT_OUTPUT, within)
        else:
            self._look(within)
        self._tenant.open()

    def close(self) -> None:
        """Ends flashing and leaves the safe state, as far as the device still hears."""
        was_open = self._tenant.is_open
        self._tenant.close()
        with self._lock:
            flashing, thread = tuple(self._flashing), self._thread
            self._flashing.clear()
            self._changed.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(_SAFE_SECONDS)
        if not was_open:
            return
        within = Within.seconds(_SAFE_SECONDS)
        with contextlib.suppress(DeviceError):  # a device that is gone is in the state that its wiring gives
            for name, on in {**dict.fromkeys(flashing, False), **self._safe}.items():
                self._write(name, on, within)

    def probe(self) -> Status:
        if self._has_map:
            return probe_node(self._bus, self._unit, NodeClass.INPUT_OUTPUT)
        try:
            self._look(Within.seconds(OPEN_SECONDS))
        except DeviceError as error:
            return gone_status(error)
        return status_of(noise_of(self._bus, self._unit))

    def set(self, name: str, on: bool, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> None:
        """Switches and looks; raises MECHANICAL when the device says that it is not so."""
        within = self._tenant.within(timeout, cancel)
        self._outputs.raw(name, on)
        if not self._switching.acquire(timeout=within.left):
            raise DeviceError(Fault.BUSY, "another output is being switched")
        try:
            self._set(name, on, within)
        finally:
            self._switching.release()

    def _set(self, name: str, on: bool, within: Within) -> None:
        with self._lock:
            self._flashing.pop(name, None)
        self._write(name, on, within)
        if not self.capabilities.reads_back:
            return
        try:
            states = self._states(within)
        except DeviceError as error:
            error.uncertain = True
            raise
        if states[name] != on:
            raise DeviceError(Fault.MECHANICAL, f"{name} did not switch", uncertain=True)

    def flash(self, name: str, period: float = 1.0, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> None:
        """Switches on now, then off and on by a thread of its own; a turn that the line loses is left out."""
        if period < _SHORTEST_PERIOD:
            raise DeviceError(Fault.BAD_DATA, f"a period is {_SHORTEST_PERIOD} s or more")
        self.set(name, True, timeout, cancel)
        with self._lock:
            if not self._tenant.is_open:
                raise DeviceError(Fault.CANCELLED, "closed", uncertain=True)
            self._flashing[name] = period / 2
            self._changed.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._flash, name=f"flashing {self._unit}", daemon=True)
                self._thread.start()

    def states(self, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> Mapping[str, bool]:
        within = self._tenant.within(timeout, cancel)
        if not self.capabilities.reads_back:
            raise DeviceError(Fault.UNSUPPORTED, "the board does not say how its outputs are")
        return self._states(within)

    def _states(self, within: Within) -> dict[str, bool]:
        return self._outputs.meaning(self._bus.read_coils(self._unit, self._outputs.first, self._outputs.count, within))

    def _look(self, within: Within) -> None:
        """Whether a board is there; one that cannot be read says so, which is an answer, too."""
        try:
            self._states(within)
        except DeviceError as error:
            if self.capabilities.reads_back or error.fault is not Fault.UNSUPPORTED:
                raise

    def _write(self, name: str, on: bool, within: Within) -> None:
        self._bus.write_coil(self._unit, self._outputs.places[name], self._outputs.raw(name, on), within)

    def _flash(self) -> None:
        """The thread: gives each flashing output its turn; ends when none is left."""
        turns: dict[str, tuple[float, bool]] = {}
        while True:
            now = time.monotonic()
            with self._lock:
                self._changed.clear()
                turns = {name: turns.get(name, (now + half, True)) for name, half in self._flashing.items()}
                due = [name for name, (at, _) in turns.items() if at <= now]
                halves = dict(self._flashing)
                if not turns:
                    self._thread = None
                    return
            for name in due:
                on = not turns[name][1]
                turns[name] = (now + halves[name], on)
                with contextlib.suppress(DeviceError):  # the next turn comes soon, and ``probe`` says what is wrong
                    within = self._tenant.within(halves[name])
                    with self._switching:
                        if name in self._flashing:
                            self._write(name, on, within)
            self._changed.wait(max(0.0, min(at for at, _ in turns.values()) - time.monotonic()))


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> ModbusCoils:
    """From ``modbus+serial:///dev/…?unit=40`` and the options. Raises CONFIGURATION.

    ``outputs`` (``card-lamp=0 door=!1``), ``safe`` (``door=off card-lamp=off``), ``map`` (``v1``: a node of map v1),
    ``readback`` (``no``: a board without function 1).
    """
    merged = {**url.options, **options}
    outputs = NamedBits.parse(str(merged.get("outputs", "")), "outputs")
    safe: dict[str, bool] = {}
    for part in str(merged.get("safe", "")).replace(",", " ").split():
        name, _, state = part.partition("=")
        if name not in outputs.places or state not in ("on", "off"):
            raise DeviceError(Fault.CONFIGURATION, f"safe: {part!r} is not an output=on or =off")
        safe[name] = state == "on"
    if merged.get("map", "none") not in ("v1", "none"):
        raise DeviceError(Fault.CONFIGURATION, "map is v1 or none")
    reads_back = yes_or_no(merged, "readback", True)
    bus, unit = bus_of(url, shared, options)
    return ModbusCoils(
        bus,
        unit,
        outputs,
        safe=safe,
        has_map=merged.get("map") == "v1",
        reads_back=reads_back,
    )
