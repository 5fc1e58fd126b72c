"""The state machine of a ticket: every move that is allowed, and none other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from queue_server.contract.messages import Outcome, PassReason, Position, Priority, TicketState
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import ticket as tickets
from queue_server.domain.ticket import Ticket

S = TicketState
ALLOWED: dict[str, set[S]] = {
    "call": {S.WAITING},
    "recall": {S.CALLING},
    "pass_over": {S.CALLING},
    "start": {S.CALLING},
    "hold": {S.SERVING},
    "resume": {S.HELD},
    "finish": {S.SERVING},
    "close_forgotten": {S.SERVING, S.HELD},
    "transfer": {S.CALLING, S.SERVING},
    "cancel": {S.WAITING},
    "expire": {S.WAITING, S.CALLING, S.PASSED},
}


def act(name: str, ticket: Ticket, now: datetime) -> Ticket:
    acts: dict[str, Callable[[], Ticket]] = {
        "call": lambda: tickets.call(ticket, "1", "first-in-line", now),
        "recall": lambda: tickets.recall(ticket, now, 3, 0),
        "pass_over": lambda: tickets.pass_over(ticket, PassReason.ABSENT, now),
        "start": lambda: tickets.start(ticket, "s1", now),
        "hold": lambda: tickets.hold(ticket),
        "resume": lambda: tickets.resume(ticket),
        "finish": lambda: tickets.finish(ticket, Outcome.ACCEPTED, now),
        "close_forgotten": lambda: tickets.close_forgotten(ticket, now),
        "transfer": lambda: tickets.transfer(ticket, now, Position.LAST, "B"),
        "cancel": lambda: tickets.cancel(ticket, now),
        "expire": lambda: tickets.expire(ticket, now),
    }
    return acts[name]()


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("name", list(ALLOWED))
def test_a_ticket_moves_only_as_the_state_machine_says(
    name: str, state: S, make_ticket: Callable[..., Ticket], now: datetime
) -> None:
    ticket = make_ticket(state=state)
    if state in ALLOWED[name]:
        assert act(name, ticket, now).number == "A001"
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


def test_a_transferred_ticket_keeps_its_number_and_either_its_place_or_goes_last(
    make_ticket: Callable[..., Ticket], now: datetime
) -> None:
    called = tickets.call(make_ticket(since=now - timedelta(minutes=20)), "1", "first-in-line", now)
    kept = tickets.transfer(called, now, Position.ORIGINAL, queue="B")
    last = tickets.transfer(called, now, Position.LAST, window="7")
    assert (kept.number, kept.queue, kept.since) == ("A001", "B", now - timedelta(minutes=20))
    assert (last.number, last.queue, last.to_window, last.since) == ("A001", "A", "7", now + tickets.JUST_AFTER)
    assert kept.window is None
    assert kept.calls == 0


@pytest.mark.parametrize("priority", list(Priority))
def test_everybody_with_a_priority_is_in_the_first_class(priority: Priority) -> None:
    expected = tickets.ORDINARY_RANK if priority is Priority.NONE else tickets.FIRST_RANK
    assert tickets.rank_of(priority) == expected
