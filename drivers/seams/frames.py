"""Frames for simple devices: checksums and the documented CRC-16 frame. Pure.

A frame is ``55 AA | version 01 | address | sequence | command | length u16 little-endian | payload | CRC-16/MODBUS
little-endian`` over version to payload; 19200 8N1 unless set; 256 bytes of payload at most; 5 ms of silence end it.
The master asks, one node answers; the reply repeats address and sequence and has bit 7 of the command set.

| command | payload | reply |
|---|---|---|
| 01 ping | | 81 |
| 02 identify | | 82: class, frame version 1, firmware u16, uptime in seconds u32, fault bits u16 |
| 03 poll | | the oldest event: a frame 20 (key) or 21 (rating) with its own sequence; else 83: session u16 (raters) |
| 04 acknowledge | sequence of the event | 84: the same; the node then forgets that event |
| 10 show | style, text in GB18030 | 90 |
| 11 invite | session u16, 0 ends it | 91 |
| any | | FF: the command and a reason (1 unknown, 2 bad payload, 3 busy, 4 fault) when it is refused |

An event (20, 21) carries its code in one byte and, better, its age in seconds u16 and the session u16 in which it was
pressed. Sequences of events run from 1 to 255 and begin again at 1; all numbers are little-endian.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from drivers.device import DeviceError, Fault

HEAD = b"\x55\xaa"
VERSION = 1
MAX_PAYLOAD = 256
REPLY = 0x80
DEFAULT_BAUD = 19200
SILENCE = 0.005
"""Seconds without a byte after which a frame that was begun is over."""

_BEFORE_PAYLOAD = 8
_CRC_BYTES = 2


class FrameCommand(IntEnum):
    """What the master or a node says; a reply has bit 7 set."""

    PING = 0x01
    IDENTIFY = 0x02
    POLL = 0x03
    ACKNOWLEDGE = 0x04
    SHOW = 0x10
    INVITE = 0x11
    KEY = 0x20
    RATING = 0x21
    REFUSED = 0xFF


def _crc_table(polynomial: int) -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ polynomial if value & 1 else value >> 1
        table.append(value)
    return tuple(table)


_REFLECTED_8005 = _crc_table(0xA001)


def _crc16(data: bytes, value: int) -> int:
    for byte in data:
        value = (value >> 8) ^ _REFLECTED_8005[(value ^ byte) & 0xFF]
    return value


def crc16_modbus(data: bytes) -> int:
    """CRC-16/MODBUS (polynomial A001 reflected, initial FFFF); of ``123456789`` it is 4B37."""
    return _crc16(data, 0xFFFF)


def crc16_arc(data: bytes) -> int:
    """CRC-16/ARC (polynomial A001 reflected, initial 0); of ``123456789`` it is BB3D."""
    return _crc16(data, 0)


def crc16_ccitt(data: bytes) -> int:
    """CRC-16/CCITT-FALSE (polynomial 1021, initial FFFF); of ``123456789`` it is 29B1."""
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1) ^ 0x1021 if value & 0x8000 else value << 1
        value &= 0xFFFF
    return value


def xor8(data: bytes) -> int:
    """All bytes, exclusive or."""
    value = 0
    for byte in data:
        value ^= byte
    return value


def sum8(data: bytes) -> int:
    """The sum of all bytes modulo 256."""
    return sum(data) & 0xFF


def sum16(data: bytes) -> int:
    """The sum of all bytes modulo 65,536."""
    return sum(data) & 0xFFFF


def lrc8(data: bytes) -> int:
    """What makes the sum of all bytes 0 modulo 256 (Modbus ASCII calls it LRC)."""
    return -sum(data) & 0xFF


@dataclass(frozen=True, slots=True)
class Checksum:
    """A way to check bytes; ``size`` of the result in bytes."""

    size: int
    of: Callable[[bytes], int]


CHECKSUMS = {
    "xor": Checksum(1, xor8),
    "sum8": Checksum(1, sum8),
    "sum16": Checksum(2, sum16),
    "lrc": Checksum(1, lrc8),
    "crc16-modbus": Checksum(2, crc16_modbus),
    "crc16-arc": Checksum(2, crc16_arc),
    "crc16-ccitt": Checksum(2, crc16_ccitt),
}
"""Checksums by the name that settings use."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of the documented form."""

    address: int
    sequence: int
    command: int
    payload: bytes = b""


def encode_frame(frame: Frame) -> bytes:
    """The bytes of a frame. Raises ``DeviceError(BAD_DATA)`` for what no frame can hold."""
    if not all(0 <= value <= 0xFF for value in (frame.address, frame.sequence, frame.command)):
        raise DeviceError(Fault.BAD_DATA, "address, sequence and command are 0..255")
    if len(frame.payload) > MAX_PAYLOAD:
        raise DeviceError(Fault.BAD_DATA, f"{len(frame.payload)} bytes, a frame holds {MAX_PAYLOAD}")
    body = bytes((VERSION, frame.address, frame.sequence, frame.command))
    body += len(frame.payload).to_bytes(2, "little") + frame.payload
    return HEAD + body + crc16_modbus(body).to_bytes(2, "little")


class FrameParser:
    """Finds frames in what arrives, in chunks of any size and between noise.

    ``spoiled`` counts the bytes that belonged to no sound frame. Never holds more than one frame.
    """

    def __init__(self) -> None:
        self._heard = bytearray()
        self.spoiled = 0

    @property
    def waiting(self) -> bool:
        """Whether a frame was begun and is not whole yet."""
        return bool(self._heard)

    def feed(self, data: bytes) -> list[Frame]:
        """The sound frames that end in ``data``."""
        self._heard += data
        return self._found()

    def pause(self) -> list[Frame]:
        """The line was silent: what was begun is no frame, but a whole one may stand behind a false beginning."""
        found: list[Frame] = []
        while self._heard:
            self._drop(1)
            found += self._found()
        return found

    def reset(self) -> None:
        self._heard.clear()

    def _found(self) -> list[Frame]:
        found: list[Frame] = []
        heard = self._heard
        while heard:
            start = heard.find(HEAD)
            if start < 0:
                self._drop(len(heard) - (heard[-1] == HEAD[0]))
                break
            self._drop(start)
            if len(heard) < _BEFORE_PAYLOAD:
                if len(heard) > len(HEAD) and heard[2] != VERSION:
                    self._drop(1)
                    continue
                break
            length = int.from_bytes(heard[6:8], "little")
            if heard[2] != VERSION or length > MAX_PAYLOAD:
                self._drop(1)
                continue
            whole = _BEFORE_PAYLOAD + length + _CRC_BYTES
            if len(heard) < whole:
                break
            if crc16_modbus(bytes(heard[2 : whole - 2])) != int.from_bytes(heard[whole - 2 : whole], "little"):
                self._drop(1)
                continue
            found.append(Frame(heard[3], heard[4], heard[5], bytes(heard[8 : whole - 2])))
            del heard[:whole]
        return found

    def _drop(self, count: int) -> None:
        del self._heard[:count]
        self.spoiled += count
