"""From the bytes of a scanner to one code: where it ends, and what it says. Pure.

A scanner's line has no checksum and no answer: all there is are bytes and, mostly, a suffix. Whatever is odd (no
suffix, too long, control characters, no text in any one encoding) is refused with a reason; nothing is repaired.
Who needs to know that a code is genuine verifies its signature or asks its issuer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from drivers.device import DeviceError, Fault

ENDS: Mapping[str, tuple[bytes, ...]] = {
    "any": (b"\r", b"\n"),
    "cr": (b"\r",),
    "lf": (b"\n",),
    "crlf": (b"\r\n",),
    "tab": (b"\t",),
    "none": (),
}
"""The suffixes by the names they have in settings; ``none``: silence ends a code."""

AIM: Mapping[str, str] = {
    "A": "code-39",
    "C": "code-128",
    "d": "data-matrix",
    "E": "ean",
    "e": "gs1-databar",
    "F": "codabar",
    "G": "code-93",
    "H": "code-11",
    "h": "han-xin",
    "I": "itf",
    "L": "pdf417",
    "Q": "qr",
    "U": "maxicode",
    "z": "aztec",
}
"""ISO/IEC 15424: the letter behind ``]``; a digit follows it."""


class Encoding(StrEnum):
    """How bytes become text. ``AUTO``: UTF-8 when every byte fits, else GB18030 when every byte fits."""

    AUTO = "auto"
    UTF_8 = "utf-8"
    GB18030 = "gb18030"


@dataclass(frozen=True, slots=True)
class Framing:
    """How this scanner was set up, by its own setting codes."""

    suffix: str = "any"
    prefix: bytes = b""
    aim: bool = False
    """It sends an AIM identifier, ``]Q1`` for a QR code, after the prefix."""
    max_length: int = 4096
    """Bytes; a QR code holds 2,953 at most, or 7,089 digits."""
    keeps_controls: bool = False
    """Control characters in a code (GS of GS1, line ends with another suffix) are part of it, not a fault."""
    encoding: Encoding = Encoding.AUTO
    silence: float = 0.1
    """Seconds after which a code without suffix is over."""
    patience: float = 0.5
    """Seconds after which a code that has a suffix on this scanner, and did not end, was cut."""

    @classmethod
    def from_options(cls, options: Mapping[str, str]) -> Framing:
        """From ``suffix prefix aim max controls encoding silence``. Raises CONFIGURATION and says what is allowed."""
        try:
            framing = cls(
                suffix=options.get("suffix", "any"),
                prefix=bytes_of(options.get("prefix", "")),
                aim=_YES_NO[options.get("aim", "no")],
                max_length=int(options.get("max", "4096")),
                keeps_controls={"refuse": False, "keep": True}[options.get("controls", "refuse")],
                encoding=Encoding(options.get("encoding", "auto")),
                silence=float(options.get("silence", "0.1")),
            )
            if framing.suffix not in ENDS or not 1 <= framing.max_length <= 65536 or not 0.02 <= framing.silence <= 2:
                raise ValueError
        except (KeyError, ValueError):
            raise DeviceError(
                Fault.CONFIGURATION,
                "a scanner has suffix=any|cr|lf|crlf|tab|none, prefix=hex:02, aim=yes|no, max=1…65536, "
                "controls=refuse|keep, encoding=auto|utf-8|gb18030, silence=0.02…2 (seconds)",
            ) from None
        return framing


_YES_NO = {"yes": True, "no": False}

_UTF_8_WORDS = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2}){2}")
"""Two Chinese characters in UTF-8, anywhere: in a text of GB18030 this happens once in some 100,000 characters."""


def bytes_of(setting: str) -> bytes:
    """Bytes as they stand in settings: ``hex:16 54 0D``, or ASCII text. Raises ``ValueError``."""
    return bytes.fromhex(setting[4:]) if setting.startswith("hex:") else setting.encode("ascii")


@dataclass(slots=True, repr=False)
class RawCode:
    """The bytes between two ends of codes. ``damage`` says why they are no code."""

    data: bytearray
    ended_at: float
    damage: str = ""

    def wipe(self) -> None:
        """Overwrites the bytes."""
        self.data[:] = bytes(len(self.data))


class CodeAssembler:
    """Cuts a stream of bytes into codes.

    It begins in the middle of nowhere: what may be the rest of an older code is skipped until that one ends, by its
    suffix or by ``gap`` seconds in which nothing came.
    """

    def __init__(self, framing: Framing, gap: float = 0.05) -> None:
        self._framing = framing
        self._ends = ENDS[framing.suffix]
        self._gap = gap
        self._bytes = bytearray()
        self._too_long = f"longer than {framing.max_length} bytes"
        self._skipping = True
        self._heard_at = 0.0

    @property
    def skipping(self) -> bool:
        """Whether what comes now may still belong to a code that began earlier."""
        return self._skipping

    def begin(self, now: float) -> None:
        """From here on only what begins anew counts."""
        self.wipe()
        self._skipping = True
        self._heard_at = now

    def feed(self, data: bytes, now: float) -> list[RawCode]:
        """The codes that end with these bytes."""
        codes: list[RawCode] = []
        for value in data:
            self._bytes.append(value)
            end = next((end for end in self._ends if self._bytes.endswith(end)), None)
            if end is not None:
                del self._bytes[-len(end) :]
                codes += self._ended(now)
            elif len(self._bytes) > self._framing.max_length + 2:  # a suffix of two bytes may have begun
                codes += self.spoil(self._too_long, now)
        if data:
            self._heard_at = now
        return codes

    def spoil(self, reason: str, now: float) -> list[RawCode]:
        """What has begun is no code, for this reason; the rest of it is skipped."""
        codes = [] if self._skipping else [RawCode(bytearray(), now, reason)]
        self.begin(now)
        return codes

    def quiet(self, now: float) -> list[RawCode]:
        """To be called when nothing came: silence ends a code, or shows that it was cut."""
        silent = now - self._heard_at
        if self._skipping:
            if silent >= self._gap:
                self.wipe()
                self._skipping = False
            return []
        if not self._bytes:
            return []
        if not self._ends:
            return self._ended(now) if silent >= self._framing.silence else []
        if silent < self._framing.patience:
            return []
        self.wipe()
        return [RawCode(bytearray(), now, "it stopped before its suffix")]

    def wipe(self) -> None:
        """Overwrites and drops what has begun."""
        self._bytes[:] = bytes(len(self._bytes))
        self._bytes.clear()

    def _ended(self, now: float) -> list[RawCode]:
        raw = RawCode(bytearray(self._bytes), now)
        self.wipe()
        if self._skipping:
            self._skipping = False
            raw.wipe()
            return []
        if len(raw.data) > self._framing.max_length:
            raw.damage = self._too_long
        return [raw] if raw.data else []


@dataclass(frozen=True, slots=True, repr=False)
class Content:
    """What a code says."""

    data: bytes
    text: str
    symbology: str


def content_of(raw: RawCode, framing: Framing) -> Content:
    """What the bytes say. Raises BAD_DATA with a reason that says nothing of them."""
    if raw.damage:
        raise _bad(raw.damage)
    data = bytes(raw.data)
    if not data.startswith(framing.prefix):
        raise _bad("its prefix is missing")
    data = data[len(framing.prefix) :]
    symbology = ""
    if framing.aim:
        if len(data) < 3 or data[:1] != b"]" or not data[1:2].isalpha() or not data[2:3].isalnum():
            raise _bad("its AIM identifier is missing")
        symbology = AIM.get(chr(data[1]), "other")
        data = data[3:]
    if not data:
        raise _bad("it says nothing")
    text = text_of(data, framing.encoding)
    if not framing.keeps_controls and any(unicodedata.category(character) == "Cc" for character in text):
        raise _bad("it has control characters")
    return Content(data, text, symbology)


def text_of(data: bytes, encoding: Encoding = Encoding.AUTO) -> str:
    """The text in exactly one encoding. Raises BAD_DATA for what is neither or a mixture."""
    if encoding is not Encoding.GB18030:
        try:
            return _assigned(data.decode("utf-8"))
        except UnicodeDecodeError:
            if encoding is Encoding.UTF_8:
                raise _bad("it is no UTF-8") from None
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        raise _bad("it is neither UTF-8 nor GB18030" if encoding is Encoding.AUTO else "it is no GB18030") from None
    if encoding is Encoding.AUTO and (_UTF_8_WORDS.search(data) or any(_is_utf_8(run) for run in _foreign_runs(data))):
        raise _bad("it mixes encodings")
    return _assigned(text)


def _assigned(text: str) -> str:
    if any(unicodedata.category(character) in {"Cn", "Co"} for character in text):
        raise _bad("it has characters that mean nothing")
    return text


def _foreign_runs(data: bytes) -> list[bytes]:
    """The stretches of bytes above 127."""
    return bytes(value if value > 0x7F else 0x20 for value in data).split()


def _is_utf_8(run: bytes) -> bool:
    """Whether a whole stretch is Chinese in UTF-8: three bytes a character hardly ever fit by chance."""
    try:
        return any(ord(character) > 0x7FF for character in run.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _bad(reason: str) -> DeviceError:
    return DeviceError(Fault.BAD_DATA, f"not a code: {reason}")
