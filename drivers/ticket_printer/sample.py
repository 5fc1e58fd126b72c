"""A slip like a real one, of an invented visit: for the bench, for tests and for whoever tries a printer."""

from __future__ import annotations

import io

import segno
from PIL import Image, ImageDraw

from drivers.ticket_printer.port import Raster, Slip

URL = "https://hall.example.org/t/3F7K2Q9ZP0ABCDEFGHJKMNPQRS"


def sample_picture(width: int = 576, height: int = 780, content: str = URL) -> Raster:
    """Large strokes, small print and, where there is room for it, a QR code."""
    image = Image.new("1", (width, height), 1)
    draw = ImageDraw.Draw(image)
    draw.rectangle((width // 4, height // 20, width * 3 // 4, height // 5), fill=0)
    for line in range(8):
        y = height // 4 + line * height // 56
        draw.line((20, y, width - 20, y), fill=0, width=min(3, height // 56))
    if height >= 600:
        code = io.BytesIO()
        segno.make_qr(content).save(code, kind="png", scale=8, border=4)
        image.paste(Image.open(code).convert("1"), (width // 2 - 165, 340))
    return Raster(width, height, bytes(byte ^ 0xFF for byte in image.tobytes()))


def sample_slip(job: str = "job-1", width: int = 576, height: int = 780, content: str = URL) -> Slip:
    """The whole job, as picture and as text."""
    return Slip(job, sample_picture(width, height, content), ("# A001", "## Window 3", "2 before you"), content)
