"""Our ``next_for`` in a simulated hall, against another simulator person by person and against known formulas."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))  # the simulated halls are shared with the measurement

from scheduler_trials import formulas, other_hall, our_hall
from scheduler_trials.our_hall import STRICT, Person, merged, stream, windows

from queue_server.domain.hall import Rules, WindowRule
from queue_server.domain.ticket import APPOINTMENT_RANK, FIRST_RANK, ORDINARY_RANK, TRANSFERRED_RANK

MEAN = 300.0
WARM_UP = 300
PEOPLE = 2000

Group = Callable[[Person], bool]


def exponential(chance: Random) -> float:
    return chance.expovariate(1 / MEAN)


def always(chance: Random) -> float:
    return MEAN


def wide(chance: Random) -> float:
    """Most are quick, one in five takes long: mean 300 s, mean square 180,000 s²."""
    return 900.0 if chance.random() < 0.2 else 150.0


SQUARES: dict[Callable[[Random], float], float] = {exponential: 2 * MEAN**2, always: MEAN**2, wide: 180_000.0}


def mean_waits(
    seed: int, make: Callable[[Random], list[Person]], load: float, halls: list[WindowRule], *groups: Group
) -> list[formulas.Measured]:
    """For each group (a condition on a person) the mean wait over replications; ``load`` of a window as planned."""
    found: list[list[float]] = [[] for _ in groups]
    controls = []
    for replication in range(formulas.REPLICATIONS):
        people = make(Random(seed * 1000 + replication))
        waits = our_hall.simulate(people, halls, STRICT).waits
        controls.append(our_hall.busier(people, load, len(halls)))
        for means, group in zip(found, groups, strict=True):
            means.append(fmean(w for p, w in zip(people[WARM_UP:], waits[WARM_UP:], strict=True) if group(p)))
    return [formulas.measured(means, controls) for means in found]


def everybody(person: Person) -> bool:
    return True


def is_first(person: Person) -> bool:
    return person.rank == FIRST_RANK


def is_plain(person: Person) -> bool:
    return person.rank == ORDINARY_RANK


# --- person by person ---


def same(ours: list[float], theirs: list[float]) -> None:
    assert len(ours) == len(theirs) > 1000
    assert max(ours) > 600
    assert max(abs(one - other) for one, other in zip(ours, theirs, strict=True)) < 1e-3


@pytest.mark.parametrize("count", [1, 3])
def test_one_line_for_many_windows_keeps_everybody_waiting_as_long_as_the_other_simulator_says(count: int) -> None:
    people = stream(Random(1), 2000, 0.9 * count / MEAN, exponential, "A", ORDINARY_RANK)
    ours = our_hall.simulate(people, windows(count), STRICT).waits
    same(ours, other_hall.simulate(people, count, lambda _: "all"))


def test_three_classes_wait_as_long_as_the_other_simulator_says() -> None:
    people = merged(
        *(
            stream(Random(rank), 900, 0.3 * 2 / MEAN, exponential, "A", rank)
            for rank in (FIRST_RANK, TRANSFERRED_RANK, ORDINARY_RANK)
        )
    )
    theirs = other_hall.simulate(
        people, 2, lambda person: f"rank{person.rank}", priorities={"rank0": 0, "rank2": 1, "rank4": 2}
    )
    same(our_hall.simulate(people, windows(2), STRICT).waits, theirs)


def test_classes_that_rise_by_waiting_wait_as_long_as_the_other_simulator_says() -> None:
    """There a customer changes into the next class after 20 minutes; within a class who came first is served first."""
    people = merged(
        *(
            stream(Random(10 + rank), 900, 0.32 * 2 / MEAN, exponential, "A", rank)
            for rank in (FIRST_RANK, TRANSFERRED_RANK, ORDINARY_RANK)
        )
    )
    theirs = other_hall.simulate(
        people,
        2,
        lambda person: f"rank{person.rank}",
        priorities={"rank0": 0, "rank2": 1, "rank4": 2},
        changes={"rank4": {"rank2": 1200.0}, "rank2": {"rank0": 1200.0}},
        discipline=lambda waiting, _now: min(waiting, key=lambda individual: individual.arrival_date),
    )
    ours = our_hall.simulate(people, windows(2), Rules()).waits
    same(ours, theirs)
    assert max(ours) > 3 * 1200
    assert ours != our_hall.simulate(people, windows(2), STRICT).waits


@pytest.mark.parametrize(
    ("first", "second"),
    [(("A", ORDINARY_RANK), ("E", ORDINARY_RANK)), (("A", APPOINTMENT_RANK), ("A", ORDINARY_RANK))],
    ids=["queues", "appointments"],
)
def test_turns_one_by_one_keep_everybody_waiting_as_long_as_the_other_simulator_says(
    first: tuple[str, int], second: tuple[str, int]
) -> None:
    """There: a balance of who is ahead, by one at most; who is not ahead goes, the first kind if neither is."""
    people = merged(
        stream(Random(20), 1200, 0.35 / MEAN, exponential, *first),
        stream(Random(21), 2000, 0.58 / MEAN, exponential, *second),
    )
    balance = [0]

    def is_of_first(individual: Any) -> bool:
        return (people[individual.id_number - 1].queue, people[individual.id_number - 1].rank) == first

    def discipline(waiting: list[Any], _now: float) -> Any:
        turn = [individual for individual in waiting if is_of_first(individual) == (balance[0] <= 0)]
        return min(turn or waiting, key=lambda individual: individual.arrival_date)

    def served(individual: Any) -> None:
        balance[0] = max(-1, min(1, balance[0] + (1 if is_of_first(individual) else -1)))

    theirs = other_hall.simulate(
        people, 1, lambda person: f"{person.queue}{person.rank}", discipline=discipline, served=served
    )
    by_turns = windows(1, ("A", "E"), {"A": 1, "E": 1})
    same(our_hall.simulate(people, by_turns, replace(STRICT, walk_in_share=1)).waits, theirs)


# --- formulas ---


@pytest.mark.parametrize(("count", "load"), [(1, 0.6), (3, 0.75), (8, 0.8)])
def test_the_mean_wait_at_several_windows_is_that_of_erlang(count: int, load: float) -> None:
    rate = load * count / MEAN
    (found,) = mean_waits(
        count,
        lambda chance: stream(chance, WARM_UP + PEOPLE, rate, exponential, "A", ORDINARY_RANK),
        load,
        windows(count),
        everybody,
    )
    formula = formulas.several_windows(count, rate, MEAN)
    assert found.agrees(formula), (found, formula)
    assert found.half_width < 0.2 * formula


@pytest.mark.parametrize("service", [always, wide])
def test_the_mean_wait_at_one_window_is_that_of_pollaczek_and_khinchine(service: Callable[[Random], float]) -> None:
    rate = 0.65 / MEAN
    (found,) = mean_waits(
        30,
        lambda chance: stream(chance, WARM_UP + PEOPLE, rate, service, "A", ORDINARY_RANK),
        0.65,
        windows(1),
        everybody,
    )
    formula = formulas.one_window(rate, MEAN, SQUARES[service])
    assert found.agrees(formula), (found, formula)
    assert found.half_width < 0.2 * formula


@pytest.mark.parametrize("count", [1, 3])
def test_two_classes_wait_as_kella_and_yechiali_say(count: int) -> None:
    first, second = 0.3 * count / MEAN, 0.4 * count / MEAN

    def make(chance: Random) -> list[Person]:
        return merged(
            stream(chance, PEOPLE // 2, first, exponential, "A", FIRST_RANK),
            stream(chance, PEOPLE, second, exponential, "A", ORDINARY_RANK),
        )

    high, low = mean_waits(40 + count, make, 0.7, windows(count), is_first, is_plain)
    formula = formulas.several_windows_two_classes(count, first, second, MEAN)
    assert high.agrees(formula[0]), (high, formula)
    assert low.agrees(formula[1]), (low, formula)
    assert high.half_width < 0.1 * formula[0]
    assert low.half_width < 0.2 * formula[1]


def test_two_classes_with_services_of_different_length_wait_as_cobham_says() -> None:
    def make(chance: Random) -> list[Person]:
        return merged(
            stream(chance, PEOPLE // 3, 0.25 / MEAN, wide, "A", FIRST_RANK),
            stream(chance, PEOPLE, 0.5 / MEAN, always, "A", ORDINARY_RANK),
        )

    high, low = mean_waits(50, make, 0.75, windows(1), is_first, is_plain)
    formula = formulas.one_window_classes(
        [(0.25 / MEAN, MEAN, SQUARES[wide]), (0.5 / MEAN, MEAN, SQUARES[always])],
    )
    assert high.agrees(formula[0]), (high, formula)
    assert low.agrees(formula[1]), (low, formula)


def test_turns_move_the_waiting_between_queues_but_make_no_more_of_it() -> None:
    """The conservation law (Kleinrock): whoever goes first, the mean over both queues is that of one line."""

    def make(chance: Random) -> list[Person]:
        return merged(
            stream(chance, PEOPLE // 3, 0.2 / MEAN, always, "A", ORDINARY_RANK),
            stream(chance, PEOPLE, 0.6 / MEAN, always, "E", ORDINARY_RANK),
        )

    both, a, e = mean_waits(
        60,
        make,
        0.8,
        windows(1, ("A", "E"), {"A": 1, "E": 1}),
        everybody,
        lambda person: person.queue == "A",
        lambda person: person.queue == "E",
    )
    formula = formulas.one_window(0.8 / MEAN, MEAN, SQUARES[always])
    assert both.agrees(formula), (both, formula)
    assert a.mean + a.half_width < formula < e.mean


def test_two_queues_that_never_empty_share_a_window_as_their_weights_say() -> None:
    people = [Person(0.0, MEAN, queue) for queue in "AE" for _ in range(600)]
    order = our_hall.simulate(people, windows(1, ("A", "E"), {"A": 2, "E": 1}), STRICT).order
    called = [people[name].queue for name in order[1:601]]
    assert called.count("A") == 400
