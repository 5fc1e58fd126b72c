"""Pictures for QML: the project's own line drawings in the colours in use, QR codes, the camera's preview.

None of them carries a citizen's data in its address: QR code and preview are asked of the visit when
they are drawn, and QML is told not to keep them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QTransform
from PySide6.QtQuick import QQuickImageProvider

from kiosk.viewmodels.theme import Theme

if TYPE_CHECKING:
    from drivers.picture import Picture

PALETTES = ("day", "contrast", "night")
DRAWN = ("ink", "quietInk", "line", "primary", "tint", "surface", "paper", "urgent", "done", "attention")
"""The tokens in which scenes are drawn; where two share a colour the later one decides."""
QUIET_ZONE = 4
"""Empty modules around a QR code, as its standard asks."""


class Drawings(QQuickImageProvider):
    """``image://drawing/icons/help/14508c`` and ``image://drawing/scenes/card/day``.

    A drawing is made in the colours of the day palette. The last word is either a colour, which then takes the
    place of ink, or the name of the palette in use, whose colours take the places of the day's.
    """

    def __init__(self, folder: Path, theme: Theme) -> None:
        super().__init__(QQuickImageProvider.ImageType.Image)
        self._folder = folder
        self._theme = theme

    def requestImage(self, id: str, size: QSize, requestedSize: QSize) -> QImage:  # noqa: A002, ARG002  # Qt asks so
        from PySide6.QtSvg import QSvgRenderer

        name, _, look = id.rpartition("/")
        path = (self._folder / f"{name}.svg").resolve()
        if not path.is_relative_to(self._folder) or not path.is_file():
            return QImage()
        day, now = self._theme.day_colours(), self._theme.colours()
        swap = {day[token]: now[token] for token in DRAWN} if look in PALETTES else {day["ink"]: f"#{look}"}
        renderer = QSvgRenderer(QByteArray(_recolour(path.read_text(encoding="utf-8"), swap).encode()))
        asked = QSize(requestedSize.width(), requestedSize.height())
        own = renderer.defaultSize()
        if asked.width() <= 0 or asked.height() <= 0:
            asked = own
        else:
            asked = own.scaled(asked, Qt.AspectRatioMode.KeepAspectRatio)
        image = QImage(asked, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        return image


def _recolour(svg: str, swap: dict[str, str]) -> str:
    """Replaces every colour at once, so that one that was put in is not replaced again."""
    import re

    table = {old.upper(): new for old, new in swap.items()}
    return re.sub(r"#[0-9A-Fa-f]{6}\b", lambda found: table.get(found.group().upper(), found.group()), svg)


class QrCodes(QQuickImageProvider):
    """``image://qr/<anything>``: the code of the address that the page shows now, drawn black on white."""

    def __init__(self, address: Callable[[], str]) -> None:
        super().__init__(QQuickImageProvider.ImageType.Image)
        self._address = address

    def requestImage(self, id: str, size: QSize, requestedSize: QSize) -> QImage:  # noqa: A002, ARG002  # Qt asks so
        address = self._address()
        if not address:
            return QImage()
        import segno

        rows = [bytes(row) for row in segno.make(address, error="m", micro=False).matrix]
        side = len(rows) + 2 * QUIET_ZONE
        image = QImage(side, side, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.white)
        black = QColor(Qt.GlobalColor.black)
        for y, row in enumerate(rows):
            for x, dark in enumerate(row):
                if dark:
                    image.setPixelColor(x + QUIET_ZONE, y + QUIET_ZONE, black)
        wanted = requestedSize.width() if requestedSize.width() > 0 else side * 8
        return image.scaledToWidth(max(1, wanted // side) * side, Qt.TransformationMode.FastTransformation)


class Preview(QQuickImageProvider):
    """``image://preview/<count>``: the newest picture of the camera."""

    def __init__(self, picture: Callable[[], QImage | None]) -> None:
        super().__init__(QQuickImageProvider.ImageType.Image)
        self._picture = picture

    def requestImage(self, id: str, size: QSize, requestedSize: QSize) -> QImage:  # noqa: A002, ARG002  # Qt asks so
        picture = self._picture()
        if picture is not None:
            return picture
        blank = QImage(4, 3, QImage.Format.Format_ARGB32_Premultiplied)
        blank.fill(Qt.GlobalColor.transparent)
        return blank


def as_mirrored_image(picture: Picture) -> QImage:
    """A copy of a camera picture, left and right changed as in a looking-glass."""
    height, width = picture.shape[:2]
    seen = QImage(picture.tobytes(), width, height, 3 * width, QImage.Format.Format_BGR888)
    return seen.transformed(QTransform().scale(-1, 1))
