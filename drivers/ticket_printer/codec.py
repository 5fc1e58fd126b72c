"""ESC/POS bytes of a slip: raster bands, native Chinese text, native QR code, cut. Pure: no I/O.

Facts from Epson's command reference and from measurements on clones: raster pictures are understood by all
printers and keep every character; text is 300 times smaller and is the way for slow serial lines. The command
bytes are those of python-escpos; its printer classes are not used, because they own the transport (a silent printer
blocks them) and choose the code page by themselves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from escpos import constants

from drivers.ticket_printer.port import Raster
from drivers.ticket_printer.status import TIMES

ESC: bytes = constants.ESC
FS: bytes = constants.FS
GS: bytes = constants.GS
DLE: bytes = constants.DLE

INITIALISE: bytes = constants.HW_INIT
CENTRE: bytes = constants.TXT_STYLE["align"]["center"]
LEFT: bytes = constants.TXT_STYLE["align"]["left"]
ASK_STATUS: bytes = constants.RT_STATUS
CHINESE_ON = FS + b"&"
ASK_PROCESSED = TIMES * (GS + b"r\x01")
"""Answered in order, so the answer says that everything before it was processed. Asked several times: one answer is a
byte that noise can look like, so many equal ones are not."""

PUSH_ON = GS + b"a\x0e"
"""Automatic status from now on, when online, error or paper change; answered at once with the present one."""

ASK_IN_ORDER = 2 * (GS + b"a\xff") + GS + b"a\x00" + ASK_PROCESSED
"""Automatic status on, twice, and off again, then ``GS r 1``: eight bytes that no late answer to an older ``GS r``
looks like, and after them the answer to this one. Printers without automatic status give only the latter."""

RESUME = DLE + b"\x05\x01"
"""``DLE ENQ 1``: after a recoverable error, go on with what was being printed."""

CLEAR_AND_RECOVER = DLE + b"\x05\x02"
"""``DLE ENQ 2``: after a recoverable error, throw away what was being printed and be ready again."""

CLEAR_BUFFERS = DLE + b"\x14\x08\x01\x03\x14\x01\x06\x02\x08"
"""``DLE DC4 8``: throw away all that waits to be printed, also without paper; answered with ``37 25 00``. Printers that
do not know it see ten control characters, none of which prints anything."""

BAND_ROWS = 96
"""12 mm at 8 dots/mm: small enough for a 8 KB receive buffer, large enough not to stop the motor between bands."""

_BAND_BYTES = 8
_ROWS_TOGETHER = 16
"""2 mm: a printer may stop its motor between bands, so they are not made shorter to save more."""

_REAL_TIME = re.compile(rb"\x10(?=[\x04\x05\x14])")
_TEXT_SIZES = {"# ": 3, "## ": 2}
_UNSEEN = frozenset({"Cc", "Cf"})
_WORDS = re.compile(r"[!-~]+ *| +|[^ -~]")
"""A Latin word with the spaces after it, or one other character."""

_CLOSING = "\uff0c\u3002\u3001\uff1b\uff1a\uff01\uff1f\uff09"
"""Comma, stop and their like: no line begins with them."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What differs between rolls and mechanisms: printable dots, dots per millimetre, a cutter and QR codes or not."""

    width_dots: int
    dots_per_mm: float
    cuts: bool
    native_qr: bool = True


PAPERS = {"80": Paper(576, 8.0, cuts=True), "58": Paper(384, 8.0, cuts=False, native_qr=False)}
"""As the printers of kiosks are (TM-T20, XP-80) and as the small clones are (POS-5890)."""


def ask_status(which: int) -> bytes:
    """``DLE EOT n``, answered in real time: 1 printer, 2 offline causes, 3 errors, 4 paper."""
    return ASK_STATUS + bytes([which])


def end_of_slip(paper: Paper) -> bytes:
    """Feeds and cuts (``GS V 66 0``); without a cutter it only feeds the slip past the tear bar."""
    return GS + b"V\x42\x00" if paper.cuts else ESC + b"d\x06"


