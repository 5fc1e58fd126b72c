"""Draws what an LED bar shows, dot by dot, for people who look at a demo or a test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

ROWS = 16
CELL = 8
"""Dots of one Latin cell; a Chinese character takes two."""
PITCH = 8
MARGIN = 12
_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc",
    "C:/Windows/Fonts/simhei.ttf",
)


def draw_bar(text: str, columns: int, offset: int = 0) -> Image.Image:
    """Red dots on black, 16 rows; what does not fit is cut off, ``offset`` cells are gone by on the left."""
    from PIL import Image, ImageDraw  # only here, because a gateway has no need of it

    dots = _bitmap(text, offset, columns * CELL)
    picture = Image.new("RGB", (columns * CELL * PITCH + 2 * MARGIN, ROWS * PITCH + 2 * MARGIN), (10, 10, 12))
    pen = ImageDraw.Draw(picture)
    for y in range(ROWS):
        for x in range(columns * CELL):
            left, top = MARGIN + x * PITCH, MARGIN + y * PITCH
            lit = dots.getpixel((x, y))
            pen.ellipse((left + 1, top + 1, left + PITCH - 2, top + PITCH - 2), (255, 58, 40) if lit else (38, 16, 16))
    return picture


def _bitmap(text: str, offset: int, width: int) -> Image.Image:
    from PIL import Image, ImageDraw, ImageFont

    path = next((font for font in _FONTS if Path(font).is_file()), None)
    font = ImageFont.truetype(path, 15) if path else ImageFont.load_default(12)
    dots = Image.new("1", (width, ROWS), 0)
    pen = ImageDraw.Draw(dots)
    cell = -offset
    for sign in text:
        cells = 1 if sign.isascii() else 2
        space = cells * CELL
        advance = pen.textlength(sign, font=font)
        pen.text((cell * CELL + max(0.0, (space - advance) / 2), 14), sign, fill=1, font=font, anchor="ls")
        cell += cells
    return dots
