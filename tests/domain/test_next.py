"""Who is next, and why: each rule as one sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as changed
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from queue_server.contract.messages import Because, Behind, Standing, Text, TicketState, Why
from queue_server.domain.hall import Rules, WindowRule
from queue_server.domain.next import Choice, Waiting, before, next_for, preview
from queue_server.domain.queue import QueueState
from queue_server.domain.ticket import (
    APPOINTMENT_RANK,
    FIRST_RANK,
    ORDINARY_RANK,
    RETURNED_RANK,
    TRANSFERRED_RANK,
    Ticket,
)

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
WINDOW = WindowRule(id="1", name=Text(zh="1号窗口"), zone="Z1", queues=("A", "E"))
BY_TURNS = changed(WINDOW, turns={"A": 2, "E": 1})
RULES = Rules()
NO_AGEING = changed(RULES, ageing_minutes=0)

Maker = Callable[..., Ticket]


@pytest.fixture
def waits(make_ticket: Maker) -> Maker:
    """Somebody who has waited so many minutes; the name is id and number."""

    def make(name: str, minutes: float = 0, **other: object) -> Ticket:
        began = NOON - timedelta(minutes=minutes)
        values = {"id": name, "number": name, "since": began, "issued_at": min(began, NOON)}
        return make_ticket(**{**values, **other})

    return make


def decide(
    *tickets: Ticket,
    window: WindowRule = WINDOW,
    rules: Rules = RULES,
    queues: dict[str, QueueState] | None = None,
    turns: dict[str, int] | None = None,
) -> Choice | None:
    return next_for(window, Waiting(tickets, queues or {}, turns or {}), rules, NOON)


def called(choice: Choice | None) -> tuple[str, Why]:
    assert choice is not None
    return choice.ticket.id, choice.because.code


def reasons(choice: Choice | None) -> dict[str, Behind]:
    """Why each of the others was not called."""
    assert choice is not None
    return {one.number: one.behind for one in choice.because.considered}


def run_of(count: int, *tickets: Ticket, window: WindowRule = WINDOW, rules: Rules = RULES) -> str:
    """The names called one after the other, as if one window called them all at noon."""
    found = preview(window, Waiting(tickets, {}, {}), rules, NOON, count)
    return " ".join(ticket.id for ticket in found)


# --- one queue ---


def test_who_has_waited_longest_in_the_first_queue_is_first_in_line(waits: Maker) -> None:
    choice = decide(waits("late"), waits("early", 5), waits("other", 9, queue="E"))
    assert called(choice) == ("early", Why.FIRST_IN_LINE)
    assert choice is not None
    assert choice.because.waited_seconds == 300
    assert reasons(choice) == {"other": Behind.SECONDARY_QUEUE}


def test_an_elderly_person_goes_before_others_of_the_queue_because_of_priority(waits: Maker) -> None:
    choice = decide(waits("early", 15), waits("elder", rank=FIRST_RANK))
    assert called(choice) == ("elder", Why.PRIORITY)
    assert reasons(choice) == {"early": Behind.LOWER_CLASS}


def test_a_transferred_person_goes_in_the_middle_behind_priority_and_before_ordinary_people(waits: Maker) -> None:
    elder, sent_on, plain = waits("elder", rank=FIRST_RANK), waits("x", 1, rank=TRANSFERRED_RANK), waits("plain", 9)
    assert run_of(3, plain, sent_on, elder) == "elder x plain"
    assert called(decide(plain, sent_on)) == ("x", Why.TRANSFERRED)


def test_who_came_back_lets_three_others_go_first(waits: Maker) -> None:
    back = waits("back", 2, rank=RETURNED_RANK, after_calls=13)
    plain = waits("plain", 5)
    early = decide(back, plain, queues={"A": QueueState(queue="A", calls=12)})
    then = decide(back, plain, queues={"A": QueueState(queue="A", calls=13)})
    assert called(early) == ("plain", Why.FIRST_IN_LINE)
    assert reasons(early) == {"back": Behind.OTHERS_FIRST}
    assert called(then) == ("back", Why.RETURNED)


def test_who_came_back_goes_at_once_when_nobody_else_waits(waits: Maker) -> None:
    back = waits("back", 2, rank=RETURNED_RANK, after_calls=3)
    assert called(decide(back)) == ("back", Why.RETURNED)


def test_who_came_back_and_waits_in_a_queue_that_calls_nobody_is_called_after_twenty_minutes(waits: Maker) -> None:
    back = waits("back", 19, queue="E", rank=RETURNED_RANK, after_calls=3)
    plain = waits("plain", 10)
    assert called(decide(back, plain))[0] == "plain"
    assert called(decide(replace(back, since=NOON - timedelta(minutes=20)), plain))[0] == "back"


# --- waiting long ---


def test_whoever_has_waited_twenty_minutes_rises_above_a_newer_transferred_person(waits: Maker) -> None:
    sent_on = waits("x", 5, rank=TRANSFERRED_RANK)
    assert called(decide(waits("plain", 19), sent_on)) == ("x", Why.TRANSFERRED)
    choice = decide(waits("plain", 20), sent_on)
    assert called(choice) == ("plain", Why.WAITED_LONG)
    assert choice is not None
    assert (choice.because.risen, choice.because.standing) == (1, Standing.ORDINARY)


def test_after_forty_minutes_an_ordinary_person_goes_before_an_elder_who_came_later(waits: Maker) -> None:
    elder = waits("elder", 30, rank=FIRST_RANK)
    assert called(decide(waits("plain", 39), elder)) == ("elder", Why.PRIORITY)
    assert called(decide(waits("plain", 40), elder)) == ("plain", Why.WAITED_LONG)
    assert called(decide(waits("plain", 40), waits("elder", 41, rank=FIRST_RANK)))[0] == "elder"


def test_with_a_cap_of_one_an_elder_always_goes_before_ordinary_people(waits: Maker) -> None:
    capped = changed(RULES, ageing_cap=1)
    choice = decide(waits("plain", 400), waits("elder", rank=FIRST_RANK), rules=capped)
    assert called(choice) == ("elder", Why.PRIORITY)


def test_without_ageing_waiting_changes_no_class(waits: Maker) -> None:
    choice = decide(waits("plain", 400), waits("x", rank=TRANSFERRED_RANK), rules=NO_AGEING)
    assert called(choice) == ("x", Why.TRANSFERRED)


def test_that_somebody_waited_long_is_only_said_when_it_made_the_difference(waits: Maker) -> None:
    alone = decide(waits("plain", 60), waits("later", 50))
    assert called(alone) == ("plain", Why.FIRST_IN_LINE)
    assert alone is not None
    assert alone.because.risen == 2


# --- appointments ---


def test_an_appointment_waits_from_its_booked_time_and_then_goes_by_turns_with_walk_ins(waits: Maker) -> None:
    booked = [waits(f"Y{n}", 5 - n, rank=APPOINTMENT_RANK) for n in range(3)]
    plain = [waits(f"A{n}", 19 - n) for n in range(5)]
    assert run_of(8, *booked, *plain) == "Y0 A0 A1 Y1 A2 A3 Y2 A4"


def test_the_turn_of_appointments_and_of_walk_ins_is_said(waits: Maker) -> None:
    booked, plain = waits("Y", 1, rank=APPOINTMENT_RANK), waits("A", 9)
    first = decide(booked, plain)
    assert called(first) == ("Y", Why.APPOINTMENT_DUE)
    assert first is not None
    assert first.because.turn == "1:2"
    assert first.queue_turns == {"appointment": 2, "walk-in": 0}
    assert reasons(first) == {"A": Behind.OTHER_TURN}
    second = decide(booked, plain, queues={"A": QueueState(queue="A", turns=first.queue_turns)})
    assert called(second) == ("A", Why.WALK_INS_TURN)
    assert second is not None
    assert second.because.turn == "1:2"
    assert reasons(second) == {"Y": Behind.OTHER_TURN}


def test_walk_ins_that_came_while_no_appointment_was_due_owe_nothing(waits: Maker) -> None:
    state = QueueState(queue="A")
    for minutes in range(10):
        choice = decide(waits("A", minutes), queues={"A": state})
        assert choice is not None
        state = QueueState(queue="A", turns=choice.queue_turns)
    plain = [waits(f"A{n}", 9 - n) for n in range(4)]
    booked = [waits(f"Y{n}", 2 - n, rank=APPOINTMENT_RANK) for n in range(3)]
    found = preview(WINDOW, Waiting((*plain, *booked), {"A": state}, {}), RULES, NOON, 6)
    assert " ".join(ticket.id for ticket in found) == "Y0 A0 Y1 A1 A2 Y2"


def test_an_appointment_that_is_not_due_waits_while_others_do(waits: Maker) -> None:
    choice = decide(waits("Y", -10, rank=APPOINTMENT_RANK), waits("A", 1))
    assert called(choice) == ("A", Why.FIRST_IN_LINE)
    assert reasons(choice) == {"Y": Behind.NOT_DUE}


def test_an_appointment_may_be_called_early_when_nobody_else_waits(waits: Maker) -> None:
    booked = waits("Y", -10, rank=APPOINTMENT_RANK)
    choice = decide(booked)
    assert called(choice) == ("Y", Why.APPOINTMENT_EARLY)
    assert choice is not None
    assert choice.because.waited_seconds == 0
    assert decide(booked, rules=changed(RULES, early_appointments=False)) is None


def test_an_early_appointment_goes_behind_somebody_who_came_back(waits: Maker) -> None:
    back = waits("back", 1, rank=RETURNED_RANK, after_calls=3)
    choice = decide(waits("Y", -10, rank=APPOINTMENT_RANK), back)
    assert called(choice) == ("back", Why.RETURNED)
    assert reasons(choice) == {"Y": Behind.NOT_DUE}


def test_a_walk_in_who_has_waited_long_takes_no_turn(waits: Maker) -> None:
    choice = decide(waits("Y", 15, rank=APPOINTMENT_RANK), waits("A", 25))
    assert called(choice) == ("A", Why.WAITED_LONG)
    assert choice is not None
    assert choice.queue_turns == {}


# --- several queues ---


def test_a_window_helps_another_queue_when_its_own_is_empty(waits: Maker) -> None:
    choice = decide(waits("e", queue="E"), waits("b", queue="B"))
    assert called(choice) == ("e", Why.OTHER_QUEUE_EMPTY)


def test_an_elder_of_the_second_queue_goes_before_ordinary_people_of_the_first(waits: Maker) -> None:
    choice = decide(waits("a", 10), waits("elder", queue="E", rank=FIRST_RANK))
    assert called(choice) == ("elder", Why.PRIORITY)


def test_whoever_waits_long_in_the_second_queue_goes_before_newer_people_of_the_first(waits: Maker) -> None:
    choice = decide(waits("a", 10), waits("e", 20, queue="E"))
    assert called(choice) == ("e", Why.WAITED_LONG)
    assert reasons(choice) == {"a": Behind.LOWER_CLASS}


def test_in_the_best_class_all_queues_of_a_window_are_one_line(waits: Maker) -> None:
    choice = decide(waits("a", 45), waits("e", 50, queue="E"), waits("elder", 42, rank=FIRST_RANK))
    assert called(choice) == ("e", Why.WAITED_LONG)
    assert reasons(choice) == {"a": Behind.CAME_LATER, "elder": Behind.CAME_LATER}


def test_in_the_best_class_who_waits_longer_in_the_second_queue_goes_before_the_first_queue(waits: Maker) -> None:
    choice = decide(waits("a", 45), waits("e", 50, queue="E"))
    assert called(choice) == ("e", Why.WAITED_LONG)


def test_in_the_best_class_a_queue_whose_turn_it_was_not_is_not_told_that_it_came_later(waits: Maker) -> None:
    window = changed(BY_TURNS, queues=("A", "E", "C"))
    people = waits("a", 60), waits("e", 41, queue="E"), waits("c", 50, queue="C")
    choice = decide(*people, window=window, turns={"A": 1, "E": 0})
    assert called(choice) == ("c", Why.WAITED_LONG)
    assert reasons(choice) == {"a": Behind.OTHER_TURN, "e": Behind.CAME_LATER}


def test_two_of_one_queue_go_for_one_of_the_other_by_turns(waits: Maker) -> None:
    people = [waits(f"{queue}{n}", 9 - n, queue=queue) for queue in "AE" for n in range(4)]
    assert run_of(6, *people, window=BY_TURNS) == "A0 E0 A1 A2 E1 A3"


def test_the_turn_of_the_queues_is_said(waits: Maker) -> None:
    choice = decide(waits("a", 1), waits("e", 9, queue="E"), window=BY_TURNS)
    assert called(choice) == ("a", Why.QUEUES_TURN)
    assert choice is not None
    assert (choice.because.turn, choice.window_turns) == ("A=2 E=1", {"A": 1, "E": 0})
    assert reasons(choice) == {"e": Behind.OTHER_TURN}
    assert called(decide(waits("a", 1), waits("e", 9, queue="E"), window=BY_TURNS, turns=choice.window_turns)) == (
        "e",
        Why.QUEUES_TURN,
    )


def test_a_queue_that_was_empty_has_saved_no_turns(waits: Maker) -> None:
    turns: dict[str, int] = {}
    for _ in range(20):
        choice = decide(waits("a", 1), window=BY_TURNS, turns=turns)
        assert choice is not None
        turns = choice.window_turns
    people = tuple(waits(f"{queue}{n}", 9 - n, queue=queue) for queue in "AE" for n in range(4))
    found = preview(BY_TURNS, Waiting(people, {}, turns), RULES, NOON, 5)
    assert " ".join(ticket.id for ticket in found) == "E0 A0 A1 E1 A2"


def test_counters_from_before_a_change_of_the_weights_delay_nobody_for_long(waits: Maker) -> None:
    people = tuple(waits(f"{queue}{n}", 9 - n, queue=queue) for queue in "AE" for n in range(4))
    found = preview(BY_TURNS, Waiting(people, {}, {"A": 0, "E": 5000}), RULES, NOON, 6)
    assert " ".join(ticket.id for ticket in found) == "A0 A1 A2 E0 A3 E1"


def test_a_queue_without_turns_comes_after_those_that_go_by_turns(waits: Maker) -> None:
    window = changed(BY_TURNS, queues=("C", "A", "E"))
    people = [waits(f"{queue}{n}", 9 - n, queue=queue) for queue in "AEC" for n in range(2)]
    assert run_of(6, *people, window=window) == "A0 E0 A1 E1 C0 C1"


# --- sent to a window ---


def test_who_was_sent_to_a_window_goes_first_there_and_nowhere_else(waits: Maker) -> None:
    sent, elder = waits("sent", queue="C", to_window="1"), waits("elder", 5, rank=FIRST_RANK)
    here = decide(sent, elder)
    assert called(here) == ("sent", Why.SENT_HERE)
    assert reasons(here) == {"elder": Behind.NOT_SENT_HERE}
    assert called(decide(sent, elder, window=changed(WINDOW, id="2", queues=("C", "A"))))[0] == "elder"


def test_calling_somebody_who_was_sent_here_uses_up_no_turn(waits: Maker) -> None:
    choice = decide(waits("sent", to_window="1"), window=BY_TURNS, turns={"A": 1, "E": 0})
    assert choice is not None
    assert (choice.window_turns, choice.queue_turns) == ({"A": 1, "E": 0}, {})


def test_an_appointment_that_was_sent_here_before_its_time_goes_before_other_early_ones(waits: Maker) -> None:
    booked = waits("Y1", -10, rank=APPOINTMENT_RANK, appointment="b1")
    sent = waits("Y2", -20, rank=APPOINTMENT_RANK, appointment="b2", to_window="1")
    choice = decide(booked, sent, window=BY_TURNS, turns={"A": 0, "E": 1})
    assert called(choice) == ("Y2", Why.APPOINTMENT_EARLY)
    assert choice is not None
    assert choice.window_turns == {"A": 0, "E": 1}
    assert called(decide(booked, sent, waits("a"), window=BY_TURNS)) == ("a", Why.FIRST_IN_LINE)


# --- nobody ---


def test_nobody_is_next_when_nobody_waits_for_this_window(waits: Maker) -> None:
    assert decide(waits("b", queue="B"), waits("held", state=TicketState.HELD), waits("x", to_window="2")) is None


def test_a_ticket_whose_time_has_not_come_is_not_called(waits: Maker) -> None:
    assert decide(waits("tomorrow", -60)) is None
    moved = waits("moved", since=NOON + timedelta(microseconds=1))
    assert called(decide(moved)) == ("moved", Why.FIRST_IN_LINE)


def test_at_most_eight_others_are_named_the_nearest_first(waits: Maker) -> None:
    people = [waits(f"{queue}{rank}", 5 - rank, queue=queue, rank=rank) for queue in "AE" for rank in (0, 2, 3, 4)]
    sent = [waits(f"S{n}", n, to_window="1") for n in range(3)]
    choice = decide(*people, *sent)
    assert choice is not None
    assert [one.number for one in choice.because.considered] == ["S1", "S0", "A0", "E0", "A2", "E2", "A3", "E3"]


def test_the_reason_is_whole_enough_to_read_aloud(waits: Maker) -> None:
    choice = decide(waits("A017", 41), waits("A020", 12, rank=FIRST_RANK), waits("E003", 3, queue="E"))
    assert choice is not None
    because: Because = choice.because
    assert (because.code, because.waited_seconds, because.risen) == (Why.WAITED_LONG, 41 * 60, 2)
    assert [(one.number, one.standing, one.waited_seconds, one.behind) for one in because.considered] == [
        ("A020", Standing.PRIORITY, 12 * 60, Behind.CAME_LATER),
        ("E003", Standing.ORDINARY, 3 * 60, Behind.LOWER_CLASS),
    ]


def test_whom_somebody_has_before_them_is_said_by_one_bound_for_each_class(waits: Maker) -> None:
    bounds = before(waits("A9", 10), RULES, NOON)
    assert bounds[ORDINARY_RANK] == (NOON - timedelta(minutes=10), "A9")
    assert bounds[FIRST_RANK] > (NOON, "z")
    assert bounds[TRANSFERRED_RANK] > (NOON, "z")
    elder = before(waits("elder", 10, rank=FIRST_RANK), RULES, NOON)
    forty = NOON - timedelta(minutes=40)
    assert (forty, "z") < elder[ORDINARY_RANK] < (forty + timedelta(seconds=1), "")
