"""Frames of the ID-card module (SAM_V, GA/T 467) over a serial line: bytes to replies and back.

Request ``AA AA AA 96 69 | LenHi LenLo | CMD PARA data | XOR``, reply ``… | SW1 SW2 SW3 data | XOR``.
The length counts everything after itself; the XOR over length, body and itself is zero. The preamble
is not escaped, so a reader of the line has to look for it again after every damaged frame.
Pure: no I/O, and nothing here can log what a card said.
"""

from __future__ import annotations

from dataclasses import dataclass

PREAMBLE = bytes.fromhex("AA AA AA 96 69")
HEAD_LENGTH = len(PREAMBLE) + 2
LONGEST = 4096
"""No reply is longer (text, photo and two fingers are 2,321 bytes): a greater length is damage."""

RESET = bytes.fromhex("10 FF")
STATUS = bytes.fromhex("11 FF")
SAM_ID = bytes.fromhex("12 FF")
SET_SPEED = b"\x60"
"""Followed by the place of the speed in ``SPEEDS``."""
FIND = bytes.fromhex("20 01")
SELECT = bytes.fromhex("20 02")
READ = bytes.fromhex("30 01")
READ_WITH_FINGERPRINT = bytes.fromhex("30 10")
READ_ADDRESS = bytes.fromhex("30 03")

SPEEDS = (115200, 57600, 38400, 19200, 9600)
"""What ``60 00`` to ``60 04`` set."""

OK = 0x90
FOUND = 0x9F
READ_FAILED = 0x41
NO_RANDOM_NUMBER = 0x47
SELF_TEST_FAILED = 0x60
NOT_AUTHORISED = 0x66
UNKNOWN_COMMAND = 0x21
FIND_FAILED = 0x80
SELECT_FAILED = 0x81
NO_CONTENT = 0x91


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
    return PREAMBLE + counted + bytes([xor_of(counted)])


def xor_of(data: bytes | bytearray | memoryview) -> int:
    """The XOR of all bytes, by laying halves upon one another: noise that looks like long frames has to cost little."""
    value, bits = int.from_bytes(data, "big"), 8 * len(data)
    while bits > 8:
        bits = 8 * ((bits + 15) // 16)
        value = (value >> bits) ^ (value & ((1 << bits) - 1))
    return value


def frame_length(data_length: int) -> int:
    """How long the frame of a reply with that many bytes of data is."""
    return HEAD_LENGTH + 3 + data_length + 1


def describe(request: bytes) -> str:
    """What a log may say of a request: command and parameter."""
    return request[HEAD_LENGTH : HEAD_LENGTH + 2].hex(" ").upper() if request.startswith(PREAMBLE) else "?"


class ReplyParser:
    """Finds replies in whatever arrives. ``damaged`` counts frames that were given up, ``skipped`` bytes of none."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.damaged = 0
        self.skipped = 0

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
                self._skip(max(0, len(buffer) - len(PREAMBLE) + 1))  # its beginning may be there already
                return None
            self._skip(start)
            if len(buffer) < HEAD_LENGTH:
                return None
            length = int.from_bytes(buffer[5:7], "big")
            if not 4 <= length <= LONGEST:
                self._give_up()
                continue
            end = HEAD_LENGTH + length
            if len(buffer) < end:
                return None
            if xor_of(buffer[5:end]):
                self._give_up()
                continue
            reply = Reply(buffer[9], int.from_bytes(buffer[7:9], "big"), buffer[10 : end - 1])
            self._drop(end)
            return reply

    def _give_up(self) -> None:
        self.damaged += 1
        self._drop(1)

    def _skip(self, count: int) -> None:
        self.skipped += count
        self._drop(count)

    def _drop(self, count: int) -> None:
        self._buffer[:count] = bytes(count)
        del self._buffer[:count]


@dataclass(frozen=True, slots=True, repr=False)
class Blocks:
    """What a read command brought, cut by the lengths that the reply itself says."""

    text: bytes
    photo: bytes
    fingerprints: bytes = b""


def split_read_reply(data: bytes | bytearray, *, with_fingerprints: bool = False) -> Blocks:
    """Text and photo of the reply to 30 01, or to 30 10 with a third length and the fingers behind.

    Raises ValueError when the lengths do not fit: they are used, never constants.
    """
    lengths = 3 if with_fingerprints else 2
    head = 2 * lengths
    if len(data) < head:
        raise ValueError("no lengths")
    text, photo, fingers = (int.from_bytes(data[2 * at : 2 * at + 2], "big") if at < lengths else 0 for at in range(3))
    if len(data) != head + text + photo + fingers:
        raise ValueError("the lengths do not add up")
    return Blocks(
        bytes(data[head : head + text]),
        bytes(data[head + text : head + text + photo]),
        bytes(data[head + text + photo :]),
    )


def format_sam_id(data: bytes | bytearray) -> str:
    """The module's serial number as it is printed on readers: ``HH.HH-YYYYMMDD-nnnnnnnnnn-nnnnnnnnnn``."""
    if len(data) != 16:
        raise ValueError("a module number has 16 bytes")
    parts = [int.from_bytes(data[at : at + 4], "little") for at in (4, 8, 12)]
    return f"{data[0]:02x}.{data[2]:02x}-{parts[0]}-{parts[1]:010d}-{parts[2]:010d}"
