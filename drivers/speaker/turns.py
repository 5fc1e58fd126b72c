"""One sound after the other, in the order in which they were asked for, and none of them late."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from drivers.device import Cancel, DeviceError, Fault
from drivers.speaker.sound import Sound, Timetable

SPARE_SECONDS = 0.05
_SLICE = 0.02


def local_time() -> datetime:
    """The machine's wall clock in the hall's time zone."""
    return datetime.now().astimezone()


class Turns:
    """The turns at one loudspeaker, and the volume of each. ``clock`` is the wall clock, given from outside."""

    def __init__(self, volume: Timetable, clock: Callable[[], datetime] = local_time) -> None:
        self._volume = volume
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: deque[object] = deque()
        self._life = 0
        self._opened = False

    @property
    def opened(self) -> bool:
        return self._opened

    @property
    def waiting(self) -> int:
        """How many sounds play or wait."""
        return len(self._waiting)

    def begin(self) -> None:
        """The loudspeaker is opened."""
        with self._changed:
            self._life += 1
            self._opened = True

    def end(self) -> None:
        """It is closed: what plays stops, what waits ends with CANCELLED."""
        with self._changed:
            self._life += 1
            self._opened = False
            self._changed.notify_all()

    def volume(self, wanted: int | None) -> int:
        """The percentage for a sound that begins now. Raises BAD_DATA."""
        if wanted is None:
            return self._volume.at(self._clock().time())
        if not 0 <= wanted <= 100:
            raise DeviceError(Fault.BAD_DATA, "volume is 0 to 100 percent")
        return wanted

    @contextmanager
    def turn(
        self, sound: Sound, length: float, timeout: float, cancel: Cancel | None, valid_until: datetime | None
    ) -> Iterator[Callable[[], None]]:
        """Waits for the sounds before; gives what has to be asked while it plays: raises when it has to stop.

        ``length``: seconds that it will take. Raises BUSY as soon as it can no longer be whole in its time.
        """
        deadline = time.monotonic() + timeout
        check = self._check(cancel)
        me = object()
        with self._changed:
            self._waiting.append(me)
        try:
            while True:
                check()
                if time.monotonic() + length > deadline:
                    raise DeviceError(Fault.BUSY, f"{sound!r} cannot be whole in its time")
                with self._changed:
                    if self._waiting[0] is me:
                        break
                    self._changed.wait(_SLICE)
            if valid_until is not None and self._clock() > valid_until:
                raise DeviceError(Fault.CANCELLED, "too late to be said")
            yield check
        finally:
            with self._changed:
                self._waiting.remove(me)
                self._changed.notify_all()

    def _check(self, cancel: Cancel | None) -> Callable[[], None]:
        with self._changed:
            if not self._opened:
                raise DeviceError(Fault.ABSENT, "not open")
            life = self._life

        def check() -> None:
            if cancel is not None:
                cancel.check()
            if life != self._life:
                raise DeviceError(Fault.CANCELLED, "closed")

        return check
