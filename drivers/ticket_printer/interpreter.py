"""A printer's understanding of ESC/POS: bytes in, picture of the paper out. For the simulated printer.

Written from the command reference and independent of ``codec``: it shares no constant with it, so that a
mistake there shows here as a wrong picture.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import segno
from PIL import Image, ImageDraw, ImageFont

FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
)
LINE_DOTS = 30
CELL = (12, 24)
CUTTER_DOTS = 96
"""12 mm from the head to the knife: the white at the end of every slip."""

LONGEST = 16_000
"""Dots of paper (2 m) that are kept between two cuts; what comes after that is fed and not kept."""

MODULES = range(1, 17)
CODE_BYTES = 2_000


@dataclass(slots=True)
class Style:
    """How the next characters are set."""

    wide: int = 1
    high: int = 1
    align: int = 0
    line: int = LINE_DOTS


@dataclass(slots=True)
class QrCode:
    """The symbol that is stored in the printer until it is told to print it."""

    module: int = 3
    error: str = "l"
    data: bytes = b""


@dataclass(slots=True)
class PaperStrip:
    """What has been printed since the last cut."""

    width: int
    pieces: list[tuple[Image.Image | None, int]] = field(default_factory=list)
    """What lies one below the other, with its height; None is white."""
    height: int = 0
    qr: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    data: bytearray = field(default_factory=bytearray)

    @property
    def marked(self) -> bool:
        return any(piece is not None and piece.getextrema() != (255, 255) for piece, _ in self.pieces)

    def add(self, piece: Image.Image | None, height: int) -> None:
        """Lays a piece below the others; what is beyond the longest strip is lost."""
        if height and self.height + height <= LONGEST:
            self.pieces.append((piece, height))
            self.height += height

    def picture(self) -> Image.Image:
        """All of it, black on white, one pixel a dot."""
        image = Image.new("L", (self.width, max(1, self.height)), 255)
        top = 0
        for piece, height in self.pieces:
            if piece is not None:
                image.paste(piece, (0, top))
            top += height
        return image


@dataclass(frozen=True, slots=True)
class Step:
    """What one command did: how many bytes it had, whether it cut, what the printer answers (``GS r``)."""

    length: int
    cut: bool = False
    asks: int | None = None
    automatic: int | None = None


class Interpreter:
    """Carries out one command after the other; ``complaints`` lists bytes that no printer would understand."""

    def __init__(self, width: int = 576) -> None:
        self._width = width
        self.strip = PaperStrip(width)
        self.complaints: list[str] = []
        self._reset()

    def take_strip(self) -> PaperStrip:
        """What was printed so far; the paper then begins anew."""
        self._end_line()
        strip, self.strip = self.strip, PaperStrip(self._width)
        return strip

    def step(self, buffer: bytes) -> Step | None:
        """Carries out the command at the start of ``buffer``; None when it is not complete yet."""
        first = buffer[:1]
        table = _COMMANDS.get(first)
        try:
            if table is None:
                step = self._character(buffer)
            else:
                command = table.get(buffer[1:2])
                if command is None:
                    if len(buffer) < 2:
                        return None
                    self.complaints.append(buffer[:2].hex(" "))
                    step = Step(2)
                else:
                    step = command(self, buffer)
        except IndexError:
            return None
        self.strip.data += buffer[: step.length]
        return step

    # Text.

    def _reset(self) -> None:
        self._style = Style()
        self._qr = QrCode()
        self._line: list[tuple[Image.Image, int]] = []

    def _character(self, buffer: bytes) -> Step:
        code = buffer[0]
        if code == 0x0A:
            self._end_line(feed=True)
            self.strip.text.append("\n")
            return Step(1)
        if code == 0:
            return Step(len(buffer) - len(buffer.lstrip(b"\0")))
        if code < 0x20:
            if code not in (0x0D, 0x18):
                self.complaints.append(f"{code:02x}")
            return Step(1)
        raw = buffer[:1] if code < 0x80 else bytes((code, buffer[1]))
        try:
            character = raw.decode("gb18030")
        except UnicodeDecodeError:
            self.complaints.append(raw.hex(" "))
            return Step(len(raw))
        self.strip.text.append(character)
        cells = len(raw)
        glyph = _glyph(character, cells).resize((CELL[0] * cells * self._style.wide, CELL[1] * self._style.high))
        if sum(piece.width for piece, _ in self._line) + glyph.width > self._width:
            self._end_line(feed=True)
        self._line.append((glyph, glyph.width))
        return Step(len(raw))

    def _end_line(self, *, feed: bool = False) -> None:
        if not self._line and not feed:
            return
        tallest = max((glyph.height for glyph, _ in self._line), default=0)
        piece = Image.new("L", (self._width, max(self._style.line, tallest)), 255)
        left = self._left(sum(width for _, width in self._line))
        for glyph, width in self._line:
            piece.paste(glyph, (left, tallest - glyph.height))
            left += width
        self._line.clear()
        self.strip.add(piece, piece.height)

    def _left(self, width: int) -> int:
        return max(0, (0, (self._width - width) // 2, self._width - width)[self._style.align])

    def _feed(self, dots: int) -> None:
        self.strip.add(None, dots)

    def _graphic(self, image: Image.Image) -> None:
        self._end_line()
        piece = Image.new("L", (self._width, image.height), 255)
        piece.paste(image, (self._left(image.width), 0))
        self.strip.add(piece, piece.height)

    # Commands. Each gets the buffer from its first byte on; an IndexError means that bytes are missing.

    def initialise(self, _: bytes) -> Step:
        self._end_line()
        self._reset()
        return Step(2)

    def skip(self, length: int) -> Step:
        return Step(length)

    def set_align(self, buffer: bytes) -> Step:
        self._style.align = buffer[2] % 48 if buffer[2] % 48 in (0, 1, 2) else self._style.align
        return Step(3)

    def set_line(self, buffer: bytes) -> Step:
        self._style.line = buffer[2]
        return Step(3)

    def default_line(self, _: bytes) -> Step:
        self._style.line = LINE_DOTS
        return Step(2)

    def set_size(self, buffer: bytes) -> Step:
        self._style.wide, self._style.high = (buffer[2] >> 4 & 7) + 1, (buffer[2] & 7) + 1
        return Step(3)

    def feed_lines(self, buffer: bytes) -> Step:
        count = buffer[2]
        self._end_line()
        self._feed(count * self._style.line)
        return Step(3)

    def feed_dots(self, buffer: bytes) -> Step:
        count = buffer[2]
        self._end_line()
        self._feed(count)
        return Step(3)

    def raster(self, buffer: bytes) -> Step:
        """``GS v 0 m xL xH yL yH d…``."""
        mode, width, height = buffer[3] & 3, buffer[4] + 256 * buffer[5], buffer[6] + 256 * buffer[7]
        end = 8 + width * height
        if len(buffer) < end:
            raise IndexError
        if not width or not height or width > (self._width + 7) // 8 or height > LONGEST:
            self.complaints.append(f"raster of {width} bytes x {height}")
        else:
            inverted = bytes(byte ^ 0xFF for byte in buffer[8:end])
            image = Image.frombytes("1", (width * 8, height), inverted).convert("L")
            if mode:
                image = image.resize((image.width * (1 + (mode & 1)), image.height * (1 + (mode >> 1))))
            self._graphic(image)
        return Step(end)

    def cut(self, buffer: bytes) -> Step:
        """``GS V m [n]``: 0 1 48 49 cut here, 65 66 feed to the cutter first."""
        mode = buffer[2]
        self._end_line()
        if mode in (0x41, 0x42):
            self._feed(CUTTER_DOTS + buffer[3])
            return Step(4, cut=True)
        return Step(3, cut=True)

    def ask(self, buffer: bytes) -> Step:
        return Step(3, asks=buffer[2])

    def automatic(self, buffer: bytes) -> Step:
        return Step(3, automatic=buffer[2])

    def group(self, buffer: bytes) -> Step:
        """``GS ( k pL pH cn fn …``; other groups are skipped by their length."""
        length = 5 + buffer[3] + 256 * buffer[4]
        if len(buffer) < length:
            raise IndexError
        if length >= 7 and buffer[2:3] == b"k" and buffer[5] == 0x31:
            self._symbol(buffer[6], buffer[7:length])
        return Step(length)

    def _symbol(self, function: int, arguments: bytes) -> None:
        if function == 0x43 and arguments[:1] and arguments[0] in MODULES:
            self._qr.module = arguments[0]
        elif function == 0x45 and arguments[:1] and 0x30 <= arguments[0] <= 0x33:
            self._qr.error = "lmqh"[arguments[0] - 0x30]
        elif function == 0x50:
            self._qr.data = arguments[1:]
        elif function == 0x51 and self._qr.data:
            self._print_symbol()
        elif function not in (0x41, 0x52):
            self.complaints.append(f"symbol function {function:02x}")

    def _print_symbol(self) -> None:
        if len(self._qr.data) > CODE_BYTES:
            self.complaints.append(f"QR code of {len(self._qr.data)} bytes")
            return
        picture = io.BytesIO()
        try:
            symbol = segno.make_qr(self._qr.data, error=self._qr.error, mask=3, boost_error=False)
        except ValueError:  # more than a symbol holds
            self.complaints.append(f"QR code of {len(self._qr.data)} bytes")
            return
        symbol.save(picture, kind="png", scale=self._qr.module, border=0)
        image = Image.open(picture).convert("L")
        if image.width > self._width:
            self.complaints.append(f"QR code {image.width} dots wide")
            return
        self._graphic(image)
        self.strip.qr.append(self._qr.data.decode("utf-8", "replace"))


_Command = Callable[[Interpreter, bytes], Step]


def _skip(length: int) -> _Command:
    def command(interpreter: Interpreter, buffer: bytes) -> Step:
        buffer[length - 1]
        return interpreter.skip(length)

    return command


_COMMANDS: dict[bytes, dict[bytes, _Command]] = {
    b"\x10": {b"\x04": _skip(3), b"\x05": _skip(3), b"\x14": _skip(10)},
    b"\x1b": {
        b"@": Interpreter.initialise,
        b"a": Interpreter.set_align,
        b"2": Interpreter.default_line,
        b"3": Interpreter.set_line,
        b"d": Interpreter.feed_lines,
        b"J": Interpreter.feed_dots,
        b"!": _skip(3),
        b"-": _skip(3),
        b"E": _skip(3),
        b"G": _skip(3),
        b"M": _skip(3),
        b"R": _skip(3),
        b"t": _skip(3),
        b"p": _skip(5),
    },
    b"\x1c": {b"&": _skip(2), b".": _skip(2), b"!": _skip(3), b"-": _skip(3)},
    b"\x1d": {
        b"v": Interpreter.raster,
        b"V": Interpreter.cut,
        b"!": Interpreter.set_size,
        b"r": Interpreter.ask,
        b"a": Interpreter.automatic,
        b"(": Interpreter.group,
        b"B": _skip(3),
        b"L": _skip(4),
        b"W": _skip(4),
        b"P": _skip(4),
    },
}


@lru_cache(maxsize=512)
def _glyph(character: str, cells: int) -> Image.Image:
    """One character of 12 × 24 dots a cell, from the first font that is installed."""
    image = Image.new("L", (CELL[0] * cells, CELL[1]), 255)
    font = _font()
    ImageDraw.Draw(image).text((image.width // 2, CELL[1] // 2), character, font=font, fill=0, anchor="mm")
    return image.point(lambda value: 0 if value < 128 else 255)


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for path in FONTS:
        if Path(path).exists():
            return ImageFont.truetype(path, 20, index=2 if path.endswith(".ttc") and "Noto" in path else 0)
    return ImageFont.load_default(20)
