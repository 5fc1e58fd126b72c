r"""How settings describe what a device of a foreign make says: a regular expression over bytes with groups. Pure.

Written as Python writes it (``\xFF``, ``.`` is any byte, spaces do not count): ``\xFF\x68 (?P<len>.)(?P=len) \x68
(?P<addr>.)(?P<key>.) (?P<check>.) \x16``. A checksum is stated apart, with the groups that it covers:
``sum8:addr..key`` (the sent one is the group ``check``), ``crc16-modbus:le:addr..key``.

A device, or noise, must not be able to keep us busy: an expression is taken only when there are few ways in which it
could match (each ``*``, ``+``, ``?``, ``{m,n}`` and ``|`` multiplies them), and only a few hundred bytes are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from re import _parser  # type: ignore[attr-defined]  # because only the parser itself knows what an expression means
from typing import Any

from drivers.device import DeviceError, Fault
from drivers.seams.frames import CHECKSUMS
from drivers.seams.templates import Escapes, Stretch

MAX_BYTES = 256
"""The longest message that a pattern may mean."""
MAX_WAYS = 512
"""In so many ways an expression may match at one place: one ``.*`` (256) and a choice."""
CHECK = "check"
_SHORTER = 32
"""A message with a wrong checksum may be a shorter one and the beginning of the next: so many are tried."""
_PLAIN = frozenset({"LITERAL", "NOT_LITERAL", "ANY", "IN", "AT", "GROUPREF"})


@dataclass(frozen=True, slots=True)
class Found:
    """A message by its groups; groups that took no part are not there."""

    groups: Mapping[str, bytes]

    def number(self, name: str) -> int | None:
        """A group as a number, its first byte the highest; None when it is not there."""
        return int.from_bytes(self.groups[name], "big") if name in self.groups else None


class Pattern:
    """One message. Raises CONFIGURATION for a wrong expression, with the place where that is known."""

    def __init__(self, text: str, check: str = "", escape: str = "") -> None:
        self._text = text
        try:
            coded = text.encode("ascii")
            parsed = _parser.parse(coded, re.DOTALL | re.VERBOSE)
            ways = _ways(parsed)
            self._regex = re.compile(coded, re.DOTALL | re.VERBOSE)
        except UnicodeEncodeError as error:
            raise _wrong(f"character {error.start + 1}: other bytes are written \\xNN") from None
        except re.error as error:
            raise _wrong(f"character {(error.pos or 0) + 1}: {error.msg}") from None
        except (RecursionError, OverflowError, ValueError) as error:
            raise _wrong(str(error) or "it is too deep") from None
        if ways > MAX_WAYS:
            raise _wrong(
                f"it could match in {ways} ways, {MAX_WAYS} are allowed; say how long things are, as .{{0,16}}"
            )
        if parsed.getwidth()[0] == 0:
            raise _wrong("it means nothing at all, too")
        self.names = frozenset(self._regex.groupindex)
        self._check = _Check.parse(check, self.names) if check else None
        self._escapes = Escapes.parse(escape)

    def __repr__(self) -> str:
        return f"Pattern({self._text!r})"

    def first(self, data: bytes) -> tuple[Found | None, int]:
        """The first sound message in ``data`` and where it ends; without one, 0."""
        place = 0
        while (found := self._regex.search(data, place)) is not None:
            start, shorter = found.start(), _SHORTER if self._check is not None else 0
            while found is not None:
                message = self._sound(found)
                if message is not None:
                    return message, found.end()
                shorter -= 1
                found = self._regex.match(data, start, found.end() - 1) if shorter > 0 else None
            place = start + 1
        return None, 0

    def _sound(self, found: re.Match[bytes]) -> Found | None:
        try:
            if self._check is not None and not self._check.holds(found, self._escapes):
                return None
            present = {name: value for name, value in found.groupdict().items() if value is not None}
            return Found({name: self._escapes.undo(value) for name, value in present.items()})
        except DeviceError:
            return None


class Listener:
    """Takes what arrives in chunks of any size; gives out sound messages, each once. Holds 256 bytes at most."""

    def __init__(self, pattern: Pattern) -> None:
        self._pattern = pattern
        self._heard = bytearray()

    @property
    def waiting(self) -> int:
        """Bytes that belong to no message yet."""
        return len(self._heard)

    def feed(self, data: bytes) -> list[Found]:
        found: list[Found] = []
        for start in range(0, len(data), MAX_BYTES):
            self._heard += data[start : start + MAX_BYTES]
            while True:
                message, end = self._pattern.first(bytes(self._heard))
                if message is None:
                    break
                del self._heard[:end]
                found.append(message)
            del self._heard[:-MAX_BYTES]
        return found

    def reset(self) -> None:
        """What was begun is no message: the line was silent, or something was asked anew."""
        self._heard.clear()


@dataclass(frozen=True, slots=True)
class _Check:
    name: str
    little: bool
    stretch: Stretch

    @classmethod
    def parse(cls, text: str, names: Iterable[str]) -> _Check:
        name, *details = (part.strip() for part in text.split(":"))
        known = set(names)
        little = False
        if name not in CHECKSUMS:
            raise DeviceError(
                Fault.CONFIGURATION, f"check {name!r} is not known; known: {', '.join(sorted(CHECKSUMS))}"
            )
        if CHECKSUMS[name].size > 1:
            if not details or details[0] not in ("le", "be"):
                raise DeviceError(Fault.CONFIGURATION, f"check: {name} needs le or be")
            little = details.pop(0) == "le"
        try:
            (stretch,) = (Stretch.parse(part) for part in details)
        except ValueError:
            raise DeviceError(Fault.CONFIGURATION, "check: the stretch is missing, such as sum8:addr..key") from None
        if CHECK not in known or not set(stretch.names) <= known or not stretch.begin:
            raise DeviceError(Fault.CONFIGURATION, f"check: no such group; known: {', '.join(sorted(known))}")
        return cls(name, little, stretch)

    def holds(self, found: re.Match[bytes], escapes: Escapes) -> bool:
        begin, end = self.stretch.begin, self.stretch.end
        first = found.start() + int(begin) if begin.isdigit() else found.start(begin)
        last = found.start(CHECK)
        if end:
            last = found.start() + int(end) + 1 if end.isdigit() else found.end(end)
        if first < 0 or last < 0 or found.start(CHECK) < 0:
            return False
        covered = escapes.undo(found.string[first : max(first, last)])
        sent = escapes.undo(found[CHECK])
        check = CHECKSUMS[self.name]
        return sent == check.of(covered).to_bytes(check.size, "little" if self.little else "big")


def _ways(pattern: Iterable[tuple[Any, Any]]) -> int:
    """In how many ways an expression could match from one place; more than allowed is not counted to the end."""
    ways = 1
    for operation, argument in pattern:
        name = str(operation)
        if name in _PLAIN:
            continue
        if name == "SUBPATTERN":
            ways *= _ways(argument[3])
        elif name == "ATOMIC_GROUP":
            ways *= _ways(argument)
        elif name == "BRANCH":
            ways *= sum(_ways(branch) for branch in argument[1])
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, inner = argument
            ways *= _repeated(_ways(inner), least, min(int(most), MAX_BYTES))
        else:
            raise ValueError("it looks ahead, back or asks for conditions, which is not taken here")
        ways = min(ways, 1_000_000)
    return ways


def _repeated(inner: int, least: int, most: int) -> int:
    if least > MAX_BYTES:
        raise ValueError(f"it is longer than {MAX_BYTES} bytes")
    if inner == 1:
        return most - least + 1
    total = 0
    for times in range(least, most + 1):
        total += min(inner**times, 1_000_000)
        if total > MAX_WAYS:
            break
    return total


def _wrong(what: str) -> DeviceError:
    return DeviceError(Fault.CONFIGURATION, f"pattern: {what}")
