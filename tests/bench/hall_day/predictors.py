"""The classic answers to *how long*, to be compared with ours at the same instants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from queue_server.domain.hall import Hall
from queue_server.domain.queue import QueueState

PER_HEAD_SECONDS = 300.0


@dataclass
class Seen:
    """What the predictors look at. ``last``: how long the last one called had waited; ``head``: since when the first
    ordinary one waits.
    """

    last: dict[str, float]
    head: dict[str, datetime | None] = field(default_factory=dict)


Predictor = Callable[[Hall, QueueState, Seen, datetime], float]
"""Seconds that an ordinary newcomer of this queue will wait."""


def last_to_enter_service(hall: Hall, state: QueueState, seen: Seen, now: datetime) -> float:
    """As long as the one who was called last."""
    del hall, now
    return seen.last[state.queue]


def head_of_line(hall: Hall, state: QueueState, seen: Seen, now: datetime) -> float:
    """As long as the first in the line has waited by now."""
    del hall
    head = seen.head.get(state.queue)
    return 0.0 if head is None else max(0.0, (now - head).total_seconds())


def length_by_configured_mean(hall: Hall, state: QueueState, seen: Seen, now: datetime) -> float:
    """Configured mean × people ahead ÷ open windows (a window that serves the queue second counts half)."""
    del seen, now
    windows = max(100, state.servers or 100 * state.staffed) / 100
    return state.waiting * hall.queue_by_id[state.queue].expected_service_seconds / windows


def minutes_per_head(hall: Hall, state: QueueState, seen: Seen, now: datetime) -> float:
    """Five minutes for everybody ahead."""
    del hall, seen, now
    return PER_HEAD_SECONDS * state.waiting


CLASSIC: tuple[Predictor, ...] = (
    last_to_enter_service,
    head_of_line,
    length_by_configured_mean,
    minutes_per_head,
)
