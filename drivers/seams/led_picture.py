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
COLOURS = {
    "red": (255, 58, 40),
    "green": (70, 255, 70),
    "yellow": (255, 200, 40),
    "blue": (80, 110, 255),
    "cyan": (60, 240, 240),
    "magenta": (255, 70, 220),
    "white": (245, 245, 245),
}
_DARK = (38, 16, 16)
_GROUND = (10, 10, 12)
_ARROW = (120, 120, 130)
_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc",
    "C:/Windows/Fonts/simhei.ttf",
)


def draw_bar(text: str, columns: int, offset: int = 0) -> Image.Image:
    """Red dots on black, 16 rows; what does not fit is cut off, ``offset`` cells are gone by on the left."""
    return draw_area(None, text, columns * CELL, ROWS, offset=offset * CELL)


def draw_area(
    panel: Image.Image | None,
    text: str,
    width: int,
    height: int,
    *,
    left: int = 0,
    top: int = 0,
    font: int = ROWS,
    colour: str = "red",
    centred: bool = False,
    scrolls: bool = False,
    offset: int = 0,
) -> Image.Image:
    """One line of text on a part of a panel, all sizes in dots; without a panel one of that size is made.

    A text that scrolls has an arrow in the frame under it, and ``offset`` dots of it are gone by on the left.
    """
    from PIL import Image, ImageDraw  # only here, because a gateway has no need of it

    if panel is None:
        size = ((left + width) * PITCH + 2 * MARGIN, (top + height) * PITCH + 2 * MARGIN)
        panel = Image.new("RGB", size, _GROUND)
    dots = _bitmap(text, width, height, font, centred, offset)
    pen = ImageDraw.Draw(panel)
    for y in range(height):
        for x in range(width):
            at_x, at_y = MARGIN + (left + x) * PITCH, MARGIN + (top + y) * PITCH
            lit = COLOURS[colour] if dots.getpixel((x, y)) else _DARK
            pen.ellipse((at_x + 1, at_y + 1, at_x + PITCH - 2, at_y + PITCH - 2), lit)
    if scrolls:
        tip, middle = MARGIN + left * PITCH, MARGIN + (top + height) * PITCH + MARGIN // 2
        for step in range(3):
            x = tip + step * 4 * MARGIN
            pen.polygon(((x, middle), (x + MARGIN, middle - 5), (x + MARGIN, middle + 5)), _ARROW)
            pen.line((x + MARGIN, middle, x + 3 * MARGIN, middle), _ARROW, 2)
    return panel


def _bitmap(text: str, width: int, height: int, size: int, centred: bool, offset: int) -> Image.Image:
    from PIL import Image, ImageDraw, ImageFont

    path = next((font for font in _FONTS if Path(font).is_file()), None)
    font = ImageFont.truetype(path, size - 1) if path else ImageFont.load_default(size * 3 // 4)
    dots = Image.new("1", (width, height), 0)
    pen = ImageDraw.Draw(dots)
    cell = size // 2
    long = sum(1 if sign.isascii() else 2 for sign in text) * cell
    at = (width - long) // 2 if centred and long < width else -offset
    base = (height - size) // 2 + size * 7 // 8
    for sign in text:
        space = cell if sign.isascii() else 2 * cell
        advance = pen.textlength(sign, font=font)
        pen.text((at + max(0.0, (space - advance) / 2), base), sign, fill=1, font=font, anchor="ls")
        at += space
    return dots
