"""A slip as native text, for lines too slow for pictures; a line with a rare character becomes a picture."""

from __future__ import annotations

from drivers.ticket_printer import codec
from drivers.ticket_printer.port import Raster, Slip

CELL_DOTS = 12
"""Width of a Latin character of font A; a Chinese one takes two cells."""


def text_slip(slip: Slip, paper: codec.Paper, font: str = "") -> bytes | None:
    """The bytes, or None when a line needs a picture and there is no font file to draw it with."""
    lines: list[bytes] = []
    for line in slip.lines:
        encoded = codec.text_line(line, paper.width_dots // CELL_DOTS)
        if encoded is None:
            if not font:
                return None
            picture = codec.raster(line_picture(line.lstrip("# "), font, paper.width_dots), paper)
            encoded = codec.LEFT + picture + codec.CENTRE
        lines.append(encoded)
    return codec.text_job(tuple(lines), slip.qr, paper)


def line_picture(text: str, font: str, width: int) -> Raster:
    """One centred line of 24-dot characters, drawn with the font file ``font`` (face 2 of a collection is SC).

    Raises ``OSError`` when the font cannot be read.
    """
    from PIL import Image, ImageDraw, ImageFont

    height = 32
    face = ImageFont.truetype(font, 24, index=2 if font.endswith(".ttc") else 0)
    image = Image.new("1", (width, height), 1)
    left = max(0, (width - int(face.getlength(text))) // 2)
    ImageDraw.Draw(image).text((left, height // 2), text, font=face, fill=0, anchor="lm")
    stride = (width + 7) // 8
    data = bytes(byte ^ 0xFF for byte in image.tobytes())
    return Raster(width, height, data[: stride * height])
