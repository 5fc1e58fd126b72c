"""A file on paper: a picture or a text as black and white dots of a ticket, or as a PDF of A4 pages."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from drivers.device import DeviceError, Fault
from drivers.ticket_printer.port import Raster

_SIZE = 28
_MARGIN = 8
_LONGEST = 8000


PDF = b"%PDF-"
A4_DOTS = (1654, 2339)
"""A4 at 200 dots an inch."""
A4_MARGIN = 100
_DOTS_PER_INCH = 200.0


def of_file(file: Path, width: int) -> tuple[Raster, tuple[str, ...]]:
    """The dots and, for a text, its lines. Raises BAD_DATA for what is neither picture nor text."""
    try:
        with Image.open(file) as picture:
            picture.load()
            return _raster(_fit(picture, width)), ()
    except UnidentifiedImageError:
        pass  # then it is a text
    except (OSError, ValueError, Image.DecompressionBombError):
        raise DeviceError(Fault.BAD_DATA, "the picture cannot be read") from None
    try:
        lines = tuple(line.rstrip() for line in file.read_text("utf-8").splitlines())
    except UnicodeDecodeError:
        raise DeviceError(Fault.BAD_DATA, "the file is neither a picture nor a UTF-8 text") from None
    return _raster(_drawn(lines, width)), lines


def pdf_of_file(file: Path) -> bytes:
    """A PDF as it is; a picture or a text on A4. Raises BAD_DATA for what is none of them."""
    content = file.read_bytes()
    if content.startswith(PDF):
        return content
    width, height = (side - 2 * A4_MARGIN for side in A4_DOTS)
    picture, _ = of_file(file, width)
    drawn = Image.frombytes("1", (picture.width, picture.height), bytes(255 - byte for byte in picture.data))
    pages = []
    for top in range(0, drawn.height, height):
        page = Image.new("1", A4_DOTS, 1)
        page.paste(drawn.crop((0, top, width, min(drawn.height, top + height))), (A4_MARGIN, A4_MARGIN))
        pages.append(page)
    buffer = io.BytesIO()
    pages[0].save(buffer, "PDF", save_all=True, append_images=pages[1:], resolution=_DOTS_PER_INCH)
    return buffer.getvalue()


def _fit(picture: Image.Image, width: int) -> Image.Image:
    """On white, no wider than the paper, centred, as black and white."""
    if picture.mode in {"RGBA", "LA", "P", "PA"}:
        coloured = picture.convert("RGBA")
        grey = Image.alpha_composite(Image.new("RGBA", coloured.size, "white"), coloured).convert("L")
    else:
        grey = picture.convert("L")
    if grey.width > width:
        grey = grey.resize((width, max(1, round(grey.height * width / grey.width))), Image.Resampling.LANCZOS)
    if grey.height > _LONGEST:
        raise DeviceError(Fault.BAD_DATA, f"the picture is longer than {_LONGEST} rows")
    page = Image.new("L", (width, grey.height), 255)
    page.paste(grey, ((width - grey.width) // 2, 0))
    return page.convert("1")


def _drawn(lines: tuple[str, ...], width: int) -> Image.Image:
    font = _font()
    wrapped = [part for line in lines for part in _wrap(line, font, width - 2 * _MARGIN)]
    row = round(_SIZE * 1.5)
    height = row * max(1, len(wrapped)) + 2 * _MARGIN
    if height > _LONGEST:
        raise DeviceError(Fault.BAD_DATA, f"the text is longer than {_LONGEST} rows")
    page = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(page)
    for number, line in enumerate(wrapped):
        draw.text((_MARGIN, _MARGIN + number * row), line, font=font, fill=0)
    return page.point(lambda value: 255 if value > 140 else 0).convert("1")


def _wrap(line: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, room: int) -> list[str]:
    parts = [""]
    for character in line:
        if parts[-1] and font.getlength(parts[-1] + character) > room:
            parts.append("")
        parts[-1] += character
    return parts


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A Chinese font of this machine, as fontconfig knows it; else the one that comes with Pillow (Latin only)."""
    try:
        found = subprocess.run(
            ["fc-match", "--format=%{file}", "Noto Sans CJK SC:lang=zh-cn"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
        return ImageFont.truetype(found.stdout.strip(), _SIZE)
    except (OSError, subprocess.SubprocessError):
        return ImageFont.load_default(_SIZE)


def _raster(page: Image.Image) -> Raster:
    return Raster(page.width, page.height, bytes(255 - byte for byte in page.tobytes()))
