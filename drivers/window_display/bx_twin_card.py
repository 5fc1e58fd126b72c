"""A simulated Onbon card with its panel: areas, fonts, colours, and what its bar shows as a picture.

Written from the maker's document alone; it shares nothing with the driver's codec. Areas are lost with the power, a
programme is not; lines that come faster than the card takes them are counted (``hurried``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drivers.seams.led_picture import COLOURS, draw_area

if TYPE_CHECKING:
    from PIL import Image

_ACK, _NACK = b"\xa0\x00", b"\xa0\x01"
_BUSY, _UNKNOWN_COMMAND, _NO_MEMORY, _NO_FONT = 3, 2, 4, 12
_FIELDS = 27
"""Bytes of an area before its text when it has neither voice nor extension."""


@dataclass(frozen=True, slots=True)
class ShownArea:
    """One dynamic area as the card holds it; sizes in dots."""

    number: int
    x: int
    y: int
    width: int
    height: int
    effect: int
    centred: bool
    colour: str
    font: int
    text: str

    @property
    def scrolls(self) -> bool:
        return self.effect in (3, 4)


@dataclass
class CardFaults:
    """What may be wrong with one card; every field can be set while it runs. Numbers count replies that it spoils."""

    silent: bool = False
    busy: int = 0
    refuse: int = 0
    """Refuses everything with this error."""
    wrong_crc: int = 0
    lost_replies: int = 0
    """So many of the next requests are carried out, but the answer is lost."""
    lost_requests: int = 0
    cut_replies: int = 0
    late_seconds: float = 0.0
    """The next answer comes so late, once."""
    slow_seconds: float = 0.0
    names_nobody: bool = False
    """Answers to 8000h, whoever asked."""


@dataclass
class SimulatedCard:
    """A card with its panel. ``programme`` is what stands in flash and is seen where no area is."""

    address: int = 1
    width: int = 128
    height: int = 16
    generation: str = "6k"
    programme: str = ""
    least_interval: float = 1.0
    faults: CardFaults = field(default_factory=CardFaults)
    areas: dict[int, ShownArea] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    """Every text that an area was set to, in order."""
    commands: list[str] = field(default_factory=list)
    brightness: int = 15
    on: bool = True
    hurried: int = 0
    """Lines that came sooner after the one before than the card allows."""

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._set_at = -self.least_interval

    @property
    def text(self) -> str:
        """The line of the first area."""
        with self._changed:
            return self.areas[min(self.areas)].text if self.areas else ""

    def wait_for(self, wanted: Callable[[str], bool], timeout: float = 20.0) -> str:
        """Waits until the text satisfies ``wanted``; returns it, or raises ``TimeoutError``."""
        with self._changed:
            if not self._changed.wait_for(lambda: wanted(self.text), timeout):
                raise TimeoutError(f"the bar shows {self.text!r}")
            return self.text

    def power_cut(self) -> None:
        """Off and on again: areas are gone, the programme is there."""
        with self._changed:
            self.areas.clear()
            self._changed.notify_all()

    def picture(self, offset: int = 0) -> Image.Image:
        """The panel as a person sees it; ``offset`` dots of a scrolling text are gone by."""
        with self._changed:
            areas = list(self.areas.values()) if self.on else []
        picture = draw_area(None, "", self.width, self.height)
        if not areas and self.on and self.programme:
            return draw_area(picture, self.programme, self.width, self.height)
        for area in areas:
            picture = draw_area(
                picture,
                area.text,
                area.width,
                area.height,
                left=area.x,
                top=area.y,
                font=area.font,
                colour=area.colour,
                centred=area.centred,
                scrolls=area.scrolls,
                offset=offset,
            )
        return picture

    def answer(self, data: bytes) -> bytes | None:
        """The reply's data to a request's data; None: no reply is wanted."""
        group, command, wants_reply = data[0], data[1], data[2] != 2
        self.commands.append(f"{group:02X} {command:02X}")
        with self._changed:
            reply = self._refusal() or self._carry_out(group << 8 | command, data[3:])
            self._changed.notify_all()
        return reply if wants_reply else None

    def _refusal(self) -> bytes | None:
        if self.faults.busy > 0:
            self.faults.busy -= 1
            return _refuse(_BUSY)
        return _refuse(self.faults.refuse) if self.faults.refuse else None

    def _carry_out(self, command: int, rest: bytes) -> bytes:
        arguments = rest[2:]
        if command == 0xA102:
            return self._status()
        if command == 0xA300:
            self.on = arguments[:1] == b"\x01"
        elif command == 0xA302:
            self.brightness = arguments[1]
        elif command == 0xA310:
            self.areas.clear()
        elif command == 0xA306:
            return self._set_areas(arguments)
        elif command != 0xA200:
            return _refuse(_UNKNOWN_COMMAND)
        return _ACK + bytes(3)

    def _status(self) -> bytes:
        numbers = bytes(sorted(self.areas))
        when = bytes.fromhex("20 26 05 06 03 09 00 00")
        head = b"\xa1\x02\x00\x00\x00" + bytes((1 if self.on else 2, self.brightness)) + when
        return head + b"\x01P000" + b"\x00\x00" + bytes((len(numbers),)) + numbers + b"BX-CARD-00000001" + bytes(12)

    def _set_areas(self, data: bytes) -> bytes:
        gone = data[0]
        if gone == 0xFF:
            self.areas.clear()
            rest = data[1:]
        else:
            for number in data[1 : 1 + gone]:
                self.areas.pop(number, None)
            rest = data[1 + gone :]
        count, rest = rest[0], rest[1:]
        for _ in range(count):
            length = int.from_bytes(rest[:2], "little")
            reply = self._set_area(rest[2 : 2 + length])
            if reply is not None:
                return reply
            rest = rest[2 + length :]
        return _ACK + bytes(3)

    def _set_area(self, area: bytes) -> bytes | None:
        if len(area) > {"5k": 512, "6k": 1024}[self.generation]:
            return _refuse(_NO_MEMORY)
        text, font, colour = _typeset(area[_FIELDS:])
        if font is None:
            return _refuse(_NO_FONT)
        now = time.monotonic()
        self.hurried += now - self._set_at < self.least_interval * 0.98
        self._set_at = now
        number = area[9]
        self.areas[number] = ShownArea(
            number,
            _dots(area[1:3]),
            int.from_bytes(area[3:5], "little"),
            _dots(area[5:7]),
            int.from_bytes(area[7:9], "little"),
            effect=area[19],
            centred=area[16] & 3 == 2,
            colour=colour,
            font=font,
            text=text,
        )
        self.shown.append(text)
        return None


def _refuse(error: int) -> bytes:
    return _NACK + bytes((error, 0, 0))


def _dots(word: bytes) -> int:
    value = int.from_bytes(word, "little")
    return value & 0x7FFF if value & 0x8000 else 8 * value


def _typeset(data: bytes) -> tuple[str, int | None, str]:
    """Plain text, height of its font (None: no such font) and colour; control sequences as in chapter 11.1."""
    fonts = {b"000": 16, b"001": 24, b"002": 32}
    plain, font, colour = bytearray(), 16, "red"
    at = 0
    while at < len(data):
        if data[at] != 0x5C:
            step = 2 if data[at] >= 0x80 else 1
            plain += data[at : at + step]
            at += step
        elif data[at + 1 : at + 2] == b"F":
            known = fonts.get(data[at + 3 : at + 6])
            if known is None:
                return "", None, colour
            font = known
            at += 6
        elif data[at + 1 : at + 2] == b"C":
            colour = list(COLOURS)[data[at + 2] - 0x31]
            at += 3
        elif data[at + 1 : at + 2] == b"n":
            plain += b"\n"
            at += 2
        else:
            plain += b"<" + data[at + 1 : at + 3] + b">"  # a clock or a picture: nothing that a line of ours may have
            at += 3
    return plain.decode("gb2312", errors="replace"), font, colour
