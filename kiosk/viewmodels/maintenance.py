"""What staff see behind the PIN: devices, what waits for the network, what the server refused, versions."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from typing import Any, Protocol

from PySide6.QtCore import Property, QObject, Qt, Signal, Slot

TRIES = 5
LOCKED_SECONDS = 60.0


class Backstage(Protocol):
    """What the staff page may ask of the kiosk."""

    def report(self) -> dict[str, Any]:
        """What is wrong, what waits and what was refused; nothing in it is personal."""
        ...


class Maintenance(QObject):
    """The QML singleton ``Maintenance``: the door with its PIN, and the report behind it."""

    changed = Signal()
    _arrived = Signal(object)

    def __init__(
        self, pin: str = "", clock: Callable[[], float] = time.monotonic, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._pin = pin
        self._clock = clock
        self._tries = 0
        self._locked_until = 0.0
        self._asking = False
        self._open = False
        self._wrong = False
        self._backstage: Backstage | None = None
        self._report: dict[str, Any] = {}
        self._leave: Callable[[], None] | None = None
        self._arrived.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def attach(self, backstage: Backstage, pin: str, leave: Callable[[], None]) -> None:
        """``pin`` empty means that the door stays shut; ``leave`` ends the kiosk program."""
        self._backstage, self._pin, self._leave = backstage, pin, leave

    def _take(self, report: dict[str, Any]) -> None:
        self._report = report
        self.changed.emit()

    @Slot()
    def knock(self) -> None:
        """Somebody tapped the hidden corner often enough."""
        if self._pin:
            self._asking, self._wrong = True, False
            self.changed.emit()

    @Slot(str)
    def enter(self, pin: str) -> None:
        """After five wrong PINs the door is locked for a minute."""
        now = self._clock()
        if not self._asking or now < self._locked_until:
            return
        if self._pin and hmac.compare_digest(pin.encode(), self._pin.encode()):
            self._asking, self._open, self._wrong, self._tries = False, True, False, 0
            self.refresh()
        else:
            self._wrong = True
            self._tries += 1
            if self._tries >= TRIES:
                self._tries, self._locked_until = 0, now + LOCKED_SECONDS
        self.changed.emit()

    @Slot()
    def close(self) -> None:
        self._asking = self._open = self._wrong = False
        self.changed.emit()

    @Slot()
    def refresh(self) -> None:
        """Asks again; the answer arrives when it is there."""
        if self._backstage and self._open:
            from threading import Thread

            backstage = self._backstage
            Thread(target=lambda: self._arrived.emit(backstage.report()), name="staff-report", daemon=True).start()

    @Slot()
    def leave(self) -> None:
        """Ends the kiosk program (the service manager starts it again unless it was stopped)."""
        if self._open and self._leave:
            self._leave()

    asking = Property(bool, lambda self: self._asking, notify=changed)
    open = Property(bool, lambda self: self._open, notify=changed)
    wrong = Property(bool, lambda self: self._wrong, notify=changed)
    locked = Property(bool, lambda self: self._clock() < self._locked_until, notify=changed)
    devices = Property(list, lambda self: self._report.get("devices", []), notify=changed)
    parked = Property(list, lambda self: self._report.get("parked", []), notify=changed)
    leases = Property(list, lambda self: self._report.get("leases", []), notify=changed)
    versions = Property(dict, lambda self: self._report.get("versions", {}), notify=changed)
    waitingUploads = Property(int, lambda self: self._report.get("waitingUploads", 0), notify=changed)
    online = Property(bool, lambda self: bool(self._report.get("online", True)), notify=changed)
    clockOff = Property(bool, lambda self: bool(self._report.get("clockOff")), notify=changed)
    storeDamaged = Property(bool, lambda self: bool(self._report.get("storeDamaged")), notify=changed)
