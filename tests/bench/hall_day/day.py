"""One day, event by event. Who is called, what is published and what is learned come from the domain itself."""

from __future__ import annotations

import heapq
import itertools
import math
from bisect import bisect_left, insort
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import NamedTuple

from msgspec.structs import replace

from hall_day.predictors import Predictor, Seen
from hall_day.profiles import Line, Profile
from queue_server.contract.messages import Estimate, PauseReason, TicketState, WindowMode
from queue_server.domain import next as order
from queue_server.domain import pace, queue, waiting_time
from queue_server.domain.floor import Floor
from queue_server.domain.pace import Pace
from queue_server.domain.queue import QueueState
from queue_server.domain.ticket import (
    APPOINTMENT_RANK,
    FIRST_RANK,
    ORDINARY_RANK,
    RETURNED_RANK,
    TRANSFERRED_RANK,
    Ticket,
)
from queue_server.domain.window import WindowState

DAY = date(2026, 3, 2)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC) - timedelta(hours=8)
DAY_ENDS = 24 * 60 * 60.0


class Prediction(NamedTuple):
    """What was said to one newcomer. ``others`` are the classic predictors in their order."""

    ticket: str
    rank: int
    said: Estimate
    others: tuple[float, ...]


class Look(NamedTuple):
    """What a waiting person saw on the phone, once a minute. ``staffed`` changes when a window opens or closes."""

    ticket: str
    at: float
    said: Estimate
    staffed: int


class Record(NamedTuple):
    """All of one day."""

    predictions: list[Prediction]
    looks: list[Look]
    waits: dict[str, float]
    called_at: dict[str, float]
    paces: dict[str, tuple[Pace, ...]]
    people: int


