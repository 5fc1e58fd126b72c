"""The state machine of a ticket: every move that is allowed, and none other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from queue_server.contract.messages import Outcome, PassReason, Position, Priority, Standing, TicketState
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import ticket as tickets
from queue_server.domain import transfer, views
from queue_server.domain.hall import Hall
from queue_server.domain.ticket import Stop, Ticket

S = TicketState
ALLOWED: dict[str, set[S]] = {
    "paper_came": {S.ISSUING, S.PRINT_FAILED},
    "paper_failed": {S.ISSUING},
    "abandon": {S.ISSUING, S.PRINT_FAILED},
    "call": {S.WAITING},
    "recall": {S.CALLING},
    "withdraw_call": {S.CALLING},
    "pass_over": {S.CALLING},
    "reactivate": {S.PASSED},
    "come_back": {S.PASSED},
    "check_can_start": {S.CALLING},
    "start": {S.CALLING},
    "hold": {S.SERVING},
    "resume": {S.HELD},
    "finish": {S.SERVING},
    "move_on": {S.SERVING},
    "close_forgotten": {S.SERVING, S.HELD},
    "transfer": {S.CALLING, S.SERVING},
    "cancel": {S.WAITING},
    "expire": {S.ISSUING, S.PRINT_FAILED, S.WAITING, S.CALLING, S.PASSED},
}
"""The state machine: from which states each act is possible. Everything else is refused."""

REACHED: dict[str, S] = {
    "paper_came": S.WAITING,
    "paper_failed": S.PRINT_FAILED,
    "abandon": S.VOID,
    "call": S.CALLING,
    "recall": S.CALLING,
    "withdraw_call": S.WAITING,
    "pass_over": S.PASSED,
    "reactivate": S.WAITING,
    "come_back": S.CALLING,
    "start": S.SERVING,
    "hold": S.HELD,
    "resume": S.SERVING,
    "finish": S.DONE,
    "move_on": S.WAITING,
    "close_forgotten": S.DONE,
    "transfer": S.WAITING,
    "cancel": S.CANCELLED,
    "expire": S.EXPIRED,
}
TWO_STOPS = (Stop("A", ("A-IDCARD",)), Stop("B", ("B-SSREG", "B-SSCARD")))


def act(name: str, ticket: Ticket, now: datetime) -> Ticket:
    acts: dict[str, Callable[[], Ticket | None]] = {
        "paper_came": lambda: tickets.paper_came(ticket),
        "paper_failed": lambda: tickets.paper_failed(ticket),
        "abandon": lambda: tickets.abandon(ticket, now),
        "call": lambda: tickets.call(ticket, "1", "first-in-line", now),
        "recall": lambda: tickets.recall(ticket, now, 3, 0),
        "withdraw_call": lambda: tickets.withdraw_call(ticket),
        "pass_over": lambda: tickets.pass_over(ticket, PassReason.ABSENT, now),
        "reactivate": lambda: tickets.reactivate(ticket, now, 1, 3),
        "come_back": lambda: tickets.come_back(ticket, "1", "passed-before", now, 1),
        "check_can_start": lambda: tickets.check_can_start(ticket),
        "start": lambda: tickets.start(ticket, "s1", now),
        "hold": lambda: tickets.hold(ticket),
        "resume": lambda: tickets.resume(ticket),
        "finish": lambda: tickets.finish(ticket, Outcome.ACCEPTED, now),
        "move_on": lambda: tickets.move_on(ticket, now, keeps_time=True),
        "close_forgotten": lambda: tickets.close_forgotten(ticket, now),
        "transfer": lambda: transfer.transfer(ticket, now, Position.LAST, "B"),
        "cancel": lambda: tickets.cancel(ticket, now),
        "expire": lambda: tickets.expire(ticket, now),
    }
    return acts[name]() or ticket


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("name", list(ALLOWED))
def test_a_ticket_moves_only_as_the_state_machine_says(
    name: str, state: S, make_ticket: Callable[..., Ticket], now: datetime
) -> None:
    ticket = make_ticket(state=state, stops=TWO_STOPS)
    if state in ALLOWED[name]:
        after = act(name, ticket, now)
        assert after.number == "A001"
        assert after.state is REACHED.get(name, state)
    else:
        with pytest.raises(Refusal) as refused:
            act(name, ticket, now)
        assert refused.value.code is Code.WRONG_STATE
        assert refused.value.detail == {"number": "A001", "state": state.value}


def test_a_ticket_is_recalled_three_times_and_ten_seconds_apart(
    make_ticket: Callable[..., Ticket], now: datetime
) -> None:
    ticket = tickets.call(make_ticket(), "3", "first-in-line", now)
    with pytest.raises(Refusal) as soon:
        tickets.recall(ticket, now + timedelta(seconds=7), 3, 10)
    assert soon.value.code is Code.RECALL_TOO_SOON
    assert soon.value.retryable
    assert soon.value.detail == {"waitSeconds": 3}
    for _ in range(3):
        now += timedelta(seconds=10)
        ticket = tickets.recall(ticket, now, 3, 10)
    assert ticket.calls == 4
    with pytest.raises(Refusal) as enough:
        tickets.recall(ticket, now + timedelta(hours=1), 3, 10)
    assert enough.value.code is Code.RECALL_LIMIT


def test_an_act_that_ends_a_ticket_says_when(make_ticket: Callable[..., Ticket], now: datetime) -> None:
    for name in ("abandon", "pass_over", "finish", "close_forgotten", "cancel", "expire"):
        ticket = make_ticket(state=min(ALLOWED[name]))
        assert act(name, ticket, now).finished_at == now


def test_nothing_ends_twice_and_what_is_at_an_end_stays_there() -> None:
    ends = {S.DONE, S.CANCELLED, S.EXPIRED, S.VOID}
    assert not ends & set().union(*ALLOWED.values())


def test_who_comes_back_waits_from_now_on_behind_so_many_calls(
    make_ticket: Callable[..., Ticket], now: datetime
) -> None:
    missed = tickets.pass_over(
        tickets.call(make_ticket(since=now - timedelta(hours=1)), "1", "first-in-line", now), PassReason.LEFT, now
    )
    back = tickets.reactivate(missed, now, 1, 12)
    assert (back.state, back.rank, back.since, back.after_calls) == (S.WAITING, tickets.RETURNED_RANK, now, 12)
    assert (back.reactivated, back.pass_reason, back.finished_at, back.calls, back.window) == (1, None, None, 0, None)
    called = tickets.call(back, "1", "returned", now)
    assert called.after_calls is None


@pytest.mark.parametrize("come_back", ["reactivate", "come_back"])
def test_a_ticket_comes_back_so_often_as_the_hall_says(
    come_back: str, make_ticket: Callable[..., Ticket], now: datetime
) -> None:
    with pytest.raises(Refusal) as refused:
        act(come_back, make_ticket(state=S.PASSED, reactivated=1), now)
    assert (refused.value.code, refused.value.detail) == (Code.REACTIVATION_LIMIT, {"limit": 1})


@pytest.mark.parametrize(
    ("reactivated", "allowed", "state"),
    [(0, 1, S.PASSED), (1, 1, S.VOID), (1, 2, S.PASSED), (2, 2, S.VOID), (0, 0, S.PASSED)],
)
def test_who_misses_the_last_call_is_out_of_the_line(
    reactivated: int, allowed: int, state: S, make_ticket: Callable[..., Ticket], now: datetime
) -> None:
    called = make_ticket(state=S.CALLING, reactivated=reactivated)
    passed = tickets.pass_over(called, PassReason.ABSENT, now, allowed)
    assert (passed.state, passed.pass_reason) == (state, PassReason.ABSENT)


def test_items_of_one_queue_that_follow_each_other_are_one_stop(hall: Hall) -> None:
    stops = tickets.stops_of(hall, ("A-IDCARD", "A-HUKOU", "B-SSREG", "A-MARRIAGE"))
    assert stops == (Stop("A", ("A-IDCARD", "A-HUKOU")), Stop("B", ("B-SSREG",)), Stop("A", ("A-MARRIAGE",)))
    assert tickets.stops_of(hall, ()) == ()


@pytest.mark.parametrize(
    ("keeps_time", "priority", "rank"),
    [
        (True, Priority.NONE, tickets.TRANSFERRED_RANK),
        (True, Priority.ELDER, tickets.FIRST_RANK),
        (False, Priority.NONE, tickets.ORDINARY_RANK),
        (False, Priority.ELDER, tickets.FIRST_RANK),
    ],
)
def test_a_ticket_with_several_items_goes_on_to_the_next_queue(
    keeps_time: bool, priority: Priority, rank: int, make_ticket: Callable[..., Ticket], now: datetime
) -> None:
    early = now - timedelta(minutes=40)
    serving = make_ticket(
        state=S.SERVING, stops=TWO_STOPS, issued_at=early, since=early, priority=priority, service="s1", window="1"
    )
    assert tickets.has_more_stops(serving)
    on = tickets.move_on(serving, now, keeps_time=keeps_time)
    assert (on.queue, on.stop, on.item, on.rank) == ("B", 1, "B-SSREG", rank)
    assert on.since == (early if keeps_time else now + tickets.JUST_AFTER)
    assert (on.service, on.window, on.number) == (None, None, "A001")
    assert not tickets.has_more_stops(on)
    assert not tickets.has_more_stops(make_ticket())
    shown = views.ticket_view(on)
    assert (shown.items, shown.next_queues) == (("B-SSREG", "B-SSCARD"), ())
    assert views.ticket_view(serving).next_queues == ("B",)


def test_a_ticket_shows_the_class_in_which_it_waits(make_ticket: Callable[..., Ticket], now: datetime) -> None:
    for rank, standing in enumerate(Standing):
        assert views.ticket_view(make_ticket(rank=rank)).standing is standing
    shown = views.ticket_view(make_ticket(booked_for=now, reactivated=1, clock_off=True))
    assert (shown.appointment_start, shown.reactivated, shown.clock_off) == (now, 1, True)
    assert shown.items == shown.next_queues == ()


@pytest.mark.parametrize("priority", list(Priority))
def test_everybody_with_a_priority_is_in_the_first_class(priority: Priority) -> None:
    expected = tickets.ORDINARY_RANK if priority is Priority.NONE else tickets.FIRST_RANK
    assert tickets.rank_of(priority) == expected
