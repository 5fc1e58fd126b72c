"""One citizen's visit as QML sees it: which page, what stands on it, what went wrong; submit, back, cancel.

The visit itself (kiosk.visit) knows no Qt and works on threads of its own; none of its methods blocks. What it
says arrives here on any thread as one value, and is shown on the UI's thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import Property, QObject, Qt, Signal, Slot
from PySide6.QtGui import QImage

from kiosk.viewmodels.pictures import as_mirrored_image

if TYPE_CHECKING:
    from drivers.picture import Picture
    from kiosk.visit import View

HOME = "Home"


class VisitSource(Protocol):
    """What this view-model asks of the visit behind it (``kiosk.visit.Visit``)."""

    @property
    def view(self) -> View: ...

    def observe(self, callback: Callable[[View], None]) -> Callable[[], None]: ...

    def observe_preview(self, callback: Callable[[Picture | None], None]) -> Callable[[], None]: ...

    def start(self, flow: str) -> None: ...

    def submit(self, given: Mapping[str, Any]) -> None: ...

    def back(self) -> None: ...

    def cancel(self) -> None: ...

    def touch(self) -> None: ...

    def set_manner(self, *, elder: bool | None = None, language: str | None = None) -> None: ...


class Visit(QObject):
    """The QML singleton ``Visit``.

    ``shown`` comes with page and data together, so that no page ever sees another page's data; what stands around
    the page (step line, error, waiting, time-out) are properties.
    """

    shown = Signal(str, dict)
    ended = Signal()
    changed = Signal()
    warned = Signal()
    pictured = Signal()
    _arrived = Signal(object)

    def __init__(self, second_tap_ms: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source: VisitSource | None = None
        self._view: View | None = None
        self._picture: QImage | None = None
        self._pictures = 0
        self._second_tap = second_tap_ms / 1000
        self._last_tap = 0.0
        self._stops: list[Callable[[], None]] = []
        self._arrived.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def attach(self, source: VisitSource) -> None:
        """Gives the screen its visits; called once the kiosk's inner works stand."""
        self._source = source
        self._stops = [source.observe(self._arrived.emit), source.observe_preview(self._take_picture)]

    def close(self) -> None:
        """Stops listening to the visit."""
        for stop in self._stops:
            stop()
        self._stops = []

    def at_home(self) -> bool:
        """Whether the first page is shown."""
        return str(self._of("page", HOME)) == HOME

    def manner(self) -> tuple[bool, str]:
        """Large type or not, and ``zh`` or ``en``."""
        return self._of("elder", False), self._of("language", "zh")

    def qr_address(self) -> str:
        """What the QR code on the page in view says."""
        return str(self._view.data.get("url") or "") if self._view else ""

    def picture(self) -> QImage | None:
        """The camera's newest picture, while a face is looked for."""
        return self._picture

    def _take_picture(self, picture: Picture | None) -> None:
        self._picture = None if picture is None else as_mirrored_image(picture)
        self.pictured.emit()

    def _take(self, view: View) -> None:
        before, self._view = self._view, view
        was_home = before is None or str(before.page) == HOME
        if before is None or view.page != before.page or view.data != before.data or view.flow != before.flow:
            if str(view.page) == HOME and not was_home:
                self._picture = None
                self.ended.emit()
            self.shown.emit(str(view.page), plain(view.data))
        self.changed.emit()
        if before is None or view.warning_left != before.warning_left:
            self.warned.emit()

    def _of(self, name: str, otherwise: Any) -> Any:
        return getattr(self._view, name) if self._view is not None else otherwise

    def _left(self) -> int:
        left = self._of("warning_left", None)
        return -1 if left is None else int(left)

    # --- the slots that all flows share --------------------------------------------------------

    @Slot(result=bool)
    def tap(self) -> bool:
        """True unless this is the second tap of a hurried finger (400 ms, ui/theme.json)."""
        now = time.monotonic()
        if now - self._last_tap < self._second_tap:
            return False
        self._last_tap = now
        return True

    @Slot(str)
    def start(self, flow: str) -> None:
        if self._source:
            self._source.start(flow)

    @Slot(dict)
    def submit(self, answers: dict[str, Any]) -> None:
        if self._source:
            self._source.submit(answers)

    @Slot()
    def back(self) -> None:
        if self._source:
            self._source.back()

    @Slot()
    def cancel(self) -> None:
        if self._source:
            self._source.cancel()

    @Slot()
    def touch(self) -> None:
        if self._source:
            self._source.touch()

    @Slot(bool)
    def set_elder(self, elder: bool) -> None:
        if self._source:
            self._source.set_manner(elder=elder)

    @Slot(str)
    def set_language(self, language: str) -> None:
        """``zh`` or ``en``."""
        if self._source:
            self._source.set_manner(language=language)

    page = Property(str, lambda self: str(self._of("page", HOME)), notify=changed)
    active = Property(bool, lambda self: not self.at_home(), notify=changed)
    flow = Property(str, lambda self: self._of("flow", ""), notify=changed)
    step = Property(int, lambda self: self._of("step", 0), notify=changed)
    steps = Property(int, lambda self: self._of("steps", 0), notify=changed)
    titleKey = Property(str, lambda self: self._of("title_key", ""), notify=changed)
    error = Property(str, lambda self: self._of("error", None) or "", notify=changed)
    errorValues = Property(dict, lambda self: plain(self._of("error_values", {})), notify=changed)
    busy = Property(bool, lambda self: self._of("busy", False), notify=changed)
    canBack = Property(bool, lambda self: self._of("can_back", False), notify=changed)
    offline = Property(bool, lambda self: self._of("offline", False), notify=changed)
    elder = Property(bool, lambda self: self._of("elder", False), notify=changed)
    language = Property(str, lambda self: self._of("language", "zh"), notify=changed)
    warningLeft = Property(int, lambda self: self._left(), notify=warned)


def plain(value: Any) -> Any:
    """The same data in the containers that QML understands (no tuples, no read-only views)."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value
