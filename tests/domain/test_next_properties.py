"""What holds for every line of people, whatever the rules say."""

from __future__ import annotations

import math
from dataclasses import replace as changed
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from queue_server.contract.messages import Text, TicketState
from queue_server.domain import turns
from queue_server.domain.hall import Rules, WindowRule
from queue_server.domain.next import Waiting, before, next_for, preview
from queue_server.domain.queue import QueueState
from queue_server.domain.ticket import APPOINTMENT_RANK, FIRST_RANK, ORDINARY_RANK, RANKS, RETURNED_RANK, Ticket

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
WINDOW = WindowRule(id="1", name=Text(zh="1号窗口"), zone="Z1", queues=("A", "E"))

minutes = st.integers(-4, 12).map(lambda tens: NOON - timedelta(minutes=5 * tens))


def _ticket(name: int, queue: str, rank: int, since: datetime, state: TicketState, sent: str | None) -> Ticket:
    return Ticket(
        id=f"{name:04}",
        number=f"{queue}{name:03}",
        queue=queue,
        business_day=date(2026, 3, 2),
        state=state,
        issued_at=min(since, NOON),
        since=since,
        status_token="x",
        rank=rank,
        to_window=sent,
        appointment="b" if rank == APPOINTMENT_RANK else None,
        after_calls=3 if rank == RETURNED_RANK else None,
    )


tickets = st.builds(
    _ticket,
    st.integers(0, 9999),
    st.sampled_from("AEB"),
    st.sampled_from(RANKS),
    minutes,
    st.sampled_from([TicketState.WAITING] * 4 + [TicketState.CALLING, TicketState.ISSUING]),
    st.sampled_from([None] * 6 + ["1", "2"]),
)
crowds = st.lists(tickets, max_size=16, unique_by=lambda ticket: ticket.id)
rules_of_halls = st.builds(
    Rules,
    ageing_minutes=st.sampled_from([0, 5, 20]),
    ageing_cap=st.integers(0, 3),
    appointment_share=st.integers(1, 3),
    walk_in_share=st.integers(1, 3),
    early_appointments=st.booleans(),
)
windows = st.sampled_from([{}, {}, {"A": 2, "E": 1}, {"E": 3}]).map(lambda given: changed(WINDOW, turns=given))
states = st.fixed_dictionaries(
    {
        queue: st.builds(
            QueueState,
            queue=st.just(queue),
            calls=st.integers(0, 4),
            turns=st.sampled_from([{}, {"appointment": 2, "walk-in": 0}, {"appointment": 0, "walk-in": 1}]),
        )
        for queue in "AE"
    }
)
counters = st.sampled_from([{}, {"A": 1, "E": 0}, {"A": 0, "E": 2}, {"E": 900}])


def first_of_each_rank(crowd: list[Ticket], limit: int = 1) -> tuple[Ticket, ...]:
    """What storage reads: the first of each rank of each queue, and all that were sent to window 1."""
    ordered = sorted(crowd, key=lambda ticket: (ticket.since, ticket.id))
    lines: dict[tuple[str, int], list[Ticket]] = {}
    for ticket in ordered:
        if ticket.state is TicketState.WAITING and ticket.to_window is None:
            lines.setdefault((ticket.queue, ticket.rank), []).append(ticket)
    sent = [ticket for ticket in ordered if ticket.to_window == "1"]
    return (*sent, *(ticket for line in lines.values() for ticket in islice(line, limit)))


@given(crowds, windows, rules_of_halls, states, counters, st.randoms(use_true_random=False))
def test_the_decision_is_the_same_from_everybody_in_any_order_and_from_the_first_of_each_rank(
    crowd: list[Ticket],
    window: WindowRule,
    rules: Rules,
    queues: dict[str, QueueState],
    turn: dict[str, int],
    chance: Random,
) -> None:
    everybody = next_for(window, Waiting(tuple(crowd), queues, turn), rules, NOON)
    chance.shuffle(crowd)
    assert next_for(window, Waiting(tuple(crowd), queues, turn), rules, NOON) == everybody
    assert next_for(window, Waiting(first_of_each_rank(crowd), queues, turn), rules, NOON) == everybody


