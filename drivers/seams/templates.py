"""The small language in which settings describe what is sent to a device of a foreign make. Pure.

A template is a row of elements with spaces between them:

* ``55`` a byte, two hexadecimal digits; ``"CALL "`` characters of ASCII;
* ``{addr:u8}`` a number: ``u8 u16le u16be u32le u32be``, ``bcd`` (two digits in a byte), ``dec3`` (decimal digits in
  ASCII, here three), ``hex2`` (hexadecimal digits in ASCII);
* ``{text:gb18030}`` a text: ``gb18030 gbk utf-8 ascii``; ``{text:gbk:16}`` is filled with spaces to 16 bytes;
* ``{data:bytes}`` bytes as they are;
* ``{len:u8}`` how many bytes follow up to the checksum; ``{len:u16be:addr..text}`` how many bytes that stretch has; a
  length may be said twice (``68 {len:u8:addr..text} {len:u8:addr..text} 68``);
* ``{crc16-modbus:le}`` a checksum over all bytes before it; ``{sum8:addr..text}`` over a stretch, that is from one
  element to another, both included: by name, or by place (``2..`` is from the third byte on). Known are ``xor sum8
  sum16 lrc crc16-modbus crc16-arc crc16-ccitt``; those of two bytes end in ``le`` or ``be``: ``{crc16-arc:be:4..}``;
* ``<`` and ``>`` around the stretch in which bytes are escaped, as ``escape`` says: ``A5=A6 02, A6=A6 01``.

Everything is checked when the template is made: a mistake is ``CONFIGURATION`` and says at which character.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from drivers.device import DeviceError, Fault
from drivers.seams.frames import CHECKSUMS

Value = int | str | bytes

ENCODINGS = ("gb18030", "gbk", "utf-8", "ascii")
_NUMBERS: dict[str, tuple[int, str]] = {
    "u8": (1, "big"),
    "u16le": (2, "little"),
    "u16be": (2, "big"),
    "u32le": (4, "little"),
    "u32be": (4, "big"),
}
_DIGITS = re.compile(r"(dec|hex)([1-9])")
_ELEMENT = re.compile(
    r'(?:(?P<byte>[0-9A-Fa-f]{2})(?![^\s<>])|"(?P<text>[ !#-~]*)"|\{(?P<field>[^{}]*)\}|(?P<mark>[<>]))'
)
_LENGTH = "len"


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one element to another; an empty end means: as far as the element that speaks of it, without it."""

    begin: str = "0"
    end: str = ""

    @classmethod
    def parse(cls, text: str) -> Stretch:
        """``A..B``, where A and B are names or places; A or B may be left out. Raises ``ValueError``."""
        begin, dots, end = text.partition("..")
        if not dots or not all(re.fullmatch(r"[a-z][a-z0-9_]*|\d{1,3}|", part) for part in (begin, end)):
            raise ValueError("a stretch is written first..last")
        return cls(begin or "0", end)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(part for part in (self.begin, self.end) if part and not part.isdigit())

    def of(self, data: bytes, places: Mapping[str, tuple[int, int]], here: int) -> bytes:
        """The bytes that are meant. ``places`` says where each element begins and ends."""
        begin = int(self.begin) if self.begin.isdigit() else places[self.begin][0]
        if not self.end:
            return data[begin:here]
        end = int(self.end) + 1 if self.end.isdigit() else places[self.end][1]
        return data[begin:end]