class Day:
    """Runs one day of a profile; ``paces`` are what earlier days taught.

    Without ``predictors`` nobody is told anything: a day to learn from. ``follow`` is the share of people who look at
    their phone once a minute.
    """

    def __init__(
        self,
        profile: Profile,
        seed: int,
        load: float,
        paces: dict[str, tuple[Pace, ...]],
        predictors: tuple[Predictor, ...],
        follow: float = 0.0,
    ) -> None:
        self.profile, self.hall = profile, profile.hall()
        self.random = Random(seed)
        self.load = load
        self.predictors = predictors
        self.follow = follow
        self.paces = dict(paces)
        self.queues = {rule.id: QueueState(queue=rule.id, day=DAY) for rule in self.hall.queues}
        self.windows = {rule.id: WindowState(window=rule.id) for rule in self.hall.windows}
        self.lines: dict[tuple[str, int], list[tuple[datetime, str]]] = {}
        self.tickets: dict[str, Ticket] = {}
        self.lines_by_id = {line.id: line for line in profile.lines}
        self.events: list[tuple[float, int, Callable[[], None]]] = []
        self.counter = itertools.count(1)
        self.time = 0.0
        self.changes = 0
        self.stopping: dict[str, PauseReason | None] = {}
        self.seen = Seen({rule.id: 0.0 for rule in self.hall.queues})
        self.followed: set[str] = set()
        self.record = Record([], [], {}, {}, self.paces, 0)
        self.day_factor = math.exp(self.random.gauss(0, 0.06))

    # --- running ---

    def run(self) -> Record:
        self._plan_windows()
        people = sum(self._plan_people(line) for line in self.profile.lines)
        while self.events:
            self.time, _, act = heapq.heappop(self.events)
            if self.time > DAY_ENDS:
                break
            act()
        return self.record._replace(people=people)

    def now(self) -> datetime:
        return MIDNIGHT + timedelta(seconds=self.time)

    def floor(self) -> Floor:
        return Floor(self.queues, self.windows, self.paces)

    def _at(self, time: float, act: Callable[[], None]) -> None:
        heapq.heappush(self.events, (time, next(self.counter), act))

    # --- what the day brings ---

    def _plan_windows(self) -> None:
        for name, shifts in self.profile.shifts.items():
            for shift in shifts:
                why = PauseReason.LUNCH if shift.end in self.profile.lunches else None
                self._at(60.0 * shift.start, lambda name=name: self._opens(name))
                self._at(60.0 * shift.end, lambda name=name, why=why: self._stops(name, why))
                time = 60.0 * shift.start
                while self.profile.breaks_per_hour:
                    time += self.random.expovariate(self.profile.breaks_per_hour / 3600)
                    back = time + self.random.uniform(180, 900)
                    if back >= 60.0 * shift.end:
                        break
                    self._at(time, lambda name=name: self._stops(name, PauseReason.OTHER))
                    self._at(back, lambda name=name: self._opens(name))
                    time = back
        last = max(shift.end for shifts in self.profile.shifts.values() for shift in shifts)
        for name in self.windows:  # whoever waits at the end is served in overtime
            self._at(60.0 * last + 1, lambda name=name: self._opens(name))

    def _plan_people(self, line: Line) -> int:
        """Ordinary people by the shape of the day, appointments by their slots; the work is the line's share."""
        profile = self.profile
        capacity = sum(60.0 * (s.end - s.start) for shifts in profile.shifts.values() for s in shifts)
        people = self.load * profile.load * capacity * line.share / (60 * line.real + 15)
        booked = 0
        if line.appointments:
            for start, end in profile.sessions:
                for slot in range(start, end - 59, 30):
                    for _ in range(line.appointments):
                        if self.random.random() < 0.8:
                            booked += 1
                            comes = 60.0 * slot + self.random.uniform(-1500, 420)
                            self._at(comes, lambda line=line, slot=slot: self._checks_in(line.id, slot))
        open_seconds = sum(60.0 * (end - start) for start, end in profile.sessions)
        pieces = len(profile.shape)
        passed = 0.0
        count = 0
        for start, end in profile.sessions:
            time = 60.0 * start
            while time < 60.0 * end:
                place = min(pieces - 1, int(pieces * (passed + time - 60.0 * start) / open_seconds))
                rate = max(0.0, people - booked) / open_seconds * profile.shape[place]
                time += self.random.expovariate(rate) if rate else DAY_ENDS
                if time < 60.0 * end:
                    count += 1
                    self._at(time, lambda line=line: self._comes(line.id))
            passed += 60.0 * (end - start)
        return count + booked

    # --- people ---

    def _comes(self, line: str) -> None:
        rank = FIRST_RANK if self.random.random() < self.profile.priority else ORDINARY_RANK
        self._joins(line, rank, self.now())

    def _checks_in(self, line: str, slot: int) -> None:
        self._joins(line, APPOINTMENT_RANK, MIDNIGHT + timedelta(minutes=slot))

    def _joins(self, line: str, rank: int, since: datetime) -> None:
        now, state = self.now(), self.queues[line]
        ticket = Ticket(
            id=f"{next(self.counter):08d}",
            number=line,
            queue=line,
            business_day=DAY,
            state=TicketState.WAITING,
            issued_at=now,
            since=since,
            status_token="",
            rank=rank,
        )
        if self.predictors:
            said = waiting_time.for_newcomer(self.hall, self.floor(), line, rank, now, since=since)
            others = tuple(one(self.hall, state, self.seen, now) for one in self.predictors)
            self.record.predictions.append(Prediction(ticket.id, rank, said, others))
        self.tickets[ticket.id] = ticket
        self._waits(ticket)
        if self.random.random() < self.follow:
            self.followed.add(ticket.id)
            self._at(self.time + 60, lambda: self._looks(ticket.id))

    def _waits(self, ticket: Ticket) -> None:
        insort(self.lines.setdefault((ticket.queue, ticket.rank), []), (ticket.since, ticket.id))
        self._publish(queue.joined(self.queues[ticket.queue], ticket.rank, self.now()))
        self._see_heads(ticket.queue)
        for name in self.hall.windows_of_queue[ticket.queue]:
            if self.windows[name].ticket is None and self.windows[name].mode is WindowMode.OPEN:
                self._at(self.time + self.random.uniform(3, 12), lambda name=name: self._calls(name))
                break

    def _looks(self, ticket: str) -> None:
        """Somebody who waits looks again."""
        one = self.tickets[ticket]
        if one.state is not TicketState.WAITING:
            return
        now = self.now()
        ahead = 0
        for rank, bound in order.before(one, self.hall.rules, now).items():
            ahead += bisect_left(self.lines.get((one.queue, rank), []), bound)
        said = waiting_time.for_ticket(self.hall, self.floor(), one, ahead, now)
        self.record.looks.append(Look(ticket, self.time, said, self.changes))
        self._at(self.time + 60, lambda: self._looks(ticket))

    # --- windows ---

    def _opens(self, name: str) -> None:
        self.stopping.pop(name, None)
        if self.windows[name].mode is not WindowMode.OPEN:
            self._set_mode(name, WindowMode.OPEN)
            self._at(self.time + self.random.uniform(1, 15), lambda: self._calls(name))

    def _stops(self, name: str, why: PauseReason | None) -> None:
        """A break, or closed when there is no reason; whoever is being served is served to the end."""
        if self.windows[name].ticket is not None:
            self.stopping[name] = why
        elif self.windows[name].mode is WindowMode.OPEN or why is None:
            self._set_mode(name, WindowMode.CLOSED if why is None else WindowMode.PAUSED, why)

    def _set_mode(self, name: str, mode: WindowMode, why: PauseReason | None = None) -> None:
        self.changes += 1
        self.windows[name] = replace(self.windows[name], mode=mode, pause_reason=why, since=self.now())
        for line in self.hall.window_by_id[name].queues:
            counted = queue.staffed_by(self.hall, self.queues[line], self.windows.values())
            self._publish(counted)

    def _calls(self, name: str) -> None:
        """The window calls, when it is open and free and somebody waits for it."""
        state, rule = self.windows[name], self.hall.window_by_id[name]
        if state.mode is not WindowMode.OPEN or state.ticket is not None:
            return
        heads = tuple(
            self.tickets[line[0][1]]
            for queue_id in rule.queues
            for rank in range(5)
            if (line := self.lines.get((queue_id, rank)))
        )
        now = self.now()
        choice = order.next_for(rule, order.Waiting(heads, self.queues, state.turns), self.hall.rules, now)
        if choice is None:
            return
        one = choice.ticket
        self.lines[one.queue, one.rank].remove((one.since, one.id))
        self.tickets[one.id] = replace(one, state=TicketState.CALLING)
        waited = (now - one.issued_at).total_seconds()
        if one.id not in self.record.waits:
            self.record.waits[one.id] = waited
            self.record.called_at[one.id] = self.time
        if one.rank == ORDINARY_RANK:
            self.seen.last[one.queue] = waited
        taken = replace(state, ticket=one.id, since=now, serving_queue=one.queue, turns=choice.window_turns)
        self.windows[name] = taken
        after = queue.called(self.queues[one.queue], one.rank, waited, now)
        self._publish(replace(after, turns=choice.queue_turns))
        self._see_heads(one.queue)
        absent = one.rank != RETURNED_RANK and self.random.random() < self.profile.no_show
        seconds = self.random.uniform(40, 90) if absent else self._service(one.queue)
        self._at(self.time + seconds, lambda: self._leaves(name, one.id, seconds, absent=absent))

    def _service(self, line_id: str) -> float:
        line = self.lines_by_id[line_id]
        hour = int(self.time // 3600)
        mean = 60 * line.real * line.by_hour.get(hour, 1.0) * self.day_factor
        sigma = math.sqrt(math.log(1 + self.profile.spread**2))
        return self.random.lognormvariate(math.log(mean) - sigma * sigma / 2, sigma)

    def _leaves(self, name: str, ticket: str, seconds: float, *, absent: bool) -> None:
        one = self.tickets[ticket]
        hour = int((self.time - seconds) // 3600)
        before = self.paces.get(one.queue, ())
        self.queues[one.queue] = queue.served(self.hall, self.queues[one.queue], before, hour, seconds)
        learned = pace.learn(before, one.queue, hour, seconds)
        others = tuple(pace for pace in self.paces.get(one.queue, ()) if pace.hour != hour)
        self.paces[one.queue] = (*others, learned)
        self.windows[name] = replace(self.windows[name], ticket=None, serving_queue=None, since=self.now())
        if absent and self.random.random() < 0.4:
            self._at(self.time + self.random.uniform(120, 900), lambda: self._comes_back(ticket))
        elif not absent and self.random.random() < self.profile.transferred:
            self._moves_on(one)
        if name in self.stopping:
            self._stops(name, self.stopping.pop(name))
        else:
            self._at(self.time + self.random.uniform(3, 20), lambda: self._calls(name))

    def _comes_back(self, ticket: str) -> None:
        one = self.tickets[ticket]
        calls = self.queues[one.queue].calls + self.hall.rules.reactivate_after
        back = replace(one, state=TicketState.WAITING, rank=RETURNED_RANK, since=self.now(), after_calls=calls)
        self.tickets[ticket] = back
        self._waits(back)

    def _moves_on(self, one: Ticket) -> None:
        line = self.random.choice([line.id for line in self.profile.lines])
        moved = replace(one, state=TicketState.WAITING, queue=line, rank=TRANSFERRED_RANK, after_calls=None)
        self.tickets[one.id] = moved
        self._waits(moved)

    def _publish(self, state: QueueState) -> None:
        self.queues[state.queue] = state
        if self.predictors:
            self.queues[state.queue] = queue.publish(self.hall, state, self.floor(), self.now())

    def _see_heads(self, line: str) -> None:
        ordinary = self.lines.get((line, ORDINARY_RANK))
        self.seen.head[line] = ordinary[0][0] if ordinary else None
