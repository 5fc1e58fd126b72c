"""Messages to bytes and back; the only place that knows the wire is JSON."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_encoder = msgspec.json.Encoder()


def encode(message: Any) -> bytes:
    """UTF-8 JSON of a message (or of plain lists and dicts of messages)."""
    return _encoder.encode(message)


def decode(data: bytes, kind: type[T]) -> T:
    """The message in ``data``; raises ``msgspec.ValidationError`` or ``msgspec.DecodeError``."""
    return msgspec.json.decode(data, type=kind)


def plain(message: Any) -> Any:
    """A message as dicts, lists, strings and numbers, with the names of the wire."""
    return msgspec.to_builtins(message)


def convert(value: Any, kind: type[T]) -> T:
    """A message from dicts and lists with the names of the wire; raises ``msgspec.ValidationError``."""
    return msgspec.convert(value, type=kind, strict=True)
