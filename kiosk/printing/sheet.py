"""A strip of paper that grows downwards: text, lines, two columns, a QR code; black on white, no bars.

Lengths are in dots of the printer. Nothing here knows what a ticket is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import segno
from PIL import Image, ImageDraw, ImageFont

from drivers.ticket_printer.port import Raster
from kiosk.printing.fonts import Fonts

INK_BELOW = 150
"""Grey values below this become black; chosen by eye for Noto Sans at 20 to 30 dots."""
CHUNK = 2400
SMALL, PLAIN, BODY, LARGE = 20, 26, 30, 40
"""The sizes of type on paper, in dots: few, since every one opens the font's 20 MB once more."""
LEAST_BESIDE = 260
"""Dots that words beside a code need, so that they are not taller than it."""
CLOSING = ",。、;:!?)」》%，；：！？）"
_CHINESE = "\u2e80"
"""From here on a character may be parted from the next: below are the scripts of words and the signs between them."""
_LATIN_WORD = re.compile("[!-~]+")


class Sheet:
    """One slip while it is drawn.

    ``lines`` collects the same words for printers without pictures, which break long lines by themselves.
    """

    def __init__(self, fonts: Fonts, width: int, margin: int) -> None:
        self.fonts = fonts
        self.width = width
        self.margin = margin
        self.y = 0
        self.lines: list[str] = []
        self._image = Image.new("L", (width, CHUNK), 255)
        self._draw = ImageDraw.Draw(self._image)

    @property
    def inner(self) -> int:
        return self.width - 2 * self.margin

    def space(self, dots: int) -> None:
        self._grow(dots)
        self.y += dots

    def text(self, words: str, size: int, *, bold: bool = False, centre: bool = False, gap: float = 1.28) -> None:
        """A paragraph, broken where it must be; nothing at all for no words."""
        if not words:
            return
        font = self.fonts.of(size, bold=bold)
        for line in wrapped(words, font, self.inner):
            self._grow(int(size * gap))
            x = (self.width - font.getlength(line)) / 2 if centre else self.margin
            self._draw.text((x, self.y), line, font=font, fill=0)
            self.y += int(size * gap)
        self.lines += words.split("\n")

    def names(self, names: Sequence[str], size: int, *, bold: bool = False, gap: float = 1.28) -> None:
        """Names one after the other, a new line between them and not within them."""
        font, line = self.fonts.of(size, bold=bold), ""
        for name in names:
            if line and font.getlength(f"{line} {name}") > self.inner:
                self.text(line, size, bold=bold, gap=gap)
                line = ""
            line = f"{line} {name}".strip()
        self.text(line, size, bold=bold, gap=gap)

    def fitting(self, words: str, size: int, smaller: int) -> int:
        """The size at which bold words stand on one line; the smaller one otherwise."""
        return size if self.fonts.of(size, bold=True).getlength(words) <= self.inner else smaller

    def pair(self, label: str, value: str, size: int, small: str = "", *, bold: bool = True) -> None:
        """A label on the left (its English small below it) and its value on the right, broken where it must be."""
        column = int(self.inner * 0.34)
        font, tiny = self.fonts.of(size, bold=bold), self.fonts.of(SMALL)
        values = wrapped(value, font, self.inner - column)
        named = self.fonts.of(PLAIN)
        if any(named.getlength(word) > column - 8 for word in _LATIN_WORD.findall(label)):
            named = tiny
        labels = wrapped(label, named, column - 8)
        smalls = wrapped(small, tiny, column - 8) if small else []
        left = len(labels) * 33 + len(smalls) * 22
        right = int(len(values) * size * 1.26)
        height = max(left, right) + 12
        self._grow(height)
        y = self.y + (max(0, size - PLAIN) * 0.75 if labels else 0)
        for line in labels:
            self._draw.text((self.margin, y), line, font=named, fill=0)
            y += 33
        for line in smalls:
            self._draw.text((self.margin, y + 1), line, font=tiny, fill=0)
            y += 22
        for number, line in enumerate(values):
            self._draw.text((self.margin + column, self.y + number * size * 1.26), line, font=font, fill=0)
        self.y += height
        self.lines += f"{label} {value}".split("\n")

    def columns(self, cells: Sequence[tuple[str, str, str]], size: int) -> None:
        """Side by side: a small label in two languages, and below it its value, large."""
        room = self.inner / len(cells)
        if any(self._beside(label, small) > room - 8 for label, small, _ in cells):
            for cell in cells:  # narrow paper: one below the other
                self._cell(cell, self.margin, self.inner, size)
            return
        y = self.y
        for number, cell in enumerate(cells):
            self.y = y
            self._cell(cell, self.margin + number * room, room, size)

    def _cell(self, cell: tuple[str, str, str], x: float, room: float, size: int) -> None:
        label, small, value = cell
        self._grow(34 + int(size * 1.35))
        self._label(x, label, small)
        font = self.fonts.of(size, bold=True)
        if font.getlength(value) > room - 8:
            font = self.fonts.of(BODY, bold=True)
        self._draw.text((x, self.y + 33 + (size - font.size)), value, font=font, fill=0)
        self.lines.append(f"{label} {value}")
        self.y += 34 + int(size * 1.35)

    def label(self, label: str, small: str) -> None:
        """A small heading in two languages on one line, or on two where the paper is narrow."""
        if self._beside(label, small) > self.inner:
            self.text(label, PLAIN)
            self.text(small, SMALL)
            return
        self._grow(36)
        self._label(self.margin, label, small)
        self.y += 36
        self.lines.append(f"{label} {small}".strip())

    def _label(self, x: float, label: str, small: str) -> None:
        font, tiny = self.fonts.of(PLAIN), self.fonts.of(SMALL)
        self._draw.text((x, self.y), label, font=font, fill=0)
        self._draw.text((x + font.getlength(label) + 10, self.y + 8), small, font=tiny, fill=0)

    def _beside(self, label: str, small: str) -> float:
        """How wide a small heading is."""
        return self.fonts.of(PLAIN).getlength(label) + 10 + self.fonts.of(SMALL).getlength(small)

    def ends(self, left: str, right: str, size: int) -> None:
        """One text at the left edge and one at the right edge of the same line, or of the next where it is too long."""
        font = self.fonts.of(size)
        both = bool(left) and bool(right)
        apart = both and font.getlength(left) + font.getlength(right) + size > self.inner
        self._grow(int(size * 1.4) * (2 if apart else 1))
        self._draw.text((self.margin, self.y), left, font=font, fill=0)
        if apart:
            self.y += int(size * 1.4)
        self._draw.text((self.width - self.margin - font.getlength(right), self.y), right, font=font, fill=0)
        self.y += int(size * 1.4)
        self.lines.append(f"{left} {right}".strip())

    def rule(self, *, dashed: bool = False) -> None:
        """A thin line across."""
        self._grow(2)
        if dashed:
            for x in range(self.margin, self.width - self.margin, 12):
                self._draw.line((x, self.y, x + 5, self.y), fill=0, width=2)
        else:
            self._draw.line((self.margin, self.y, self.width - self.margin, self.y), fill=0, width=2)
        self.y += 2

    def marks(self, words: Sequence[str], size: int = BODY) -> None:
        """Framed words in a row, in the middle; smaller or one below the other where the paper is narrow."""
        pad, between = 14, 12

        def wide(one: int, some: Sequence[str]) -> float:
            font = self.fonts.of(one, bold=True)
            return sum(font.getlength(word) + 2 * pad for word in some) + between * (len(some) - 1)

        if len(words) > 1 and wide(PLAIN, words) > self.inner:
            for word in words:
                self.marks([word], size)
            return
        size = next((one for one in (size, PLAIN, SMALL) if wide(one, words) <= self.inner), SMALL)
        if wide(size, words) > self.inner:
            self.text(words[0], PLAIN, bold=True, centre=True)
            return
        font = self.fonts.of(size, bold=True)
        x = (self.width - wide(size, words)) / 2
        self._grow(size + 24)
        for word in words:
            width = font.getlength(word) + 2 * pad
            self._draw.rounded_rectangle((x, self.y, x + width, self.y + size + 18), 8, outline=0, width=2)
            self._draw.text((x + pad, self.y + 3), word, font=font, fill=0)
            x += width + between
            self.lines.append(word)
        self.y += size + 24

    def number(self, words: str, height: int) -> None:
        """Figures of ``height`` dots across the middle; long ones are made narrower, never cut."""
        font = self.fonts.of(round(height / 0.733), bold=True)
        left, top, right, bottom = font.getbbox(words)
        picture = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2), 255)
        ImageDraw.Draw(picture).text((1 - left, 1 - top), words, font=font, fill=0)
        if picture.width > self.inner:
            narrow = max(self.inner / picture.width, 0.72)
            size = (round(picture.width * narrow), picture.height)
            if size[0] > self.inner:
                size = (self.inner, round(picture.height * self.inner / size[0]))
            picture = picture.resize(size, Image.Resampling.LANCZOS)
        self._grow(picture.height)
        self._image.paste(picture, ((self.width - picture.width) // 2, self.y))
        self.y += picture.height
        self.lines.append(f"# {words}")

    def code(self, address: str, side: int, words: Sequence[tuple[str, int, bool]]) -> None:
        """A QR code on the left and what it is for beside it; on narrow paper in the middle, and the words below."""
        matrix = segno.make(address, error="m", micro=False)
        modules = len(matrix.matrix)
        scale = max(3, side // modules)
        picture = Image.new("L", (modules, modules), 255)
        picture.putdata([0 if cell else 255 for row in matrix.matrix for cell in row])
        drawn = modules * scale
        picture = picture.resize((drawn, drawn), Image.Resampling.NEAREST)
        self._grow(drawn + 8)
        x = self.margin + drawn + 28
        room = self.width - self.margin - x
        if room < LEAST_BESIDE:
            self._image.paste(picture, ((self.width - drawn) // 2, self.y))
            self.y += drawn + 8
            for text, size, bold in words:
                self.text(text, size, bold=bold, centre=True, gap=1.34)
            return
        self._image.paste(picture, (self.margin, self.y))
        broken = [
            (line, size, bold)
            for text, size, bold in words
            for line in wrapped(text, self.fonts.of(size, bold=bold), room)
        ]
        y = self.y + (drawn - sum(int(size * 1.34) for _, size, _ in broken)) / 2
        for line, size, bold in broken:
            self._draw.text((x, y), line, font=self.fonts.of(size, bold=bold), fill=0)
            y += int(size * 1.34)
        self.y += drawn + 8
        self.lines += [text for text, _, _ in words]

    def picture(self) -> Image.Image:
        """What was drawn, in black and white, cut at the end."""
        cut = self._image.crop((0, 0, self.width, self.y))
        return cut.point([255 if value >= INK_BELOW else 0 for value in range(256)]).convert(
            "1", dither=Image.Dither.NONE
        )

    def drawn(self) -> Image.Image:
        """What was drawn, in grey, cut at the end; for paper that has finer dots than these."""
        return self._image.crop((0, 0, self.width, self.y))

    def raster(self) -> Raster:
        """The same as the printer's port wants it."""
        cut = self._image.crop((0, 0, self.width, self.y))
        ink = cut.point([0 if value >= INK_BELOW else 255 for value in range(256)], "1")
        return Raster(ink.width, ink.height, ink.tobytes())

    def wipe(self) -> None:
        """Paints over what was drawn, for slips with something personal on them."""
        self._draw.rectangle((0, 0, self.width, self._image.height), fill=255)
        self.lines.clear()

    def _grow(self, more: int) -> None:
        if self.y + more + 4 > self._image.height:
            larger = Image.new("L", (self.width, self._image.height + max(CHUNK, more)), 255)
            larger.paste(self._image, (0, 0))
            self._image, self._draw = larger, ImageDraw.Draw(larger)


def wrapped(words: str, font: ImageFont.FreeTypeFont, room: float) -> list[str]:
    """Breaks Chinese anywhere and other scripts between words; no line begins with closing punctuation."""
    lines: list[str] = []
    for paragraph in words.split("\n"):
        line = ""
        for part in _parts(paragraph, font, room):
            if line and font.getlength((line + part).rstrip()) > room:
                kept = ""
                if part[0] in CLOSING and len(line) > 1 and font.getlength(line[-1] + part) <= room:
                    line, kept = line[:-1], line[-1]
                lines.append(line.rstrip())
                line = kept + part
            else:
                line += part
        lines.append(line.rstrip())
    return lines


def _parts(words: str, font: ImageFont.FreeTypeFont, room: float) -> list[str]:
    """Single Chinese characters, and words with the space after them; words too long for a line are cut."""
    parts: list[str] = []
    for character in words:
        grows = bool(parts) and parts[-1][-1] != " " and (character == " " or max(character, parts[-1][-1]) < _CHINESE)
        if grows and font.getlength(parts[-1] + character) <= room:
            parts[-1] += character
        else:
            parts.append(character)
    return parts