def end_of_broken_job(job_bytes: int, paper: Paper) -> bytes:
    """What gets a printer out of a slip whose sending was cut off, and that slip's beginning out of the printer.

    NULs end the command that it may still wait for: the longest has no more bytes than one band, or than the slip. A
    printer that waits for a command ignores them. The cut keeps what was printed of it away from the next slip.
    """
    return bytes(min(job_bytes, (paper.width_dots + 7) // 8 * BAND_ROWS)) + INITIALISE + end_of_slip(paper)


def picture_job(picture: Raster, paper: Paper) -> bytes:
    """The whole slip as a picture. Raises ``ValueError`` when the picture is no raster or wider than the paper."""
    return b"".join((INITIALISE, LEFT, raster(picture, paper), end_of_slip(paper)))


def raster(picture: Raster, paper: Paper) -> bytes:
    """``GS v 0`` bands. White at the right of a band and below the last black row is not sent.

    A printer takes real-time commands out of picture data too (Epson, DLE EOT): three pairs of bytes that
    would be one get a single extra dot.
    """
    stride = (picture.width + 7) // 8
    if len(picture.data) != stride * picture.height:
        raise ValueError(f"raster of {picture.width} x {picture.height} dots has {len(picture.data)} bytes")
    if picture.width > paper.width_dots:
        raise ValueError(f"{picture.width} dots do not fit on {paper.width_dots}")
    data = _without_stray_dots(picture, stride).rstrip(b"\0")
    lines = [data[top : top + stride].rstrip(b"\0") for top in range(0, len(data), stride)]
    return b"".join(_band(lines[top:end]) for top, end in _bands([len(line) for line in lines]))


def _bands(widths: list[int]) -> Iterator[tuple[int, int]]:
    """Where to cut rows of such widths (bytes): where it saves more than the eight bytes that a band costs.

    Lines of print have different widths and white between them, so that a slip in bands of its own lines is a third
    smaller than one in equal bands.
    """
    top, widest = 0, widths[0] if widths else 0
    for row in range(_ROWS_TOGETHER, len(widths), _ROWS_TOGETHER):
        here = max(widths[row : row + _ROWS_TOGETHER])
        both = max(widest, here)
        rows = min(_ROWS_TOGETHER, len(widths) - row)
        saved = (both - widest) * (row - top) + (both - here) * rows
        if saved > _BAND_BYTES or row - top + rows > BAND_ROWS:
            yield top, row
            top, widest = row, here
        else:
            widest = both
    if widths:
        yield top, len(widths)


def _band(lines: list[bytes]) -> bytes:
    """One ``GS v 0 0 xL xH yL yH d…``; at least one byte wide, so that white bands feed the paper."""
    width = max(1, max(len(line) for line in lines))
    data = b"".join(line.ljust(width, b"\0") for line in lines)
    sizes = width.to_bytes(2, "little") + len(lines).to_bytes(2, "little")
    return GS + b"v0\0" + sizes + _REAL_TIME.sub(b"\x30", data)


def _without_stray_dots(picture: Raster, stride: int) -> bytes:
    """The data with the padding bits right of ``width`` cleared."""
    spare = stride * 8 - picture.width
    if not spare:
        return picture.data
    data = bytearray(picture.data)
    mask = 0xFF << spare & 0xFF
    data[stride - 1 :: stride] = bytes(byte & mask for byte in data[stride - 1 :: stride])
    return bytes(data)


def chinese(text: str) -> bytes | None:
    """GB18030 with at most two bytes a character, or None: the firmware of common printers knows no others.

    The half-width yuan sign is replaced by the full-width one that the code page has.
    """
    try:
        return text.replace("\u00a5", "\uffe5").encode("gbk")
    except UnicodeEncodeError:
        return None


def sized(line: str) -> tuple[int, str]:
    """How many times the usual size a line is set, by the mark at its start, and what it says without that mark."""
    for mark, larger in _TEXT_SIZES.items():
        if line.startswith(mark):
            return larger, line[len(mark) :]
    return 1, line


def text_line(line: str, columns: int) -> bytes | None:
    """A line as it is printed, broken where it is too long. None when a character of it has no code.

    ``# `` at its start means three times the size, ``## `` twice. Sizes by ``GS !``: ``ESC !`` does not scale Chinese
    on many clones. A line too long for its size is set smaller.
    """
    size, words = sized(line)
    words = "".join(character for character in words if unicodedata.category(character) not in _UNSEEN)
    encoded = chinese(words.replace("\u00a0", " "))
    if encoded is None:
        return None
    while size > 1 and len(encoded) * size > columns:
        size -= 1
    head = GS + b"!" + bytes([(size - 1) << 4 | size - 1])
    return b"".join(head + row.encode("gbk") + b"\n" for row in _broken(encoded.decode("gbk"), max(1, columns // size)))


def _broken(words: str, columns: int) -> Iterator[str]:
    """Between Chinese characters and between Latin words; a word longer than the paper is wide is cut."""
    row = ""
    for found in _WORDS.findall(words):
        for part in (found[start : start + columns] for start in range(0, len(found), columns)):
            if row and _cells((row + part).rstrip()) > columns:
                kept = row[-1] if part in _CLOSING and len(row) > 1 else ""
                yield row[: len(row) - len(kept)].rstrip()
                row = kept
            row += part
    yield row.rstrip()


def _cells(words: str) -> int:
    """How wide it is in Latin characters."""
    return len(words.encode("gbk"))


def qr_code(content: str, dots: int = 6) -> bytes:
    """The printer's own QR code: model 2, ``dots`` per module, error correction M (``GS ( k``, functions 65 to 81)."""
    data = content.encode("utf-8")
    if not 1 <= len(data) <= 1000:
        raise ValueError("a QR code on a slip holds 1 to 1000 bytes")
    head = GS + b"(k"
    return b"".join(
        (
            head + b"\x04\x00\x31\x41\x32\x00",
            head + b"\x03\x00\x31\x43" + bytes([dots]),
            head + b"\x03\x00\x31\x45\x31",
            head + (len(data) + 3).to_bytes(2, "little") + b"\x31\x50\x30" + data,
            head + b"\x03\x00\x31\x51\x30",
        )
    )


def text_job(lines: tuple[bytes, ...], code: bytes, paper: Paper) -> bytes:
    """A slip of encoded lines (``text_line``, or raster bands) and a QR code (``qr_code``, or a raster), centred."""
    return b"".join((INITIALISE, CHINESE_ON, CENTRE, *lines, GS + b"!\x00", code, end_of_slip(paper)))


def describe(data: bytes) -> str:
    """What a trace says of bytes to a printer: the question asked, or only that it was part of a slip."""
    if len(data) == 3 and data.startswith(DLE + b"\x04"):
        return f"DLE EOT {data[2]}"
    named = {
        PUSH_ON: "GS a",
        RESUME: "DLE ENQ 1",
        CLEAR_AND_RECOVER: "DLE ENQ 2",
        CLEAR_BUFFERS: "DLE DC4 8",
    }
    return named.get(data, "slip")
