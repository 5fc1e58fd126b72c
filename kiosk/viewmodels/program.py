"""The running kiosk program: first the window, then, behind it, the inner works."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Protocol

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication

import ui
from kiosk.viewmodels.stage import build_stage, choose_font
from kiosk.viewmodels.theme import read_tokens
from kiosk.viewmodels.visit import VisitSource

LONG_SIDE_MM = (400, 1600)
"""Screens outside of this are no kiosk's; their word is not taken."""
ROOM_ON_A_DESK = 0.92
"""How much of a desk's screen the window may take; the rest is for its frame and the bars of the desk."""
EAR_MS = 500
"""How often Python gets a turn, so that Ctrl-C and a service manager's stop are heard while Qt sleeps."""


class InnerWorks(Protocol):
    """What stands behind the window (``kiosk.compose.Kiosk``)."""

    @property
    def visit(self) -> VisitSource: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def report(self) -> dict[str, Any]: ...


class Behind(Protocol):
    """What builds the inner works; called once, on a thread, after the window is seen."""

    def __call__(self) -> tuple[InnerWorks, str]:
        """The works and the staff's PIN. May take its time; raises what ``Program.run`` then tells the operator."""
        ...


class Program(QObject):
    """One window and what stands behind it.

    ``window`` holds width, height, windowed, height_mm. ``on_seen`` is told the milliseconds since the process began
    when the first frame has been drawn.
    """

    _built = Signal(object, str)
    _failed = Signal(str)
    _asked_to_quit = Signal()

    def __init__(
        self,
        window: Mapping[str, Any],
        build: Behind,
        *,
        zone: tzinfo,
        on_seen: Callable[[float], None] | None = None,
    ) -> None:
        self._app = QGuiApplication.instance() or QGuiApplication(sys.argv[:1])
        super().__init__()
        tokens = read_tokens(ui.THEME)
        QGuiApplication.setFont(choose_font(tokens["type"]["family"]))
        self.stage = build_stage(clock=lambda: datetime.now(UTC).astimezone(zone))
        self.works: InnerWorks | None = None
        self._build = build
        self._window = window
        self._on_seen = on_seen
        self._seen = False
        self._status = 0
        self._thread = threading.Thread(target=self._go_behind, name="inner-works", daemon=True)
        self._built.connect(self._attach, Qt.ConnectionType.QueuedConnection)
        self._failed.connect(self._fail, Qt.ConnectionType.QueuedConnection)
        self._asked_to_quit.connect(self._quit, Qt.ConnectionType.QueuedConnection)
        self._ear = QTimer(self)
        self._ear.setInterval(EAR_MS)
        self._ear.setTimerType(Qt.TimerType.VeryCoarseTimer)
        self._ear.timeout.connect(lambda: None)

    def run(self) -> int:
        """Shows the window and stays until it is closed; the exit status."""
        self.show()
        QGuiApplication.exec()
        return self.finish()

    def show(self) -> None:
        """Shows the window; for whoever lets Qt's events run himself. ``finish`` belongs to it."""
        window = self.stage.window
        height_mm = self._window.get("height_mm") or (None if self._window.get("windowed") else self._told_height())
        self.stage.theme.use_screen(height_mm, self._window.get("bottom_mm"))
        glass = QSize(self._window["width"], self._window["height"])
        window.resize(glass)
        window.frameSwapped.connect(self._drawn)
        window.visibleChanged.connect(self._hidden)
        if self._window.get("windowed"):
            window.setProperty("model", glass)
            if QGuiApplication.platformName() != "offscreen":  # whose screen is a small square
                window.resize(fitting(glass, window.screen().availableSize()))
            window.show()
        else:
            window.setFlags(window.flags() | Qt.WindowType.FramelessWindowHint)
            window.showFullScreen()
        window.requestActivate()
        self._ear.start()

    def _told_height(self) -> float | None:
        """The millimetres that the screen itself tells, unless it lies beyond belief."""
        told = self.stage.window.screen().physicalSize()
        longer, shorter = max(told.width(), told.height()), min(told.width(), told.height())
        return told.height() if LONG_SIDE_MM[0] <= longer <= LONG_SIDE_MM[1] and shorter * 4 > longer else None

    def quit(self) -> None:
        """Ends the program; from any thread or a signal handler."""
        self._asked_to_quit.emit()

    def _hidden(self, visible: bool) -> None:
        if not visible:
            self._asked_to_quit.emit()

    def _drawn(self) -> None:
        if self._seen:
            return
        self._seen = True
        if self._on_seen:
            self._on_seen(1000 * since_process_start())
        self._thread.start()

    def _go_behind(self) -> None:
        try:
            works, pin = self._build()
            works.start()
        except Exception as problem:  # noqa: BLE001  # whatever it is, the operator has to read it and the program to end
            self._failed.emit(str(problem) or type(problem).__name__)
            return
        self._built.emit(works, pin)

    def _attach(self, works: InnerWorks, pin: str) -> None:
        self.works = works
        self.stage.visit.attach(works.visit)
        self.stage.maintenance.attach(works, pin, self.quit)

    def _fail(self, problem: str) -> None:
        sys.stderr.write(f"{problem}\n")
        self._status = 2
        QGuiApplication.quit()

    def _quit(self) -> None:
        QGuiApplication.quit()

    def finish(self) -> int:
        """Closes the window and ends everything behind it; the exit status."""
        self._ear.stop()
        self.stage.close()
        if self._thread.is_alive():
            self._thread.join(5.0)
        if self.works is not None:
            self.works.stop()
        return self._status


def fitting(glass: QSize, desk: QSize) -> QSize:
    """The size of a window that shows the whole glass of a kiosk on a desk's screen, which may be smaller; pixels."""
    room = desk * ROOM_ON_A_DESK
    fits = glass.width() <= room.width() and glass.height() <= room.height()
    return glass if fits else glass.scaled(room, Qt.AspectRatioMode.KeepAspectRatio)


def since_process_start() -> float:
    """Seconds since this process was started, as the system counts them (Linux); else since Python began."""
    try:
        with open(f"/proc/{os.getpid()}/stat", encoding="ascii") as stat:  # noqa: PTH123  # not a file of ours
            ticks = int(stat.read().rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError):
        return time.process_time()
