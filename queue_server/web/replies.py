"""What goes back over HTTP: a status, a body, and refusals in one shape."""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

from queue_server.contract.codec import encode
from queue_server.contract.refusals import Code, Refusal, RefusalBody

JSON = b"application/json"

_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_NAMED = re.compile(r"field `(?P<name>[^`]*)`")


@dataclass(frozen=True)
class Answered:
    """A whole reply; streams send for themselves."""

    status: int
    body: bytes
    media: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()
    code: str = ""

    def head(self) -> list[tuple[bytes, bytes]]:
        """The headers as ASGI wants them; nothing of the hall may be kept by a proxy."""
        return [
            (b"content-type", self.media),
            (b"content-length", b"%d" % len(self.body)),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            *self.headers,
        ]


def ok(message: object, status: int = 200) -> Answered:
    """A message as the reply."""
    return Answered(status, encode(message))


def refused(refusal: Refusal, status: int | None = None) -> Answered:
    """A refusal as the reply, with the header that HTTP wants for its status."""
    status = refusal.status if status is None else status
    extra: tuple[tuple[bytes, bytes], ...] = ()
    if status == 401:
        extra = ((b"www-authenticate", b'Bearer realm="hall"'),)
    elif status in {429, 503}:
        seconds = refusal.detail.get("retryAfterSeconds", 1)
        extra = ((b"retry-after", str(seconds).encode()),)
    return Answered(status, encode(refusal.body()), headers=extra, code=refusal.code.value)


def failed() -> Answered:
    """Something that nobody foresaw; what it was stands in the log, without a word of a person."""
    body = RefusalBody(code=Code.INTERNAL.value, message="the server made a mistake; try again", retryable=True)
    return Answered(500, encode(body), code=Code.INTERNAL.value)


def misread(error: msgspec.MsgspecError) -> Refusal:
    """What is wrong with a body, and in which field."""
    match = _AT.match(str(error))
    what = match["what"] if match else str(error)
    path = (match["path"] if match else None) or "$"
    named = _NAMED.search(what)
    field = path if named is None else f"{path}.{named['name']}"
    return Refusal(Code.BAD_REQUEST, what, field=field.removeprefix("$").removeprefix(".") or None)
