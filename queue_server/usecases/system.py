"""The real clock and the real source of ids; tests bring their own."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class RandomIds:
    """Ids that sort by time (48 bits of milliseconds) and cannot be guessed (80 random bits)."""

    def new(self, now: datetime) -> str:
        return f"{int(now.timestamp() * 1000):012x}{secrets.token_hex(10)}"

    def secret(self) -> str:
        return secrets.token_urlsafe(16)