@given(crowds, windows, rules_of_halls, states, counters)
def test_nobody_is_called_whom_the_window_may_not_call_and_nobody_in_one_rank_is_overtaken(
    crowd: list[Ticket], window: WindowRule, rules: Rules, queues: dict[str, QueueState], turn: dict[str, int]
) -> None:
    choice = next_for(window, Waiting(tuple(crowd), queues, turn), rules, NOON)
    mine = [t for t in crowd if t.state is TicketState.WAITING and t.to_window in {None, "1"}]
    mine = [t for t in mine if t.to_window == "1" or t.queue in window.queues]
    if choice is None:
        assert all(ticket.since > NOON for ticket in mine)
        return
    one = choice.ticket
    assert one in mine
    assert one.since <= NOON or (one.appointment is not None and rules.early_appointments)
    for other in mine:
        if (other.queue, other.rank, other.to_window) == (one.queue, one.rank, one.to_window):
            assert (one.since, one.id) <= (other.since, other.id)
    named = [considered.number for considered in choice.because.considered]
    assert one.number not in named or sum(t.number == one.number for t in mine) > 1
    assert len(named) <= 8


@given(crowds, windows, rules_of_halls, states, counters, st.integers(1, 60))
def test_whoever_is_next_would_be_next_as_well_after_waiting_longer(
    crowd: list[Ticket],
    window: WindowRule,
    rules: Rules,
    queues: dict[str, QueueState],
    turn: dict[str, int],
    longer: int,
) -> None:
    choice = next_for(window, Waiting(tuple(crowd), queues, turn), rules, NOON)
    if choice is None:
        return
    older = replace(choice.ticket, since=choice.ticket.since - timedelta(minutes=longer))
    again = [older if ticket.id == older.id else ticket for ticket in crowd]
    after = next_for(window, Waiting(tuple(again), queues, turn), rules, NOON)
    assert after is not None
    assert after.ticket.id == older.id


@given(crowds, windows, rules_of_halls, states, counters, st.integers(0, 12))
def test_a_preview_is_what_calling_one_after_the_other_gives(
    crowd: list[Ticket],
    window: WindowRule,
    rules: Rules,
    queues: dict[str, QueueState],
    turn: dict[str, int],
    limit: int,
) -> None:
    shown = preview(window, Waiting(first_of_each_rank(crowd, limit), queues, turn), rules, NOON, limit)
    left, called = list(crowd), []
    while len(called) < limit:
        choice = next_for(window, Waiting(tuple(left), queues, turn), rules, NOON)
        if choice is None:
            break
        called.append(choice.ticket)
        left.remove(choice.ticket)
        state = queues.get(choice.ticket.queue, QueueState(queue=choice.ticket.queue))
        queues = {**queues, state.queue: replace(state, calls=state.calls + 1, turns=choice.queue_turns)}
        turn = choice.window_turns
    assert shown == called


@given(crowds, rules_of_halls)
def test_the_bounds_of_before_count_exactly_those_who_are_called_before(crowd: list[Ticket], rules: Rules) -> None:
    line = [
        replace(ticket, queue="A", after_calls=None)
        for ticket in crowd
        if ticket.rank != APPOINTMENT_RANK and ticket.since <= NOON and ticket.to_window is None
    ]
    line = [replace(ticket, state=TicketState.WAITING) for ticket in line]
    order = preview(WINDOW, Waiting(tuple(line), {}, {}), rules, NOON, len(line))
    assert len(order) == len(line)
    for place, ticket in enumerate(order):
        bounds = before(ticket, rules, NOON)
        assert sum((other.since, other.id) < bounds[other.rank] for other in line) == place


@given(
    st.integers(1, 3),
    st.integers(1, 3),
    st.lists(st.sampled_from(["appointment", "walk-in", "both"]), min_size=1, max_size=80),
)
def test_so_many_appointments_go_per_so_many_walk_ins_over_any_run_in_which_both_wait(
    appointments: int, walk_ins: int, history: list[str]
) -> None:
    rules = Rules(appointment_share=appointments, walk_in_share=walk_ins)
    booked = _ticket(1, "A", APPOINTMENT_RANK, NOON, TicketState.WAITING, None)
    plain = _ticket(2, "A", ORDINARY_RANK, NOON, TicketState.WAITING, None)
    crowd = {"appointment": (booked,), "walk-in": (plain,), "both": (booked, plain)}
    state = QueueState(queue="A")
    runs: list[list[bool]] = [[]]
    for who in history:
        choice = next_for(WINDOW, Waiting(crowd[who], {"A": state}, {}), rules, NOON)
        assert choice is not None
        state = replace(state, turns=choice.queue_turns)
        if who == "both":
            runs[-1].append(choice.ticket is booked)
        else:
            runs.append([])
    share = appointments / (appointments + walk_ins)
    for run in runs:
        for begin in range(len(run)):
            for end in range(begin + 1, len(run) + 1):
                assert abs(sum(run[begin:end]) - share * (end - begin)) <= 1


