"""When it is somebody's turn: a queue and all that shares its windows, moved on in thought.

People are a fluid that flows through windows. Windows with the same queues are one group. In every step a group works
on what it would call (queue_server.domain.next: class and ageing, the order of its queues, turns) until the line has
come to the person. The cost depends on the windows of the queue and on the queues that they serve, not on how many
wait.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from queue_server.contract.messages import PauseReason, WindowMode
from queue_server.domain import pace
from queue_server.domain.hall import Hall
from queue_server.domain.ticket import LEVELS, ORDINARY_RANK

if TYPE_CHECKING:
    from queue_server.domain.floor import Floor
    from queue_server.domain.queue import QueueState
    from queue_server.domain.window import WindowState

LUNCH_SECONDS, BREAK_SECONDS = 3600.0, 600.0
"""How long a pause lasts."""

LONGEST = 12 * 3600.0
"""More is never said."""

STEPS, FIRST_STEP, GROWS = 9, 90.0, 1.7
"""Time passes in steps that grow: near things are seen sharper. They are the same for all, so that nobody overtakes."""

ENTERS = 0.9
"""The next person is called when so much of one more service has flowed: between regular (½) and by chance (1)."""

LAST_LEVEL = LEVELS[ORDINARY_RANK]

_Class = tuple[int, list[float]]
"""A class, and how many of it are left in each line."""


class _Group(NamedTuple):
    """Windows of the queue with the same queues in the same order. ``places`` are those in ``_Around.queues``."""

    places: tuple[int, ...]
    turns: dict[int, int]
    windows: tuple[str, ...]


class _Around(NamedTuple):
    """A queue (the first) and all that share a window with it."""

    queues: tuple[str, ...]
    groups: tuple[_Group, ...]


class Line:
    """One queue as it stands: who waits, how long the first has waited, how fast it is served and joined."""

    __slots__ = ("arrives", "booked", "front", "head_age", "mean", "ordinary", "over", "spread", "waiting")

    def __init__(self, hall: Hall, state: QueueState | None, name: str, floor: Floor, hour: int, now: float) -> None:
        self.mean, variance = pace.typical(hall.queue_by_id[name], floor.paces.get(name, ()), hour)
        self.spread = variance / (self.mean * self.mean)
        self.waiting = self.front = self.ordinary = 0
        self.head_age = self.arrives = self.over = self.booked = 0.0
        if state is not None:
            self.waiting = max(0, state.waiting)
            self.front = state.first + state.returned + state.transferred
            self.ordinary = max(0, self.waiting - self.front)
            self.arrives, self.over, self.booked = pace.arrivals(state.learned, now)
            if self.ordinary:
                head = state.learned.head
                self.head_age = max(1.0, now - head) if head else self.ordinary * self.mean

    def aged(self, needed: float) -> float:
        """How many ordinary people have waited for so long, if they came evenly."""
        if not self.ordinary:
            return 0.0
        return self.ordinary * min(1.0, max(0.0, 1 - needed / self.head_age))


class Fluid:
    """The surroundings of one queue at one instant.

    ``serving`` counts open windows, ``free`` says that one of them has nobody in front. Nobody works for the next
    ``starts`` seconds; then all who are not closed begin at once.
    """

    __slots__ = (
        "back",
        "cap",
        "credit",
        "free",
        "groups",
        "helpers",
        "interval",
        "known",
        "lines",
        "names",
        "open",
        "serving",
    )

    def __init__(
        self, hall: Hall, floor: Floor, queue: str, state: QueueState | None, now: datetime, starts: float, hour: int
    ) -> None:
        around = _around(hall, queue)
        seconds = now.timestamp() + starts
        queues = floor.queues
        self.names = around.queues
        own = Line(hall, state, queue, floor, hour, seconds)
        self.lines = [own]
        for name in around.queues[1:]:
            self.lines.append(Line(hall, queues.get(name), name, floor, hour, seconds))
        self.interval = 60.0 * hall.rules.ageing_minutes or LONGEST
        self.cap = hall.rules.ageing_cap if hall.rules.ageing_minutes else 0
        self.groups = around.groups
        self.open: list[float] = []
        self.credit: list[float] = []
        self.back: list[tuple[float, int]] = []
        self.free = False
        for place, group in enumerate(around.groups):
            self._count(place, group, floor, now, starts)
        self.serving = sum(self.open)
        self.known = self.serving > 0
        if not self.known and not self.back:
            self.open[0] = self.serving = 1.0  # nobody is there: some window will open
        self.helpers: list[tuple[int, float]] = []
        for place, name in enumerate(around.queues[1:], start=1):
            other = queues.get(name)
            if other is not None and (windows := other.servers / 100 - self._seen(place)) > 0:
                self.helpers.append((place, windows))

    def _count(self, place: int, group: _Group, floor: Floor, now: datetime, starts: float) -> None:
        """How many windows of a group are open, and how many seconds of work they are ahead of the usual."""
        many, credit = 0, 0.0
        for name in group.windows:
            window = floor.windows.get(name)
            if window is None or window.mode is WindowMode.CLOSED:
                continue
            if window.mode is WindowMode.PAUSED and not starts:
                self.back.append((comes_back(window, now), place))
                continue
            many += 1
            if window.ticket is None or starts:
                self.free = self.free or not starts
                line = self.lines[group.places[0]]
                credit += line.mean * (1 + line.spread) / 2
            else:
                line = self._line_of(window, group)
                credit += line.mean * (1 + line.spread) / 2 - left(window, line, now)
        self.open.append(many)
        self.credit.append(credit)

    def _line_of(self, window: WindowState, group: _Group) -> Line:
        """The line of whom the window serves now; of somebody from elsewhere nothing is known."""
        for place in group.places:
            if self.names[place] == window.serving_queue:
                return self.lines[place]
        return self.lines[group.places[0]]

    def _seen(self, place: int) -> float:
        """How much of the windows of this queue counts as working for another one, as in ``QueueState.servers``."""
        found = 0.0
        for many, group in zip(self.open, self.groups, strict=True):
            if place in group.places:
                found += many if group.places[0] == place else many / 2
        return found

    def pooled(self, ahead: float) -> float:
        """Seconds until it is the turn of the person behind so many, when the windows do nothing else."""
        if not self.serving:
            return min(self.back)[0] + self.lines[0].mean * ahead / max(1, len(self.back))
        work = self.lines[0].mean * (ahead + ENTERS) - sum(self.credit)
        return max(0.0, work / self.serving)

    def shared(self, place: int) -> float:
        """Which part of the windows of another queue serves this one too."""
        both = sum(many for many, group in zip(self.open, self.groups, strict=True) if place in group.places)
        every = both + sum(windows for where, windows in self.helpers if where == place)
        return both / every if every else 0.0

    def until(self, ahead: float, waited: float) -> tuple[float, float]:
        """Seconds until the ordinary person behind ``ahead`` is called, and how many were called before.

        ``waited`` is how long he has waited: whom waiting has lifted, fewer overtake.
        """
        interval, own = self.interval, self.lines[0]
        target = ahead + ENTERS
        served = [0.0] * len(self.lines)
        alone = sum(many for many, group in zip(self.open, self.groups, strict=True) if len(group.places) == 1)
        mixed = [(place, group) for place, group in enumerate(self.groups) if len(group.places) > 1]
        oldest = max(line.head_age for line in self.lines)
        lifted = any(line.front for line in self.lines)
        time, step = 0.0, FIRST_STEP
        for number in range(STEPS):
            age, overtake = waited + time, 0.0
            if age < interval:
                overtake = (own.over + 0.6 * own.booked) * step
            elif age < 2 * interval and self.cap:
                overtake = own.over * step
            end = time + step
            before = served[0]
            if mixed:
                self._help(end, step, served)
                classes = self._classes(end, served, lifted=lifted, oldest=oldest)
                for place, group in mixed:
                    work = self.open[place] * step + (0.0 if number else self.credit[place])
                    if self.back:
                        work += self._returns(place, end, step)
                    self._work(group, work, served, classes)
            work = alone * step
            for place, group in enumerate(self.groups):
                if len(group.places) == 1:
                    work += (0.0 if number else self.credit[place]) + self._returns(place, end, step)
            served[0] += work / own.mean
            if served[0] >= target + overtake:
                part = (target - before) / (served[0] - before - overtake)
                return max(0.0, time + step * part), target + part * overtake
            target += overtake
            time = end
            step *= GROWS
        rate = max(served[0] / time, 0.2 / own.mean)
        return min(LONGEST, time + (target - served[0]) / rate), target

    def _returns(self, place: int, end: float, step: float) -> float:
        """The work in this step of windows that come back from a break."""
        if not self.back:
            return 0.0
        return sum(min(step, end - back) for back, where in self.back if where == place and end > back)

    def _help(self, end: float, step: float, served: list[float]) -> None:
        """Windows that do not serve the queue of the person in question call some of the others."""
        for place, windows in self.helpers:
            line = self.lines[place]
            there = line.waiting + line.arrives * end
            done = served[place] + windows * step / line.mean
            served[place] = min(there, done)

    def _classes(self, end: float, served: list[float], *, lifted: bool, oldest: float) -> list[_Class]:
        """How many of each line will have risen to each class when the step ends; of the last class all who are left.

        The person in question stands in the first line, so that this one never ends.
        """
        classes: list[_Class] = []
        for level in range(LAST_LEVEL):
            rises = LAST_LEVEL - level
            needed = rises * self.interval if rises <= self.cap else LONGEST
            if not lifted and end + oldest <= needed:
                continue
            found = []
            for place, line in enumerate(self.lines):
                many = line.front - served[place]
                if end > needed:
                    many += line.ordinary + line.arrives * (end - needed)
                elif line.ordinary and end + line.head_age > needed:
                    many += line.ordinary * (1 - (needed - end) / line.head_age)
                found.append(many if many > 0 else 0.0)
            classes.append((level, found))
        last = [LONGEST]
        for place in range(1, len(self.lines)):
            line = self.lines[place]
            many = line.waiting + line.arrives * end - served[place]
            last.append(many if many > 0 else 0.0)
        classes.append((LAST_LEVEL, last))
        return classes

    def _work(self, group: _Group, work: float, served: list[float], classes: list[_Class]) -> None:
        """A group spends so many seconds of its windows: on the best class first, then in the order of its queues.

        In the best of all classes the queues are one line; in the others those with turns share.
        """
        lines = self.lines
        for number, (level, found) in enumerate(classes):
            if level == 0 or group.turns:
                tied = [place for place in group.places if found[place] > 0 and (level == 0 or place in group.turns)]
                weights = [(group.turns[one] if level else found[one]) * lines[one].mean for one in tied]
                parts = sum(weights)
                whole = work if level else min(work, parts)
                for place, weight in zip(tied, weights, strict=True):
                    work -= self._spend(place, whole * weight / parts, served, classes, number)
            for place in group.places:
                if work <= 0:
                    return
                if found[place] > 0:
                    work -= self._spend(place, work, served, classes, number)

    def _spend(self, place: int, work: float, served: list[float], classes: list[_Class], number: int) -> float:
        """Calls people of one line and class, as many as the time is enough for; returns the time it took."""
        mean = self.lines[place].mean
        many = min(work / mean, classes[number][1][place])
        served[place] += many
        for _, found in classes[number:]:
            found[place] -= many
        return many * mean


def comes_back(window: WindowState, now: datetime) -> float:
    """In how many seconds a window that is on a break works again."""
    lasts = LUNCH_SECONDS if window.pause_reason is PauseReason.LUNCH else BREAK_SECONDS
    since = (now - window.since).total_seconds() if window.since is not None else 0.0
    return max(lasts - since, lasts / 4) if since <= lasts else max(lasts / 4, since / 2)


def left(window: WindowState, line: Line, now: datetime) -> float:
    """How many seconds the service in front will still take: the longer it lasts, the less is known."""
    part = (now - window.since).total_seconds() / line.mean if window.since is not None else 0.5
    return line.mean * max(1 - 0.9 * part, 0.9 * math.sqrt(line.spread) + 0.05 * part)


def _around(hall: Hall, queue: str) -> _Around:
    found: _Around | None = hall.worked_out.get(("around", queue))
    if found is None:
        found = hall.worked_out["around", queue] = _look_around(hall, queue)
    return found


def _look_around(hall: Hall, queue: str) -> _Around:
    windows = [window for window in hall.windows if queue in window.queues]
    near = list(dict.fromkeys([queue, *(name for window in windows for name in window.queues)]))
    places = {name: place for place, name in enumerate(near)}
    alike: dict[tuple[tuple[int, ...], tuple[tuple[int, int], ...]], list[str]] = {}
    for window in windows:
        served = tuple(places[name] for name in window.queues)
        turns = tuple((places[name], share) for name, share in window.turns.items())
        alike.setdefault((served, turns), []).append(window.id)
    groups = tuple(_Group(served, dict(turns), tuple(names)) for (served, turns), names in alike.items())
    return _Around(tuple(near), groups)
