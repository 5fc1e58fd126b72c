"""Halls and floors by chance: any windows open, anybody in front, anything learned."""

from __future__ import annotations

from dataclasses import replace as changed
from datetime import UTC, date, datetime, timedelta
from random import Random

from msgspec.structs import replace

from queue_server.contract.messages import PauseReason, WindowMode
from queue_server.domain import queue
from queue_server.domain.floor import Floor
from queue_server.domain.hall import Hall, WindowRule
from queue_server.domain.pace import Pace
from queue_server.domain.queue import QueueState
from queue_server.domain.ticket import ORDINARY_RANK, RANKS
from queue_server.domain.window import WindowState

DAY = date(2026, 3, 2)
MIDNIGHT = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
"""The beginning of ``DAY`` in Shanghai."""


def a_hall(hall: Hall, random: Random) -> Hall:
    """The hall with other windows, turns and ageing."""
    windows = tuple(_rule(hall, rule, random) for rule in hall.windows)
    rules = changed(
        hall.rules, ageing_minutes=random.choice((20, 20, 20, 10, 0, 45)), ageing_cap=random.choice((2, 1, 0))
    )
    return changed(hall, windows=windows, rules=rules)


def _rule(hall: Hall, rule: WindowRule, random: Random) -> WindowRule:
    what = random.random()
    if what < 0.2:
        return changed(rule, turns={name: random.randint(1, 3) for name in rule.queues if random.random() < 0.8})
    if what < 0.4:
        names = [one.id for one in hall.queues]
        return changed(rule, queues=tuple(random.sample(names, random.randint(1, len(names)))), turns={})
    return rule


def a_moment(random: Random) -> datetime:
    return MIDNIGHT + timedelta(seconds=random.uniform(0, 86_400))


def a_floor(hall: Hall, random: Random, now: datetime) -> Floor:
    opened, busy, many = random.random(), random.random(), random.choice((0, 2, 8, 30, 80))
    windows = {
        rule.id: _window(hall, rule, random, now, opened, busy) for rule in hall.windows if random.random() < 0.95
    }
    queues = {
        rule.id: _queue(hall, rule.id, random, now, windows, random.randint(0, many))
        for rule in hall.queues
        if random.random() < 0.95
    }
    return Floor(queues, windows, {rule.id: learned(rule.id, random) for rule in hall.queues if random.random() < 0.7})


def learned(name: str, random: Random) -> tuple[Pace, ...]:
    found = []
    for hour in sorted(random.sample(range(24), random.randint(1, 12))):
        weight, mean = random.uniform(0.5, 150), random.uniform(60, 2000)
        squares = weight * mean * mean * random.uniform(1, 2.5)
        found.append(Pace(queue=name, hour=hour, weight=weight, total=weight * mean, squares=squares))
    return tuple(found)


def _window(hall: Hall, rule: WindowRule, random: Random, now: datetime, opened: float, busy: float) -> WindowState:
    state = WindowState(window=rule.id)
    if random.random() > 0.1:
        state = replace(state, since=now - timedelta(seconds=random.expovariate(1 / 500)))
    if random.random() > opened:
        paused = random.random() < 0.5
        return (
            replace(state, mode=WindowMode.PAUSED, pause_reason=random.choice(list(PauseReason))) if paused else state
        )
    if random.random() > busy:
        return replace(state, mode=WindowMode.OPEN)
    own = random.random() < 0.8
    serving = random.choice(rule.queues if own else tuple(one.id for one in hall.queues))
    return replace(state, mode=WindowMode.OPEN, ticket="t", serving_queue=serving)


def _queue(
    hall: Hall, name: str, random: Random, now: datetime, windows: dict[str, WindowState], many: int
) -> QueueState:
    state = queue.staffed_by(hall, QueueState(queue=name, day=DAY), windows.values())
    ordinary = 0
    for place in range(many):
        rank = random.choice((*RANKS, *7 * [ORDINARY_RANK]))
        ordinary += rank == ORDINARY_RANK
        state = queue.joined(state, rank, now - timedelta(seconds=random.uniform(0.2, 90) * (many - place)))
    if ordinary and random.random() < 0.5:
        state = queue.called(state, ORDINARY_RANK, random.uniform(0, 5000), now)
    return state
