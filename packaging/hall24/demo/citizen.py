"""A scripted citizen: finds what is on the kiosk's screen and presses it, by real mouse events."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtQuick import QQuickItem, QQuickWindow
from PySide6.QtTest import QTest

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP = 0.01


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

    def tap(self, name: str, timeout: float = 10.0) -> None:
        """Waits for it, scrolls nothing, presses its middle."""
        self.wait(lambda: self.sees(name) is not None, timeout, f"{name} on the screen")
        self.let_pass(0.45)  # a second tap within 400 ms does nothing, and people are slower than that
        item = self.sees(name)
        if item is None:
            raise TimeoutError(f"{name} went away before it was pressed")
        middle = item.mapToScene(QPointF(item.width() / 2, item.height() / 2)).toPoint()
        if not self._window.contentItem().contains(QPointF(middle)):
            raise TimeoutError(f"{name} lies outside of the screen")
        QTest.mouseClick(self._window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
        self._pump()

    def picture(self, path: Path) -> None:
        """What the citizen sees now, as a PNG."""
        self.let_pass(0.3)
        self._window.grabWindow().save(str(path))


def _items(root: QQuickItem) -> Iterator[QQuickItem]:
    yield root
    for child in root.childItems():
        yield from _items(child)
