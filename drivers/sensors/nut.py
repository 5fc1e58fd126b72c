"""A UPS through upsd, the server of Network UPS Tools (its text protocol, NUT developer guide, chapter 9).

``ups.status`` is a row of flags: OL on line, OB on battery, LB low battery, RB replace battery, FSD forced shutdown …
A server that has not heard of its UPS for a while says DATA-STALE: then nothing is known.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping

from drivers.device import Action, Cancel, Condition, DeviceError, DeviceState, Fault, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.bus_line import OPEN_SECONDS, Tenant, Within
from drivers.seams.bytes_port import BytesPort
from drivers.seams.line import line_of
from drivers.seams.node_health import gone_status, status_of
from drivers.sensors.debounce import Debounce
from drivers.sensors.port import (
    BATTERY_LOW,
    ON_BATTERY,
    REPLACE_BATTERY,
    TIMEOUT,
    Change,
    SensorCapabilities,
    SensorState,
)

PORT = 3493
PROBE_SECONDS = 1.0
STALE = Condition("power.unknown", Action.ENGINEER)
_LONGEST_LINE = 1024
_SLICE = 0.05
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_FLAGS = {ON_BATTERY: frozenset({"OB"}), BATTERY_LOW: frozenset({"LB", "FSD"}), REPLACE_BATTERY: frozenset({"RB"})}
_KNOWN_FLAGS = frozenset({"OL", "OB", "LB", "HB", "RB", "CHRG", "DISCHRG", "BYPASS", "CAL", "OFF", "OVER", "TRIM"}) | {
    "BOOST",
    "FSD",
    "ALARM",
    "TEST",
    "ECO",
}
_ERRORS = {
    "UNKNOWN-UPS": Fault.CONFIGURATION,
    "VAR-NOT-SUPPORTED": Fault.UNSUPPORTED,
    "ACCESS-DENIED": Fault.CONFIGURATION,
    "DRIVER-NOT-CONNECTED": Fault.SILENT,
    "DATA-STALE": Fault.SILENT,
}


def decode_status(line: str, ups: str) -> dict[str, bool]:
    """The flags in ``VAR ups ups.status "OL CHRG"``. Raises what an ``ERR`` line means, else BAD_DATA."""
    if line.startswith("ERR "):
        word = line[4:].split()[0] if line[4:].split() else ""
        raise DeviceError(_ERRORS.get(word, Fault.BAD_DATA), f"upsd says {word if word in _ERRORS else 'an error'}")
    found = re.fullmatch(r'VAR (\S+) ups\.status "([A-Z ]*)"', line)
    if found is None or found[1] != ups:
        raise DeviceError(Fault.BAD_DATA, "not the status of this UPS")
    flags = set(found[2].split())
    if not flags & {"OL", "OB"} or not flags <= _KNOWN_FLAGS:
        raise DeviceError(Fault.BAD_DATA, "flags that say neither mains nor battery, or unknown ones")
    return {name: bool(flags & words) for name, words in _FLAGS.items()}


class NutSensors:
    """Asks for ``ups.status``; what it says counts at once, since upsd has waited long enough."""

    capabilities = SensorCapabilities((ON_BATTERY, BATTERY_LOW, REPLACE_BATTERY))

    def __init__(self, port: BytesPort, ups: str, *, probe_seconds: float = PROBE_SECONDS) -> None:
        self._port = port
        self._probe_seconds = probe_seconds
        self._ups = ups
        self._lock = threading.Lock()
        self._connected = False
        self._told = Debounce(self.capabilities.names, 0.0)
        self._tenant = Tenant()

    def open(self) -> None:
        self._look(Within.seconds(OPEN_SECONDS))
        self._tenant.open()

    def close(self) -> None:
        self._tenant.close()
        self._port.close()
        with self._lock:
            self._connected = False
            self._told.lose()

    def probe(self) -> Status:
        try:
            self._look(Within.seconds(self._probe_seconds))
        except DeviceError as error:
            if error.fault is Fault.SILENT:
                return Status(DeviceState.UNKNOWN, (STALE,))
            return gone_status(error)
        finally:
            if not self._tenant.is_open:
                self._hang_up()
        with self._lock:
            return status_of(self._told.conditions())

    def read(self, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> Mapping[str, SensorState]:
        return self._look(self._tenant.within(timeout, cancel))

    def poll(self, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> tuple[Change, ...]:
        within = self._tenant.within(timeout, cancel)
        try:
            self._look(within)
        except DeviceError as error:
            if error.fault in (Fault.CANCELLED, Fault.CONFIGURATION):
                raise
        with self._lock:
            return self._told.changes()

    def _look(self, within: Within) -> dict[str, SensorState]:
        with self._lock:
            try:
                if not self._connected:
                    self._port.open()
                    self._connected = True
                active = decode_status(self._asked(f"GET VAR {self._ups} ups.status", within), self._ups)
            except DeviceError as error:
                if error.fault is not Fault.CANCELLED:
                    self._told.lose()
                self._port.close()
                self._connected = False
                raise
            self._told.see(active, time.monotonic())
            return self._told.states

    def _asked(self, question: str, within: Within) -> str:
        self._port.purge()
        self._port.write(question.encode("ascii") + b"\n", within.deadline)
        heard = bytearray()
        while b"\n" not in heard:
            within.check()
            heard += self._port.read_some(min(within.deadline, time.monotonic() + _SLICE))
            if len(heard) > _LONGEST_LINE:
                raise DeviceError(Fault.BAD_DATA, "upsd does not end its line")
            if not within.left:
                raise DeviceError(Fault.SILENT, "no answer of upsd")
        return heard.split(b"\n", 1)[0].decode("ascii", errors="replace").rstrip("\r")

    def _hang_up(self) -> None:
        with self._lock:
            self._port.close()
            self._connected = False


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> NutSensors:
    """From ``tcp://127.0.0.1:3493?ups=hall``. Raises CONFIGURATION."""
    del shared
    merged = {**url.options, **options}
    ups = str(merged.get("ups", "ups"))
    if not _NAME.fullmatch(ups):
        raise DeviceError(Fault.CONFIGURATION, "ups (a name of upsd) is wrong")
    return NutSensors(line_of(url, merged, "ups", tcp_port=PORT).port, ups)
