"""A sheet on A4: drawn as for a slip, twice as fine, broken into pages between lines, as one PDF.

A4 is 210 × 297 mm (ISO 216); 300 dots an inch, in black and white, is what office printers print crisply and what makes
a page a few kilobytes.
"""

from __future__ import annotations

import io

from PIL import Image

DOTS_PER_INCH = 300
PAGE = (2480, 3508)
MARGIN = 236
"""Dots around what is printed: 20 mm."""
FINER = 2
SHEET_WIDTH = (PAGE[0] - 2 * MARGIN) // FINER
"""How wide a sheet for A4 is drawn, in its own dots."""
SHEET_MM = 170.0
_INK_BELOW = 140
_LEAST = 0.6
"""How much of a page has to be filled before it may be broken."""


def pdf_of(drawn: Image.Image) -> bytes:
    """A sheet of ``SHEET_WIDTH`` dots as a PDF."""
    first, *others = pages_of(drawn)
    file = io.BytesIO()
    first.save(file, "PDF", save_all=True, append_images=others, resolution=DOTS_PER_INCH)
    return file.getvalue()


def pages_of(drawn: Image.Image) -> list[Image.Image]:
    """The pages in black and white; at least one. What is no wider than ``SHEET_WIDTH`` is never cut."""
    fine = drawn.convert("L").resize((drawn.width * FINER, drawn.height * FINER), Image.Resampling.LANCZOS)
    room = PAGE[1] - 2 * MARGIN
    pages: list[Image.Image] = []
    top = 0
    while top < fine.height or not pages:
        bottom = _break(fine, top, room)
        page = Image.new("L", PAGE, 255)
        page.paste(fine.crop((0, top, fine.width, bottom)), ((PAGE[0] - fine.width) // 2, MARGIN))
        pages.append(page.point([255 if value >= _INK_BELOW else 0 for value in range(256)]).convert("1"))
        top = bottom
    return pages


def _break(fine: Image.Image, top: int, room: int) -> int:
    """Where the page that begins at ``top`` ends: at its last white row, so that no line of text is cut."""
    if fine.height - top <= room:
        return fine.height
    for row in range(top + room, top + int(room * _LEAST), -1):
        if min(fine.crop((0, row - 1, fine.width, row)).tobytes()) > _INK_BELOW:
            return row
    return top + room
