"""Who is next: a simulated hall against known formulas, and what one decision costs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import fmean

from hall24.bench import Figure
from queue_server.domain.hall import Rules
from queue_server.domain.next import Waiting, before, next_for, preview
from queue_server.domain.queue import QueueState
from queue_server.domain.ticket import FIRST_RANK, ORDINARY_RANK, RANKS, Ticket

sys.path.insert(0, str(Path(__file__).parent))  # the simulated halls are shared with the tests

from scheduler_trials import formulas, our_hall
from scheduler_trials.our_hall import STRICT, Person, merged, stream, windows

ABOUT = "scheduler: mean waits against theory (ours / formula), CPU of one decision"
MEAN = 300.0
WARM_UP = 1_000
PEOPLE = 4_000


def exponential(chance: Random) -> float:
    return chance.expovariate(1 / MEAN)


def always(_chance: Random) -> float:
    return MEAN


def measure(scratch: Path) -> list[Figure]:
    del scratch
    return [*_waits(), *_costs()]


def _waits() -> list[Figure]:
    figures = []
    for count, load in ((1, 0.8), (4, 0.85), (16, 0.9)):
        rate = load * count / MEAN
        (found,) = _simulated(count, load, [(rate, ORDINARY_RANK)], exponential)
        figures += _against(f"M/M/{count} load {load}, mean wait", found, formulas.several_windows(count, rate, MEAN))
    (found,) = _simulated(1, 0.8, [(0.8 / MEAN, ORDINARY_RANK)], always)
    figures += _against("M/D/1 load 0.8, mean wait", found, formulas.one_window(0.8 / MEAN, MEAN, MEAN**2))
    for count in (1, 4):
        rates = (0.3 * count / MEAN, 0.5 * count / MEAN)
        kinds = [(rates[0], FIRST_RANK), (rates[1], ORDINARY_RANK)]
        found = _simulated(count, 0.8, kinds, exponential)
        formula = formulas.several_windows_two_classes(count, *rates, MEAN)
        figures += _against(f"M/M/{count} load 0.8, mean wait of priority people", found[0], formula[0])
        figures += _against(f"M/M/{count} load 0.8, mean wait of ordinary people", found[1], formula[1])
    return figures


def _simulated(
    count: int, load: float, kinds: Sequence[tuple[float, int]], service: Callable[[Random], float]
) -> list[formulas.Measured]:
    """Mean waits of each kind (people per second, rank) over replications."""
    means: list[list[float]] = [[] for _ in kinds]
    controls = []
    share = (WARM_UP + PEOPLE) / sum(rate for rate, _ in kinds)
    for replication in range(formulas.REPLICATIONS):
        chance = Random(replication)
        people: list[Person] = merged(
            *(stream(chance, round(rate * share), rate, service, "A", rank) for rate, rank in kinds)
        )
        waits = our_hall.simulate(people, windows(count), STRICT).waits
        controls.append(our_hall.busier(people, load, count))
        for found, (_, rank) in zip(means, kinds, strict=True):
            late = zip(people[WARM_UP:], waits[WARM_UP:], strict=True)
            found.append(fmean(wait for person, wait in late if person.rank == rank))
    return [formulas.measured(found, controls) for found in means]


def _against(name: str, found: formulas.Measured, formula: float) -> list[Figure]:
    off = abs(found.mean - formula) / found.half_width
    return [
        Figure(f"{name}, ours / formula", found.mean / formula, "x"),
        Figure("  distance in half widths of the 99 % interval", off, "x", most=1),
    ]


def _costs() -> list[Figure]:
    """CPU of one decision for a window with two queues, all ranks waiting, with turns and ageing."""
    (window,) = windows(1, ("A", "E"), {"A": 2, "E": 1})
    rules = Rules()
    now = our_hall.OPENING + timedelta(hours=2)
    states = {queue: QueueState(queue=queue, calls=90) for queue in window.queues}
    people = {
        count: [
            our_hall.ticket_of(n, Person(7000 - 3000 * n // count, MEAN, "AE"[n % 2], RANKS[n // 2 % 5]))
            for n in range(count)
        ]
        for count in (50, 5_000)
    }

    def decision(tickets: Sequence[Ticket]) -> Callable[[], object]:
        waiting = Waiting(tuple(tickets), states, {})
        return lambda: next_for(window, waiting, rules, now)

    def list_of(tickets: Sequence[Ticket]) -> Callable[[], object]:
        waiting = Waiting(_first_of_each_rank(tickets, 50), states, {})
        return lambda: preview(window, waiting, rules, now, 50)

    few, many = _microseconds(500, *(decision(_first_of_each_rank(crowd, 1)) for crowd in people.values()))
    all_few, all_many = _microseconds(10, *(decision(crowd) for crowd in people.values()))
    shown_few, shown_many = _microseconds(5, *(list_of(crowd) for crowd in people.values()))
    (bounds,) = _microseconds(500, lambda: before(people[50][-1], rules, now))
    return [
        Figure("a decision by heads, 50 wait", few, "us CPU", most=40),
        Figure("a decision by heads, 5,000 wait", many, "us CPU", most=40),
        Figure("a decision by heads, 5,000 waiting / 50 waiting", many / few, "x", most=1.2),
        Figure("a decision from everybody, 50 wait", all_few, "us CPU"),
        Figure("a decision from everybody, 5,000 wait", all_many, "us CPU"),
        Figure("the next 50 of a window, 50 wait", shown_few, "us CPU"),
        Figure("the next 50 of a window, 5,000 wait", shown_many, "us CPU"),
        Figure("the bounds of those before one ticket", bounds, "us CPU"),
    ]


def _first_of_each_rank(people: Sequence[Ticket], limit: int) -> tuple[Ticket, ...]:
    lines: dict[tuple[str, int], list[Ticket]] = {}
    for ticket in sorted(people, key=lambda one: (one.since, one.id)):
        line = lines.setdefault((ticket.queue, ticket.rank), [])
        if len(line) < limit:
            line.append(ticket)
    return tuple(ticket for line in lines.values() for ticket in line)


def _microseconds(rounds: int, *acts: Callable[[], object]) -> list[float]:
    """CPU of one act each, in turns; the best of fifteen, because others use the machine as well."""
    best = [float("inf")] * len(acts)
    for _ in range(15):
        for place, act in enumerate(acts):
            began = time.process_time()
            for _ in range(rounds):
                act()
            best[place] = min(best[place], time.process_time() - began)
    return [took / rounds * 1e6 for took in best]
