"""The estimate is quick because it leaves out what does not matter: what it says must not depend on that."""

from __future__ import annotations

import sys
from dataclasses import replace as changed
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the neighbours below are modules of no package

from plain_flow import PlainFlow
from random_floors import DAY, a_floor, a_hall, a_moment, learned

from queue_server.contract.messages import WindowMode
from queue_server.domain import queue, waiting_time
from queue_server.domain.floor import Floor
from queue_server.domain.flow import STEPS
from queue_server.domain.fluid import Fluid
from queue_server.domain.hall import Hall, WindowRule
from queue_server.domain.pace import MOST_USUAL
from queue_server.domain.queue import QueueState
from queue_server.domain.surroundings import around, usual
from queue_server.domain.ticket import ORDINARY_RANK, RANKS
from queue_server.domain.window import WindowState


@pytest.mark.parametrize("seed", range(150))
def test_a_line_moves_on_as_if_every_queue_were_moved_in_every_step(hall: Hall, seed: int) -> None:
    random = Random(seed)
    made = a_hall(hall, random)
    now = a_moment(random)
    floor = a_floor(made, random, now)
    starts, hour = random.choice((0.0, 0.0, 1200.0)), random.randrange(24)
    for rule in made.queues:
        fluid = Fluid(made, floor, rule.id, floor.queues.get(rule.id), now, starts, hour)
        for ahead, waited in ((0.0, 0.0), (3.4, 700.0), (random.uniform(0, 60), random.uniform(0, 3000))):
            plain = PlainFlow(fluid).until(ahead, waited)
            assert fluid.until(ahead, waited) == pytest.approx(plain, rel=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_kept_from_one_estimate_to_the_next_changes_none(hall: Hall, seed: int) -> None:
    """One hall value lives through a day on which paces change; a new one has kept nothing."""
    random = Random(1000 + seed)
    lives = a_hall(hall, random)
    now = a_moment(random)
    floor = a_floor(lives, random, now)
    for _ in range(12):
        name = random.choice(lives.queues).id
        if random.random() < 0.5:
            floor = Floor(floor.queues, floor.windows, {**floor.paces, name: learned(name, random)})
        else:
            now = a_moment(random)
        rank, state = random.choice(RANKS), floor.queues.get(name, QueueState(queue=name))
        fresh = changed(lives)
        assert waiting_time.for_newcomer(lives, floor, name, rank, now, state) == waiting_time.for_newcomer(
            fresh, floor, name, rank, now, state
        )
        assert queue.publish(lives, state, floor, now) == queue.publish(fresh, state, floor, now)


def test_the_usual_service_is_worked_out_anew_when_the_hall_has_learned(hall: Hall) -> None:
    rule, random = hall.queue_by_id["A"], Random(5)
    before, after = learned("A", random), learned("A", random)
    first = usual(hall, rule, before, 10)
    assert usual(hall, rule, before, 10) is first
    assert usual(hall, rule, before, 11).hour == 11
    assert usual(hall, rule, after, 10).mean != first.mean
    assert usual(hall, rule, before, 10) == first


def test_windows_with_the_same_queues_are_one_group(hall: Hall) -> None:
    known = around(hall, "A")
    assert [rule.id for rule in known.queues] == ["A", "E", "C"]
    assert [group.windows for group in known.groups] == [("1", "2"), ("3",)]
    assert all(group.leads and not group.alone for group in known.groups)
    assert [group.alone for group in around(hall, "B").groups] == [True, False]
    assert not any(group.leads for group in around(hall, "E").groups)


def test_a_queue_that_no_window_serves_is_told_a_wide_range(hall: Hall) -> None:
    """A description may say so, while a department moves; somebody may take a number all the same."""
    windows = tuple(changed(rule, queues=tuple(one for one in rule.queues if one != "B")) for rule in hall.windows)
    made = changed(hall, windows=tuple(rule for rule in windows if rule.queues))
    state = queue.joined(QueueState(queue="B"), ORDINARY_RANK, a_moment(Random(1)))
    said = waiting_time.for_newcomer(made, Floor({"B": state}, {}, {}), "B", ORDINARY_RANK, a_moment(Random(1)))
    assert said.low < 600 <= said.likely < said.high


def test_a_window_that_takes_very_long_still_owes_that_time_when_it_serves_two_queues(hall: Hall) -> None:
    """Nobody waits in the first queue of the window, so the second one waits as long as if it had the window alone."""
    now = a_moment(Random(1))
    busy = WindowState(
        window="1", mode=WindowMode.OPEN, ticket="t", serving_queue="E", since=now - timedelta(seconds=4000)
    )
    waits = []
    for queues in (("E",), ("A", "E")):
        made = changed(hall, windows=(WindowRule("1", hall.windows[0].name, "Z1", queues),))
        state = QueueState(queue="E", waiting=3)
        fluid = Fluid(made, Floor({"E": state}, {"1": busy}, {}), "E", state, now, 0.0, 10)
        assert fluid.credit[0] < -STEPS[0]
        waits.append(fluid.until(3.0, 0.0)[0])
    assert waits[0] == pytest.approx(waits[1])
    assert waits[0] > 3 * 240


def on_a_day(hall: Hall, part: float, many: int, served: str = "A") -> float:
    """Seconds until the next person of A is called behind ten, when services of another queue took so long today."""
    now = a_moment(Random(1))
    states = {rule.id: QueueState(queue=rule.id, waiting=10) for rule in hall.queues}
    usual_seconds = hall.queue_by_id[served].expected_service_seconds
    for _ in range(many):
        states[served] = queue.served(hall, states[served], (), 10, part * usual_seconds)
    windows = {name: WindowState(window=name, mode=WindowMode.OPEN, ticket="t") for name in ("1", "2", "3")}
    return Fluid(hall, Floor(states, windows, {}), "A", states["A"], now, 0.0, 10).until(10.0, 0.0)[0]


def test_a_day_on_which_services_take_longer_makes_people_wait_longer_from_the_first_hours_on(hall: Hall) -> None:
    usual_day = on_a_day(hall, 1.0, 60)
    assert usual_day == on_a_day(hall, 1.5, 0)
    assert on_a_day(hall, 1.5, 1) < 1.02 * usual_day
    assert 1.15 * usual_day < on_a_day(hall, 1.5, 60) < 1.3 * usual_day
    assert on_a_day(hall, 0.5, 60) < 0.9 * usual_day


def test_what_neighbours_did_today_counts_but_not_what_a_far_queue_did(hall: Hall) -> None:
    usual_day = on_a_day(hall, 1.0, 60)
    assert on_a_day(hall, 1.5, 60, served="E") == pytest.approx(on_a_day(hall, 1.5, 60))
    assert on_a_day(hall, 1.5, 60, served="B") == usual_day


def test_one_forgotten_service_does_not_spoil_a_day_and_a_new_day_begins_as_usual(hall: Hall) -> None:
    state = queue.served(hall, QueueState(queue="A", day=DAY), (), 10, 4 * 3600.0)
    assert state.learned.took <= MOST_USUAL
    assert on_a_day(hall, 30.0, 1) < 1.05 * on_a_day(hall, 1.0, 1)
    assert queue.joined(state, ORDINARY_RANK, a_moment(Random(1))).learned.done == 1
    assert queue.on_day(state, DAY + timedelta(days=1)).learned.done == 0
