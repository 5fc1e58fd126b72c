"""Who is next: one line for many windows, and for every decision the reason that an officer can give.

Everything here is pure. A ticket competes with an *effective class*: the class of its rank (``ticket.LEVELS``), lifted
by one for every ``ageing_minutes`` that it has waited, at most ``ageing_cap`` times. The order of a window is

1. tickets that were sent to this window;
2. the best effective class. In it the queues in ``turns`` go by turns, the rest strictly after them in the window's
   order. Only in the best class of all (0) that order does not count, but time, between the rest and the queue whose
   turn it is: so nobody who has risen so far, and no priority person of a second queue, can be kept waiting for ever;
3. within one queue: time (``since``), then id; between due appointments and walk-ins of the last class, turns;
4. when nobody else waits, who came back and should let others go first; then appointments before their time.

Within one rank of one queue nobody ever overtakes: only the first of each rank competes. So the first of each rank is
all that a decision needs to see, and its cost does not grow with the number waiting.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from queue_server.contract.messages import Because, Behind, Considered, TicketState, Why
from queue_server.domain import turns
from queue_server.domain.hall import Rules, WindowRule
from queue_server.domain.queue import QueueState
from queue_server.domain.ticket import (
    APPOINTMENT_RANK,
    FIRST_RANK,
    JUST_AFTER,
    LEVELS,
    ORDINARY_RANK,
    RANKS,
    RETURNED_RANK,
    STANDINGS,
    TRANSFERRED_RANK,
    Ticket,
)

MOST_CONSIDERED = 8
"""So many of those who were not called are named; the nearest competitors first."""

LAST_LEVEL = LEVELS[ORDINARY_RANK]

WAITING = TicketState.WAITING


class Waiting(msgspec.Struct, frozen=True):
    """What a decision sees. ``heads``: everybody, or the first of each rank of each queue and all that were sent here.

    ``queues`` are the states by id (a missing one counts as new), ``turns`` the counters of the window.
    """

    heads: tuple[Ticket, ...]
    queues: Mapping[str, QueueState]
    turns: Mapping[str, int]


class Choice(msgspec.Struct, frozen=True):
    """The next ticket, why it and no other, and the counters of its queue and of the window after this call."""

    ticket: Ticket
    because: Because
    queue_turns: dict[str, int]
    window_turns: dict[str, int]


Head = tuple[int, datetime, str, int, Ticket]
"""Effective class, since, id, place of the queue in the window's order, ticket. A plain tuple: it sorts by itself."""


class _Field(NamedTuple):
    """Everybody who competes, by what must be true for them to be called."""

    sent: list[Head]
    due: list[Head]
    returned: list[Head]
    """Came back, and should let others go first."""
    early: list[Head]
    """Appointments before their time."""
    not_due: list[Head]


class _Pick(NamedTuple):
    head: Head
    shares: bool
    """Turns between appointments and walk-ins decided."""
    by_turn: bool
    """Turns between queues decided."""
    queue_turns: dict[str, int]
    window_turns: dict[str, int]


def next_for(window: WindowRule, waiting: Waiting, rules: Rules, now: datetime) -> Choice | None:
    """The ticket that the window should call; None when there is nobody whom it may call."""
    field = _field(window, waiting.heads, waiting.queues, rules, now)
    pick = _choose(window, field, waiting.queues, waiting.turns, rules)
    if pick is None:
        return None
    return Choice(pick.head[4], _because(window, field, pick, rules, now), pick.queue_turns, pick.window_turns)


def preview(window: WindowRule, waiting: Waiting, rules: Rules, now: datetime, limit: int) -> list[Ticket]:
    """The next ``limit`` tickets of the window, if it alone called and nobody else came.

    ``waiting.heads`` holds the first ``limit`` of each rank of each queue and all that were sent here.
    """
    queues = dict(waiting.queues)
    counters = waiting.turns
    lines: dict[tuple[str, int], deque[Ticket]] = defaultdict(deque)
    sent = []
    for ticket in sorted(waiting.heads, key=lambda one: (one.since, one.id)):
        if ticket.to_window is None:
            lines[ticket.queue, ticket.rank].append(ticket)
        else:
            sent.append(ticket)
    found: list[Ticket] = []
    while len(found) < limit:
        heads = (*sent, *(line[0] for line in lines.values() if line))
        pick = _choose(window, _field(window, heads, queues, rules, now), queues, counters, rules)
        if pick is None:
            break
        ticket = pick.head[4]
        found.append(ticket)
        if ticket.to_window is None:
            lines[ticket.queue, ticket.rank].popleft()
        else:
            sent.remove(ticket)
        state = queues.get(ticket.queue) or QueueState(queue=ticket.queue)
        queues[ticket.queue] = replace(state, calls=state.calls + 1, turns=pick.queue_turns)
        counters = pick.window_turns
    return found


