"""What stands around every page: the hall's name, the clock, the lines under the header, the switches of the header."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from PySide6.QtCore import Property, QObject, Qt, QTimer, Signal, Slot

from kiosk.viewmodels.theme import Theme
from kiosk.viewmodels.visit import HOME, Visit
from kiosk.viewmodels.words import LANGUAGES, Words

Clock = Callable[[], datetime]
NIGHT = (22, 6)
"""Between these hours a 24-hour hall is dim, and so is its paper."""


class Shell(QObject):
    """The QML singleton ``Shell``.

    What the hall is called and what stands under the header comes with the first page's data and is kept
    while a visit goes on. Larger type and the language belong to the visit (they stretch its idle time);
    contrast and low reach belong to the screen. All of it goes back to normal after each citizen.
    """

    changed = Signal()
    ticked = Signal()
    helped = Signal()

    def __init__(
        self, theme: Theme, words: Words, visit: Visit, clock: Clock, idle_seconds: int, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._words = words
        self._visit = visit
        self._clock = clock
        self._home: dict[str, Any] = {}
        self._ready = False
        self._help_open = False
        self._keys = False
        self._minute = QTimer(self)
        self._minute.setSingleShot(True)
        # a coarser timer fires up to half a second early and then again and again until the minute is there
        self._minute.setTimerType(Qt.TimerType.PreciseTimer)
        self._minute.timeout.connect(self._tick)
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.setTimerType(Qt.TimerType.VeryCoarseTimer)
        self._idle.setInterval(idle_seconds * 1000)
        self._idle.timeout.connect(self._rest)
        visit.shown.connect(self._take)
        visit.changed.connect(self._follow)
        visit.ended.connect(self._after_visit)

    def start(self) -> None:
        """Lets the clock run, one wake-up a minute."""
        self._tick()

    def _take(self, page: str, data: dict[str, Any]) -> None:
        if page == HOME and (data != self._home or not self._ready):
            self._home, self._ready = data, True
            self.changed.emit()

    def _follow(self) -> None:
        """Type size and language are the visit's; the screen follows."""
        elder, language = self._visit.manner()
        if elder != self._theme.switched()[0]:
            self._theme.set_elder(elder)
        self._words.choose(LANGUAGES[1] if language == LANGUAGES[1] else LANGUAGES[0])

    def _after_visit(self) -> None:
        self._theme.reset()
        self._words.reset()
        self.close_help()
        self.use_keys(False)

    def _rest(self) -> None:
        if self._visit.at_home():
            self._after_visit()

    @Slot()
    def _tick(self) -> None:
        now = self._clock()
        self._minute.start(int((60 - now.second) * 1000 - now.microsecond / 1000) + 20)
        self._theme.set_night(now.hour >= NIGHT[0] or now.hour < NIGHT[1])
        self.ticked.emit()

    @Slot()
    def touched(self) -> None:
        """Somebody is there: the idle clocks begin anew."""
        self._visit.touch()
        if any(self._theme.switched()) or self._help_open:
            self._idle.start()

    @Slot()
    def switch_language(self) -> None:
        self._visit.set_language("en" if self._words.in_chinese() else "zh")

    @Slot()
    def switch_elder(self) -> None:
        self._visit.set_elder(not self._theme.switched()[0])

    @Slot()
    def switch_contrast(self) -> None:
        self._theme.set_contrast(not self._theme.switched()[1])
        self._idle.start()

    @Slot()
    def switch_low_reach(self) -> None:
        self._theme.set_low_reach(not self._theme.switched()[2])
        self._idle.start()

    @Slot()
    def open_help(self) -> None:
        self._help_open = True
        self._idle.start()
        self.helped.emit()

    @Slot()
    def close_help(self) -> None:
        if self._help_open:
            self._help_open = False
            self.helped.emit()

    @Slot(bool)
    def use_keys(self, keys: bool) -> None:
        """The focus ring is shown to those who work with keys, not to those who touch."""
        if keys != self._keys:
            self._keys = keys
            self.helped.emit()

    def _part(self, name: str) -> dict[str, Any]:
        part = self._home.get(name)
        return part if isinstance(part, dict) else {}

    def _list(self, name: str) -> list[Any]:
        part = self._home.get(name)
        return part if isinstance(part, list) else []

    ready = Property(bool, lambda self: self._ready, notify=changed)
    demo = Property(bool, lambda self: bool(self._home.get("demo")), notify=changed)
    name = Property(dict, lambda self: self._part("name"), notify=changed)
    lines = Property(list, lambda self: self._list("lines"), notify=changed)
    outOfService = Property(str, lambda self: str(self._home.get("outOfService") or ""), notify=changed)
    time = Property(str, lambda self: self._clock().strftime("%H:%M"), notify=ticked)
    month = Property(int, lambda self: self._clock().month, notify=ticked)
    day = Property(int, lambda self: self._clock().day, notify=ticked)
    weekday = Property(int, lambda self: self._clock().isoweekday(), notify=ticked)
    helpOpen = Property(bool, lambda self: self._help_open, notify=helped)
    keys = Property(bool, lambda self: self._keys, notify=helped)
