"""The look of the kiosk as QML sees it: colours, sizes in pixels, durations. All of it comes from ui/theme.json.

Sizes are kept in millimetres on the glass (a 21.5-inch screen read at 50 cm is the measure), so that
another screen keeps them; pixels follow from the height of the screen in millimetres.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PySide6.QtCore import Property, QObject, Signal, Slot
from PySide6.QtGui import QColor

REFERENCE_MM_PER_PX = 0.248
"""A pixel of the screen that ui/theme.json speaks of (21.5 inch, 1080 by 1920)."""
REFERENCE_LONG_SIDE_MM = 1920 * REFERENCE_MM_PER_PX
REACH_MM = 1200
"""The highest point that a person in a wheelchair has to touch (kiosk facts, D 18)."""


class Theme(QObject):
    """Every colour, size and duration that QML may use; ``changed`` when any of them did."""

    changed = Signal()

    def __init__(self, tokens: dict[str, Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tokens = tokens
        self._palette = "day"
        self._contrast = False
        self._elder = False
        self._low_reach = False
        self._motion = True
        self._width = 1080
        self._height = 1920
        self._height_mm: float | None = None
        self._bottom_mm = 850.0

    def use_screen(self, height_mm: float | None, bottom_mm: float | None = None) -> None:
        """How high the visible screen is, and how high its lower edge stands above the floor (settings)."""
        self._height_mm = height_mm
        if bottom_mm is not None:
            self._bottom_mm = bottom_mm
        self.changed.emit()

    def colours(self) -> dict[str, str]:
        """The palette in use, name to ``#RRGGBB``."""
        palette: dict[str, str] = self._tokens["palettes"]["contrast" if self._contrast else self._palette]
        return palette

    def day_colours(self) -> dict[str, str]:
        """The palette in which the project's pictures are drawn."""
        palette: dict[str, str] = self._tokens["palettes"]["day"]
        return palette

    # --- what a citizen can switch ------------------------------------------------------------

    @Slot(bool)
    def set_elder(self, on: bool) -> None:
        self._elder = on
        self.changed.emit()

    @Slot(bool)
    def set_contrast(self, on: bool) -> None:
        self._contrast = on
        self.changed.emit()

    @Slot(bool)
    def set_low_reach(self, on: bool) -> None:
        self._low_reach = on
        self.changed.emit()

    @Slot(bool)
    def set_night(self, on: bool) -> None:
        palette = "night" if on else "day"
        if palette != self._palette:
            self._palette = palette
            self.changed.emit()

    @Slot(bool)
    def set_motion(self, on: bool) -> None:
        self._motion = on
        self.changed.emit()

    @Slot(int, int)
    def set_size(self, width: int, height: int) -> None:
        """The size of the window in pixels."""
        if (width, height) != (self._width, self._height) and width > 0 and height > 0:
            self._width, self._height = width, height
            self.changed.emit()

    @Slot()
    def reset(self) -> None:
        """What one citizen switched on is not left to the next."""
        if self._elder or self._contrast or self._low_reach:
            self._elder = self._contrast = self._low_reach = False
            self.changed.emit()

    def switched(self) -> tuple[bool, bool, bool]:
        """Large type, high contrast, low reach: which of them are on."""
        return self._elder, self._contrast, self._low_reach

    # --- measures -----------------------------------------------------------------------------

    def mm_per_px(self) -> float:
        if self._height_mm:
            return self._height_mm / self._height
        return REFERENCE_LONG_SIDE_MM / max(self._width, self._height)

    def px(self, mm: float) -> int:
        return round(mm / self.mm_per_px())

    def _type(self, role: str) -> int:
        factor = self._tokens["type"]["elder"] if self._elder and role != "number" else 1.0
        return self.px(self._tokens["type"]["kioskMm"][role] * factor)

    def _space(self, name: str) -> float:
        return float(self._tokens["space"][name]) * REFERENCE_MM_PER_PX / self.mm_per_px()

    def _colour(self, name: str) -> QColor:
        return QColor(self.colours()[name])

    def _duration(self, name: str) -> int:
        return int(self._tokens["motion"][name]) if self._motion else 0

    def _reach_top(self) -> int:
        top_mm = self._bottom_mm + self._height * self.mm_per_px()
        return max(0, self.px(top_mm - REACH_MM)) if self._low_reach else 0

    paper = Property(QColor, lambda self: self._colour("paper"), notify=changed)
    surface = Property(QColor, lambda self: self._colour("surface"), notify=changed)
    ink = Property(QColor, lambda self: self._colour("ink"), notify=changed)
    quietInk = Property(QColor, lambda self: self._colour("quietInk"), notify=changed)
    line = Property(QColor, lambda self: self._colour("line"), notify=changed)
    primary = Property(QColor, lambda self: self._colour("primary"), notify=changed)
    onPrimary = Property(QColor, lambda self: self._colour("onPrimary"), notify=changed)
    tint = Property(QColor, lambda self: self._colour("tint"), notify=changed)
    pressed = Property(QColor, lambda self: self._colour("pressed"), notify=changed)
    urgent = Property(QColor, lambda self: self._colour("urgent"), notify=changed)
    urgentTint = Property(QColor, lambda self: self._colour("urgentTint"), notify=changed)
    done = Property(QColor, lambda self: self._colour("done"), notify=changed)
    onDone = Property(QColor, lambda self: self._colour("onDone"), notify=changed)
    doneTint = Property(QColor, lambda self: self._colour("doneTint"), notify=changed)
    attention = Property(QColor, lambda self: self._colour("attention"), notify=changed)
    attentionTint = Property(QColor, lambda self: self._colour("attentionTint"), notify=changed)
    shadow = Property(QColor, lambda self: self._colour("shadow"), notify=changed)
    look = Property(str, lambda self: "contrast" if self._contrast else self._palette, notify=changed)

    family = Property(str, lambda self: self._tokens["type"]["family"], notify=changed)
    lineHeight = Property(float, lambda self: self._tokens["type"]["lineHeight"], notify=changed)
    caption = Property(int, lambda self: self._type("caption"), notify=changed)
    label = Property(int, lambda self: self._type("label"), notify=changed)
    body = Property(int, lambda self: self._type("body"), notify=changed)
    title = Property(int, lambda self: self._type("title"), notify=changed)
    question = Property(int, lambda self: self._type("question"), notify=changed)
    number = Property(int, lambda self: self._type("number"), notify=changed)

    unit = Property(float, lambda self: self._space("grid"), notify=changed)
    pageMargin = Property(float, lambda self: self._space("page"), notify=changed)
    group = Property(float, lambda self: self._space("group"), notify=changed)
    radiusTile = Property(float, lambda self: self._space("radiusTile"), notify=changed)
    radiusButton = Property(float, lambda self: self._space("radiusButton"), notify=changed)
    touch = Property(
        int, lambda self: self.px(self._tokens["touchMm"]["elder" if self._elder else "normal"]) + 1, notify=changed
    )
    gap = Property(int, lambda self: self.px(self._tokens["touchMm"]["gap"]) + 1, notify=changed)
    reachTop = Property(int, lambda self: self._reach_top(), notify=changed)

    short = Property(int, lambda self: self._duration("short"), notify=changed)
    long = Property(int, lambda self: self._duration("long"), notify=changed)
    secondTap = Property(int, lambda self: int(self._tokens["motion"]["secondTap"]), notify=changed)
    warning = Property(int, lambda self: int(self._tokens["timeouts"]["warning"]), notify=changed)

    elder = Property(bool, lambda self: self._elder, notify=changed)
    contrast = Property(bool, lambda self: self._contrast, notify=changed)
    lowReach = Property(bool, lambda self: self._low_reach, notify=changed)
    night = Property(bool, lambda self: self._palette == "night", notify=changed)
    portrait = Property(bool, lambda self: self._height > self._width, notify=changed)


def read_tokens(path: Path) -> dict[str, Any]:
    """The tokens of the house's look (ui/theme.json)."""
    tokens: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return tokens
