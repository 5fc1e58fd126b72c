"""What is left of a code in a recording: its length, its signs and its encoding; never its letters and digits."""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.code_scanner.keys import ALTS, KEY, KEYPAD, MSC, PLAIN, SCAN, SHIFTS
from drivers.seams.input_port import EVENT
from drivers.seams.recording import DEVICE, Turn

_AIM = re.compile("(?:\\A|[\r\n\t\x02])\\][A-Za-z][0-9A-Za-z]")
_UTF_8 = {2: "\u00e9", 3: "\u4e00", 4: "\U00020000"}
_GB18030 = {2: "\u554a", 4: "\u3400"}
_SOME_GBK = 0xB0A1  # U+554A as two bytes; as a character it is a letter, too

_CODES = {character: code for code, character in PLAIN.items()}
_KEYPAD_CODES = {character: code for code, character in KEYPAD.items()}


def harmless(data: bytes) -> bytes:
    """As many bytes in the same encoding that say nothing. Raises ``ValueError`` for what is no text."""
    for encoding, stand_ins in (("utf-8", _UTF_8), ("gb18030", _GB18030)):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        kept = {place for found in _AIM.finditer(text) for place in range(*found.span())}
        return "".join(
            character if place in kept else _harmless(character, encoding, stand_ins)
            for place, character in enumerate(text)
        ).encode(encoding)
    raise ValueError("no text in any encoding")


def _harmless(character: str, encoding: str, stand_ins: dict[int, str]) -> str:
    if character.isascii():
        if character.isalpha():
            return "A" if character.isupper() else "a"
        return "0" if character.isdigit() else character
    return stand_ins[len(character.encode(encoding))]


def redact(turns: Sequence[Turn]) -> Sequence[Turn]:
    """For a scanner on a line of bytes."""
    return [turn if turn.side != DEVICE else Turn(turn.at, turn.side, harmless(turn.data)) for turn in turns]


def redact_events(turns: Sequence[Turn]) -> Sequence[Turn]:
    """For a scanner that types. Raises ``ValueError`` for what is no row of events."""
    return [turn if turn.side != DEVICE else Turn(turn.at, turn.side, _retyped(turn.data)) for turn in turns]


def _retyped(data: bytes) -> bytes:
    if len(data) % EVENT.size:
        raise ValueError("half an event")
    typist = _Typist([list(fields) for fields in EVENT.iter_unpack(data)])
    return b"".join(EVENT.pack(*event) for event in typist.retype())


class _Typist:
    """Goes through events and types other letters, digits and numbers with the same presses."""

    def __init__(self, events: list[list[int]]) -> None:
        self._events = events
        self._held: set[int] = set()
        self._instead: dict[int, int] = {}
        self._digits: list[list[int]] = []
        """The digits of the number that is being typed: for each the places of its events, in order."""
        self._open: dict[int, list[int]] = {}
        self._runs: list[list[tuple[int, list[list[int]]]]] = [[]]
        """Numbers that follow one another: together they may be one character."""

    def retype(self) -> list[list[int]]:
        for place, event in enumerate(self._events):
            _, _, kind, code, value = event
            if kind == MSC and code == SCAN:
                event[4] = 0  # it names the key, too
            elif kind == KEY:
                self._key(place, code, value)
        for run in self._runs:
            self._replace(run)
        return self._events

    def _key(self, place: int, code: int, value: int) -> None:
        if code in ALTS:
            if value == 0 and self._digits:
                number = int("".join(KEYPAD[self._events[places[0]][3]] for places in self._digits))
                self._runs[-1].append((number, self._digits))
                self._digits = []
            self._hold(code, value)
        elif code in SHIFTS:
            self._hold(code, value)
        elif code in self._open and value != 1:
            self._open[code].append(place)
            if value == 0:
                del self._open[code]
        elif self._held & ALTS and KEYPAD.get(code, "").isdigit():
            if value == 1:
                places = [place]
                self._digits.append(places)
                self._open[code] = places
        else:
            if value == 1:
                self._runs.append([])
                self._instead[code] = self._other(code)
            self._events[place][3] = self._instead.get(code, self._other(code))

    def _hold(self, code: int, value: int) -> None:
        (self._held.add if value else self._held.discard)(code)

    def _other(self, code: int) -> int:
        character = PLAIN.get(code, "")
        if character.isalpha():
            return _CODES["a"]
        if character.isdigit():
            return code if self._held & SHIFTS else _CODES["1"]
        return _KEYPAD_CODES["1"] if KEYPAD.get(code, "").isdigit() else code

    def _replace(self, run: Sequence[tuple[int, list[list[int]]]]) -> None:
        others = iter(harmless(bytes(number for number, _ in run if number <= 0xFF)))
        for number, digits in run:
            self._number(digits, next(others) if number <= 0xFF else _SOME_GBK)

    def _number(self, digits: Sequence[Sequence[int]], number: int) -> None:
        text = str(number).zfill(len(digits))
        if len(text) > len(digits):
            raise ValueError("a number that cannot be replaced")
        for places, digit in zip(digits, text, strict=True):
            for place in places:
                self._events[place][3] = _KEYPAD_CODES[digit]
