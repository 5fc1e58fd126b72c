"""Frames of Onbon BX-5K and BX-6K font cards. Pure.

Source: the maker's protocol for users, version 1.4 (2021); chapter numbers below are its own. A frame is
``A5`` × 8, the packet with its bytes A5, A6, 5A, 5B escaped, ``5A``; a packet is a header of 14 bytes, the data and
CRC-16/ARC over both, before escaping. All numbers are little-endian.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from drivers.device import DeviceError, Fault
from drivers.seams.frames import crc16_arc

HEAD, TAIL = 0xA5, 0x5A
ANY_ADDRESS = 0xFFFE
"""Whatever card hears it answers (chapter 4, second broadcast address)."""
OUR_ADDRESS = 0x8000
"""What programs call themselves; 8000h to DFFFh are theirs (chapter 4)."""
LAST_OF_OURS = 0xDFFF
ANY_TYPE = 0xFE
PIXELS = 0x8000
"""In a coordinate: the rest is in dots, not in groups of eight."""

_HEADER = struct.Struct("<HH3xBBBBBH")
_AREA = struct.Struct("<BHHHHBBBHBBBBBBBBBI")
_ESCAPES = {0xA5: b"\xa6\x02", 0xA6: b"\xa6\x01", 0x5A: b"\x5b\x02", 0x5B: b"\x5b\x01"}
_ESCAPED = {(0xA6, 2): 0xA5, (0xA6, 1): 0xA6, (0x5B, 2): 0x5A, (0x5B, 1): 0x5B}
_VERSION = 2
_LONGEST_PACKET = 14 + 4096 + 2
_SHORTEST_PACKET = 14 + 5 + 2


class Command(IntEnum):
    """Group and number in one word (chapter 8)."""

    STATUS = 0xA102
    PING = 0xA200
    SWITCH = 0xA300
    BRIGHTNESS = 0xA302
    DYNAMIC = 0xA306
    CLEAR_SCREEN = 0xA310
    ACK = 0xA000
    NACK = 0xA001


class Effect(IntEnum):
    """How an area shows its text (chapter 9.1, DisplayMode)."""

    STATIC = 1
    SNAP = 2
    LEFT = 3


class Error(IntEnum):
    """Why a card refuses (chapter 6)."""

    GROUP = 1
    COMMAND = 2
    BUSY = 3
    MEMORY = 4
    CHECKSUM = 5
    FLASH = 7
    FONT = 12
    FIRMWARE = 13


FAULTS = {
    Error.GROUP: Fault.UNSUPPORTED,
    Error.COMMAND: Fault.UNSUPPORTED,
    Error.BUSY: Fault.BUSY,
    Error.CHECKSUM: Fault.CHECKSUM,
    Error.FLASH: Fault.MECHANICAL,
    Error.FONT: Fault.CONFIGURATION,
    Error.FIRMWARE: Fault.CONFIGURATION,
}
"""What a refusal means for us; whatever is not here is BAD_DATA."""


@dataclass(frozen=True, slots=True)
class Packet:
    """What is in a frame. ``overlay`` lets dynamic areas lie over the programme that is kept in flash."""

    to: int
    sender: int
    data: bytes
    overlay: bool = False
    device_type: int = ANY_TYPE


@dataclass(frozen=True, slots=True)
class Area:
    """A dynamic area and its text, as chapter 9.1 orders them. Times in seconds, ``stay`` in half seconds."""

    text: bytes
    x: int = 0
    y: int = 0
    width: int = 128
    height: int = 32
    number: int = 0
    run_mode: int = 0
    timeout: int = 10
    alignment: int = 0
    single_line: int = 2
    new_line: int = 1
    effect: Effect = Effect.STATIC
    speed: int = 2
    stay: int = 10

    def encode(self) -> bytes:
        return self._encoded_head() + self.text

    def _encoded_head(self) -> bytes:
        return _AREA.pack(
            0,
            self.x | PIXELS,
            self.y,
            self.width | PIXELS,
            self.height,
            self.number,
            0,  # no space between lines
            self.run_mode,
            self.timeout,
            0,  # no voice
            0,  # no extension
            self.alignment,
            self.single_line,
            self.new_line,
            self.effect,
            0,  # way out: on its own
            self.speed,
            self.stay,
            len(self.text),
        )


@dataclass(frozen=True, slots=True)
class CardStatus:
    """What a card says of itself (chapter 8.4). ``areas`` is None when its firmware answers in another form."""

    on: bool
    brightness: int
    areas: frozenset[int] | None


def request(command: Command, arguments: bytes = b"", *, answer: bool = True) -> bytes:
    """The data of a request (chapter 5.1.1)."""
    return command.to_bytes(2, "big") + (b"\x01" if answer else b"\x02") + bytes(2) + arguments


def show_area(area: Area) -> bytes:
    """Sets one dynamic area and leaves the others (chapter 8.2.1)."""
    encoded = area.encode()
    return request(Command.DYNAMIC, b"\x00\x01" + len(encoded).to_bytes(2, "little") + encoded)


def delete_area(number: int) -> bytes:
    """Takes one dynamic area away and sets none."""
    return request(Command.DYNAMIC, bytes((1, number, 0)))


def set_brightness(level: int) -> bytes:
    """At once and until the next time, 0 to 15 (chapter 8.17)."""
    return request(Command.BRIGHTNESS, bytes((1, level)))


def switch(on: bool) -> bytes:
    """Until the card's own timetable says otherwise (chapter 8.13)."""
    return request(Command.SWITCH, b"\x01" if on else b"\x02")


