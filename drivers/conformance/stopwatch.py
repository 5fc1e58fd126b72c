"""How long a driver took, without what this machine held it up."""

from __future__ import annotations

import time
from pathlib import Path

EXCUSED_SECONDS = 5.0
"""At most so much is put down to the machine: what hangs for longer hangs."""
_PRESSURE = Path("/proc/pressure/cpu")


class Stopwatch:
    """Runs from the moment it is made. On a machine that is busy with other things nothing ends in its time."""

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self._waited = waited_for_a_processor()

    @property
    def elapsed(self) -> float:
        """Seconds on the wall."""
        return time.monotonic() - self._begin

    @property
    def seconds(self) -> float:
        """Elapsed seconds, less those in which something waited for a processor here."""
        waited = waited_for_a_processor() - self._waited
        return self.elapsed - min(waited, EXCUSED_SECONDS)


def waited_for_a_processor() -> float:
    """Seconds since the start of the machine in which work was ready and no processor was free for it.

    Linux says so (pressure stall information, ``some``); always 0 where it does not.
    """
    try:
        words = _PRESSURE.read_text("ascii").split()
    except OSError:
        return 0.0
    return next((int(word[6:]) for word in words if word.startswith("total=")), 0) / 1e6
