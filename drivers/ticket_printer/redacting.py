"""A recorded conversation with a printer, without what the slips said: same commands, same lengths, same answers.

Pictures become black, text becomes noughts and one Chinese character, a QR code says noughts. ``synthetic_slips`` gives
back slips of which the driver makes exactly the bytes of such a recording, so that it can be played against the driver.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from drivers.seams.recording import HOST, Turn
from drivers.ticket_printer import codec
from drivers.ticket_printer.port import Raster, Slip

_WORD = b"\xd7\xd6"
"""One Chinese character in GB18030."""

_FIXED = {
    codec.ESC + b"@": 2,
    codec.ESC + b"a": 3,
    codec.ESC + b"d": 3,
    codec.FS + b"&": 2,
    codec.GS + b"!": 3,
    codec.GS + b"V": 4,
    codec.GS + b"r": 3,
    codec.GS + b"a": 3,
    codec.DLE + b"\x04": 3,
    codec.DLE + b"\x05": 3,
    codec.DLE + b"\x14": 10,
}
_MARKS = {0: "", 1: "## ", 2: "# "}
_RASTER = codec.GS + b"v"
_GROUP = codec.GS + b"("


@dataclass(frozen=True, slots=True, repr=False)
class _Part:
    """One command, or one character of text (``head`` is empty then)."""

    head: bytes
    body: bytes


def redact(turns: Sequence[Turn]) -> Sequence[Turn]:
    """For ``RecordingPort``. Raises ``ValueError`` for bytes that are no slip of this driver."""
    said = b"".join(turn.data for turn in turns if turn.side == HOST)
    redacted = b"".join(_redacted(part) for part in _parts(said))
    place, kept = 0, []
    for turn in turns:
        if turn.side == HOST:
            kept.append(Turn(turn.at, turn.side, redacted[place : place + len(turn.data)]))
            place += len(turn.data)
        else:
            kept.append(turn)
    return kept


def synthetic_slips(turns: Sequence[Turn]) -> list[Slip]:
    """The slips of a redacted recording, made so that the driver says the same bytes again; 80 mm paper.

    Raises ``ValueError`` when it is no redacted recording of slips.
    """
    said = b"".join(turn.data for turn in turns if turn.side == HOST)
    slips: list[Slip] = []
    parts: list[_Part] = []
    for part in _parts(said):
        parts.append(part)
        if part.head[:2] == codec.GS + b"V" or part.head == codec.ESC + b"d\x06":
            slips.append(_slip(str(len(slips) + 1), parts))
            parts = []
    return slips


def _parts(said: bytes) -> Iterator[_Part]:
    place = 0
    while place < len(said):
        start = said[place : place + 2]
        if start in _FIXED:
            length, body = _FIXED[start], 0
        elif start == _RASTER:
            sizes = said[place + 4 : place + 8]
            body = int.from_bytes(sizes[:2], "little") * int.from_bytes(sizes[2:], "little")
            length = 8 + body
        elif start == _GROUP:
            length = 5 + int.from_bytes(said[place + 3 : place + 5], "little")
            body = length - 8 if said[place + 5 : place + 7] == b"\x31\x50" else 0
        elif said[place] >= 0x20 or said[place] in (0x00, 0x0A):
            length = body = 2 if said[place] >= 0x80 else 1
        else:
            raise ValueError("no command of a slip")
        if place + length > len(said):
            raise ValueError("a command is not complete")
        whole = said[place : place + length]
        yield _Part(whole[: length - body], whole[length - body :])
        place += length


def _redacted(part: _Part) -> bytes:
    if part.head.startswith(_RASTER):
        return part.head + (b"\xff" * len(part.body) if any(part.body) else part.body)
    if part.head.startswith(_GROUP):
        return part.head + b"0" * len(part.body)
    if part.head or part.body in (b"\0", b"\n"):
        return part.head + part.body
    return _WORD if len(part.body) == 2 else b"0"


def _slip(job: str, parts: Sequence[_Part]) -> Slip:
    bands = [part for part in parts if part.head.startswith(_RASTER)]
    lines: list[str] = []
    size, line = 0, bytearray()
    code = ""
    for part in parts:
        if part.head.startswith(codec.GS + b"!"):
            size = part.head[2] & 7
            if size not in _MARKS:
                raise ValueError("a size that no slip has")
        elif part.head.startswith(_GROUP) and part.body:
            code = part.body.decode("ascii")
            if lines and lines[-1] == "":
                lines.pop()  # the white above a code is the driver's own
        elif part.body == b"\n" and not code:
            lines.append(_MARKS[size] + line.decode("gbk"))
            line.clear()
        elif not part.head and part.body != b"\0":
            line += part.body
    if bands and lines:
        raise ValueError("a slip of text and pictures is not made again")
    return Slip(job, _picture(bands), tuple(lines), code)


def _picture(bands: Sequence[_Part]) -> Raster:
    widths = [int.from_bytes(band.head[4:6], "little") for band in bands]
    stride = max(widths, default=1)
    rows = [
        band.body[start : start + width].ljust(stride, b"\0")
        for band, width in zip(bands, widths, strict=True)
        for start in range(0, len(band.body), width)
    ]
    return Raster(stride * 8, len(rows), b"".join(rows))
