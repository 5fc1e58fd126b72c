"""What the hall has learned of how long people keep a window: by queue and hour, and today."""

from __future__ import annotations

import msgspec


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How long tickets of one queue kept a window, called to gone, in one hour of the day (0..23, local).

    ``weight`` counts them, older days less; ``total`` and ``squares`` are the weighted sums of seconds and of their
    squares.
    """

    queue: str
    hour: int
    weight: float = 0.0
    total: float = 0.0
    squares: float = 0.0


class Learned(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was seen of one queue today, kept with the queue's state."""

    served: float = 0.0
