"""A simulated hall in which the real ``next_for`` decides every call. Times are seconds from the opening."""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import NamedTuple

from msgspec.structs import replace

from queue_server.contract.messages import Text, TicketState
from queue_server.domain.hall import Rules, WindowRule
from queue_server.domain.next import Waiting, next_for
from queue_server.domain.queue import QueueState
from queue_server.domain.ticket import ORDINARY_RANK, Ticket

OPENING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
STRICT = Rules(ageing_minutes=0)
"""Classes without ageing, as the formulas have them."""


class Person(NamedTuple):
    at: float
    service: float
    queue: str = "A"
    rank: int = ORDINARY_RANK


class Run(NamedTuple):
    waits: list[float]
    """Of each person, in the order of ``people``."""
    order: list[int]
    """Who was called, one after the other."""


def windows(count: int, queues: Sequence[str] = ("A",), turns: dict[str, int] | None = None) -> list[WindowRule]:
    return [
        WindowRule(id=str(n + 1), name=Text(zh=""), zone="Z", queues=tuple(queues), turns=turns or {})
        for n in range(count)
    ]


def stream(
    chance: Random, count: int, per_second: float, service: Callable[[Random], float], queue: str, rank: int
) -> list[Person]:
    """A Poisson stream of one kind of people, to the microsecond: finer the hall does not count."""
    people, at = [], 0.0
    for _ in range(count):
        at += chance.expovariate(per_second)
        people.append(Person(round(at, 6), round(service(chance), 6), queue, rank))
    return people


def merged(*streams: list[Person]) -> list[Person]:
    """In the order of their coming, as long as every stream still flows."""
    last = min(stream[-1].at for stream in streams)
    return sorted(person for stream in streams for person in stream if person.at <= last)


def busier(people: Sequence[Person], load: float, count: int) -> float:
    """How much more work came per second than the planned ``load`` of ``count`` windows, as a share; expected 0."""
    return sum(person.service for person in people) / people[-1].at / count / load - 1


def ticket_of(name: int, person: Person) -> Ticket:
    since = OPENING + timedelta(seconds=person.at)
    return Ticket(
        id=f"{name:08}",
        number=f"{person.queue}{name}",
        queue=person.queue,
        business_day=date(2026, 3, 2),
        state=TicketState.WAITING,
        issued_at=since,
        since=since,
        status_token="x" * 22,
        rank=person.rank,
    )


def simulate(people: Sequence[Person], rules_of_windows: Sequence[WindowRule], rules: Rules) -> Run:
    """Everybody is served; a free window calls at once."""
    lines: dict[tuple[str, int], deque[Ticket]] = defaultdict(deque)
    states = {queue: QueueState(queue=queue) for window in rules_of_windows for queue in window.queues}
    turns: list[dict[str, int]] = [{} for _ in rules_of_windows]
    idle = list(range(len(rules_of_windows)))
    busy: list[tuple[float, int]] = []
    waits = [0.0] * len(people)
    order: list[int] = []
    coming = 0
    while coming < len(people) or busy:
        if busy and (coming == len(people) or busy[0][0] <= people[coming].at):
            now, window = heapq.heappop(busy)
        else:
            person = people[coming]
            now = person.at
            lines[person.queue, person.rank].append(ticket_of(coming, person))
            coming += 1
            free = [window for window in idle if person.queue in rules_of_windows[window].queues]
            if not free:
                continue
            window = free[0]
            idle.remove(window)
        heads = tuple(line[0] for line in lines.values() if line)
        choice = next_for(
            rules_of_windows[window], Waiting(heads, states, turns[window]), rules, OPENING + timedelta(seconds=now)
        )
        if choice is None:
            idle.append(window)
            continue
        called = choice.ticket
        lines[called.queue, called.rank].popleft()
        state = states[called.queue]
        states[called.queue] = replace(state, calls=state.calls + 1, turns=choice.queue_turns)
        turns[window] = choice.window_turns
        name = int(called.id)
        order.append(name)
        waits[name] = now - people[name].at
        heapq.heappush(busy, (now + people[name].service, window))
    return Run(waits, order)
