"""A slip as native text, for lines too slow for pictures; a line with a rare character becomes a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drivers.ticket_printer import codec
from drivers.ticket_printer.port import Raster, Slip

if TYPE_CHECKING:
    from PIL import Image

CELL_DOTS = 12
"""Width of a Latin character of font A; a Chinese one takes two cells."""

LINE_DOTS = 32
"""Height of a line that is drawn."""

QR_DOTS = 6
"""Dots per module of a QR code that is drawn here, as of the printer's own: 5 KB for a URL. At 4 dots, 2 KB, a reader
in software finds only every second one.
"""

FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
)
"""Where fonts-noto-cjk puts the font that has the rare characters, on Debian, Kylin and UOS, Arch, Fedora."""


def text_slip(slip: Slip, paper: codec.Paper, font: str = "") -> bytes | None:
    """The bytes, or None when a line needs a picture and there is no font file with its characters to draw it."""
    lines: list[bytes] = []
    for line in slip.lines:
        encoded = codec.text_line(line, paper.width_dots // CELL_DOTS)
        if encoded is None:
            picture = line_picture(codec.sized(line)[1], font or _installed_font(), paper.width_dots)
            if picture is None:
                return None
            encoded = codec.LEFT + codec.raster(picture, paper) + codec.CENTRE
        lines.append(encoded)
    return codec.text_job(tuple(lines), _code(slip.qr, paper) if slip.qr else b"", paper)


def _code(content: str, paper: codec.Paper) -> bytes:
    if paper.native_qr:
        return b"\n" + codec.qr_code(content) + b"\n"
    return b"\n" + codec.raster(qr_picture(content, paper.width_dots), paper) + b"\n"


def qr_picture(content: str, width: int) -> Raster:
    """A QR code for printers that have none of their own, at most ``width`` dots; the paper around it is its margin."""
    import segno  # only printers without QR codes of their own need these two
    from PIL import Image

    modules = [bytes(255 * (not module) for module in row) for row in segno.make_qr(content, error="m").matrix]
    side = len(modules)
    dots = max(1, min(QR_DOTS, width // side))
    small = Image.frombytes("L", (side, side), b"".join(modules))
    return _raster(small.resize((side * dots, side * dots), Image.Resampling.NEAREST).convert("1"))


def line_picture(text: str, font: str, width: int) -> Raster | None:
    """As many centred rows of 24-dot characters as the text needs, drawn with ``font`` (face 2 of a collection is SC).

    None when the font cannot be read or lacks a character: an empty box on paper is no name.
    """
    from PIL import Image, ImageDraw, ImageFont

    try:
        face = ImageFont.truetype(font, 24, index=2 if font.endswith(".ttc") else 0)
    except OSError:
        return None
    box = bytes(face.getmask("\uffff"))
    if any(bytes(face.getmask(character)) == box for character in text if not character.isspace()):
        return None
    rows = [""]
    for character in text:
        if rows[-1] and face.getlength(rows[-1] + character) > width:
            rows.append("")
        rows[-1] += character
    image = Image.new("1", (width, LINE_DOTS * len(rows)), 1)
    for number, row in enumerate(rows):
        left = max(0, (width - int(face.getlength(row))) // 2)
        ImageDraw.Draw(image).text((left, int(LINE_DOTS * (number + 0.5))), row, font=face, fill=0, anchor="lm")
    return _raster(image)


def _raster(image: Image.Image) -> Raster:
    """From a picture of one bit a dot, white 1."""
    return Raster(image.width, image.height, bytes(byte ^ 0xFF for byte in image.tobytes()))


def _installed_font() -> str:
    return next((path for path in FONTS if Path(path).is_file()), "")