@dataclass(frozen=True, slots=True)
class Escapes:
    """Bytes that stand for something else inside a frame, and the two or more bytes that are sent instead."""

    pairs: tuple[tuple[int, bytes], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Escapes:
        """``A5=A6 02, A6=A6 01``. Raises CONFIGURATION."""
        pairs = []
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            left, sign, right = part.partition("=")
            try:
                key, stands = bytes.fromhex(left), bytes.fromhex(right)
            except ValueError:
                key, stands = b"", b""
            if not sign or len(key) != 1 or len(stands) < 2:
                raise DeviceError(Fault.CONFIGURATION, f"escape {part!r}: one byte = two bytes or more is expected")
            pairs.append((key[0], stands))
        escapes = cls(tuple(pairs))
        leads = {stands[0] for _, stands in pairs}
        if len({byte for byte, _ in pairs}) != len(pairs) or len({stands for _, stands in pairs}) != len(pairs):
            raise DeviceError(Fault.CONFIGURATION, "escape: something is there twice")
        if not leads <= {byte for byte, _ in pairs}:
            raise DeviceError(Fault.CONFIGURATION, "escape: the byte that begins an escape has to be escaped itself")
        return escapes

    def apply(self, data: bytes) -> bytes:
        table = dict(self.pairs)
        return b"".join(table.get(byte, bytes((byte,))) for byte in data)

    def undo(self, data: bytes) -> bytes:
        """Raises BAD_DATA for an escape that does not exist."""
        if not self.pairs:
            return data
        leads = {stands[0] for _, stands in self.pairs}
        out, place = bytearray(), 0
        while place < len(data):
            if data[place] not in leads:
                out.append(data[place])
                place += 1
                continue
            for byte, stands in self.pairs:
                if data.startswith(stands, place):
                    out.append(byte)
                    place += len(stands)
                    break
            else:
                raise DeviceError(Fault.BAD_DATA, f"escape at byte {place} does not exist")
        return bytes(out)


def encode_value(kind: str, value: Value, width: int = 0) -> bytes:
    """One value as a kind of field. Raises BAD_DATA when it does not fit."""
    if kind == "bytes":
        if not isinstance(value, bytes):
            raise DeviceError(Fault.BAD_DATA, "bytes are expected")
        return value
    if kind in ENCODINGS:
        return _encoded_text(kind, value, width)
    if isinstance(value, bytes | str):
        raise DeviceError(Fault.BAD_DATA, f"a number is expected for {kind}")
    try:
        if kind in _NUMBERS:
            size, order = _NUMBERS[kind]
            return value.to_bytes(size, "little" if order == "little" else "big")
        if kind == "bcd" and 0 <= value <= 99:
            return bytes.fromhex(f"{value:02d}")
        digits = int(kind[3:])
        coded = (f"{value:0{digits}d}" if kind.startswith("dec") else f"{value:0{digits}X}").encode()
        if value < 0 or len(coded) > digits:
            raise OverflowError
    except (OverflowError, ValueError):
        raise DeviceError(Fault.BAD_DATA, f"{value} does not fit into {kind}") from None
    return coded


def _encoded_text(encoding: str, value: Value, width: int) -> bytes:
    if not isinstance(value, str):
        raise DeviceError(Fault.BAD_DATA, "a text is expected")
    try:
        coded = value.encode(encoding)
    except UnicodeEncodeError as error:
        sign = ord(value[error.start])
        raise DeviceError(Fault.BAD_DATA, f"U+{sign:04X} cannot be said in {encoding}") from None
    if width and len(coded) > width:
        raise DeviceError(Fault.BAD_DATA, f"{len(coded)} bytes of text, there is room for {width}")
    return coded.ljust(width) if width else coded


@dataclass(frozen=True, slots=True)
class _Element:
    """``kind``: literal, value, length, checksum, or the marks < and >."""

    kind: str
    at: int
    literal: bytes = b""
    name: str = ""
    code: str = ""
    width: int = 0
    little: bool = False
    stretch: Stretch | None = None


class Template:
    """What is sent, with places for values. Raises CONFIGURATION for a wrong text or a name that nobody knows."""

    def __init__(self, text: str, names: Collection[str] | None = None, escape: str = "") -> None:
        self._text = text
        self._elements = tuple(self._parse(text))
        self._escapes = Escapes.parse(escape)
        self.names = frozenset(element.name for element in self._elements if element.kind == "value")
        """The values that ``build`` needs."""
        self._check(names)

    def __repr__(self) -> str:
        return f"Template({self._text!r})"

    def build(self, values: Mapping[str, Value]) -> bytes:
        """The bytes with these values; more of them than needed do no harm. Raises BAD_DATA for what does not fit."""
        parts = [self._part(element, values) for element in self._elements]
        places: dict[str, tuple[int, int]] = {}
        begins: list[int] = []
        place = 0
        for element, part in zip(self._elements, parts, strict=True):
            begins.append(place)
            place += len(part)
            if element.name:
                places.setdefault(element.name, (begins[-1], place))
        for kind in ("length", "checksum"):
            for index, element in enumerate(self._elements):
                if element.kind == kind:
                    parts[index] = self._computed(element, index, b"".join(parts), places, begins)
        return self._escaped(parts)

    def _part(self, element: _Element, values: Mapping[str, Value]) -> bytes:
        if element.kind == "value":
            try:
                return encode_value(element.code, values[element.name], element.width)
            except KeyError:
                raise DeviceError(Fault.BAD_DATA, f"{element.name} is not given") from None
        if element.kind == "length":
            return encode_value(element.code, 0)
        if element.kind == "checksum":
            return bytes(CHECKSUMS[element.code].size)
        return element.literal

    def _computed(
        self, element: _Element, index: int, data: bytes, places: Mapping[str, tuple[int, int]], begins: list[int]
    ) -> bytes:
        here = begins[index]
        if element.kind == "checksum":
            check = CHECKSUMS[element.code]
            covered = (element.stretch or Stretch()).of(data, places, here)
            return check.of(covered).to_bytes(check.size, "little" if element.little else "big")
        if element.stretch is not None:
            return encode_value(element.code, len(element.stretch.of(data, places, here)))
        after = [begin for begin, later in zip(begins, self._elements, strict=True) if later.kind == "checksum"]
        end = next((begin for begin in after if begin > here), len(data))
        return encode_value(element.code, end - begins[index + 1] if index + 1 < len(begins) else 0)

    def _escaped(self, parts: list[bytes]) -> bytes:
        out, inside = bytearray(), False
        for element, part in zip(self._elements, parts, strict=True):
            if element.kind in ("<", ">"):
                inside = element.kind == "<"
            else:
                out += self._escapes.apply(part) if inside else part
        return bytes(out)

    def _parse(self, text: str) -> list[_Element]:
        elements: list[_Element] = []
        place, end = 0, len(text.rstrip())
        while place < end:
            at = place + len(text[place:]) - len(text[place:].lstrip())
            found = _ELEMENT.match(text, at)
            if found is None:
                raise self._wrong(at, 'a byte (55), "characters" or a {field} is expected')
            if found["byte"] is not None:
                elements.append(_Element("literal", at, bytes.fromhex(found["byte"])))
            elif found["text"] is not None:
                elements.append(_Element("literal", at, found["text"].encode("ascii")))
            elif found["mark"] is not None:
                elements.append(_Element(found["mark"], at))
            else:
                elements.append(self._field(found["field"], at))
            place = found.end()
        if not elements:
            raise self._wrong(0, "there is nothing to send")
        return elements

    def _field(self, text: str, at: int) -> _Element:
        name, *details = (part.strip() for part in text.split(":"))
        try:
            if name in CHECKSUMS:
                return _checksum(name, details, at)
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
                raise ValueError("a name is small letters and digits")
            if not details:
                raise ValueError(f"how {name} is coded is missing, such as {{{name}:u8}}")
            return _value(name, details, at)
        except ValueError as error:
            raise self._wrong(at, str(error)) from None

    def _check(self, names: Collection[str] | None) -> None:
        seen: set[str] = set()
        depth = 0
        for element in self._elements:
            if element.name in seen and element.kind != "length":
                raise self._wrong(element.at, f"{element.name} is there twice")
            seen |= {element.name} - {""}
            if element.kind in ("<", ">"):
                depth += 1 if element.kind == "<" else -1
            if depth not in (0, 1):
                raise self._wrong(element.at, "< and > do not match")
            if names is not None and element.kind == "value" and element.name not in names:
                raise self._wrong(element.at, f"{element.name} is not known here; known: {', '.join(sorted(names))}")
        if depth:
            raise self._wrong(len(self._text), "> is missing")
        for element in self._elements:
            for name in element.stretch.names if element.stretch else ():
                if name not in seen:
                    raise self._wrong(element.at, f"the stretch speaks of {name}, which is not there")

    def _wrong(self, at: int, what: str) -> DeviceError:
        return DeviceError(Fault.CONFIGURATION, f"template, character {at + 1}: {what}")


def _checksum(name: str, details: list[str], at: int) -> _Element:
    size, little = CHECKSUMS[name].size, False
    if size > 1:
        if not details or details[0] not in ("le", "be"):
            raise ValueError(f"{name} needs le or be: {{{name}:le}}")
        little = details.pop(0) == "le"
    if len(details) > 1:
        raise ValueError("too many details")
    return _Element("checksum", at, code=name, little=little, stretch=Stretch.parse(details[0]) if details else None)


def _value(name: str, details: list[str], at: int) -> _Element:
    code, *rest = details
    coded = code in _NUMBERS or code in ENCODINGS or code in ("bcd", "bytes") or _DIGITS.fullmatch(code)
    if not coded or len(rest) > 1:
        raise ValueError(f"{':'.join(details)} is no way to code a value")
    if name == _LENGTH:
        if code in ENCODINGS or code == "bytes":
            raise ValueError("a length is a number")
        return _Element("length", at, name=name, code=code, stretch=Stretch.parse(rest[0]) if rest else None)
    if rest and (code not in ENCODINGS or not re.fullmatch(r"[1-9]\d{0,2}", rest[0])):
        raise ValueError("only a text has a width, 1 to 999")
    return _Element("value", at, name=name, code=code, width=int(rest[0]) if rest else 0)
