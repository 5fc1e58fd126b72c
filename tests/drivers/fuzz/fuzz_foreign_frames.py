"""Foreign frames: settings that nobody would write, and noise for settings that somebody would.

Text up to the first line break is a template, up to the second a pattern with its check after a tab; the rest is heard.
"""

from __future__ import annotations

from drivers.device import DeviceError, Fault
from drivers.seams.foreign import ForeignFrames
from drivers.seams.patterns import MAX_BYTES, Listener, Pattern
from drivers.seams.templates import Escapes, Template

CALLER = Pattern(
    r"\xFF\x68 (?P<len>.)(?P=len)\x68(?P<addr>.)(?P<code>.)(?P<data>.{0,16})(?P<check>.)\x16", "sum8:addr..data"
)
VALUES = {"addr": 1, "code": 2, "text": "请到3号", "data": b"\xa5\x5a", "session": 7, "seq": 9}


def fuzz(data: bytes) -> None:
    """A mistake is CONFIGURATION, a value that does not fit BAD_DATA; noise is heard in bounded memory."""
    parts = data.split(b"\n", 2)
    texts = [part[:300].decode("utf-8", errors="replace") for part in parts[:2]]
    heard = parts[2][:1500] if len(parts) > 2 else data[:1500]
    _template(texts[0])
    pattern = _pattern(*(texts[1] if len(texts) > 1 else texts[0]).split("\t", 1))
    for each in (CALLER, pattern):
        if each is not None:
            listener = Listener(each)
            listener.feed(heard)
            if listener.waiting > MAX_BYTES:
                raise AssertionError("too much is kept")


def _template(text: str) -> None:
    try:
        Escapes.parse(text)
    except DeviceError as error:
        _only(error, Fault.CONFIGURATION)
    try:
        ForeignFrames.parse({"press": text, "codes": text, "poll": text}, ["recall"])
    except DeviceError as error:
        _only(error, Fault.CONFIGURATION)
    try:
        template = Template(text, None, "A5=A6 02, A6=A6 01")
    except DeviceError as error:
        _only(error, Fault.CONFIGURATION)
        return
    try:
        template.build(VALUES)
    except DeviceError as error:
        _only(error, Fault.BAD_DATA)


def _pattern(text: str, check: str = "") -> Pattern | None:
    try:
        return Pattern(text, check)
    except DeviceError as error:
        _only(error, Fault.CONFIGURATION)
        return None


def _only(error: DeviceError, fault: Fault) -> None:
    if error.fault is not fault:
        raise error
