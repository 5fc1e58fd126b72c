"""The waiting estimate in simulated hall days, against the classic predictors at the same instants."""

from __future__ import annotations

import sys
import time
from dataclasses import replace as changed
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent))  # the package of the simulated day stands beside this file

from hall_day.profiles import PROFILES
from hall_day.verdict import Verdict, days

import assets
from hall24.bench import Figure, percentile
from queue_server.contract.messages import Text, WindowMode
from queue_server.domain import pace, queue
from queue_server.domain.floor import Floor
from queue_server.domain.hall import Hall, QueueRule, WindowRule
from queue_server.domain.pace import Pace
from queue_server.domain.queue import QueueState
from queue_server.domain.window import WindowState
from queue_server.usecases.hall_description import parse

ABOUT = "waiting estimates: six kinds of simulated hall days, as expected and with 15 % more people"
SEEDS = range(101, 105)
"""The constants of the estimate were chosen on seeds 1 to 4."""

FOLLOWED = 0.1
LES, HOL, LENGTH, FIXED = range(4)
NOW = datetime(2026, 3, 2, 2, 10, tzinfo=UTC)


def measure(scratch: Path) -> list[Figure]:
    del scratch
    expected, crowded = Verdict(), Verdict()
    worst = 0.0
    for profile in PROFILES:
        usual, more = days(profile, SEEDS, (1.0, 1.15), FOLLOWED)
        expected += usual
        crowded += more
        worst = max(worst, usual.share(LES), more.share(LES))
    figures = [*_figures(expected, "as expected"), *_figures(crowded, "15 % more people")]
    figures.append(Figure("worst kind of day: mean error ÷ that of last-to-enter-service", worst, "×"))
    demo = parse(assets.DEMO_HALL.read_text(encoding="utf-8"))
    figures.append(Figure("publish a queue, 5 queues and 8 windows (processor time)", _cost(demo), "µs", most=50))
    figures.append(Figure("publish a queue, 30 queues and 300 windows", _cost(_large(demo)), "µs", most=300))
    return figures


def _figures(verdict: Verdict, when: str) -> list[Figure]:
    return [
        Figure(f"people who were told, {when}", verdict.count, "people"),
        Figure(f"mean wait, {when}", verdict.waited / verdict.count / 60, "min"),
        Figure(f"mean absolute error, {when}", verdict.error / 60, "min"),
        Figure("  ÷ that of last-to-enter-service", verdict.share(LES), "×", most=0.6),
        Figure("  ÷ that of head-of-line", verdict.share(HOL), "×"),
        Figure("  ÷ that of configured mean × people ahead ÷ windows", verdict.share(LENGTH), "×", most=0.95),
        Figure("  ÷ that of five minutes per head", verdict.share(FIXED), "×", most=0.25),
        Figure("  range holds the truth, at least", 100 * verdict.coverage, "%", least=80),
        Figure("  range holds the truth, at most", 100 * verdict.coverage, "%", most=95),
        Figure("  mean width of the range", verdict.width / verdict.count / 60, "min"),
        Figure("  while waiting, once a minute: range holds the truth", 100 * verdict.looks_coverage, "%", least=75),
        Figure("  while waiting: likely value jumps within a minute, p99", percentile(verdict.jumps, 0.99) / 60, "min",
               most=8),
        Figure("  priority and appointments: range holds the truth", 100 * verdict.special_held / verdict.special, "%"),
    ]  # fmt: skip


def _large(demo: Hall) -> Hall:
    """Every window serves three of thirty queues."""
    names = [f"Q{number}" for number in range(30)]
    windows = tuple(
        WindowRule(str(number), Text(zh="窗"), "Z1", tuple(names[(number + more) % 30] for more in (0, 1, 7)))
        for number in range(300)
    )
    return changed(
        demo, queues=tuple(QueueRule(name, Text(zh=name), name, "Z1", 600) for name in names), windows=windows
    )


def _cost(hall: Hall) -> float:
    """Microseconds for one queue, the mean over queues of the best of many tries; the hall learns between them."""
    random = Random(7)
    windows = {
        rule.id: WindowState(
            window=rule.id,
            mode=WindowMode.OPEN,
            ticket="t",
            since=NOW - timedelta(seconds=random.randint(1, 600)),
            serving_queue=rule.queues[0],
        )
        for rule in hall.windows
    }
    floor = Floor({}, windows, {rule.id: _learned(rule.id, random) for rule in hall.queues})
    states = {}
    for rule in hall.queues:
        state = queue.staffed_by(hall, QueueState(queue=rule.id, day=date(2026, 3, 2)), windows.values())
        for place in range(6):
            state = queue.joined(state, 0 if place == 2 else 4, NOW - timedelta(minutes=6 - place))
        states[rule.id] = state
    floor = changed(floor, queues=states)
    best = []
    for rule in hall.queues[:8]:
        tries = []
        floors = [changed(floor, paces={**floor.paces, rule.id: _learned(rule.id, random)}) for _ in range(2)]
        for _ in range(20):
            began = time.thread_time()
            for number in range(50):
                queue.publish(hall, states[rule.id], floors[number % 2], NOW)
            tries.append((time.thread_time() - began) / 50)
        best.append(min(tries))
    return 1e6 * sum(best) / len(best)


def _learned(name: str, random: Random) -> tuple[Pace, ...]:
    hours: dict[int, Pace] = {}
    for hour in range(9, 18):
        for _ in range(30):
            hours[hour] = pace.learn(tuple(hours.values()), name, hour, random.expovariate(1 / 400))
    return tuple(hours.values())
