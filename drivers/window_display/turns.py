"""Whose turn it is at one bar: one command at a time, and lines not faster than the bar takes them.

Of lines that wait only the newest one is sent. A bar that is closed ends what is under way; a command of an earlier
opening never reaches into the next.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from drivers.device import Cancel, DeviceError, Fault
from drivers.seams.bus_line import Within

_SLICE = 0.05


class Turns:
    """The turns of one bar. ``refresh_seconds`` have to pass between two lines."""

    def __init__(self, refresh_seconds: float = 0.0) -> None:
        self.refresh_seconds = refresh_seconds
        self._working = threading.Lock()
        self._guard = threading.Lock()
        self._life = 0
        self._opened = False
        self._newest = 0
        self._sent_at = -refresh_seconds

    @property
    def opened(self) -> bool:
        return self._opened

    def begin(self) -> None:
        """The bar is opened."""
        with self._guard:
            self._life += 1
            self._opened = True

    def end(self) -> None:
        """The bar is closed: what is under way ends with CANCELLED."""
        with self._guard:
            self._life += 1
            self._opened = False

    def within(self, timeout: float, cancel: Cancel | None = None) -> Within:
        """How long a command may take, and what calls it off: whoever asked, or closing. Raises ABSENT (not open)."""
        with self._guard:
            if not self._opened:
                raise DeviceError(Fault.ABSENT, "not open")
            life = self._life

        def check() -> None:
            if cancel is not None:
                cancel.check()
            if life != self._life:
                raise DeviceError(Fault.CANCELLED, "closed")

        return Within.seconds(timeout, _Checked(check))

    @contextmanager
    def command(self, timeout: float, cancel: Cancel | None = None) -> Iterator[Within]:
        """A turn for what changes no line. Raises BUSY when it does not come in time."""
        within = self.within(timeout, cancel)
        with self._turn(within, within.check):
            yield within

    @contextmanager
    def line(self, timeout: float, cancel: Cancel | None = None) -> Iterator[Within]:
        """A turn for a line, when the bar takes one again. Raises CANCELLED when a newer line has come meanwhile.

        One that cannot be sent in its time is BUSY at once, and never sent later.
        """
        within = self.within(timeout, cancel)
        with self._guard:
            self._newest += 1
            mine = self._newest

        def check() -> None:
            within.check()
            if mine != self._newest:
                raise DeviceError(Fault.CANCELLED, "a newer line came")

        with self._turn(within, check):
            self._wait_for_the_bar(within, check)
            try:
                yield within
            finally:
                self._sent_at = time.monotonic()

    @contextmanager
    def look(self) -> Iterator[bool]:
        """For a probe: False while a command has its turn."""
        free = self._working.acquire(blocking=False)
        try:
            yield free
        finally:
            if free:
                self._working.release()

    @contextmanager
    def _turn(self, within: Within, check: Callable[[], None]) -> Iterator[None]:
        check()
        while not self._working.acquire(timeout=min(_SLICE, within.left)):
            check()
            if not within.left:
                raise DeviceError(Fault.BUSY, "another command is under way")
        try:
            check()
            yield
        finally:
            self._working.release()

    def _wait_for_the_bar(self, within: Within, check: Callable[[], None]) -> None:
        ready_at = self._sent_at + self.refresh_seconds
        if ready_at >= within.deadline:
            raise DeviceError(Fault.BUSY, "the bar takes no line so soon after another")
        while (left := ready_at - time.monotonic()) > 0:
            time.sleep(min(left, _SLICE))
            check()


class _Checked(Cancel):
    """Called off when ``check`` says so."""

    def __init__(self, check: Callable[[], None]) -> None:
        super().__init__()
        self._check = check

    @property
    def cancelled(self) -> bool:
        try:
            self._check()
        except DeviceError:
            return True
        return False

    def check(self) -> None:
        self._check()