def before(ticket: Ticket, rules: Rules, now: datetime) -> dict[int, tuple[datetime, str]]:
    """For each rank a bound: who waits in the same queue with (since, id) below it goes before this ticket.

    So the people ahead are counted without reading them. It holds for the classes and ageing as they are now. Left out,
    because they depend on what comes: the turns between appointments and walk-ins (here only time decides between
    them), how many others a ticket that came back still lets go first, appointments that are not due yet, and the
    other queues of the windows.
    """
    own = _level(ticket, *_rises(rules, now))
    mine = (ticket.since, ticket.id)
    bounds = {}
    for rank in RANKS:
        cap = min(rules.ageing_cap if rules.ageing_minutes else 0, LEVELS[rank])
        better = _risen(LEVELS[rank] - own + 1, cap, rules, now)
        equal = _risen(LEVELS[rank] - own, cap, rules, now)
        bounds[rank] = max(better, min(equal, mine))
    return bounds


def _risen(times: int, cap: int, rules: Rules, now: datetime) -> tuple[datetime, str]:
    """The bound below which somebody has risen by at least so many classes."""
    if times > cap:
        return (datetime.min.replace(tzinfo=now.tzinfo), "")
    if times <= 0:
        return (now + 2 * JUST_AFTER, "")
    return (now - times * timedelta(minutes=rules.ageing_minutes) + JUST_AFTER, "")


