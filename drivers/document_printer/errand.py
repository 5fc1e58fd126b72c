"""One command under way: until when, and whether anybody still wants it."""

from __future__ import annotations

import time
from collections.abc import Callable

from drivers.device import Cancel, DeviceError, Fault

SLICE = 0.05
"""How long a wait may go on after it was called off."""


class Errand:
    """``wanted`` says whether the device is still open and the visit still there; ``cancel`` is the caller's own."""

    def __init__(self, deadline: float, wanted: Callable[[], bool], cancel: Cancel | None) -> None:
        self.deadline = deadline
        self._wanted = wanted
        self._cancel = cancel or Cancel()

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.deadline

    def check(self) -> None:
        """Raises ``DeviceError(CANCELLED)`` once nobody wants it any more."""
        self._cancel.check()
        if not self._wanted():
            raise DeviceError(Fault.CANCELLED, "closed, or the visit is over")

    def pause(self, seconds: float) -> None:
        """Waits, but not beyond the deadline. Raises as ``check``."""
        until = min(self.deadline, time.monotonic() + seconds)
        self.check()
        while (left := until - time.monotonic()) > 0:
            self._cancel.wait(min(left, SLICE))
            self.check()
