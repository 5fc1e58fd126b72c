"""How long somebody will wait, and what follows from it near closing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as changed
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from queue_server.contract.messages import Estimate, PauseReason, WindowMode
from queue_server.domain import pace, queue, waiting_time
from queue_server.domain.floor import Floor
from queue_server.domain.hall import Calendar, Hall, Session
from queue_server.domain.pace import Pace
from queue_server.domain.queue import QueueState
from queue_server.domain.ticket import (
    APPOINTMENT_RANK,
    FIRST_RANK,
    ORDINARY_RANK,
    RANKS,
    RETURNED_RANK,
    TRANSFERRED_RANK,
    Ticket,
)
from queue_server.domain.window import WindowState

MORNING = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
DAY = date(2026, 3, 2)
FAR = timedelta(days=1)


def a_floor(
    hall: Hall,
    waiting: dict[str, int] | None = None,
    busy: tuple[str, ...] = (),
    *,
    now: datetime = MORNING,
    paused: tuple[str, ...] = (),
    paces: dict[str, tuple[Pace, ...]] | None = None,
    since: timedelta = timedelta(minutes=4),
    priority: int = 0,
) -> Floor:
    """Windows that serve their first queue, some on a lunch break, and people who came one a minute."""
    windows = {
        name: WindowState(
            window=name,
            mode=WindowMode.PAUSED if name in paused else WindowMode.OPEN,
            pause_reason=PauseReason.LUNCH if name in paused else None,
            ticket=None if name in paused else f"t{name}",
            since=now - since,
            serving_queue=None if name in paused else hall.window_by_id[name].queues[0],
        )
        for name in (*busy, *paused)
    }
    queues = {}
    for rule in hall.queues:
        state = queue.staffed_by(hall, QueueState(queue=rule.id, day=DAY), windows.values())
        many = (waiting or {}).get(rule.id, 0)
        for place in range(many):
            rank = FIRST_RANK if place < priority else ORDINARY_RANK
            state = queue.joined(state, rank, now - timedelta(minutes=many - place))
        queues[rule.id] = state
    return Floor(queues, windows, paces or {})


def newcomer(hall: Hall, floor: Floor, name: str = "B", rank: int = ORDINARY_RANK, now: datetime = MORNING) -> Estimate:
    return waiting_time.for_newcomer(hall, floor, name, rank, now)


def steady(name: str, seconds: float, hours: range = range(24)) -> tuple[Pace, ...]:
    """A queue whose services always took so long."""
    return tuple(Pace(queue=name, hour=hour, weight=99, total=99 * seconds, squares=99 * seconds**2) for hour in hours)


# --- what an estimate says ---


def test_nobody_waits_at_a_free_window(hall: Hall) -> None:
    floor = a_floor(hall, busy=("4",))
    floor = changed(floor, windows={"4": replace(floor.windows["4"], ticket=None)})
    assert newcomer(hall, floor) == Estimate(low=0, likely=0, high=60)


def test_six_people_and_two_windows_at_ten_minutes_each_make_half_an_hour(hall: Hall) -> None:
    said = newcomer(hall, a_floor(hall, {"B": 6}, ("4", "5")))
    assert 28 * 60 <= said.likely <= 38 * 60
    assert said.low <= 25 * 60
    assert said.high >= 45 * 60


def test_what_the_hall_did_counts_more_than_what_was_configured(hall: Hall) -> None:
    usual = newcomer(hall, a_floor(hall, {"B": 6}, ("4", "5")))
    quick = newcomer(hall, a_floor(hall, {"B": 6}, ("4", "5"), paces={"B": steady("B", 300)}))
    assert quick.likely < 0.65 * usual.likely


def test_an_hour_in_which_services_take_longer_makes_people_wait_longer(hall: Hall) -> None:
    slow = {"B": (*steady("B", 300, range(8)), *steady("B", 900, range(10, 11)))}
    assert (
        newcomer(hall, a_floor(hall, {"B": 4}, ("4",), paces=slow)).likely
        > 1.5
        * newcomer(
            hall,
            a_floor(hall, {"B": 4}, ("4",), paces=slow, now=MORNING - timedelta(hours=8)),
            now=MORNING - timedelta(hours=8),
        ).likely
    )


def test_a_window_that_is_at_lunch_comes_back(hall: Hall) -> None:
    away = a_floor(hall, {"B": 3}, paused=("4",), since=timedelta(minutes=10))
    back = a_floor(hall, {"B": 3}, paused=("4",), since=timedelta(minutes=55))
    assert newcomer(hall, away).likely >= newcomer(hall, back).likely + 20 * 60


def test_when_nobody_is_open_the_range_is_wide(hall: Hall) -> None:
    said = newcomer(hall, a_floor(hall, {"B": 3}))
    staffed = newcomer(hall, a_floor(hall, {"B": 3}, ("4",)))
    assert said.high - said.low > 1.3 * (staffed.high - staffed.low)


def test_a_secondary_queue_waits_for_the_first_one_of_its_windows(hall: Hall) -> None:
    alone = newcomer(hall, a_floor(hall, {"E": 2}, ("1",)), "E")
    behind = newcomer(hall, a_floor(hall, {"E": 2, "A": 8}, ("1",)), "E")
    assert behind.likely >= alone.likely + 10 * 60


def test_whoever_has_priority_waits_less_and_ordinary_people_longer(hall: Hall) -> None:
    floor = a_floor(hall, {"B": 6}, ("4", "5"))
    assert newcomer(hall, floor, rank=FIRST_RANK).likely < 0.5 * newcomer(hall, floor).likely
    urgent = a_floor(hall, {"B": 7}, ("4", "5"), priority=1)
    assert newcomer(hall, urgent).likely > newcomer(hall, floor).likely
    assert newcomer(hall, floor, rank=TRANSFERRED_RANK).likely < newcomer(hall, floor).likely


def test_the_people_who_waited_longest_go_before_priority(hall: Hall) -> None:
    """Ageing: forty minutes lift anybody into the best class."""
    short = newcomer(hall, a_floor(hall, {"B": 20}, ("4", "5")), rank=FIRST_RANK)
    long = newcomer(hall, a_floor(hall, {"B": 60}, ("4", "5")), rank=FIRST_RANK)
    assert long.likely > short.likely + 30 * 60


def test_somebody_who_came_back_lets_three_others_go(hall: Hall) -> None:
    floor = a_floor(hall, {"B": 6}, ("4",))
    assert newcomer(hall, floor, rank=RETURNED_RANK).likely >= 30 * 60


def test_an_appointment_waits_for_its_time_but_may_be_called_when_nobody_else_waits(hall: Hall) -> None:
    floor = a_floor(hall, {"A": 1}, ("1", "2", "3"))
    booked = MORNING + timedelta(minutes=25)
    said = waiting_time.for_newcomer(hall, floor, "A", APPOINTMENT_RANK, MORNING, since=booked)
    assert said.likely >= 25 * 60
    assert said.low < 15 * 60
    strict = changed(hall, rules=changed(hall.rules, early_appointments=False))
    strictly = waiting_time.for_newcomer(strict, floor, "A", APPOINTMENT_RANK, MORNING, since=booked)
    assert strictly.low >= 15 * 60


def test_a_ticket_sent_to_one_window_waits_for_that_window(hall: Hall, make_ticket: Callable[..., Ticket]) -> None:
    floor = a_floor(hall, {"B": 20}, ("4", "5"))
    sent = make_ticket(queue="B", to_window="4", since=MORNING, issued_at=MORNING)
    free = waiting_time.for_ticket(hall, floor, sent, 0, MORNING)
    assert free.likely <= 8 * 60
    behind = waiting_time.for_ticket(hall, floor, sent, 2, MORNING)
    assert behind.likely >= free.likely + 19 * 60


# --- lunch and closing ---


def office(hall: Hall, **rules: object) -> Hall:
    """Nine to twelve and two to half past five."""
    calendar = Calendar(sessions=(Session(540, 720), Session(840, 1050)))
    return changed(hall, calendar=calendar, rules=changed(hall.rules, **rules))  # type: ignore[arg-type]  # any rule


def test_a_wait_across_lunch_includes_it(hall: Hall) -> None:
    hall = office(hall)
    before_lunch = datetime(2026, 3, 2, 3, 50, tzinfo=UTC)
    said = newcomer(hall, a_floor(hall, {"B": 6}, ("4", "5"), now=before_lunch), now=before_lunch)
    assert 140 * 60 <= said.likely <= 165 * 60
    assert said.low == pytest.approx(said.likely, abs=25 * 60)


def test_who_waits_during_lunch_is_told_when_it_goes_on(hall: Hall) -> None:
    hall = office(hall)
    lunch = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
    said = newcomer(hall, a_floor(hall, {"B": 0}, paused=("4", "5"), now=lunch), now=lunch)
    assert 90 * 60 <= said.likely <= 95 * 60


def test_nobody_gets_a_number_who_would_not_be_served_before_closing(hall: Hall) -> None:
    late = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)  # 25 minutes before the end
    for gate, expected in ((True, "no-time-left"), (False, None)):
        made = office(hall, closing_gate=gate)
        floor = a_floor(made, {"B": 9}, ("4", "5"), now=late)
        rule = made.queue_by_id["B"]
        assert queue.closed_reason(made, rule, floor.queues["B"], floor, ORDINARY_RANK, late) == expected
        published = queue.publish(made, floor.queues["B"], floor, late)
        assert (published.closed_reason, published.open) == (expected, not gate)
    first = queue.closed_reason(office(hall), rule, floor.queues["B"], floor, FIRST_RANK, late)
    assert first is None  # a soldier would still be served
    assert queue.closed_reason(office(hall), rule, floor.queues["B"], floor, APPOINTMENT_RANK, late) is None


def test_extended_hours_open_the_gate_again(hall: Hall) -> None:
    late = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
    made = office(hall)
    floor = a_floor(made, {"B": 9}, ("4", "5"), now=late)
    longer = replace(floor.queues["B"], extended_until=late + timedelta(hours=3))
    assert queue.publish(made, longer, floor, late).open


def test_the_gate_does_not_swing_with_every_call(hall: Hall) -> None:
    made = office(hall)
    late = datetime(2026, 3, 2, 8, 45, tzinfo=UTC)  # 45 minutes before the end
    floors = [a_floor(made, {"B": many}, ("4", "5"), now=late) for many in range(4, 12)]
    shut = next(floor for floor in floors if not queue.publish(made, floor.queues["B"], floor, late).open)
    many = shut.queues["B"].waiting
    one_less = a_floor(made, {"B": many - 1}, ("4", "5"), now=late)
    told_shut = replace(
        one_less.queues["B"], closed_reason=queue.publish(made, shut.queues["B"], shut, late).closed_reason
    )
    assert queue.publish(made, one_less.queues["B"], one_less, late).open
    assert not queue.publish(made, told_shut, one_less, late).open
    empty = a_floor(made, {"B": 1}, ("4", "5"), now=late)
    assert queue.publish(made, replace(told_shut, waiting=1), empty, late).open


def test_whoever_may_not_be_served_is_warned(hall: Hall) -> None:
    made = office(hall)
    rule = made.queue_by_id["B"]
    seen = []
    for minutes in (120, 50, 30):
        now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC) - timedelta(minutes=minutes)
        floor = a_floor(made, {"B": 4}, ("4", "5"), now=now)
        published = queue.publish(made, floor.queues["B"], floor, now)
        assert published.open
        assert published.warning == queue.warning(made, rule, floor.queues["B"], floor, ORDINARY_RANK, now)
        seen.append(published.warning)
    assert seen == [None, None, "may-not-be-served"]


def test_places_that_bookings_hold_are_not_given_to_walk_ins(hall: Hall) -> None:
    rule = changed(hall.queue_by_id["A"], quota_per_day=10)
    floor = a_floor(hall)
    state = QueueState(queue="A", issued_today=6, held=4)
    assert queue.closed_reason(hall, rule, state, floor, ORDINARY_RANK, MORNING) == "full"
    assert queue.closed_reason(hall, rule, state, floor, APPOINTMENT_RANK, MORNING) is None
    assert queue.closed_reason(hall, rule, replace(state, held=3), floor, ORDINARY_RANK, MORNING) is None


@pytest.mark.parametrize(
    ("before", "after", "worth"),
    [
        (600, 640, False),
        (600, 700, False),
        (600, 720, True),
        (60, 100, False),
        (60, 120, True),
        (3600, 3900, False),
    ],
)
def test_time_alone_makes_an_event_only_when_much_changed(before: int, after: int, worth: bool) -> None:
    state = QueueState(queue="A", open=True, estimate=Estimate(low=0, likely=before, high=9000))
    later = replace(state, estimate=Estimate(low=0, likely=after, high=9000))
    assert queue.worth_telling(state, later) is worth
    assert queue.worth_telling(state, replace(state, open=False))
    closed = replace(state, open=False)
    assert not queue.worth_telling(closed, replace(later, open=False))


# --- what always holds ---


MANY = st.integers(0, 40)
WINDOWS = st.sets(st.sampled_from("12345678"))


@given(st.lists(MANY, min_size=5, max_size=5), WINDOWS, WINDOWS, st.integers(0, 3 * 3600), st.sampled_from("ABCDE"),
       st.sampled_from(RANKS), st.integers(0, 600))  # fmt: skip
def test_an_estimate_is_a_range_that_is_never_negative(
    hall: Hall, waiting: list[int], busy: set[str], paused: set[str], since: int, name: str, rank: int, minutes: int
) -> None:
    now = MORNING + timedelta(minutes=minutes)
    made = office(hall) if since % 2 else hall
    floor = a_floor(made, dict(zip("ABCDE", waiting, strict=True)), tuple(busy), now=now, paused=tuple(paused - busy),
                    since=timedelta(seconds=since), priority=since % 4)  # fmt: skip
    said = newcomer(made, floor, name, rank, now)
    assert 0 <= said.low <= said.likely <= said.high
    assert all(value % 60 == 0 for value in (said.low, said.likely, said.high))
    assert said.high > 0


@given(st.lists(MANY, min_size=5, max_size=5), WINDOWS, st.integers(0, 3600),
       st.sampled_from("ABCDE"), st.integers(0, 60), st.integers(0, 90))  # fmt: skip
def test_more_people_ahead_never_make_the_wait_shorter(
    hall: Hall, waiting: list[int], busy: set[str], since: int, name: str, ahead: int, waited: int
) -> None:
    floor = a_floor(hall, dict(zip("ABCDE", waiting, strict=True)), tuple(busy), since=timedelta(seconds=since))
    came = MORNING - timedelta(minutes=waited)
    ticket = Ticket(
        id="t", number="1", queue=name, business_day=DAY, state="waiting", issued_at=came, since=came, status_token=""
    )  # fmt: skip
    said = waiting_time.for_ticket(hall, floor, ticket, ahead, MORNING)
    more = waiting_time.for_ticket(hall, floor, ticket, ahead + 1, MORNING)
    assert more.likely >= said.likely
    assert more.high >= said.high


@given(st.lists(st.floats(0, 100_000), min_size=1, max_size=300))
def test_what_was_learned_of_an_hour_stays_within_what_was_seen(hall: Hall, seconds: list[float]) -> None:
    learned: tuple[Pace, ...] = ()
    for one in seconds:
        learned = (pace.learn(learned, "A", 9, one),)
    rule = hall.queue_by_id["A"]
    mean, variance = pace.typical(rule, learned, 9)
    lowest, highest = min(*seconds, rule.expected_service_seconds), max(*seconds, rule.expected_service_seconds)
    assert lowest - 1e-6 <= mean <= highest + 1e-6
    assert variance > 0
    assert learned[0].weight <= pace.MEMORY


def test_one_forgotten_service_does_not_spoil_an_hour(hall: Hall) -> None:
    learned: tuple[Pace, ...] = ()
    for place in range(60):
        learned = (pace.learn(learned, "A", 9, 300 + place % 7),)
    spoilt = (pace.learn(learned, "A", 9, 3 * 3600.0),)
    rule = hall.queue_by_id["A"]
    assert pace.typical(rule, spoilt, 9)[0] < 1.05 * pace.typical(rule, learned, 9)[0]


def test_an_hour_without_experience_leans_on_the_queue_and_the_queue_on_the_description(hall: Hall) -> None:
    rule = hall.queue_by_id["A"]
    assert pace.typical(rule, (), 9)[0] == rule.expected_service_seconds
    other_hours = steady("A", 240, range(14, 17))
    assert pace.typical(rule, other_hours, 9)[0] == pytest.approx(240, rel=0.02)
    few = (Pace(queue="A", hour=9, weight=2, total=2 * 900, squares=2 * 900**2),)
    assert rule.expected_service_seconds < pace.typical(rule, few, 9)[0] < 700
