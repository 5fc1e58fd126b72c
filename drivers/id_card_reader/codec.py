"""Frames of the ID-card module (SAM_V, GA/T 467) over a serial line: bytes to replies and back.

Request ``AA AA AA 96 69 | LenHi LenLo | CMD PARA data | XOR``, reply ``… | SW1 SW2 SW3 data | XOR``.
The length counts everything after itself; the XOR over length, body and itself is zero. The preamble
is not escaped, so a reader of the line has to look for it again after every damaged frame.
Pure: no I/O, and nothing here can log what a card said.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import xor

PREAMBLE = bytes.fromhex("AA AA AA 96 69")
_HEAD = len(PREAMBLE) + 2
_LONGEST = 4096
"""No reply is longer (text, photo and two fingers are 2,321 bytes): a greater length is damage."""

RESET = bytes.fromhex("10 FF")
STATUS = bytes.fromhex("11 FF")
SAM_ID = bytes.fromhex("12 FF")
FIND = bytes.fromhex("20 01")
SELECT = bytes.fromhex("20 02")
READ = bytes.fromhex("30 01")
READ_WITH_FINGERPRINT = bytes.fromhex("30 10")
READ_ADDRESS = bytes.fromhex("30 03")

OK = 0x90
FOUND = 0x9F
READ_FAILED = 0x41
SELF_TEST_FAILED = 0x60
NOT_AUTHORISED = 0x66
FIND_FAILED = 0x80
SELECT_FAILED = 0x81


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """One answer of the module. ``status`` is SW3; ``card_status`` is SW1 SW2, the card's own word if it gave one."""

    status: int
    card_status: int
    data: bytearray

    def __repr__(self) -> str:
        return f"Reply(status={self.status:02X}, length={len(self.data)})"

    def wipe(self) -> None:
        """Overwrites the data in memory."""
        self.data[:] = bytes(len(self.data))


def frame(body: bytes) -> bytes:
    """The frame around ``body`` (command or status words with data): preamble, length, body, XOR."""
    counted = (len(body) + 1).to_bytes(2, "big") + body
    return PREAMBLE + counted + bytes([reduce(xor, counted)])


def frame_length(data_length: int) -> int:
    """How long the frame of a reply with that many bytes of data is."""
    return _HEAD + 3 + data_length + 1


def describe(request: bytes) -> str:
    """What a log may say of a request: command and parameter."""
    return request[_HEAD : _HEAD + 2].hex(" ").upper() if request.startswith(PREAMBLE) else "?"


class ReplyParser:
    """Finds replies in whatever arrives. ``damaged`` counts frames that were given up."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.damaged = 0

    @property
    def unfinished(self) -> int:
        """Bytes that arrived and are no reply yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that are complete now; what was before, between and after them is skipped."""
        self._buffer += data
        replies = []
        while (reply := self._next()) is not None:
            replies.append(reply)
        return replies

    def wipe(self) -> None:
        """Forgets and overwrites what has not become a reply."""
        self._buffer[:] = bytes(len(self._buffer))
        self._buffer.clear()

    def _next(self) -> Reply | None:
        buffer = self._buffer
        while True:
            start = buffer.find(PREAMBLE)
            if start < 0:
                self._drop(max(0, len(buffer) - len(PREAMBLE) + 1))  # its beginning may be there already
                return None
            self._drop(start)
            if len(buffer) < _HEAD:
                return None
            length = int.from_bytes(buffer[5:7], "big")
            if not 4 <= length <= _LONGEST:
                self._give_up()
                continue
            end = _HEAD + length
            if len(buffer) < end:
                return None
            if reduce(xor, memoryview(buffer)[5:end]) != 0:
                self._give_up()
                continue
            reply = Reply(buffer[9], int.from_bytes(buffer[7:9], "big"), buffer[10 : end - 1])
            self._drop(end)
            return reply

    def _give_up(self) -> None:
        self.damaged += 1
        self._drop(1)

    def _drop(self, count: int) -> None:
        self._buffer[:count] = bytes(count)
        del self._buffer[:count]


@dataclass(frozen=True, slots=True, repr=False)
class Blocks:
    """What a read command brought, cut by the lengths that the reply itself says."""

    text: bytes
    photo: bytes


def split_read_reply(data: bytes | bytearray) -> Blocks:
    """Text and photo of the reply to 30 01 (fingerprints of 30 10 are not looked at).

    Raises ValueError when the lengths do not fit: they are used, never constants.
    """
    if len(data) < 4:
        raise ValueError("no lengths")
    text, photo = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
    for head in (4, 6):  # 30 10 has a third length
        fingers = int.from_bytes(data[4:6], "big") if head == 6 else 0
        if len(data) == head + text + photo + fingers:
            return Blocks(bytes(data[head : head + text]), bytes(data[head + text : head + text + photo]))
    raise ValueError("the lengths do not add up")


def format_sam_id(data: bytes | bytearray) -> str:
    """The module's serial number as it is printed on readers: ``HH.HH-YYYYMMDD-nnnnnnnnnn-nnnnnnnnnn``."""
    if len(data) != 16:
        raise ValueError("a module number has 16 bytes")
    parts = [int.from_bytes(data[at : at + 4], "little") for at in (4, 8, 12)]
    return f"{data[0]:02x}.{data[2]:02x}-{parts[0]}-{parts[1]:010d}-{parts[2]:010d}"
