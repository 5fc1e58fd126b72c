"""Modbus RTU on a bus line: registers, coils and contacts of many nodes, for several drivers.

The only module that knows pymodbus. It lends us the frames (requests, replies, CRC); the line is our
own, because every request here has a deadline of its own, a reply is searched in noise, and a dialogue
can be tested byte by byte.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.bit_message import (
    ReadCoilsRequest,
    ReadDiscreteInputsRequest,
    WriteMultipleCoilsRequest,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
)

from drivers.device import DeviceError, Fault
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.bus_line import TURNAROUND, BusLine, LineTimes, NodeCounts, Question, Within
from drivers.seams.bus_url import line_of_bus, unit_of
from drivers.seams.bytes_port import BytesPort

SCHEME = "modbus+serial"
LAST_UNIT = 247
_LEAST_GAP = 0.00175
"""Silence between frames: 3.5 characters, above 19200 baud this (Modbus over serial line 1.02, 2.5.1.1)."""
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
_WRITES = frozenset({5, 6, 15, 16})
"""Functions that are confirmed with address and value or count: eight bytes."""


class ModbusBus:
    """Reads and writes what nodes have; thread-safe. On a port of its own or on a line that others use, too.

    Every method takes ``within`` (time and cancelling for the whole command) and raises ``DeviceError``: ABSENT or
    UNPLUGGED (no line), SILENT (no answer, or the node rests), CHECKSUM (only noise came), CANCELLED, and UNSUPPORTED,
    BAD_DATA, MECHANICAL, BUSY (the node's own words).
    """

    def __init__(
        self,
        port: BytesPort | BusLine,
        baud: int = 0,
        *,
        clock: Callable[[], float] = time.monotonic,
        turnaround: float = TURNAROUND,
    ) -> None:
        if isinstance(port, BusLine):
            self._line = port
        else:
            self._line = BusLine(port, baud, clock=clock, times=LineTimes(turnaround=turnaround))
        self._gap = max(3.5 * self._line.byte_seconds, _LEAST_GAP)
        self._framer = FramerRTU(DecodePDU(False))

    def read_input(self, unit: int, address: int, count: int, within: Within | None = None) -> tuple[int, ...]:
        """Input registers (function 4)."""
        request = ReadInputRegistersRequest(dev_id=unit, address=address, count=count)
        return tuple(int(value) for value in self._ask(request, 5 + 2 * count, within).registers)

    def read_holding(self, unit: int, address: int, count: int, within: Within | None = None) -> tuple[int, ...]:
        """Holding registers (function 3)."""
        request = ReadHoldingRegistersRequest(dev_id=unit, address=address, count=count)
        return tuple(int(value) for value in self._ask(request, 5 + 2 * count, within).registers)

    def write(self, unit: int, address: int, values: Sequence[int], within: Within | None = None) -> None:
        """Holding registers, all in one frame (function 16). Writing the same again has no other effect."""
        self._ask(WriteMultipleRegistersRequest(dev_id=unit, address=address, registers=list(values)), 8, within)

    def read_coils(self, unit: int, address: int, count: int, within: Within | None = None) -> tuple[bool, ...]:
        """Outputs (function 1)."""
        request = ReadCoilsRequest(dev_id=unit, address=address, count=count)
        return tuple(self._ask(request, 5 + (count + 7) // 8, within).bits[:count])

    def read_contacts(self, unit: int, address: int, count: int, within: Within | None = None) -> tuple[bool, ...]:
        """Discrete inputs (function 2)."""
        request = ReadDiscreteInputsRequest(dev_id=unit, address=address, count=count)
        return tuple(self._ask(request, 5 + (count + 7) // 8, within).bits[:count])

    def write_coil(self, unit: int, address: int, on: bool, within: Within | None = None) -> None:
        """One output (function 5)."""
        self._ask(WriteSingleCoilRequest(dev_id=unit, address=address, bits=[on]), 8, within)

    def write_coils(self, unit: int, address: int, on: Sequence[bool], within: Within | None = None) -> None:
        """Several outputs in one frame (function 15)."""
        self._ask(WriteMultipleCoilsRequest(dev_id=unit, address=address, bits=list(on)), 8, within)

    def counts(self, unit: int) -> NodeCounts:
        return self._line.counts(("modbus", unit))

    def close(self) -> None:
        """Closes the line; a request under way ends with CANCELLED. The next request opens it again."""
        self._line.close()

    def _ask(self, request: ModbusPDU, reply_length: int, within: Within | None) -> ModbusPDU:
        unit = request.dev_id
        frame: bytes = self._framer.buildFrame(request)
        question = Question(("modbus", unit), f"node {unit}", frame, reply_length, self._gap)
        reply = self._line.ask(question, lambda heard: self._reply(frame, reply_length, heard), within)
        if reply.isError():
            self._line.refused(question.node)
            code = reply.exception_code
            raise DeviceError(_EXCEPTIONS.get(code, Fault.BAD_DATA), f"node {unit} answered exception {code}")
        return reply

    def _reply(self, request: bytes, length: int, heard: bytes) -> ModbusPDU | None:
        """The first sound frame that answers this request, wherever it begins."""
        unit, function = request[:2]
        for start in range(max(0, len(heard) - 4)):
            if heard[start] != unit or heard[start + 1] & 0x7F != function:
                continue
            whole = 5 if heard[start + 1] & 0x80 else length
            frame = heard[start : start + whole]
            if len(frame) == whole and _answers(request, frame):
                reply = self._decode(frame)
                if reply is not None:
                    return reply
        return None

    def _decode(self, frame: bytes) -> ModbusPDU | None:
        used, unit, _, body = self._framer.decode(frame)
        if not used or unit != frame[0] or len(body) != len(frame) - 3:
            return None
        return self._framer.decoder.decode(body)


def _answers(request: bytes, frame: bytes) -> bool:
    """Whether a frame has what an answer to this request has: as many bytes as asked, the address that was written."""
    if frame[1] & 0x80:
        return True
    if frame[1] in _WRITES:
        return frame[2:6] == request[2:6]
    return frame[2] == len(frame) - 5


def bus_of(url: DeviceUrl, shared: SharedPorts, options: Mapping[str, str] | None = None) -> tuple[ModbusBus, int]:
    """The bus and the node that a device URL means. Drivers with the same line share it.

    ``modbus+serial:///dev/…?baud=19200&unit=3``, or ``tcp://host:port?unit=3`` for a converter. Raises CONFIGURATION.
    """
    merged = {**url.options, **(options or {})}
    line = line_of_bus(url, merged, shared, (SCHEME,))
    bus: ModbusBus = shared.get(f"modbus:{url.place}", lambda: ModbusBus(line))
    return bus, unit_of(merged, LAST_UNIT)
