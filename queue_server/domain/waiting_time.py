"""How long somebody will wait: a range from what the hall did, who goes before, and which windows really serve.

The line is moved on in thought as a fluid: windows that serve the same queues are one group; in every step a group
works on what it would call (queue_server.domain.next: class and ageing, the order of its queues, turns), at the pace
that was learned for the hour, until it comes to the person. Whoever may still come and go before is added at the rate
at which such people came today. Lunch is waited through. The cost depends on the windows and queues around, not on how
many wait.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from queue_server.contract.messages import Estimate, PauseReason, WindowMode
from queue_server.domain import pace, schedule
from queue_server.domain.hall import Hall
from queue_server.domain.ticket import APPOINTMENT_RANK, LEVELS, ORDINARY_RANK, RETURNED_RANK, Ticket

if TYPE_CHECKING:
    from collections.abc import Mapping

    from queue_server.domain.floor import Floor
    from queue_server.domain.queue import QueueState

LUNCH_SECONDS, BREAK_SECONDS = 3600.0, 600.0
"""How long a pause lasts."""

STEPS = 24
LOW_SPREAD, HIGH_SPREAD = 1.35, 1.6
"""How many standard deviations the range reaches down and up."""

DOUBT = 0.2
"""What is never known (breaks, officers, the mix of matters): standard deviation of the pace as a share of it."""

LONGEST = 12 * 3600.0


class _Group(NamedTuple):
    """Windows with the same queues in the same order. ``places`` are those of the queues in ``_Around.queues``."""

    places: tuple[int, ...]
    turns: dict[int, int]
    windows: tuple[str, ...]


class _Around(NamedTuple):
    """A queue (the first) and all that share a window with it; the groups of windows that serve any of them."""

    queues: tuple[str, ...]
    groups: tuple[_Group, ...]


class _Line:
    """One queue while time passes in thought."""

    __slots__ = ("arrives", "came", "front", "head_age", "mean", "ordinary", "over", "served", "spread", "waiting")

    def __init__(self, hall: Hall, state: QueueState | None, name: str, floor: Floor, hour: int, now: float) -> None:
        rule = hall.queue_by_id[name]
        self.mean, variance = pace.typical(rule, floor.paces.get(name, ()), hour)
        self.spread = variance / (self.mean * self.mean)
        self.served = 0.0
        self.waiting = self.front = self.ordinary = 0.0
        self.head_age = self.arrives = self.over = self.came = 0.0
        if state is not None:
            self.waiting = max(0, state.waiting)
            self.front = state.first + state.returned + state.transferred
            self.ordinary = max(0.0, self.waiting - self.front)
            self.arrives, self.over, self.came = pace.arrivals(state.learned, now)
            if self.ordinary:
                self.head_age = max(0.0, now - state.learned.head) if state.learned.head else self.ordinary * self.mean

    def age(self, time: float) -> float | None:
        """How long the first of the line has waited after ``time`` seconds; None when nobody is left."""
        if self.served < self.front:
            return LONGEST
        if self.served < self.waiting:
            return time + self.head_age * (1 - (self.served - self.front) / self.ordinary)
        if self.arrives <= 0:
            return None
        age = time - (self.served - self.waiting) / self.arrives
        return age if age > 0 else None


def for_newcomer(
    hall: Hall,
    floor: Floor,
    queue: str,
    rank: int,
    now: datetime,
    state: QueueState | None = None,
    since: datetime | None = None,
) -> Estimate:
    """The wait of somebody of this class who joins the queue now.

    ``state`` is newer than what the floor holds; ``since`` the booked time of an appointment.
    """
    return _Thought(hall, floor, queue, now, state).newcomer(rank, since)


def for_ticket(hall: Hall, floor: Floor, ticket: Ticket, ahead: int, now: datetime) -> Estimate:
    """The wait that is left for somebody who waits behind ``ahead`` others of the queue (of the window, if sent there)."""
    thought = _Thought(hall, floor, ticket.queue, now, None)
    if ticket.to_window is not None:
        return thought.at_window(ticket.to_window, ahead, ticket.since)
    return thought.ticket(ticket, ahead)


class _Thought:
    """One look into the future of one queue."""

    def __init__(self, hall: Hall, floor: Floor, queue: str, now: datetime, state: QueueState | None) -> None:
        self.hall, self.floor, self.now = hall, floor, now
        self.rule = hall.queue_by_id[queue]
        self.state = state or floor.queues.get(queue)
        self.seconds = now.timestamp()
        self.interval = 60.0 * hall.rules.ageing_minutes or LONGEST
        self.cap = hall.rules.ageing_cap
        self.starts, self.gaps = _pauses(hall, queue, self.state, now)
        hour = (now + timedelta(seconds=self.starts)).astimezone(hall.zone_info).hour
        around = _around(hall, queue)
        states: Mapping[str, QueueState] = floor.queues
        self.lines = [
            _Line(hall, states.get(name) if place else self.state, name, floor, hour, self.seconds)
            for place, name in enumerate(around.queues)
        ]
        self.groups = around.groups
        self.open: list[float] = []
        self.credit: list[float] = []
        self.back: list[tuple[float, int]] = []
        self.free = False
        for place, group in enumerate(around.groups):
            self._count(place, group)
        self.serving = sum(many for many, group in zip(self.open, self.groups, strict=True) if 0 in group.places)
        self.known = self.serving > 0
        if not self.serving:
            self._assume_windows()

    def _count(self, place: int, group: _Group) -> None:
        """How many windows of a group are open, and how much earlier or later than usual they will be free."""
        many, credit = 0.0, 0.0
        windows, line_of = self.floor.windows, self.lines
        usual = line_of[group.places[0]]
        for name in group.windows:
            window = windows.get(name)
            if window is None or window.mode is WindowMode.CLOSED:
                continue
            since = self.seconds - window.since.timestamp() if window.since is not None else 0.0
            if window.mode is WindowMode.PAUSED and not self.starts:
                lasts = LUNCH_SECONDS if window.pause_reason is PauseReason.LUNCH else BREAK_SECONDS
                self.back.append((max(lasts - since, lasts / 4, since / 2 if since > lasts else 0.0), place))
                continue
            many += 1
            mean, spread = usual.mean, usual.spread
            if window.ticket is None or self.starts:
                left = 0.0
                self.free = self.free or (0 in group.places and not self.starts)
            else:
                part = since / mean
                left = mean * max(1 - 0.9 * part, 0.9 * math.sqrt(spread) + 0.05 * part)
            credit += mean * (1 + spread) / 2 - left
        self.open.append(many)
        self.credit.append(credit)

    def _assume_windows(self) -> None:
        """Nobody is open: whoever is on a break comes back, else one window will open."""
        if any(0 in self.groups[place].places for _, place in self.back):
            return
        place = next(place for place, group in enumerate(self.groups) if 0 in group.places)
        self.open[place] = 1.0
        self.serving = 1.0

    # --- who goes before ---

    def newcomer(self, rank: int, since: datetime | None) -> Estimate:
        own, state = self.lines[0], self.state
        if state is None:
            return self._range(0.0, 0.0)
        if self.free and own.waiting == 0 and (since is None or since <= self.now):
            return self._range(0.0, 0.0)
        if rank == ORDINARY_RANK:
            booked = self._booked_ahead(state.appointments, own.waiting)
            return self._range(*self._fluid(own.waiting - state.appointments + booked, 0.0))
        if rank == APPOINTMENT_RANK:
            later = max(0.0, (since - self.now).total_seconds()) if since is not None else 0.0
            walk_ins = own.ordinary - state.appointments
            ahead = own.front + state.appointments * 0.6
            turns = self.hall.rules.walk_in_share / max(1, self.hall.rules.appointment_share)
            aged = self._aged(own, self.interval, 0.0) - 0.0
            ahead += min(walk_ins, aged + turns * (state.appointments * 0.6 + 0.5))
            time, services = self._fluid(ahead, 0.0)
            return self._range(max(time, later + 0.5 * own.mean / max(1.0, self.serving)), services)
        ahead = float(state.first)
        if LEVELS[rank] == 1:
            ahead = own.front
        time, services = self._front(ahead, LEVELS[rank])
        if rank == RETURNED_RANK:
            others = min(self.hall.rules.reactivate_after, own.waiting)
            time = max(time, self._pooled(others))
        return self._range(time, services)

    def ticket(self, ticket: Ticket, ahead: int) -> Estimate:
        waited = (self.now - ticket.since).total_seconds()
        if self.free and ahead <= 0 and waited >= 0:
            return self._range(0.0, 0.0)
        if LEVELS[ticket.rank] == 2:
            time, services = self._fluid(float(max(0, ahead)), max(0.0, waited))
            return self._range(max(time, -waited), services)
        return self._range(self._pooled(float(max(0, ahead))), float(max(0, ahead)))

    def at_window(self, name: str, ahead: int, since: datetime) -> Estimate:
        """Sent to one window: it serves those sent there before anybody else."""
        own = self.lines[0]
        window = self.floor.windows.get(name)
        left = own.mean * 0.7
        if window is not None and window.mode is WindowMode.OPEN:
            left = 0.0
            if window.ticket is not None:
                part = (self.seconds - window.since.timestamp()) / own.mean if window.since is not None else 0.5
                left = own.mean * max(1 - 0.9 * part, 0.9 * math.sqrt(own.spread))
        later = max(0.0, (since - self.now).total_seconds())
        return self._range(max(later, left + max(0, ahead) * own.mean), float(max(0, ahead)))

    def _booked_ahead(self, booked: int, waiting: float) -> float:
        """How many of those with appointments go before an ordinary newcomer."""
        if not booked:
            return 0.0
        rules = self.hall.rules
        if self._pooled(waiting) > self.interval:
            return 0.7 * booked
        return min(0.8 * booked, (waiting - booked) * rules.appointment_share / max(1, rules.walk_in_share) + 1)

    def _aged(self, line: _Line, needed: float, wait: float) -> float:
        """How many ordinary people will have waited for ``needed`` seconds ``wait`` seconds from now."""
        if not line.ordinary or not line.head_age:
            return 0.0
        return line.ordinary * min(1.0, max(0.0, (line.head_age + wait - needed) / line.head_age))

    def _pooled(self, ahead: float) -> float:
        """The wait behind so many, when all windows that serve the queue do nothing else."""
        own = self.lines[0]
        credit = sum(many for many, group in zip(self.credit, self.groups, strict=True) if 0 in group.places)
        windows = max(1.0, self.serving)
        return max(0.0, (own.mean * (ahead + 0.9) - credit) / windows)

    def _front(self, ahead: float, level: int) -> tuple[float, float]:
        """The wait of somebody of a class above the ordinary one: only whom waiting has lifted goes before too."""
        needed = (LEVELS[ORDINARY_RANK] - level) * self.interval
        if LEVELS[ORDINARY_RANK] - level > self.cap:
            needed = LONGEST
        wait, services = self._pooled(ahead), ahead
        for _ in range(2):
            services = ahead
            for place, line in enumerate(self.lines):
                shared = 1.0 if place == 0 else self._shared(place)
                services += shared * self._aged(line, needed, wait)
                if place:
                    services += shared * line.front
            wait = self._pooled(services)
        return wait, services

    def _shared(self, place: int) -> float:
        """Which part of the windows of another queue serves this one too."""
        every = both = 0.0
        for many, group in zip(self.open, self.groups, strict=True):
            if place in group.places:
                every += many
                both += many if 0 in group.places else 0.0
        return both / every if every else 0.0

    # --- time passes ---

    def _fluid(self, ahead: float, waited: float) -> tuple[float, float]:
        """Seconds until the ordinary person behind ``ahead`` is called, and how many were called before."""
        own = self.lines[0]
        target = ahead + 0.9
        step = max(45.0, own.mean * target / max(1.0, self.serving) / 4)
        time = 0.0
        first = True
        for _ in range(STEPS):
            before = own.served
            age = waited + time
            if age < 2 * self.interval and self.cap:
                target += own.over * step
                if age < self.interval:
                    target += 0.6 * own.came * step
            for place, group in enumerate(self.groups):
                work = self.open[place] * step + (self.credit[place] if first else 0.0)
                for back, where in self.back:
                    if where == place and time + step > back:
                        work += min(step, time + step - back)
                if work > 0:
                    self._work(group, work, time, step)
            first = False
            if own.served >= target:
                return time + step * (target - before) / (own.served - before), target
            time += step
            step *= 1.15
        rate = max(own.served / time, 0.2 / own.mean)
        return min(LONGEST, time + (target - own.served) / rate), target

    def _work(self, group: _Group, work: float, time: float, step: float) -> None:
        """A group spends so many seconds of its windows on what it would call."""
        competing = []
        for order, place in enumerate(group.places):
            line = self.lines[place]
            age = line.age(time)
            if age is None and place:
                age = line.age(time + step)
            if age is None:
                age = 0.0
                if place:
                    continue
            level = max(0, LEVELS[ORDINARY_RANK] - min(self.cap, int(age / self.interval)))
            competing.append((level, -age if level == 0 else order, place))
        competing.sort()
        while competing and work > 0:
            level, _, place = competing[0]
            tied = [one[2] for one in competing if one[0] == level and one[2] in group.turns]
            if level and place in group.turns and len(tied) > 1:
                whole = sum(group.turns[one] * self.lines[one].mean for one in tied)
                part = work * group.turns[place] * self.lines[place].mean / whole
            else:
                part = work
            used = self._spend(place, part, time + step)
            work -= used
            competing.pop(0)

    def _spend(self, place: int, work: float, until: float) -> float:
        line = self.lines[place]
        if place == 0:
            line.served += work / line.mean
            return work
        there = max(0.0, line.waiting + line.arrives * until - line.served)
        many = min(there, work / line.mean)
        line.served += many
        return many * line.mean

    # --- the range ---

    def _range(self, time: float, services: float) -> Estimate:
        own = self.lines[0]
        doubt = DOUBT if self.known else 2 * DOUBT
        spread = time * math.sqrt(own.spread / (services + 1) + doubt * doubt)
        base = 0.4 * own.mean / max(1.0, self.serving) if time else 0.0
        low = self._through(max(0.0, time - LOW_SPREAD * spread - base))
        high = self._through(time + HIGH_SPREAD * spread + base)
        likely = self._through(time)
        down, up = 60 * math.floor(low / 60), 60 * math.ceil(high / 60)
        middle = min(max(60 * round(likely / 60), down), up)
        return Estimate(low=down, likely=middle, high=up)

    def _through(self, time: float) -> float:
        """The time on the clock: nobody is called before the doors open, nor during lunch."""
        time += self.starts
        for at, lasts in self.gaps:
            if time > at:
                time += lasts
        return min(time, LONGEST)


def _pauses(
    hall: Hall, queue: str, state: QueueState | None, now: datetime
) -> tuple[float, tuple[tuple[float, float], ...]]:
    """Seconds until the hall calls people, and the breaks of today after that: when they begin and how long."""
    if state is None:
        return 0.0, ()
    hours = schedule.hours_today(hall, hall.queue_by_id[queue], state, now)
    ahead = [span for span in hours if span[1] > now]
    if not ahead:
        return 0.0, ()
    starts = max(0.0, (ahead[0][0] - now).total_seconds())
    gaps = tuple(
        ((one[1] - now).total_seconds(), (following[0] - one[1]).total_seconds())
        for one, following in zip(ahead, ahead[1:], strict=False)
    )
    return starts, gaps


def _around(hall: Hall, queue: str) -> _Around:
    found: _Around | None = hall.worked_out.get(("around", queue))
    if found is None:
        found = hall.worked_out["around", queue] = _look_around(hall, queue)
    return found


def _look_around(hall: Hall, queue: str) -> _Around:
    near = [queue]
    for window in hall.windows:
        if queue in window.queues:
            near.extend(name for name in window.queues if name not in near)
    places = {name: place for place, name in enumerate(near)}
    alike: dict[tuple[tuple[int, ...], tuple[tuple[int, int], ...]], list[str]] = {}
    for window in hall.windows:
        if not places.keys() & set(window.queues):
            continue
        served = tuple(places[name] for name in window.queues if name in places)
        turns = tuple((places[name], share) for name, share in window.turns.items() if name in places)
        alike.setdefault((served, turns), []).append(window.id)
    groups = tuple(_Group(served, dict(turns), tuple(windows)) for (served, turns), windows in alike.items())
    return _Around(tuple(near), groups)