@given(
    st.dictionaries(st.sampled_from("ABCD"), st.integers(1, 5), min_size=2),
    st.lists(st.integers(1, 15), min_size=1, max_size=60),
)
def test_the_weights_of_queues_hold_between_any_two_as_long_as_both_wait(
    weights: dict[str, int], history: list[int]
) -> None:
    names = list(weights)
    window = changed(WINDOW, queues=tuple(names), turns=weights)
    people = {name: _ticket(1, name, ORDINARY_RANK, NOON, TicketState.WAITING, None) for name in names}
    turn: dict[str, int] = {}
    calls: list[tuple[frozenset[str], str]] = []
    for mask in history:
        present = frozenset(name for bit, name in enumerate(names) if mask >> bit & 1) or frozenset(names)
        choice = next_for(window, Waiting(tuple(people[name] for name in present), {}, turn), Rules(), NOON)
        assert choice is not None
        turn = choice.window_turns
        calls.append((present, choice.ticket.queue))
    for one in names:
        for other in names:
            ahead = lowest = highest = 0.0
            for present, called in calls:
                if not {one, other} <= present:
                    ahead = lowest = highest = 0.0
                    continue
                ahead += (called == one) / weights[one] - (called == other) / weights[other]
                lowest, highest = min(lowest, ahead), max(highest, ahead)
                assert highest - lowest <= 1 / weights[one] + 1 / weights[other] + 1e-9


@given(
    st.integers(1, 30),
    st.integers(0, 6),
    st.integers(1, 9),
    st.sampled_from([{}, {"A": 3, "E": 1}]),
    st.sampled_from("AE"),
    st.sampled_from([3, 4]),
)
def test_nobody_starves_though_priority_people_never_cease_to_come(
    interval: int, ahead: int, service: int, weights: dict[str, int], queue: str, rank: int
) -> None:
    """The bound: twice the interval to rise, then one service for each who was there before; in turns, its share."""
    rules = Rules(ageing_minutes=interval)
    window = changed(WINDOW, turns=weights)
    line = [_ticket(n, queue, ORDINARY_RANK, NOON, TicketState.WAITING, None) for n in range(ahead)]
    ours = _ticket(5000, queue, rank, NOON, TicketState.WAITING, None)
    line.append(ours)
    state: dict[str, QueueState] = {}
    turn: dict[str, int] = {}
    now, fresh = NOON, 6000
    share = sum(weights.values()) or 1
    bound = NOON + timedelta(minutes=2 * interval + service * (ahead + 1) * share + service * share)
    while True:
        for name in "AAE":
            line.append(_ticket(fresh, name, FIRST_RANK, now, TicketState.WAITING, None))
            fresh += 1
        choice = next_for(window, Waiting(first_of_each_rank(line), state, turn), rules, now)
        assert choice is not None
        if choice.ticket is ours:
            break
        line.remove(choice.ticket)
        called = state.get(choice.ticket.queue, QueueState(queue=choice.ticket.queue))
        state[called.queue] = replace(called, calls=called.calls + 1, turns=choice.queue_turns)
        turn = choice.window_turns
        now += timedelta(minutes=service)
        assert now <= bound


@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=2), st.integers(1, 100), min_size=1, max_size=6),
    st.lists(st.randoms(use_true_random=False), max_size=40),
)
def test_counters_of_turns_stay_smaller_than_their_stride(weights: dict[str, int], history: list[Random]) -> None:
    kept: dict[str, int] = {}
    for chance in history:
        present = chance.sample(list(weights), chance.randint(1, len(weights)))
        kept = turns.after(weights, turns.whose(weights, present, kept), kept)
        assert min(kept.values()) == 0
        assert all(count <= math.lcm(*weights.values()) // weights[name] for name, count in kept.items())
