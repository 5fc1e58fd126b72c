"""What simulated nodes speak: Modbus RTU, the CRC-16 frame, frames of a foreign make.

A tongue finds a whole request in what the wire carried and answers it. None of this shares code with the driver's side,
not even the checksum.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from drivers.seams.twin_nodes import SimulatedBar, SimulatedKeypad, SimulatedKeys, SimulatedNode, SimulatedRater

_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS, _ILLEGAL_VALUE = 1, 2, 3


def crc16(data: bytes) -> bytes:
    """CRC-16/MODBUS, low byte first, bit by bit as the specification draws it."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value.to_bytes(2, "little")


@dataclass(frozen=True, slots=True)
class Request:
    """A sound request: where it stood, its bytes, the node that it is for (None: nobody's) and how that answers."""

    begin: int
    data: bytes
    node: SimulatedNode | None
    carry_out: Callable[[], bytes]
    refuse: Callable[[int], bytes]
    """The answer that says no, for a reason."""


class Tongue(Protocol):
    def find(self, heard: bytes) -> Request | None:
        """The first whole request in what was heard."""
        ...


class ModbusTongue:
    """Modbus RTU for nodes by unit number."""

    def __init__(self, nodes: Mapping[int, SimulatedNode]) -> None:
        self._nodes = nodes

    def find(self, heard: bytes) -> Request | None:
        for begin in range(len(heard) - 7):
            length = 9 + heard[begin + 6] if heard[begin + 1] in (15, 16) else 8
            frame = heard[begin : begin + length]
            if heard[begin + 1] in _FUNCTIONS and len(frame) == length and crc16(frame[:-2]) == frame[-2:]:
                return self._request(begin, frame)
        return None

    def _request(self, begin: int, frame: bytes) -> Request:
        node = self._nodes.get(frame[0])

        def answer() -> bytes:
            reply = frame[:1] + carry_out(node, frame[1:-2]) if node is not None else b""
            return reply + crc16(reply)

        def refuse(reason: int) -> bytes:
            reply = bytes((frame[0], frame[1] | 0x80, reason))
            return reply + crc16(reply)

        return Request(begin, frame, node, answer, refuse)


_FUNCTIONS = frozenset({1, 2, 3, 4, 5, 6, 15, 16, 23, 43})


def carry_out(node: SimulatedNode, request: bytes) -> bytes:
    """Function code and data of the answer to function code and data of a request."""
    function = request[0]
    address = int.from_bytes(request[1:3], "big")
    count = int.from_bytes(request[3:5], "big")
    if function in (1, 2):
        bits = (node.read_outputs if function == 1 else node.read_contacts)(address, count)
        return _refused(function, _ILLEGAL_ADDRESS) if not bits else bytes((function,)) + _packed(bits)
    if function in (3, 4):
        if not 1 <= count <= 125:
            return _refused(function, _ILLEGAL_VALUE)
        registers = (node.read_holding if function == 3 else node.read_input)(address, count)
        if registers is None:
            return _refused(function, _ILLEGAL_ADDRESS)
        return bytes((function, 2 * count)) + b"".join(value.to_bytes(2, "big") for value in registers)
    if function == 5:
        if count not in (0, 0xFF00):
            return _refused(function, _ILLEGAL_VALUE)
        return request if node.switch(address, [count != 0]) else _refused(function, _ILLEGAL_ADDRESS)
    if function == 6:
        return request if node.write(address, [count]) else _refused(function, _ILLEGAL_ADDRESS)
    if function in (15, 16):
        return _write_many(node, request, function, address, count)
    return _refused(function, _ILLEGAL_FUNCTION)


