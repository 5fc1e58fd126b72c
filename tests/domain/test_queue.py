"""What a queue says about itself."""

from __future__ import annotations

from dataclasses import replace as changed
from datetime import date, datetime, timedelta

from msgspec.structs import replace

from queue_server.contract.codec import encode
from queue_server.contract.messages import ClosedReason, WindowMode
from queue_server.domain import queue
from queue_server.domain.floor import Floor
from queue_server.domain.hall import Calendar, Hall, QueueRule, Session
from queue_server.domain.queue import QueueState
from queue_server.domain.ticket import ORDINARY_RANK, RANKS
from queue_server.domain.window import WindowState


def test_a_queue_says_why_it_takes_nobody(hall: Hall, now: datetime) -> None:
    rule = hall.queue_by_id["A"]
    strict = changed(hall, rules=changed(hall.rules, needs_open_window=True))
    night = changed(hall, calendar=Calendar(sessions=(Session(540, 720), Session(840, 1020))))
    holiday = changed(hall, calendar=Calendar(closed=frozenset({date(2026, 3, 2)})))
    quota = changed(rule, quota_per_day=2)

    def reason(hall: Hall, state: QueueState, rule: QueueRule = rule) -> ClosedReason | None:
        return queue.closed_reason(hall, rule, state, Floor({"A": state}, {}, {}), ORDINARY_RANK, now)

    assert reason(hall, QueueState(queue="A")) is None
    assert reason(strict, QueueState(queue="A")) is ClosedReason.NO_WINDOW
    assert reason(strict, QueueState(queue="A", staffed=1)) is None
    assert reason(night, QueueState(queue="A")) is ClosedReason.OUT_OF_HOURS
    assert reason(holiday, QueueState(queue="A")) is ClosedReason.DAY_OFF
    assert reason(hall, QueueState(queue="A", waiting=300)) is ClosedReason.FULL
    assert reason(hall, QueueState(queue="A", issued_today=2), quota) is ClosedReason.FULL


def test_windows_are_counted_as_they_serve(hall: Hall) -> None:
    windows = [
        WindowState(window="1", mode=WindowMode.OPEN),
        WindowState(window="2", mode=WindowMode.PAUSED),
        WindowState(window="4", mode=WindowMode.OPEN),
    ]
    a = queue.staffed_by(hall, QueueState(queue="A"), windows)
    e = queue.staffed_by(hall, QueueState(queue="E"), windows)
    assert (a.servers, a.staffed) == (100, 2)
    assert (e.servers, e.staffed) == (50, 2)


def test_a_new_day_begins_at_one_and_an_old_clock_does_not_bring_numbers_back() -> None:
    state = QueueState(queue="A", day=date(2026, 3, 2), last_number=17, last_priority=3, issued_today=17)
    tomorrow = queue.on_day(state, date(2026, 3, 3))
    assert (tomorrow.last_number, tomorrow.last_priority, tomorrow.issued_today) == (0, 0, 0)
    assert queue.on_day(tomorrow, date(2026, 3, 2)) == tomorrow
    assert replace(state) == queue.on_day(state, date(2026, 3, 2))


def test_every_class_is_counted_in_and_out_again(now: datetime) -> None:
    state = QueueState(queue="A")
    for rank in RANKS:
        state = queue.joined(state, rank, now)
    counts = (state.waiting, state.first, state.returned, state.transferred, state.appointments)
    assert counts == (5, 1, 1, 1, 1)
    assert [queue.ahead_of_newcomer(state, rank) for rank in RANKS] == [1, 2, 3, 4, 5]
    assert (state.learned.came, state.learned.first, state.learned.middle, state.learned.booked) == (5, 1, 2, 1)
    for rank in RANKS:
        state = queue.left(queue.joined(state, rank), rank)
        state = queue.called(state, rank, 60, now)
    assert (state.waiting, state.first, state.returned, state.transferred, state.appointments) == (0, 0, 0, 0, 0)
    assert state.calls == 5


def test_a_new_day_forgets_what_was_counted_and_learned_of_the_one_before(now: datetime) -> None:
    busy = queue.called(queue.joined(queue.joined(QueueState(queue="A"), ORDINARY_RANK, now), ORDINARY_RANK, now), 4, 9)
    busy = replace(busy, day=date(2026, 3, 2), issued_today=2, held=3, turns={"walk-in": 1}, extended_until=now)
    fresh = queue.on_day(busy, date(2026, 3, 3))
    assert fresh == QueueState(queue="A", day=date(2026, 3, 3), waiting=1)


def test_what_is_learned_of_a_day_stays_small(now: datetime) -> None:
    state = QueueState(queue="A")
    for minute in range(600):
        state = queue.joined(state, RANKS[minute % 5], now + timedelta(minutes=minute))
    assert len(encode(state.learned)) <= 200
