"""Where a transferred ticket stands, and how it comes back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from queue_server.contract.messages import Position, Priority, TicketState
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import ticket as tickets
from queue_server.domain import transfer
from queue_server.domain.ticket import APPOINTMENT_RANK, FIRST_RANK, JUST_AFTER, ORDINARY_RANK, TRANSFERRED_RANK, Ticket

MINUTE = timedelta(minutes=1)
MakeTicket = Callable[..., Ticket]


def in_front(make_ticket: MakeTicket, now: datetime, **other: object) -> Ticket:
    waiting = make_ticket(since=now - 20 * MINUTE, **other)
    return tickets.start(tickets.call(waiting, "1", "first-in-line", now), "s1", now)


@pytest.mark.parametrize(
    ("position", "rank", "since"),
    [
        (Position.ORIGINAL, TRANSFERRED_RANK, -20 * MINUTE),
        (Position.MIDDLE, ORDINARY_RANK, -7 * MINUTE),
        (Position.LAST, ORDINARY_RANK, JUST_AFTER),
    ],
)
def test_a_transferred_ticket_stands_at_its_old_place_in_the_middle_or_last(
    position: Position, rank: int, since: timedelta, make_ticket: MakeTicket, now: datetime
) -> None:
    served = in_front(make_ticket, now)
    moved = transfer.transfer(served, now, position, queue="B", middle=now - 7 * MINUTE)
    assert (moved.number, moved.queue, moved.rank, moved.since) == ("A001", "B", rank, now + since)
    assert (moved.state, moved.window, moved.service, moved.calls) == (TicketState.WAITING, None, None, 0)
    elder = transfer.transfer(replace(served, priority=Priority.ELDER, rank=FIRST_RANK), now, position, "B")
    assert elder.rank == FIRST_RANK


def test_in_the_middle_of_nobody_is_last_and_an_old_place_is_never_in_the_future(
    make_ticket: MakeTicket, now: datetime
) -> None:
    served = in_front(make_ticket, now)
    assert transfer.transfer(served, now, Position.MIDDLE, "B").since == now + JUST_AFTER
    booked = replace(served, rank=APPOINTMENT_RANK, since=now + 5 * MINUTE)
    assert transfer.transfer(booked, now, Position.ORIGINAL, "B").since == now


def test_a_transfer_to_a_window_keeps_the_queue(make_ticket: MakeTicket, now: datetime) -> None:
    moved = transfer.transfer(in_front(make_ticket, now), now, Position.LAST, window="7")
    assert (moved.queue, moved.to_window) == ("A", "7")


@pytest.mark.parametrize("position", list(Position))
def test_a_transfer_that_is_undone_never_was(position: Position, make_ticket: MakeTicket, now: datetime) -> None:
    served = in_front(make_ticket, now)
    moved = transfer.transfer(served, now, position, queue="B", middle=now - MINUTE)
    assert transfer.undo(moved, "1", now + 5 * MINUTE, 300) == served


def test_what_was_called_since_sent_by_another_window_or_long_ago_is_not_undone(
    make_ticket: MakeTicket, now: datetime
) -> None:
    moved = transfer.transfer(in_front(make_ticket, now), now, Position.LAST, "B")
    again = tickets.call(moved, "4", "first-in-line", now)
    cases = [
        (again, "1", now),
        (moved, "2", now),
        (make_ticket(), "1", now),
        (tickets.cancel(moved, now), "1", now),
        (moved, "1", now + timedelta(seconds=301)),
        (transfer.transfer(again, now, Position.LAST, "A"), "1", now),
    ]
    for ticket, window, moment in cases:
        with pytest.raises(Refusal) as refused:
            transfer.undo(ticket, window, moment, 300)
        assert refused.value.code is Code.NOTHING_TO_UNDO
    assert transfer.undo(moved, "1", now + timedelta(hours=3), 0).state is TicketState.SERVING
