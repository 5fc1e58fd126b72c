"""Door contacts, presence, cabinets and power on Modbus inputs (function 2), or on a node of map v1, class 4."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from drivers.device import Cancel, DeviceError, Fault, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.bus_line import OPEN_SECONDS, Tenant, Within
from drivers.seams.modbus import ModbusBus, bus_of
from drivers.seams.modbus_map import CONTACT_COUNT, CONTACTS, NodeClass, identify, noise_of
from drivers.seams.named_bits import NamedBits
from drivers.seams.node_health import gone_status, status_of
from drivers.sensors.debounce import Debounce
from drivers.sensors.port import TIMEOUT, Change, SensorCapabilities, SensorState

DEBOUNCE_SECONDS = 0.2
_NOT_HIDDEN = frozenset({Fault.CANCELLED, Fault.CONFIGURATION, Fault.UNSUPPORTED})


class ModbusInputs:
    """Reads all contacts in one request."""

    def __init__(
        self,
        bus: ModbusBus,
        unit: int,
        inputs: NamedBits,
        *,
        has_map: bool = False,
        debounce: float = DEBOUNCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bus = bus
        self._unit = unit
        self._inputs = inputs
        self._has_map = has_map
        self._clock = clock
        self.capabilities = SensorCapabilities(inputs.names, debounce)
        self._contacts = Debounce(inputs.names, debounce)
        self._tenant = Tenant()
        self._lock = threading.Lock()

    def open(self) -> None:
        within = Within.seconds(OPEN_SECONDS)
        if self._has_map:
            identify(self._bus, self._unit, NodeClass.INPUT_OUTPUT, within)
        else:
            self._look(within)
        self._tenant.open()

    def close(self) -> None:
        """Ends what is under way; nothing is known from now on. The bus belongs to others, too."""
        self._tenant.close()
        with self._lock:
            self._contacts.lose()

    def probe(self) -> Status:
        """The conditions of what is active; a device that cannot be read is unknown, and so is every contact."""
        within = Within.seconds(OPEN_SECONDS)
        try:
            found = identify(self._bus, self._unit, NodeClass.INPUT_OUTPUT, within) if self._has_map else None
            self._look(within)
        except DeviceError as error:
            return gone_status(error)
        with self._lock:
            own = (*(found.conditions if found else ()), *noise_of(self._bus, self._unit))
            return status_of((*own, *self._contacts.conditions()))

    def read(self, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> Mapping[str, SensorState]:
        return self._look(self._tenant.within(timeout, cancel))

    def poll(self, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> tuple[Change, ...]:
        within = self._tenant.within(timeout, cancel)
        try:
            self._look(within)
        except DeviceError as error:
            if error.fault in _NOT_HIDDEN:
                raise
        with self._lock:
            return self._contacts.changes()

    def _look(self, within: Within) -> dict[str, SensorState]:
        try:
            bits = self._bits(within)
        except DeviceError as error:
            if error.fault is not Fault.CANCELLED:
                with self._lock:
                    self._contacts.lose()
            raise
        with self._lock:
            self._contacts.see(self._inputs.meaning(bits), self._clock())
            return self._contacts.states

    def _bits(self, within: Within) -> tuple[bool, ...]:
        first, count = self._inputs.first, self._inputs.count
        if not self._has_map:
            return self._bus.read_contacts(self._unit, first, count, within)
        (word,) = self._bus.read_input(self._unit, CONTACTS, 1, within)
        return tuple(bool(word >> bit & 1) for bit in range(first, first + count))


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> ModbusInputs:
    """From ``modbus+serial:///dev/…?unit=41`` and the options. Raises CONFIGURATION.

    ``inputs`` (``door=0 cabinet=!1 on-battery=2``), ``debounce`` (milliseconds, 200), ``map`` (``v1``: map v1).
    """
    merged = {**url.options, **options}
    inputs = NamedBits.parse(str(merged.get("inputs", "")), "inputs")
    debounce = str(merged.get("debounce", "200"))
    if not debounce.isdecimal() or int(debounce) > 60_000:
        raise DeviceError(Fault.CONFIGURATION, "debounce is not 0..60000 milliseconds")
    if merged.get("map", "none") not in ("v1", "none"):
        raise DeviceError(Fault.CONFIGURATION, "map is v1 or none")
    has_map = merged.get("map") == "v1"
    if has_map and inputs.first + inputs.count > CONTACT_COUNT:
        raise DeviceError(Fault.CONFIGURATION, f"inputs: map v1 has contacts 0 to {CONTACT_COUNT - 1}")
    bus, unit = bus_of(url, shared, options)
    return ModbusInputs(bus, unit, inputs, has_map=has_map, debounce=int(debounce) / 1000)
