"""The Internet Printing Protocol: messages to bytes and back (RFC 8010, section 3). Pure.

A message is a version, an operation or a status, the number of the request and groups of attributes; the document
follows behind it. Numbers are big-endian. A value that is longer than what came, a number of the wrong size or a
collection without an end make the whole message BAD_DATA: nothing is guessed.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import NoReturn, TypeGuard

from drivers.device import DeviceError, Fault

VERSION = (1, 1)
MAX_DEPTH = 8
"""Collections within collections; real printers nest three."""


class Tag(IntEnum):
    """Delimiters of groups and kinds of values that are used here (RFC 8010, 3.5)."""

    OPERATION = 0x01
    JOB = 0x02
    END = 0x03
    PRINTER = 0x04
    UNSUPPORTED = 0x05
    NO_VALUE = 0x13
    INTEGER = 0x21
    BOOLEAN = 0x22
    ENUM = 0x23
    RANGE = 0x33
    BEGIN_COLLECTION = 0x34
    TEXT_WITH_LANGUAGE = 0x35
    NAME_WITH_LANGUAGE = 0x36
    END_COLLECTION = 0x37
    TEXT = 0x41
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    CHARSET = 0x47
    LANGUAGE = 0x48
    MIME = 0x49
    MEMBER_NAME = 0x4A


_DELIMITERS = range(0x10)
_OUT_OF_BAND = range(0x10, 0x20)
_INTEGERS = frozenset({Tag.INTEGER, Tag.ENUM})
_WITH_LANGUAGE = frozenset({Tag.TEXT_WITH_LANGUAGE, Tag.NAME_WITH_LANGUAGE})
_STRINGS = range(0x40, 0x60)


@dataclass(frozen=True, slots=True)
class Value:
    """One value. ``content`` is None for "unknown", "no value" and the like, bytes for kinds that nobody needs here."""

    tag: int
    content: int | bool | str | bytes | tuple[int, int] | tuple[Attribute, ...] | None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A name and one or more values; their kinds may differ."""

    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Attributes of one thing: the operation, a job, the printer."""

    tag: int
    attributes: tuple[Attribute, ...] = ()

    def contents(self, name: str) -> tuple[object, ...]:
        """The contents of an attribute's values; empty when it is not there."""
        for attribute in self.attributes:
            if attribute.name == name:
                return tuple(value.content for value in attribute.values)
        return ()

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(content for content in self.contents(name) if isinstance(content, str))

    def text(self, name: str) -> str:
        return next(iter(self.texts(name)), "")

    def number(self, name: str) -> int | None:
        found = (c for c in self.contents(name) if isinstance(c, int) and not isinstance(c, bool))
        return next(found, None)

    def flag(self, name: str) -> bool | None:
        return next((content for content in self.contents(name) if isinstance(content, bool)), None)

    def upper(self, name: str) -> int | None:
        """The upper end of a range."""
        return next((content[1] for content in self.contents(name) if _is_range(content)), None)


@dataclass(frozen=True, slots=True)
class Message:
    """``code`` is the operation of a request or the status of an answer."""

    code: int
    request: int
    groups: tuple[Group, ...] = ()
    version: tuple[int, int] = VERSION

    def group(self, tag: int) -> Group:
        """The first group of that kind; an empty one when there is none."""
        return next((group for group in self.groups if group.tag == tag), Group(tag))

    def all(self, tag: int) -> tuple[Group, ...]:
        return tuple(group for group in self.groups if group.tag == tag)


def attribute(name: str, tag: int, *contents: int | bool | str | tuple[int, int]) -> Attribute:
    """An attribute whose values are all of one kind."""
    return Attribute(name, tuple(Value(tag, content) for content in contents))


# Writing.


def encode(message: Message) -> bytes:
    """The bytes of a message; the document follows behind them. Raises ``ValueError`` for a text over 32767 bytes."""
    parts = [struct.pack(">BBHI", *message.version, message.code, message.request)]
    for group in message.groups:
        parts.append(bytes([group.tag]))
        for one in group.attributes:
            for index, value in enumerate(one.values):
                _write(parts, "" if index else one.name, value)
    parts.append(bytes([Tag.END]))
    return b"".join(parts)


def _write(parts: list[bytes], name: str, value: Value) -> None:
    if value.tag == Tag.BEGIN_COLLECTION and isinstance(value.content, tuple):
        _put(parts, Tag.BEGIN_COLLECTION, name, b"")
        for member in value.content:
            if isinstance(member, Attribute):
                _put(parts, Tag.MEMBER_NAME, "", member.name.encode())
                for one in member.values:
                    _write(parts, "", one)
        _put(parts, Tag.END_COLLECTION, "", b"")
        return
    _put(parts, value.tag, name, _payload(value))


def _payload(value: Value) -> bytes:
    content = value.content
    if value.tag in _WITH_LANGUAGE and isinstance(content, str):
        return _counted(value.language.encode()) + _counted(content.encode())
    if isinstance(content, bool):
        return bytes([content])
    if isinstance(content, int):
        return struct.pack(">i", content)
    if isinstance(content, str):
        return content.encode()
    if _is_range(content):
        return struct.pack(">ii", *content)
    return content if isinstance(content, bytes) else b""


