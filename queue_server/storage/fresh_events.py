"""The events of the last seconds, as this process wrote them: who follows a hall need not read them from the table.

A hint only. What another process wrote is missing here, and then the table is asked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from queue_server.usecases.ports import EventRow

KEPT = timedelta(seconds=5)
MOST = 1_000


@dataclass
class FreshEvents:
    """By hall, without gaps. Used on the event loop only."""

    _halls: dict[str, deque[EventRow]] = field(default_factory=dict)

    def add(self, hall: str, rows: Sequence[EventRow]) -> None:
        """Events that are on disk now; they follow what is here, or this begins anew with them."""
        if not rows:
            return
        known = self._halls.setdefault(hall, deque(maxlen=MOST))
        if known and known[-1].seq + 1 != rows[0].seq:
            known.clear()
        known.extend(rows)
        oldest = rows[-1].at - KEPT
        while known[0].at < oldest:
            known.popleft()

    def after(self, hall: str, seq: int, limit: int, last: int) -> list[EventRow] | None:
        """The events after ``seq``; None when not all of them up to ``last`` are here."""
        known = self._halls.get(hall)
        if not known or known[0].seq > seq + 1 or known[-1].seq < max(last, seq):
            return None
        begin = seq + 1 - known[0].seq
        return list(islice(known, begin, begin + limit))

    def forget(self, now: datetime) -> None:
        """Drops halls in which nothing happened of late."""
        for hall in [hall for hall, known in self._halls.items() if known[-1].at < now - KEPT]:
            del self._halls[hall]
