"""Who is next, and what a queue says about itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as changed
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from queue_server.contract.messages import ClosedReason, Text, TicketState, WindowMode
from queue_server.domain import queue
from queue_server.domain.hall import Calendar, Hall, Session, WindowRule
from queue_server.domain.queue import QueueState, next_for
from queue_server.domain.ticket import FIRST_RANK, ORDINARY_RANK, Ticket
from queue_server.domain.window import WindowState

from datetime import UTC, date  # isort: skip

WINDOW = WindowRule(id="1", name=Text(zh="1号窗口"), zone="Z1", queues=("A", "E"))
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def test_who_waits_longest_in_the_first_queue_is_next(make_ticket: Callable[..., Ticket], now: datetime) -> None:
    waiting = [
        make_ticket(id="late", since=now),
        make_ticket(id="early", since=now - timedelta(minutes=5), issued_at=now - timedelta(minutes=5)),
        make_ticket(id="other", queue="E", since=now - timedelta(hours=1)),
    ]
    choice = next_for(WINDOW, waiting, now)
    assert choice is not None
    assert (choice.ticket.id, choice.why, choice.waited_seconds) == ("early", queue.FIRST_IN_LINE, 300)


def test_an_elderly_person_goes_first_in_the_queue(make_ticket: Callable[..., Ticket], now: datetime) -> None:
    waiting = [make_ticket(id="early", since=now - timedelta(minutes=5)), make_ticket(id="elder", rank=FIRST_RANK)]
    choice = next_for(WINDOW, waiting, now)
    assert choice is not None
    assert (choice.ticket.id, choice.why) == ("elder", queue.PRIORITY)


def test_a_window_helps_another_queue_when_its_own_is_empty(make_ticket: Callable[..., Ticket], now: datetime) -> None:
    choice = next_for(WINDOW, [make_ticket(id="e", queue="E"), make_ticket(id="b", queue="B")], now)
    assert choice is not None
    assert (choice.ticket.id, choice.why) == ("e", queue.OTHER_QUEUE_EMPTY)


def test_who_was_sent_to_a_window_goes_first_there_and_nowhere_else(
    make_ticket: Callable[..., Ticket], now: datetime
) -> None:
    waiting = [make_ticket(id="sent", queue="C", to_window="1"), make_ticket(id="elder", rank=FIRST_RANK)]
    here = next_for(WINDOW, waiting, now)
    elsewhere = next_for(changed(WINDOW, id="2", queues=("C", "A")), waiting, now)
    assert here is not None
    assert (here.ticket.id, here.why) == ("sent", queue.SENT_HERE)
    assert elsewhere is not None
    assert elsewhere.ticket.id == "elder"


def test_nobody_is_next_when_nobody_waits_for_this_window(make_ticket: Callable[..., Ticket], now: datetime) -> None:
    assert next_for(WINDOW, [make_ticket(queue="B"), make_ticket(state=TicketState.HELD)], now) is None


a_ticket = st.builds(
    Ticket,
    id=st.uuids().map(str),
    number=st.just("A001"),
    queue=st.sampled_from("ABE"),
    business_day=st.just(date(2026, 3, 2)),
    state=st.sampled_from([TicketState.WAITING, TicketState.WAITING, TicketState.CALLING, TicketState.PASSED]),
    issued_at=st.just(NOON),
    since=st.integers(0, 30).map(lambda minutes: NOON - timedelta(minutes=minutes)),
    status_token=st.just("x"),
    rank=st.sampled_from([FIRST_RANK, ORDINARY_RANK]),
    to_window=st.sampled_from([None, None, "1", "2"]),
)


@given(st.lists(a_ticket, max_size=12, unique_by=lambda ticket: ticket.id))
def test_the_choice_is_the_same_from_everybody_and_from_the_heads_of_the_classes(waiting: list[Ticket]) -> None:
    heads: dict[object, Ticket] = {}
    for ticket in waiting:
        if ticket.state is TicketState.WAITING:
            kind = (ticket.queue, ticket.rank, ticket.to_window)
            best = heads.get(kind)
            if best is None or (ticket.since, ticket.id) < (best.since, best.id):
                heads[kind] = ticket
    assert next_for(WINDOW, waiting, NOON) == next_for(WINDOW, list(heads.values()), NOON)


@given(st.lists(a_ticket, max_size=12, unique_by=lambda ticket: ticket.id), st.randoms())
def test_nobody_in_the_same_class_is_overtaken(waiting: list[Ticket], chance: object) -> None:
    choice = next_for(WINDOW, waiting, NOON)
    backwards = next_for(WINDOW, waiting[::-1], NOON)
    assert choice == backwards
    if choice is not None:
        one = choice.ticket
        assert one.state is TicketState.WAITING
        assert one.to_window in {None, "1"}
        for other in waiting:
            same_line = (other.queue, other.to_window, other.state) == (one.queue, one.to_window, one.state)
            if same_line and other.rank == one.rank:
                assert (one.since, one.id) <= (other.since, other.id)


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
