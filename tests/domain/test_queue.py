"""What a queue says about itself."""

from __future__ import annotations

from dataclasses import replace as changed
from datetime import date, datetime

from msgspec.structs import replace

from queue_server.contract.messages import ClosedReason, WindowMode
from queue_server.domain import queue
from queue_server.domain.hall import Calendar, Hall, Session
from queue_server.domain.queue import QueueState
from queue_server.domain.window import WindowState


def test_a_queue_says_why_it_takes_nobody(hall: Hall, now: datetime) -> None:
    rule = hall.queue_by_id["A"]
    strict = changed(hall, rules=changed(hall.rules, needs_open_window=True))
    night = changed(hall, calendar=Calendar(sessions=(Session(540, 720), Session(840, 1020))))
    holiday = changed(hall, calendar=Calendar(closed=frozenset({date(2026, 3, 2)})))
    quota = changed(rule, quota_per_day=2)
    assert queue.closed_reason(hall, rule, QueueState(queue="A"), now) is None
    assert queue.closed_reason(strict, rule, QueueState(queue="A"), now) is ClosedReason.NO_WINDOW
    assert queue.closed_reason(strict, rule, QueueState(queue="A", staffed=1), now) is None
    assert queue.closed_reason(night, rule, QueueState(queue="A"), now) is ClosedReason.OUT_OF_HOURS
    assert queue.closed_reason(holiday, rule, QueueState(queue="A"), now) is ClosedReason.DAY_OFF
    assert queue.closed_reason(hall, rule, QueueState(queue="A", waiting=300), now) is ClosedReason.FULL
    assert queue.closed_reason(hall, quota, QueueState(queue="A", issued_today=2), now) is ClosedReason.FULL


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
    state = QueueState(queue="A", day=date(2026, 3, 2), last_number=17, last_lent=719, issued_today=17)
    tomorrow = queue.on_day(state, date(2026, 3, 3))
    assert (tomorrow.last_number, tomorrow.last_lent, tomorrow.issued_today) == (0, 0, 0)
    assert queue.on_day(tomorrow, date(2026, 3, 2)) == tomorrow
    assert replace(state) == queue.on_day(state, date(2026, 3, 2))