def encode(packet: Packet) -> bytes:
    """The whole frame."""
    header = _HEADER.pack(
        packet.to, packet.sender, 0, 0, packet.overlay, packet.device_type, _VERSION, len(packet.data)
    )
    body = header + packet.data
    body += crc16_arc(body).to_bytes(2, "little")
    escaped = b"".join(_ESCAPES.get(byte, bytes((byte,))) for byte in body)
    return bytes((HEAD,)) * 8 + escaped + bytes((TAIL,))


def decode(escaped: bytes) -> Packet | None:
    """What stands between head and tail; None when anything about it is wrong."""
    body = _unescaped(escaped)
    if body is None or not _SHORTEST_PACKET <= len(body) <= _LONGEST_PACKET:
        return None
    to, sender, barcode, check, overlay, device_type, _, length = _HEADER.unpack_from(body)
    if barcode or check or length != len(body) - 16:
        return None
    if crc16_arc(body[:-2]) != int.from_bytes(body[-2:], "little"):
        return None
    return Packet(to, sender, body[14:-2], bool(overlay), device_type)


class FrameParser:
    """Finds frames in what comes in, in pieces of any size. A wrong one is counted and skipped."""

    def __init__(self) -> None:
        self._frame: bytearray | None = None
        self.broken = 0
        """Frames that were not whole, or whose checksum was wrong."""

    def feed(self, data: bytes) -> list[Packet]:
        """The packets that are whole now."""
        found: list[Packet] = []
        for byte in data:
            if byte == HEAD:
                self.broken += bool(self._frame)
                self._frame = bytearray()
            elif self._frame is None:
                continue
            elif byte == TAIL:
                packet = decode(bytes(self._frame))
                self._frame = None
                if packet is not None:
                    found.append(packet)
                else:
                    self.broken += 1
            elif len(self._frame) < 2 * _LONGEST_PACKET:
                self._frame.append(byte)
            else:
                self._frame = None
                self.broken += 1
        return found


def parse_status(data: bytes) -> CardStatus:
    """From the data of a reply to STATUS. Raises BAD_DATA when it is too short to be one."""
    if len(data) < 7:
        raise DeviceError(Fault.BAD_DATA, f"a status of {len(data)} bytes")
    return CardStatus(data[5] == 1, data[6], _areas(data))


def _areas(data: bytes) -> frozenset[int] | None:
    """The numbers of the areas that are there. BX-5K1 says two bytes less; 28 bytes of bar code and name follow."""
    for count_at in (22, 20):
        if len(data) > count_at and len(data) == count_at + 1 + data[count_at] + 28:
            return frozenset(data[count_at + 1 : count_at + 1 + data[count_at]])
    return None


def _unescaped(escaped: bytes) -> bytes | None:
    body = bytearray()
    rest = iter(escaped)
    for byte in rest:
        if byte in (0xA6, 0x5B):
            plain = _ESCAPED.get((byte, next(rest, 0)))
            if plain is None:
                return None
            body.append(plain)
        elif byte in (HEAD, TAIL):
            return None
        else:
            body.append(byte)
    return bytes(body)


_SUBSTITUTES = str.maketrans({"\\": "\uff3c", "\u00a5": "\uffe5", "\u00a0": " ", "\u3000": "  ", "\t": " "})
"""A back slash begins a control sequence of the card (chapter 11.1), so its wide form stands for it."""


def encode_text(text: str) -> bytes:
    """GB2312, the fonts of these cards; nothing in it can be a control sequence. Raises BAD_DATA for other signs."""
    out = bytearray()
    for sign in text.translate(_SUBSTITUTES):
        coded = sign.encode("gb18030", errors="replace")
        if not (_in_gb2312(coded) if len(coded) == 2 else len(coded) == 1 and " " <= sign <= "~"):
            raise DeviceError(Fault.BAD_DATA, f"a character that the card has no font for: U+{ord(sign):04X}")
        out += coded
    return bytes(out)


def _in_gb2312(coded: bytes) -> bool:
    try:
        coded.decode("gb2312")
    except UnicodeDecodeError:
        return False
    return True


def command_of(data: bytes) -> str:
    """The name of a command, or its four digits."""
    word = int.from_bytes(data[:2], "big")
    try:
        return Command(word).name
    except ValueError:
        return f"{word:04X}"


def describe(data: bytes) -> str:
    """What a trace says of a frame to a card: the command's name."""
    return " ".join(command_of(packet.data) for packet in FrameParser().feed(data))
