"""The hall's time: this machine's clock, corrected by what the server says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

TOLERATED = 5.0
NOTICED = 60.0


class HallClock:
    """Tells the time of the hall. Without a word from the server it is the machine's own.

    The correction is kept in memory only: a clock that somebody has set right must not be spoilt after a restart.
    """

    def __init__(self, local: Callable[[], datetime]) -> None:
        self._local = local
        self._ahead = 0.0

    def now(self) -> datetime:
        """Aware; corrected when the machine is off by more than five seconds."""
        return self._local() - timedelta(seconds=self._ahead)

    def local(self) -> datetime:
        """What this machine believes, uncorrected: for the report to the server."""
        return self._local()

    def learn(self, ahead_seconds: float) -> bool:
        """Takes how far this machine is ahead of the server; True when it became or ceased to be noticeable."""
        before = self.off
        self._ahead = ahead_seconds if abs(ahead_seconds) > TOLERATED else 0.0
        return self.off != before

    @property
    def off(self) -> bool:
        """Whether the machine's clock is so wrong that staff should know."""
        return abs(self._ahead) >= NOTICED
