"""What estimates ask of a hall again and again, worked out once: who shares windows with a queue, and the usual pace.

Estimates are made for every ticket and every call; what a description never changes is not derived each time.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from queue_server.domain import pace
from queue_server.domain.hall import Hall, QueueRule
from queue_server.domain.pace import Pace
from queue_server.domain.ticket import LEVELS, ORDINARY_RANK

LONGEST = 12 * 3600.0
"""Seconds; more is never said."""

LAST_LEVEL = LEVELS[ORDINARY_RANK]


class Group(NamedTuple):
    """Windows of the queue with the same queues in the same order. ``places`` are those in ``Around.queues``.

    ``place_of`` finds them by the queue's id. ``alone``: they serve no other queue; ``leads``: this one first, and no
    turns decide.
    """

    places: tuple[int, ...]
    place_of: dict[str | None, int]
    turns: dict[int, int]
    windows: tuple[str, ...]
    alone: bool
    leads: bool


class Around(NamedTuple):
    """A queue (the first) and all that share a window with it.

    ``interval`` and ``cap`` are the ageing of the hall (seconds, classes), ``needed`` how long an ordinary person has
    waited who has risen to the top class and to the middle one, ``soonest`` the lesser of the two. ``others`` says of
    each other queue in which groups it stands, and how much of a window there ``QueueState.servers`` counts.
    """

    queues: tuple[QueueRule, ...]
    groups: tuple[Group, ...]
    others: tuple[tuple[int, QueueRule, tuple[tuple[int, float], ...]], ...]
    interval: float
    cap: int
    needed: tuple[float, float]
    soonest: float


class Usual(NamedTuple):
    """How long one service of a queue takes in an hour: mean (seconds) and (standard deviation ÷ mean)².

    ``rest`` is how much of one is left at any instant, ``least`` how much of the mean is left of one that lasts.
    """

    paces: tuple[Pace, ...]
    hour: int
    mean: float
    spread: float
    rest: float
    least: float


def around(hall: Hall, queue: str) -> Around:
    """Who shares windows with this queue of the hall."""
    found: Around | None = hall.worked_out.get(("around", queue))
    if found is None:
        found = hall.worked_out["around", queue] = _look_around(hall, queue)
    return found


def usual(hall: Hall, rule: QueueRule, paces: tuple[Pace, ...], hour: int) -> Usual:
    """The usual service of that hour. The last answer for a queue is kept while its paces are the same."""
    key = ("usual", rule.id)
    found: Usual | None = hall.worked_out.get(key)
    if found is None or found.paces is not paces or found.hour != hour:
        mean, variance = pace.typical(rule, paces, hour)
        spread = variance / (mean * mean)
        found = Usual(paces, hour, mean, spread, mean * (1 + spread) / 2, 0.9 * math.sqrt(spread))
        hall.worked_out[key] = found
    return found


def _look_around(hall: Hall, queue: str) -> Around:
    windows = [window for window in hall.windows if queue in window.queues]
    near = list(dict.fromkeys([queue, *(name for window in windows for name in window.queues)]))
    places = {name: place for place, name in enumerate(near)}
    alike: dict[tuple[tuple[int, ...], tuple[tuple[int, int], ...]], list[str]] = {}
    for window in windows:
        served = tuple(places[name] for name in window.queues)
        turns = tuple((places[name], share) for name, share in window.turns.items())
        alike.setdefault((served, turns), []).append(window.id)
    groups = [_group(near, served, dict(turns), names) for (served, turns), names in alike.items()]
    if not groups:  # no window serves the queue as yet
        groups.append(_group(near, (0,), {}, []))
    queues = tuple(hall.queue_by_id[name] for name in near)
    others = tuple((place, rule, _counted(groups, place)) for place, rule in enumerate(queues) if place)
    interval = 60.0 * hall.rules.ageing_minutes or LONGEST
    cap = hall.rules.ageing_cap if hall.rules.ageing_minutes else 0
    top, middle = (rises * interval if rises <= cap else LONGEST for rises in (LAST_LEVEL, LAST_LEVEL - 1))
    return Around(queues, tuple(groups), others, interval, cap, (top, middle), min(top, middle))


def _group(near: list[str], places: tuple[int, ...], turns: dict[int, int], windows: list[str]) -> Group:
    alone = len(places) == 1
    leads = alone or (places[0] == 0 and not turns)
    return Group(places, {near[place]: place for place in places}, turns, tuple(windows), alone, leads)


def _counted(groups: list[Group], place: int) -> tuple[tuple[int, float], ...]:
    """The groups that serve a queue, and how much of a window there counts as its own (``queue.weight``)."""
    found = [(number, group.places) for number, group in enumerate(groups) if place in group.places]
    return tuple((number, 1.0 if places[0] == place else 0.5) for number, places in found)