def _rises(rules: Rules, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Who has waited since the first instant or longer rises once, since the second twice; more has no effect."""
    if not rules.ageing_minutes or not rules.ageing_cap:
        return (None, None)
    interval = timedelta(minutes=rules.ageing_minutes)
    return (now - interval, now - 2 * interval if rules.ageing_cap > 1 else None)


def _level(ticket: Ticket, once: datetime | None, twice: datetime | None) -> int:
    """The effective class now."""
    level = LEVELS[ticket.rank]
    if level and once is not None and ticket.since <= once:
        level -= 1
        if level and twice is not None and ticket.since <= twice:
            level -= 1
    return level


def _field(
    window: WindowRule, tickets: Iterable[Ticket], queues: Mapping[str, QueueState], rules: Rules, now: datetime
) -> _Field:
    """Who competes: the first of each rank of each queue of the window, and all that were sent here."""
    places = {queue: place for place, queue in enumerate(window.queues)}
    firsts: dict[tuple[int, int], Ticket] = {}
    once, twice = _rises(rules, now)
    latest = now + JUST_AFTER
    field = _Field([], [], [], [], [])
    for ticket in tickets:
        if ticket.state is not WAITING:
            continue
        if ticket.to_window is not None:
            if ticket.to_window == window.id:
                head = (_level(ticket, once, twice), ticket.since, ticket.id, -1, ticket)
                (field.sent if ticket.since <= latest else _ahead_of_time(field, ticket)).append(head)
            continue
        place = places.get(ticket.queue)
        if place is None:
            continue
        first = firsts.get((place, ticket.rank))
        if first is None or (ticket.since, ticket.id) < (first.since, first.id):
            firsts[place, ticket.rank] = ticket
    for (place, rank), ticket in firsts.items():
        since = ticket.since
        head = (_level(ticket, once, twice), since, ticket.id, place, ticket)
        if since > latest:
            _ahead_of_time(field, ticket).append(head)
        elif rank == RETURNED_RANK and _lets_others_go(ticket, queues.get(ticket.queue), once):
            field.returned.append(head)
        else:
            field.due.append(head)
    return field


def _ahead_of_time(field: _Field, ticket: Ticket) -> list[Head]:
    return field.early if ticket.rank == APPOINTMENT_RANK or ticket.appointment is not None else field.not_due


def _lets_others_go(ticket: Ticket, state: QueueState | None, once: datetime | None) -> bool:
    """Until its queue has called so many others; whom waiting has lifted lets nobody go any more."""
    if ticket.after_calls is None or (once is not None and ticket.since <= once):
        return False
    return (state.calls if state else 0) < ticket.after_calls


def _choose(
    window: WindowRule, field: _Field, queues: Mapping[str, QueueState], counters: Mapping[str, int], rules: Rules
) -> _Pick | None:
    if field.sent:
        head = min(field.sent)
        state = queues.get(head[4].queue)
        return _Pick(head, False, False, dict(state.turns) if state else {}, dict(counters))
    competing = field.due or field.returned
    if not competing and rules.early_appointments:
        competing = [head for head in field.early if head[3] < 0] or field.early
    if not competing:
        return None
    head = min(competing)
    level = head[0]
    tied = [one for one in competing if one[0] == level]
    place, by_turn = _place(window, tied, level, counters)
    line = [one for one in tied if one[3] == place]
    if head[3] != place:
        head = min(line)
    state = queues.get(head[4].queue)
    queue_turns: Mapping[str, int] = state.turns if state else {}
    shares = False
    if level == LAST_LEVEL and competing is field.due:
        weights = {"appointment": rules.appointment_share, "walk-in": rules.walk_in_share}
        by_kind = {"appointment" if one[4].rank == APPOINTMENT_RANK else "walk-in": one for one in line}
        shares = len(by_kind) > 1
        kind = turns.whose(weights, by_kind, queue_turns) if shares else next(iter(by_kind))
        queue_turns = turns.after(weights, kind, queue_turns)
        head = by_kind[kind]
    window_turns: dict[str, int] = {}
    if window.turns:
        ours = place >= 0 and head[4].queue in window.turns
        window_turns = turns.after(window.turns, head[4].queue, counters) if ours else dict(counters)
    return _Pick(head, shares, by_turn, dict(queue_turns), window_turns)


def _place(window: WindowRule, tied: list[Head], level: int, counters: Mapping[str, int]) -> tuple[int, bool]:
    """From which queue of the window, and whether turns decided it. ``tied`` are all of the best class."""
    if len(tied) == 1:
        return tied[0][3], False
    places = sorted({one[3] for one in tied})
    if len(places) == 1:
        return places[0], False
    in_turns = {window.queues[place]: place for place in places if window.queues[place] in window.turns}
    first = [in_turns[turns.whose(window.turns, in_turns, counters)]] if in_turns else []
    contenders = first + [place for place in places if place not in in_turns.values()]
    place = contenders[0] if level else min(head for head in tied if head[3] in contenders)[3]
    return place, len(in_turns) > 1 and place in first


def _because(window: WindowRule, field: _Field, pick: _Pick, rules: Rules, now: datetime) -> Because:
    level, since, _, _, ticket = pick.head
    risen = LEVELS[ticket.rank] - level
    turn = ""
    if pick.shares:
        turn = f"{rules.appointment_share}:{rules.walk_in_share}"
    elif pick.by_turn:
        turn = " ".join(f"{queue}={weight}" for queue, weight in window.turns.items())
    return Because(
        code=_why(window, field, pick, risen),
        waited_seconds=max(0, int((now - since).total_seconds())),
        standing=STANDINGS[ticket.rank],
        risen=risen,
        turn=turn,
        considered=_considered(window, field, pick, now),
    )


def _why(window: WindowRule, field: _Field, pick: _Pick, risen: int) -> Why:
    _, _, _, place, ticket = pick.head
    if place < 0 and pick.head in field.sent:
        return Why.SENT_HERE
    if pick.head in field.early:
        return Why.APPOINTMENT_EARLY
    if risen and any(_passed_by_rising(window, pick.head, other) for other in field.due):
        return Why.WAITED_LONG
    if ticket.rank != ORDINARY_RANK:
        return _WHY_BY_RANK[ticket.rank]
    if pick.shares:
        return Why.WALK_INS_TURN
    if pick.by_turn:
        return Why.QUEUES_TURN
    return Why.OTHER_QUEUE_EMPTY if place else Why.FIRST_IN_LINE


_WHY_BY_RANK = {
    FIRST_RANK: Why.PRIORITY,
    RETURNED_RANK: Why.RETURNED,
    TRANSFERRED_RANK: Why.TRANSFERRED,
    APPOINTMENT_RANK: Why.APPOINTMENT_DUE,
}


def _passed_by_rising(window: WindowRule, head: Head, other: Head) -> bool:
    """Whether ``other`` would have gone before ``head`` if waiting had not lifted it."""
    level, _, _, place, ticket = head
    own, others = LEVELS[ticket.rank], LEVELS[other[4].rank]
    if other is head or others > own:
        return False
    if others < own:
        return True
    if other[0] == level:
        return level == 0 and other[3] < place
    if other[3] == place:
        return own == LAST_LEVEL and other[4].rank != ticket.rank
    return other[3] < place or (ticket.queue in window.turns and other[4].queue in window.turns)


def _considered(window: WindowRule, field: _Field, pick: _Pick, now: datetime) -> tuple[Considered, ...]:
    found: list[tuple[Head, Behind]] = []
    for heads, behind in zip(field, _BEHIND, strict=True):
        if heads and len(found) < MOST_CONSIDERED:
            found += [(one, behind or _behind(window, pick, one)) for one in sorted(heads) if one is not pick.head]
    return tuple(
        [
            Considered(
                number=ticket.number,
                queue=ticket.queue,
                standing=STANDINGS[ticket.rank],
                waited_seconds=max(0, int((now - since).total_seconds())),
                behind=behind,
            )
            for (_, since, _, _, ticket), behind in found[:MOST_CONSIDERED]
        ]
    )


_BEHIND = (None, None, Behind.OTHERS_FIRST, Behind.NOT_DUE, Behind.NOT_DUE)
"""Why those of each part of the field were not called; None: it depends on who was."""


def _behind(window: WindowRule, pick: _Pick, other: Head) -> Behind:
    """Why one of those who could have been called was not."""
    level, _, _, place, ticket = pick.head
    if place < 0 <= other[3]:
        return Behind.NOT_SENT_HERE
    if other[0] > level:
        return Behind.LOWER_CLASS
    if place == other[3]:
        return Behind.OTHER_TURN if pick.shares else Behind.CAME_LATER
    if ticket.queue in window.turns and other[4].queue in window.turns:
        return Behind.OTHER_TURN
    if level:
        return Behind.SECONDARY_QUEUE
    return Behind.CAME_LATER if pick.head < other else Behind.OTHER_TURN
