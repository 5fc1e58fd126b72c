"""Not written yet."""

from __future__ import annotations

from datetime import datetime

from queue_server.usecases.work import Work


def mark_no_shows(work: Work, now: datetime) -> bool:
    del work, now
    return False


def next_no_show(work: Work, now: datetime) -> datetime | None:
    del work, now
    return None
