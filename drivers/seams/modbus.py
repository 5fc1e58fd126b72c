"""A Modbus RTU bus: one master, many nodes, shared by several drivers.

The only module that knows pymodbus. It lends us the frames (requests, replies, CRC); the line is our
own, because every request here has a deadline of its own, a reply is searched in noise, and a dialogue
can be tested byte by byte. A dead node is asked ever more rarely, at last once in five seconds, so that it
does not slow the others.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
)

from drivers.device import DeviceError, Fault
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.bytes_port import BytesPort
from drivers.seams.serial_port import SerialPort

T = TypeVar("T")

SCHEME = "modbus+serial"
DEAD_AFTER = 3
"""Failures in a row after which a node counts as dead."""
FIRST_REST_SECONDS = 0.5
REST_SECONDS = 5.0
"""How long a dead node is left alone: first half a second, twice as long each time, at most this."""
REOPEN_SECONDS = 1.0
TURNAROUND = 0.1
"""The longest that a node may think before it answers."""
_LINE_LOST = frozenset({Fault.ABSENT, Fault.UNPLUGGED, Fault.CANCELLED, Fault.BUSY, Fault.CONFIGURATION})
_EXCEPTIONS = {
    1: Fault.UNSUPPORTED,
    2: Fault.UNSUPPORTED,
    3: Fault.BAD_DATA,
    4: Fault.MECHANICAL,
    5: Fault.BUSY,
    6: Fault.BUSY,
    10: Fault.SILENT,
    11: Fault.SILENT,
}
"""What a node says with an exception code (Modbus application protocol 1.1b3, chapter 7)."""


@dataclass(frozen=True, slots=True)
class NodeCounts:
    """How a node has answered so far; for the technician."""

    requests: int = 0
    timeouts: int = 0
    checksum_errors: int = 0
    exceptions: int = 0
    failures_in_a_row: int = 0
    resting_until: float = 0.0


class ModbusBus:
    """Reads and writes registers; thread-safe, one request on the wire at a time.

    Opens its line at the first request and again after it broke (at most once a second). Every method
    raises ``DeviceError``: ABSENT or UNPLUGGED (no line), SILENT (no answer, or the node rests), CHECKSUM
    (only noise came), UNSUPPORTED, BAD_DATA, MECHANICAL, BUSY (the node's own words).
    """

    def __init__(
        self,
        port: BytesPort,
        baud: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        turnaround: float = TURNAROUND,
    ) -> None:
        self._port = port
        self._byte_seconds = 11 / baud
        self._gap = max(3.5 * self._byte_seconds, 0.00175)
        self._clock = clock
        self._turnaround = turnaround
        self._lock = threading.Lock()
        self._open = False
        self._reopen_at = 0.0
        self._quiet_since = 0.0
        self._closed = threading.Event()
        self._counts: dict[int, NodeCounts] = {}
        self._framer = FramerRTU(DecodePDU(False))

    def read_input(self, unit: int, address: int, count: int) -> tuple[int, ...]:
        """Input registers (function 4)."""
        return self._read(ReadInputRegistersRequest(dev_id=unit, address=address, count=count), count)

    def read_holding(self, unit: int, address: int, count: int) -> tuple[int, ...]:
        """Holding registers (function 3)."""
        return self._read(ReadHoldingRegistersRequest(dev_id=unit, address=address, count=count), count)

    def write(self, unit: int, address: int, values: Sequence[int]) -> None:
        """Holding registers, all in one frame (function 16). Writing the same again has no other effect."""
        request = WriteMultipleRegistersRequest(dev_id=unit, address=address, registers=list(values))
        reply = self._ask(request, 8)
        if (reply.address, reply.count) != (address, len(values)):
            raise DeviceError(Fault.BAD_DATA, f"node {unit} confirmed other registers", uncertain=True)

    def counts(self, unit: int) -> NodeCounts:
        return self._counts.get(unit, NodeCounts())

    def close(self) -> None:
        """Closes the line; a request under way ends with CANCELLED. The next request opens it again."""
        self._closed.set()
        self._port.close()
        with self._lock:
            self._open = False
            self._closed.clear()

    def _read(self, request: ModbusPDU, count: int) -> tuple[int, ...]:
        reply = self._ask(request, 5 + 2 * count)
        if len(reply.registers) != count:
            raise DeviceError(Fault.BAD_DATA, f"node {request.dev_id} sent {len(reply.registers)} of {count} registers")
        return tuple(int(value) for value in reply.registers)

    def _ask(self, request: ModbusPDU, reply_length: int) -> ModbusPDU:
        """One request with one repetition for a node that is alive. All our requests may be repeated."""
        unit = request.dev_id
        with self._lock:
            counts = self.counts(unit)
            if self._clock() < counts.resting_until:
                raise DeviceError(Fault.SILENT, f"node {unit} is resting")
            tries = 2 if counts.failures_in_a_row < DEAD_AFTER else 1
            while True:
                tries -= 1
                try:
                    reply = self._once(request, reply_length)
                except DeviceError as error:
                    if error.fault in _LINE_LOST:
                        raise
                    if self._failed(unit, error.fault) or not tries:
                        raise
                    continue
                return self._answered(unit, reply)

    def _once(self, request: ModbusPDU, reply_length: int) -> ModbusPDU:
        frame: bytes = self._framer.buildFrame(request)
        counts = self.counts(request.dev_id)
        self._counts[request.dev_id] = replace(counts, requests=counts.requests + 1)
        self._ensure_open()
        wire = (len(frame) + reply_length) * self._byte_seconds
        deadline = time.monotonic() + wire + self._turnaround
        try:
            pause = self._quiet_since + self._gap - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            self._port.purge()
            self._port.write(frame, deadline)
            return self._reply_to(request, deadline)
        except DeviceError as error:
            if error.fault in _LINE_LOST:
                self._open = False
                self._reopen_at = self._clock() + REOPEN_SECONDS
                self._port.close()
            raise
        finally:
            self._quiet_since = time.monotonic()

    def _reply_to(self, request: ModbusPDU, deadline: float) -> ModbusPDU:
        """The first sound frame of that node and function in what arrives, wherever it begins."""
        heard = bytearray()
        while True:
            chunk = self._port.read_some(deadline)
            heard += chunk
            for start in range(max(0, len(heard) - 4)):
                if heard[start] == request.dev_id and heard[start + 1] & 0x7F == request.function_code:
                    reply = self._decode(bytes(heard[start:]))
                    if reply is not None:
                        return reply
            if not chunk:
                unit = request.dev_id
                if heard:
                    raise DeviceError(Fault.CHECKSUM, f"{len(heard)} bytes of noise for node {unit}", uncertain=True)
                raise DeviceError(Fault.SILENT, f"no answer of node {unit}", uncertain=True)

    def _decode(self, data: bytes) -> ModbusPDU | None:
        length = 5 if data[1] & 0x80 else 8 if data[1] == 16 else 5 + data[2]
        if len(data) < length:
            return None
        used, unit, _, body = self._framer.decode(data[:length])
        if not used or unit != data[0] or len(body) != length - 3:
            return None
        return self._framer.decoder.decode(body)

    def _ensure_open(self) -> None:
        if self._open:
            return
        if self._clock() < self._reopen_at:
            raise DeviceError(Fault.ABSENT, "the bus is not there")
        try:
            self._port.open()
        except DeviceError:
            self._reopen_at = self._clock() + REOPEN_SECONDS
            raise
        self._open = True

    def _failed(self, unit: int, fault: Fault) -> bool:
        """Counts a failure; True when the node is now left alone for a while."""
        counts = self.counts(unit)
        in_a_row = counts.failures_in_a_row + 1
        dead = in_a_row >= DEAD_AFTER
        self._counts[unit] = replace(
            counts,
            timeouts=counts.timeouts + (fault is Fault.SILENT),
            checksum_errors=counts.checksum_errors + (fault is Fault.CHECKSUM),
            failures_in_a_row=in_a_row,
            resting_until=self._clock() + rest_seconds(in_a_row) if dead else 0.0,
        )
        return dead

    def _answered(self, unit: int, reply: ModbusPDU) -> ModbusPDU:
        counts = replace(self.counts(unit), failures_in_a_row=0, resting_until=0.0)
        if reply.isError():
            self._counts[unit] = replace(counts, exceptions=counts.exceptions + 1)
            code = reply.exception_code
            raise DeviceError(_EXCEPTIONS.get(code, Fault.BAD_DATA), f"node {unit} answered exception {code}")
        self._counts[unit] = counts
        return reply


def rest_seconds(failures: int) -> float:
    """How long a node rests after so many failures in a row."""
    return min(REST_SECONDS, FIRST_REST_SECONDS * 2.0 ** min(16, max(0, failures - DEAD_AFTER)))


def bus_of(url: DeviceUrl, shared: SharedPorts) -> tuple[ModbusBus, int]:
    """The bus and the node that a device URL means. Drivers with the same line share one bus.

    ``modbus+serial:///dev/…?baud=19200&unit=3``. Raises CONFIGURATION.
    """
    if url.scheme != SCHEME:
        raise DeviceError(Fault.CONFIGURATION, f"{SCHEME}:// is expected, not {url.scheme}://")
    try:
        unit = int(url.options["unit"])
    except (KeyError, ValueError):
        raise DeviceError(Fault.CONFIGURATION, "unit=1..247 is missing or no number") from None
    if not 1 <= unit <= 247:
        raise DeviceError(Fault.CONFIGURATION, "unit is not 1..247")
    if not url.place:
        raise DeviceError(Fault.CONFIGURATION, "the bus has no path")
    port = SerialPort.from_options(url.place, url.options, baud=19200)
    bus: ModbusBus = shared.get(f"modbus:{url.place}", lambda: ModbusBus(port, port.baud))
    return bus, unit
