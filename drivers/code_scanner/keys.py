"""From the key presses of a scanner that acts as a keyboard to the bytes of its code. Pure.

Such a scanner types what it read on an American keyboard. What that keyboard does not have (Chinese, control
characters) it types as Alt and the number on the keypad, or as Ctrl and a letter. What a number above 255 means is a
setting of the scanner, so it is one of ours: ``Alt.BYTES`` has none, ``Alt.GBK`` means two bytes, ``Alt.UNICODE`` the
number of a character.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from drivers.seams.input_port import EVENT

SYN, KEY, MSC = 0x00, 0x01, 0x04
DROPPED, SCAN = 0x03, 0x04
_LAST_TYPE = 0x1F

ENTER, TAB, SPACE, BACKSLASH, CAPS_LOCK, NUM_LOCK = 28, 15, 57, 43, 58, 69
KEYPAD_ENTER = 96
SHIFTS, CTRLS, ALTS, METAS = frozenset({42, 54}), frozenset({29, 97}), frozenset({56, 100}), frozenset({125, 126})
_MODIFIERS = SHIFTS | CTRLS | ALTS | METAS

_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (BACKSLASH, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
)
PLAIN: Mapping[int, str] = {first + place: key for first, keys, _ in _ROWS for place, key in enumerate(keys)} | {
    SPACE: " ",
    ENTER: "\r",
    KEYPAD_ENTER: "\r",
    TAB: "\t",
}
SHIFTED: Mapping[int, str] = {first + place: key for first, _, keys in _ROWS for place, key in enumerate(keys)}
KEYPAD: Mapping[int, str] = dict(
    zip((82, 79, 80, 81, 75, 76, 77, 71, 72, 73, 55, 74, 78, 83, 98), "0123456789*-+./", strict=True)
)
_CONTROL: Mapping[str, int] = {"2": 0, "[": 0x1B, "\\": 0x1C, "]": 0x1D, "6": 0x1E, "-": 0x1F}


class Alt(StrEnum):
    """What Alt and a number above 255 mean."""

    BYTES = "bytes"
    GBK = "gbk"
    UNICODE = "unicode"


@dataclass(frozen=True, slots=True, repr=False)
class Event:
    """One ``input_event`` without its time."""

    type: int
    code: int
    value: int


class EventParser:
    """Cuts bytes into events. The kernel gives whole ones; a test line may split them."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Event]:
        """The events that are complete with these bytes."""
        self._rest += data
        whole = len(self._rest) - len(self._rest) % EVENT.size
        events = [Event(*fields[2:]) for fields in EVENT.iter_unpack(self._rest[:whole])]
        self._rest[:whole] = b""
        return events

    def clear(self) -> None:
        """Forgets half an event: the line begins anew."""
        self._rest.clear()


class Typewriter:
    """What is typed, press by press. Only presses count; a key that is held down does not repeat."""

    def __init__(self, alt: Alt = Alt.BYTES) -> None:
        self._alt = alt
        self._events = EventParser()
        self._held: set[int] = set()
        self._caps = False
        self._number = ""

    def clear(self) -> None:
        """As after plugging in: no key is held."""
        self._events.clear()
        self._held.clear()
        self._caps = False
        self._number = ""

    def translate(self, data: bytes) -> Iterable[bytes | str]:
        """What these bytes of events type: bytes, or a text that says why something is no character."""
        for event in self._events.feed(data):
            typed = self._press(event)
            if typed:
                yield typed

    def _press(self, event: Event) -> bytes | str:
        if event.type == SYN and event.code == DROPPED:
            self._held.clear()
            self._number = ""
            return "key presses were lost"
        if event.type != KEY:
            return "" if event.type <= _LAST_TYPE else "what came is no key press"
        if event.code in _MODIFIERS:
            return self._modifier(event)
        if event.value != 1:
            return "" if event.value in (0, 2) else "what came is no key press"
        return self._key(event.code)

    def _modifier(self, event: Event) -> bytes | str:
        if event.value == 1:
            self._held.add(event.code)
            if event.code in ALTS:
                self._number = ""
        elif event.value == 0:
            self._held.discard(event.code)
            if event.code in ALTS and self._number:
                number, self._number = self._number, ""
                return self._numbered(int(number))
        return b""

    def _key(self, code: int) -> bytes | str:
        if code == NUM_LOCK:
            return b""
        if code == CAPS_LOCK:
            self._caps = not self._caps
            return b""
        if self._held & ALTS:
            digit = KEYPAD.get(code, "")
            if not digit.isdigit() or len(self._number) >= 7:
                return "Alt with something that is no number"
            self._number += digit
            return b""
        if self._held & METAS:
            return "a key that stands for no character"
        shifted = bool(self._held & SHIFTS)
        plain = PLAIN.get(code) or KEYPAD.get(code, "")
        if not plain:
            return "a key that stands for no character"
        if self._held & CTRLS:
            control = ord(plain) & 0x1F if plain.isalpha() else _CONTROL.get(plain)
            return "Ctrl with another key" if control is None else bytes([control])
        if plain.isalpha():
            shifted = shifted != self._caps
        return (SHIFTED.get(code, plain) if shifted else plain).encode("ascii")

    def _numbered(self, number: int) -> bytes | str:
        if self._alt is Alt.UNICODE:
            try:
                return chr(number).encode("utf-8")
            except (ValueError, OverflowError):
                return "Alt with the number of no character"
        if number <= 0xFF:
            return bytes([number])
        if self._alt is Alt.GBK and 0x8140 <= number <= 0xFEFE:
            return number.to_bytes(2, "big")
        return "Alt with a number above 255 (setting alt)"
