"""What the hall has learned of how long people keep a window: by queue and hour, and today."""

from __future__ import annotations

import math
from datetime import datetime

import msgspec
from msgspec.structs import replace

from queue_server.domain.hall import QueueRule
from queue_server.domain.ticket import APPOINTMENT_RANK, LEVELS, ORDINARY_RANK

MEMORY = 150.0
"""About so many services of one hour of the day count; older ones fade."""

LONGEST_SECONDS = 4 * 3600.0
"""A service that somebody forgot to finish teaches nothing about the next one."""

CONFIGURED_COUNTS = 3.0
QUEUE_COUNTS = 20.0
"""What the hall configured counts like so many services of the queue, what the queue did like so many of one hour."""

USUAL_SPREAD = 0.6
"""Standard deviation ÷ mean of a service before anything was learned."""

DAY_COUNTS = 100.0
"""What is usual counts like so many services of today: a day as a whole is off by about 6 %, one service by 60 %."""

MOST_USUAL = 1 + 6 * USUAL_SPREAD
"""A service of today that took longer counts as so many usual ones."""

FADES_SECONDS = 2400.0
"""Who came so long ago counts a third when the hall asks how many come now."""

SEEN_SECONDS = 300.0
"""As if nobody had come for so long before the counting began: the first person of a day is no rush."""


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
    """What was seen of one queue today, kept with the queue's state. Counts fade with time.

    ``since`` and ``at`` are seconds of 1970: when the counting began and when it was last brought up to date. ``came``
    are all who joined, of them ``first`` in the priority class, ``middle`` returned or transferred and ``booked`` with
    an appointment. ``head`` is when the ordinary person came who was called last: all who wait came later. ``done``
    services ended today, and they took as long as ``took`` usual ones; these two do not fade.
    """

    since: int = 0
    at: int = 0
    came: float = 0.0
    first: float = 0.0
    middle: float = 0.0
    booked: float = 0.0
    head: int = 0
    done: int = 0
    took: float = 0.0


def learn(paces: tuple[Pace, ...], queue: str, hour: int, seconds: float) -> Pace:
    """The changed hour after one more ticket kept its window for so long.

    Far outliers count as much as six standard deviations above the mean, no more.
    """
    before = next((pace for pace in paces if pace.hour == hour), None) or Pace(queue=queue, hour=hour)
    seconds = min(max(seconds, 0.0), LONGEST_SECONDS)
    if before.weight >= 10:
        mean = before.total / before.weight
        seconds = min(seconds, mean + 6 * math.sqrt(max(0.0, before.squares / before.weight - mean * mean)) + 60)
    keep = 1 - 1 / MEMORY
    return Pace(
        queue=queue,
        hour=hour,
        weight=before.weight * keep + 1,
        total=before.total * keep + seconds,
        squares=before.squares * keep + seconds * seconds,
    )


def typical(rule: QueueRule, paces: tuple[Pace, ...], hour: int) -> tuple[float, float]:
    """Mean and variance of the seconds of one service in that hour.

    Shrunk: the hour leans on the whole queue, the queue on what was configured, the more the less was seen.
    """
    weight, total, squares = CONFIGURED_COUNTS, CONFIGURED_COUNTS * rule.expected_service_seconds, 0.0
    here = hour_total = 0.0
    for pace in paces:
        weight += pace.weight
        total += pace.total
        squares += pace.squares
        if pace.hour == hour:
            here, hour_total = pace.weight, pace.total
    usual = total / weight
    mean = (QUEUE_COUNTS * usual + hour_total) / (QUEUE_COUNTS + here)
    assumed = CONFIGURED_COUNTS * usual * usual * (1 + USUAL_SPREAD * USUAL_SPREAD)
    spread = max(0.01, (squares + assumed) / (weight * usual * usual) - 1)
    return mean, spread * mean * mean


def somebody_came(learned: Learned, rank: int, now: datetime, *, first: bool) -> Learned:
    """One more joined, ``first`` in an empty line: what came before counts a little less by now."""
    at = int(now.timestamp())
    keep = math.exp((learned.at - at) / FADES_SECONDS) if 0 < learned.at < at else 1.0
    level, booked = LEVELS[rank], rank == APPOINTMENT_RANK
    return Learned(
        since=learned.since or at,
        at=max(at, learned.at),
        came=round(learned.came * keep + 1, 3),
        first=round(learned.first * keep + (level == 0), 3) if learned.first or level == 0 else 0.0,
        middle=round(learned.middle * keep + (level == 1), 3) if learned.middle or level == 1 else 0.0,
        booked=round(learned.booked * keep + booked, 3) if learned.booked or booked else 0.0,
        head=at if first and rank == ORDINARY_RANK else learned.head,
        done=learned.done,
        took=learned.took,
    )


def somebody_was_called(learned: Learned, rank: int, came: datetime) -> Learned:
    """Somebody who came then was called: whoever is ordinary and still waits came later."""
    return replace(learned, head=int(came.timestamp())) if rank == ORDINARY_RANK else learned


def service_ended(learned: Learned, part: float) -> Learned:
    """One more service of today ended, which took so many times the usual one; far outliers count less."""
    return replace(learned, done=learned.done + 1, took=round(learned.took + min(max(part, 0.0), MOST_USUAL), 3))


def today(done: int, took: float) -> float:
    """How much longer services take today than usual, when so many took as long as ``took`` usual ones."""
    return (DAY_COUNTS + took) / (DAY_COUNTS + done)


def arrivals(learned: Learned, now: float) -> tuple[float, float, float]:
    """How many come in a second: all, those who go before ordinary people, and appointments."""
    since = learned.since
    if not since:
        return 0.0, 0.0, 0.0
    keep = math.exp((learned.at - now) / FADES_SECONDS) if now > learned.at else 1.0
    seen = FADES_SECONDS * (1 - math.exp((since - now) / FADES_SECONDS)) if now > since else 0.0
    share = keep / (seen + SEEN_SECONDS)
    return learned.came * share, (learned.first + learned.middle) * share, learned.booked * share
