"""Lamps that show where something is to be done: at the reader, at the slot where paper comes out, at the camera.

A light that flashes where the hand has to go helps whoever does not read (XFS calls it a guidance light). Which lamp is
wanted follows from what the screen shows; a kiosk has those lamps that its settings name, or none.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Any, Protocol

from drivers.indicators.port import Indicators
from kiosk.devices.bench import Bench
from kiosk.devices.health import INDICATORS

CARD, PAPER, CAMERA, SCANNER = "card-lamp", "paper-lamp", "camera-lamp", "scan-lamp"
LAMPS = (CARD, PAPER, CAMERA, SCANNER)
_PAPER_COMES = frozenset({"printing", "printed"})
SECONDS = 1.0


class Shown(Protocol):
    """What the screen shows: the part that lamps mind."""

    @property
    def page(self) -> str: ...

    @property
    def data(self) -> Any: ...


def wanted(view: Shown) -> frozenset[str]:
    """The lamps that should flash with this on the screen. Pure."""
    lamps = set()
    if view.data.get("reading") is True or "line.card-left" in view.data.get("lines", ()):
        lamps.add(CARD)
    if view.data.get("printing") in _PAPER_COMES and view.data.get("paper") != "a4":
        lamps.add(PAPER)
    if view.page == "Face" and view.data.get("state") == "looking":
        lamps.add(CAMERA)
    if view.page == "Code" and view.data.get("scanner") is True:
        lamps.add(SCANNER)
    return frozenset(lamps)


class Lamps:
    """Keeps the lamps in step with the screen; ``see`` may be called from any thread and returns at once."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._lock = threading.Lock()
        self._wanted: frozenset[str] = frozenset()
        self._shown: frozenset[str] | None = None
        self._busy = False
        self._news = False

    def see(self, view: Shown) -> None:
        """Something else is on the screen."""
        with self._lock:
            self._wanted = wanted(view)
            self._news = self._busy
            if self._busy or self._wanted == self._shown:
                return
            self._busy = True
        self._begin()

    def _begin(self) -> None:
        bay = self._bench.bay(INDICATORS)
        if bay is None:
            return  # for good: no lamps in the settings, and nothing more to do
        bay.run(self._switch).add_done_callback(self._done)

    def _switch(self, lamps: Indicators) -> None:
        """On the thread of the device: until what is shown is what is wanted. Raises what the device raises."""
        while True:
            with self._lock:
                target, before = self._wanted, self._shown
                if target == before:
                    return
                self._shown = None  # unknown until all are switched
            for name in LAMPS:
                if name in lamps.capabilities.names and (before is None or (name in before) != (name in target)):
                    if name in target and lamps.capabilities.flashes:
                        lamps.flash(name, timeout=SECONDS)
                    else:
                        lamps.set(name, name in target, timeout=SECONDS)
            with self._lock:
                self._shown = target

    def _done(self, ended: Future[None]) -> None:
        """What was shown while this came to its end is switched now; a lamp that failed is tried again with it."""
        failed = ended.cancelled() or ended.exception() is not None
        with self._lock:
            self._busy = self._wanted != self._shown and (self._news or not failed)
            self._news = False
            again = self._busy
        if again:
            self._begin()