def _write_many(node: SimulatedNode, request: bytes, function: int, address: int, count: int) -> bytes:
    data = request[6:]
    size = 2 * count if function == 16 else (count + 7) // 8
    if request[5] != size or len(data) != size:
        return _refused(function, _ILLEGAL_VALUE)
    if function == 16:
        values = [int.from_bytes(data[index : index + 2], "big") for index in range(0, len(data), 2)]
        return request[:5] if node.write(address, values) else _refused(function, _ILLEGAL_ADDRESS)
    on = [bool(data[bit // 8] >> bit % 8 & 1) for bit in range(count)]
    return request[:5] if node.switch(address, on) else _refused(function, _ILLEGAL_ADDRESS)


def _refused(function: int, reason: int) -> bytes:
    return bytes((function | 0x80, reason))


def _packed(bits: list[bool]) -> bytes:
    size = (len(bits) + 7) // 8
    return bytes((size,)) + sum(value << bit for bit, value in enumerate(bits)).to_bytes(size, "little")


class FrameTongue:
    """The CRC-16 frame for nodes by address."""

    def __init__(self, nodes: Mapping[int, SimulatedNode]) -> None:
        self._nodes = nodes

    def find(self, heard: bytes) -> Request | None:
        begin = heard.find(b"\x55\xaa\x01")
        while begin >= 0:
            length = int.from_bytes(heard[begin + 6 : begin + 8], "little")
            frame = heard[begin : begin + 10 + length]
            if len(frame) == 10 + length <= 266 and crc16(frame[2:-2]) == frame[-2:]:
                return self._request(begin, frame)
            begin = heard.find(b"\x55\xaa\x01", begin + 1)
        return None

    def _request(self, begin: int, frame: bytes) -> Request:
        address, sequence, command, payload = frame[3], frame[4], frame[5], frame[8:-2]
        node = self._nodes.get(address)

        def framed(own: int, said: int, data: bytes) -> bytes:
            body = bytes((1, address, own, said)) + len(data).to_bytes(2, "little") + data
            return b"\x55\xaa" + body + crc16(body)

        def answer() -> bytes:
            if node is None:
                return b""
            if command == 0x03 and isinstance(node, SimulatedKeys) and node.oldest is not None:
                said = 0x20 if isinstance(node, SimulatedKeypad) else 0x21
                return framed((node.oldest.sequence - 1) % 0xFF + 1, said, _event(node))
            data = _obey(node, command, payload)
            return (
                framed(sequence, 0xFF, bytes((command, 1))) if data is None else framed(sequence, command | 0x80, data)
            )

        def refuse(reason: int) -> bytes:
            return framed(sequence, 0xFF, bytes((command, reason)))

        return Request(begin, frame, node, answer, refuse)


def _event(node: SimulatedKeys) -> bytes:
    pressed = node.oldest
    if pressed is None:
        return b""
    age = min(int(time.monotonic() - pressed.at), 0xFFFF)
    whole = bytes((pressed.code,)) + age.to_bytes(2, "little") + pressed.session.to_bytes(2, "little")
    return whole[: node.frame_event_bytes]


def _obey(node: SimulatedNode, command: int, payload: bytes) -> bytes | None:
    """The payload of the answer; None for a command that the node does not know."""
    if command == 0x01:
        return b""
    if command == 0x02:
        identity = bytes((node.node_class, 1)) + (0x0102).to_bytes(2, "little")
        return identity + node.uptime.to_bytes(4, "little") + node.faults_word.to_bytes(2, "little")
    if command == 0x03 and isinstance(node, SimulatedKeys):
        return node.session.to_bytes(2, "little") if isinstance(node, SimulatedRater) else b""
    if command == 0x04 and isinstance(node, SimulatedKeys) and len(payload) == 1:
        node.take(payload[0], 0xFF)
        return payload
    if command == 0x10 and isinstance(node, SimulatedBar) and payload:
        node.show(payload[0], payload[1:])
        return b""
    if command == 0x11 and isinstance(node, SimulatedRater) and len(payload) == 2:
        node.become(int.from_bytes(payload, "little"))
        return b""
    return None


class CallerTongue:
    """A 21-key caller of a foreign make: ``FF 68 LEN LEN 68 ADDR CMD DATA CS 16``, CS the sum from ADDR to DATA.

    Asked with command 01 it says its oldest key in command 81 (no key: no data); 02 with the key acknowledges it.
    Without ``acknowledges`` it says a key once and forgets it.
    """

    def __init__(self, nodes: Mapping[int, SimulatedKeys], *, acknowledges: bool = False) -> None:
        self._nodes = nodes
        self._acknowledges = acknowledges

    def find(self, heard: bytes) -> Request | None:
        begin = heard.find(b"\xff\x68")
        while begin >= 0:
            length = heard[begin + 2] if len(heard) > begin + 2 else 0
            frame = heard[begin : begin + 7 + length]
            if length >= 2 and len(frame) == 7 + length and frame[-1] == 0x16 and sum(frame[5:-2]) & 0xFF == frame[-2]:
                return self._request(begin, frame)
            begin = heard.find(b"\xff\x68", begin + 1)
        return None

    def _request(self, begin: int, frame: bytes) -> Request:
        address, command = frame[5], frame[6]
        node = self._nodes.get(address)

        def answer() -> bytes:
            if node is None:
                return b""
            pressed = node.oldest
            if command == 0x02:
                if pressed is not None and frame[7:-2] == bytes((pressed.code,)):
                    node.take(pressed.sequence)
                return caller_frame(address, 0x82)
            if pressed is None:
                return caller_frame(address, 0x81)
            if not self._acknowledges:
                node.take(pressed.sequence)
            return caller_frame(address, 0x81, bytes((pressed.code,)))

        return Request(begin, frame, node, answer, lambda reason: caller_frame(address, 0xFF, bytes((reason,))))


def caller_frame(address: int, command: int, data: bytes = b"") -> bytes:
    """What such a caller says."""
    body = bytes((address, command)) + data
    return b"\xff\x68" + bytes((len(body), len(body))) + b"\x68" + body + bytes((sum(body) & 0xFF, 0x16))