def _put(parts: list[bytes], tag: int, name: str, payload: bytes) -> None:
    parts.append(bytes([tag]) + _counted(name.encode()) + _counted(payload))


def _counted(data: bytes) -> bytes:
    if len(data) > 0x7FFF:
        raise ValueError("too long for IPP")
    return struct.pack(">H", len(data)) + data


# Reading.


def decode(data: bytes) -> tuple[Message, bytes]:
    """A message and what follows it. Raises ``DeviceError(BAD_DATA)``; never says what a value says."""
    return _Reader(data).message()


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def message(self) -> tuple[Message, bytes]:
        major, minor, code, request = struct.unpack(">BBHI", self._take(8))
        if major not in (1, 2):
            _refuse("not IPP 1 or 2")
        groups: list[Group] = []
        tag = self._byte()
        while tag != Tag.END:
            if tag not in _DELIMITERS:
                _refuse("a value outside of a group")
            group, tag = self._group(tag)
            groups.append(group)
        return Message(code, request, tuple(groups), (major, minor)), self._data[self._at :]

    def _group(self, kind: int) -> tuple[Group, int]:
        """The attributes up to the next delimiter, and that delimiter."""
        attributes: list[Attribute] = []
        values: list[Value] = []
        name = ""
        while (tag := self._byte()) not in _DELIMITERS:
            said = _text(self._counted())
            if said:
                if values:
                    attributes.append(Attribute(name, tuple(values)))
                name, values = said, []
            elif not name:
                _refuse("another value, but of nothing")
            values.append(self._value(tag, 0))
        if values:
            attributes.append(Attribute(name, tuple(values)))
        return Group(kind, tuple(attributes)), tag

    def _value(self, tag: int, depth: int) -> Value:
        payload = self._counted()
        if tag == Tag.BEGIN_COLLECTION:
            return Value(tag, self._members(depth + 1))
        if tag in (Tag.END_COLLECTION, Tag.MEMBER_NAME):
            _refuse("a member outside of a collection")
        return _value_of(tag, payload)

    def _members(self, depth: int) -> tuple[Attribute, ...]:
        if depth > MAX_DEPTH:
            _refuse("collections too deep")
        members: list[Attribute] = []
        name, values = "", list[Value]()
        while True:
            tag = self._byte()
            if self._counted():
                _refuse("a member with a name of an attribute")
            if tag in (Tag.MEMBER_NAME, Tag.END_COLLECTION):
                if name:
                    members.append(Attribute(name, tuple(values)))
                payload = self._counted()
                if tag == Tag.END_COLLECTION:
                    return tuple(members)
                name, values = _text(payload), []
                if not name:
                    _refuse("a member without a name")
            elif tag in _DELIMITERS or not name:
                _refuse("a collection that does not end")
            else:
                values.append(self._value(tag, depth))

    def _byte(self) -> int:
        return self._take(1)[0]

    def _counted(self) -> bytes:
        return self._take(int.from_bytes(self._take(2)))

    def _take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        if len(taken) < size:
            _refuse("the message was cut")
        self._at += size
        return taken


def _value_of(tag: int, payload: bytes) -> Value:
    if tag in _OUT_OF_BAND:
        return Value(tag, None)
    if tag in _INTEGERS:
        return Value(tag, int.from_bytes(_sized(payload, 4), signed=True))
    if tag == Tag.BOOLEAN:
        return Value(tag, _sized(payload, 1) != b"\0")
    if tag == Tag.RANGE:
        low, high = struct.unpack(">ii", _sized(payload, 8))
        return Value(tag, (low, high))
    if tag in _WITH_LANGUAGE:
        language, text = _two(payload)
        return Value(tag, _text(text), _text(language))
    if tag in _STRINGS:
        return Value(tag, _text(payload))
    return Value(tag, payload)


def _two(payload: bytes) -> tuple[bytes, bytes]:
    first = int.from_bytes(payload[:2])
    language, rest = payload[2 : 2 + first], payload[2 + first :]
    if len(payload) < 4 + first or len(rest) != 2 + int.from_bytes(rest[:2]):
        _refuse("a text with a language of another length")
    return language, rest[2:]


def _sized(payload: bytes, size: int) -> bytes:
    if len(payload) != size:
        _refuse(f"a value of {len(payload)} bytes instead of {size}")
    return payload


def _text(payload: bytes) -> str:
    """What is no UTF-8 becomes marks: old printers say their location in the code page of their country."""
    return payload.decode("utf-8", "replace")


def _is_range(content: object) -> TypeGuard[tuple[int, int]]:
    return isinstance(content, tuple) and len(content) == 2 and isinstance(content[0], int)


def _refuse(why: str) -> NoReturn:
    raise DeviceError(Fault.BAD_DATA, f"IPP: {why}")
