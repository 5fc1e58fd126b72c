"""A scripted citizen: finds what is on the kiosk's screen and presses it, by real mouse events."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtQuick import QQuickItem, QQuickWindow
from PySide6.QtTest import QTest

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP = 0.01
SCROLLS = 20


class Citizen:
    """One person in front of one kiosk window. Everything runs on the thread that owns the window."""

    def __init__(self, window: QQuickWindow, pump: Callable[[], None]) -> None:
        self._window = window
        self._pump = pump

    def wait(self, true: Callable[[], object], timeout: float, what: str) -> None:
        """Lets the kiosk live until ``true()`` holds. Raises ``TimeoutError`` that says what was waited for."""
        deadline = time.monotonic() + timeout
        while not true():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {timeout:.0f} s for: {what}")
            self._pump()
            time.sleep(STEP)

    def let_pass(self, seconds: float) -> None:
        """Stands there for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._pump()
            time.sleep(STEP)

    def sees(self, name: str) -> QQuickItem | None:
        """The thing with that name if it is visible and can be pressed now."""
        for item in _items(self._window.contentItem()):
            if item.objectName() == name and item.isVisible() and item.isEnabled() and item.width() > 0:
                return item
        return None

    def text(self, name: str) -> str:
        """What is written on the thing with that name; empty while it is not there."""
        item = self.sees(name)
        return "" if item is None else str(item.property("text") or "")

    def tap(self, name: str, timeout: float = 60.0) -> None:
        """Waits for it, scrolls to it if need be, presses its middle."""
        self.wait(lambda: self.sees(name) is not None, timeout, f"{name} on the screen")
        self.let_pass(0.45)  # a second tap within 400 ms does nothing, and people are slower than that
        middle = self._reach(name)
        QTest.mouseClick(self._window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
        self._pump()

    def _reach(self, name: str) -> QPoint:
        """Where its middle is, once it lies inside what scrolls around it."""
        for _ in range(SCROLLS):
            item = self.sees(name)
            if item is None:
                raise TimeoutError(f"{name} went away before it was pressed")
            middle = item.mapToScene(QPointF(item.width() / 2, item.height() / 2))
            pane = _pane_of(item) or self._window.contentItem()
            seen = pane.mapRectToScene(QRectF(0, 0, pane.width(), pane.height()))
            if seen.top() <= middle.y() <= seen.bottom():
                if self._rests(name, middle):
                    return middle.toPoint()
                continue
            self._drag(pane, -300 if middle.y() > seen.top() else 300)
        raise TimeoutError(f"{name} lies outside of the screen")

    def _rests(self, name: str, middle: QPointF) -> bool:
        """Whether it has come to rest: the first tap on a pane that still glides only stops it."""
        self.let_pass(0.3)
        item = self.sees(name)  # looked for again: a list that has changed meanwhile was made anew
        if item is None:
            return False
        return (item.mapToScene(QPointF(item.width() / 2, item.height() / 2)) - middle).manhattanLength() < 1

    def _drag(self, pane: QQuickItem, by: int) -> None:
        """Pulls a scrolling pane with the finger."""
        start = pane.mapToScene(QPointF(pane.width() / 2, pane.height() / 2)).toPoint()
        QTest.mousePress(self._window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
        for part in range(1, 11):
            QTest.mouseMove(self._window, start + QPoint(0, by * part // 10), 40)
        end = start + QPoint(0, by)
        for nudge in (1, 0, 1, 0):  # the finger rests before it lets go, so that nothing is flung
            QTest.mouseMove(self._window, end + QPoint(0, nudge), 60)
        QTest.mouseRelease(self._window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end, 60)
        self.let_pass(0.4)

    def picture(self, path: Path) -> None:
        """What the citizen sees now, as a PNG."""
        self.let_pass(0.7)  # pages come in softly
        self._window.grabWindow().save(str(path))


def _pane_of(item: QQuickItem) -> QQuickItem | None:
    """What scrolls around it: the nearest Flickable."""
    parent: QQuickItem | None = item.parentItem()
    while parent is not None and not parent.inherits("QQuickFlickable"):
        parent = parent.parentItem()
    return parent


def _items(root: QQuickItem) -> Iterator[QQuickItem]:
    yield root
    for child in root.childItems():
        yield from _items(child)
