"""The documented CRC-16 frame on a bus line: questions with a sequence of their own, and what nodes answer.

An answer counts only with the right address, command and the sequence of this very question, so a late one is never
taken for the next one. Events are the exception: they carry their own sequence, and may be shown again and again.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from drivers.device import DeviceError, Fault
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.bus_line import BusLine, NodeCounts, Question, Within
from drivers.seams.bus_url import line_of_bus, unit_of
from drivers.seams.frames import REPLY, SILENCE, VERSION, Frame, FrameCommand, FrameParser, encode_frame

SCHEMES = ("serial",)
LAST_ADDRESS = 254
"""0 and 255 are for everybody and are never answered."""
EVENTS = frozenset({FrameCommand.KEY, FrameCommand.RATING})
_LONGEST_SHORT_ANSWER = 20
_REFUSALS = {1: Fault.UNSUPPORTED, 2: Fault.BAD_DATA, 3: Fault.BUSY, 4: Fault.MECHANICAL}
_IDENTITY_BYTES = 10


@dataclass(frozen=True, slots=True)
class FrameIdentity:
    """What a node says about itself. ``uptime`` in seconds; ``faults`` as in register 5 of map v1."""

    node_class: int
    firmware: int
    uptime: int
    faults: int


class FrameBus:
    """Asks nodes that speak the frame; thread-safe. Every method raises what the line raises, and refusals."""

    def __init__(self, line: BusLine) -> None:
        self._line = line
        self._gap = max(SILENCE, 3.5 * line.byte_seconds)
        self._lock = threading.Lock()
        self._sequence = 0

    def ask(
        self,
        address: int,
        command: FrameCommand,
        payload: bytes = b"",
        within: Within | None = None,
        *,
        events: bool = False,
    ) -> Frame:
        """The reply of a node; with ``events`` also an event frame in its place."""
        with self._lock:
            self._sequence = self._sequence % 0xFF + 1
            sequence = self._sequence
        request = encode_frame(Frame(address, sequence, command, payload))
        question = Question(("frame", address), f"node {address}", request, _LONGEST_SHORT_ANSWER, self._gap)

        def find(heard: bytes) -> Frame | None:
            parser = FrameParser()
            for frame in (*parser.feed(heard), *parser.pause()):
                if frame.address != address:
                    continue
                if events and frame.command in EVENTS and frame.sequence:
                    return frame
                if frame.sequence == sequence and frame.command in (command | REPLY, FrameCommand.REFUSED):
                    return frame
            return None

        reply = self._line.ask(question, find, within)
        if reply.command == FrameCommand.REFUSED:
            self._line.refused(question.node)
            reason = reply.payload[1] if len(reply.payload) == 2 else 0
            raise DeviceError(_REFUSALS.get(reason, Fault.BAD_DATA), f"node {address} refused for reason {reason}")
        return reply

    def ping(self, address: int, within: Within | None = None) -> None:
        self.ask(address, FrameCommand.PING, b"", within)

    def identify(self, address: int, within: Within | None = None) -> FrameIdentity:
        """Raises BAD_DATA for what is no identity, UNSUPPORTED for a newer frame."""
        payload = self.ask(address, FrameCommand.IDENTIFY, b"", within).payload
        if len(payload) != _IDENTITY_BYTES:
            raise DeviceError(Fault.BAD_DATA, f"an identity of {len(payload)} bytes")
        if payload[1] != VERSION:
            raise DeviceError(Fault.UNSUPPORTED, f"frame version {payload[1]}")
        return FrameIdentity(
            payload[0],
            int.from_bytes(payload[2:4], "little"),
            int.from_bytes(payload[4:8], "little"),
            int.from_bytes(payload[8:10], "little"),
        )

    def counts(self, address: int) -> NodeCounts:
        return self._line.counts(("frame", address))

    def close(self) -> None:
        """Closes the line; a question under way ends with CANCELLED. The next one opens it again."""
        self._line.close()


def frame_bus_of(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> tuple[FrameBus, int]:
    """The bus and the node of ``serial:///dev/…?unit=3`` or ``tcp://host:port?unit=3``. Raises CONFIGURATION.

    Drivers with the same line share it; a box alone on an RS-232 line has the unit that its switches say, mostly 1.
    """
    merged = {**url.options, **options}
    line = line_of_bus(url, merged, shared, SCHEMES)
    bus: FrameBus = shared.get(f"frames:{url.place}", lambda: FrameBus(line))
    return bus, unit_of(merged, LAST_ADDRESS)
