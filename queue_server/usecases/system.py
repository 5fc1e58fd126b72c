"""The real clock and the real source of ids; tests bring their own."""

from __future__ import annotations

import secrets
import threading
from datetime import UTC, datetime


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class RandomIds:
    """Ids that sort by time (48 bits of milliseconds) and cannot be guessed (80 random bits). From any thread.

    Those of one millisecond sort as they were made, each by a random step after the one before: who takes a number in
    the same millisecond as somebody else stands behind, as the numbers say.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._milliseconds = 0
        self._tail = 0

    def new(self, now: datetime) -> str:
        milliseconds = int(now.timestamp() * 1000)
        with self._lock:
            if milliseconds == self._milliseconds:
                self._tail += 1 + secrets.randbits(64)
            else:
                self._milliseconds = milliseconds
                self._tail = secrets.randbits(79)  # one bit less, so that there is room for what follows
            tail = self._tail
        return f"{milliseconds:012x}{tail:020x}"

    def secret(self) -> str:
        return secrets.token_urlsafe(16)
