"""When it is somebody's turn: a queue and all that shares its windows, as they stand now.

People are a fluid that flows through windows; ``queue_server.domain.flow`` moves it on in thought until the line has
come to the person. The cost depends on the windows of the queue and on the queues that they serve, not on how many
wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from queue_server.contract.messages import PauseReason, WindowMode
from queue_server.domain import pace
from queue_server.domain.flow import ENDS, STEPS, Flow
from queue_server.domain.hall import Hall
from queue_server.domain.pace import Learned
from queue_server.domain.surroundings import LONGEST, Around, Usual, around, usual

if TYPE_CHECKING:
    from queue_server.domain.floor import Floor
    from queue_server.domain.queue import QueueState
    from queue_server.domain.window import WindowState

LUNCH_SECONDS, BREAK_SECONDS = 3600.0, 600.0
"""How long a pause lasts."""

ENTERS = 0.9
"""The next person is called when so much of one more service has flowed: between regular (½) and by chance (1)."""

NOTHING_LEARNED = Learned()

CLOSED, PAUSED = WindowMode.CLOSED, WindowMode.PAUSED


class Line:
    """One queue as it stands: who waits, how long the first has waited, how fast it is served.

    ``mean`` and ``rest`` are those of ``usual``, times ``today``.
    """

    __slots__ = ("front", "head_age", "learned", "mean", "ordinary", "rest", "usual", "waiting")

    def __init__(self, usual: Usual, today: float, state: QueueState | None, now: float) -> None:
        self.usual = usual
        self.mean = mean = usual.mean * today
        self.rest = usual.rest * today
        self.head_age = 0.0
        if state is None:
            self.waiting = self.front = self.ordinary = 0
            self.learned = NOTHING_LEARNED
            return
        self.waiting = waiting = max(0, state.waiting)
        self.front = front = state.first + state.returned + state.transferred
        self.learned = learned = state.learned
        self.ordinary = ordinary = waiting - front if waiting > front else 0
        if ordinary:
            self.head_age = max(1.0, now - learned.head) if learned.head else ordinary * mean

    def aged(self, needed: float) -> float:
        """How many ordinary people have waited for so long, if they came evenly."""
        if not self.ordinary:
            return 0.0
        return self.ordinary * min(1.0, max(0.0, 1 - needed / self.head_age))


class Fluid:
    """The surroundings of one queue at one instant.

    ``serving`` counts open windows, ``free`` says that one of them has nobody in front. Nobody works for the next
    ``starts`` seconds; then all who are not closed begin at once. Of each group, ``open`` counts its open windows and
    ``credit`` how many seconds of work they are ahead of the usual; ``back`` says when others come back from a break.
    ``helpers`` are windows that serve another queue here, but not this one.
    """

    __slots__ = ("around", "at", "back", "credit", "free", "helpers", "known", "lines", "open", "serving")

    def __init__(
        self, hall: Hall, floor: Floor, queue: str, state: QueueState | None, now: datetime, starts: float, hour: int
    ) -> None:
        self.around: Around = around(hall, queue)
        self.at = at = now.timestamp() + starts
        queues, paces = floor.queues, floor.paces
        states = [state]
        done, took = (state.learned.done, state.learned.took) if state is not None else (0, 0.0)
        for _, rule, _ in self.around.others:
            other = queues.get(rule.id)
            states.append(other)
            if other is not None:
                done += other.learned.done
                took += other.learned.took
        today = pace.today(done, took)
        self.lines: list[Line] = []
        for place, rule in enumerate(self.around.queues):
            self.lines.append(Line(usual(hall, rule, paces.get(rule.id, ()), hour), today, states[place], at))
        self.open: list[float] = []
        self.credit: list[float] = []
        self.back: list[tuple[float, int]] = []
        self.free = False
        self._look(floor.windows, now, later=starts > 0)
        self.serving = sum(self.open)
        self.known = self.serving > 0
        if not self.known and not self.back:
            self.open[0] = self.serving = 1.0  # nobody is there: some window will open
        self.helpers: list[tuple[int, float]] = []
        for place, _, counted in self.around.others:
            other = states[place]
            if other is not None and other.servers:
                windows = other.servers / 100
                for number, part in counted:
                    windows -= part * self.open[number]
                if windows > 0:
                    self.helpers.append((place, windows))

    def _look(self, windows: Mapping[str, WindowState], now: datetime, *, later: bool) -> None:
        """How every window of the queue stands; ``later`` all will begin at once."""
        lines = self.lines
        for number, group in enumerate(self.around.groups):
            many, credit = 0, 0.0
            for name in group.windows:
                window = windows.get(name)
                if window is None or window.mode is CLOSED:
                    continue
                if later or window.ticket is None:
                    if window.mode is PAUSED and not later:
                        self.back.append((comes_back(window, now), number))
                        continue
                    self.free = not later
                    credit += lines[group.places[0]].rest
                else:  # of somebody from elsewhere nothing is known
                    line = lines[group.place_of.get(window.serving_queue, group.places[0])]
                    credit += line.rest - left_of(window, line, now)
                many += 1
            self.open.append(many)
            self.credit.append(credit)

    def pooled(self, ahead: float) -> float:
        """Seconds until it is the turn of the person behind so many, when the windows do nothing else."""
        if not self.serving:
            return min(self.back)[0] + self.lines[0].mean * ahead / max(1, len(self.back))
        work = self.lines[0].mean * (ahead + ENTERS) - sum(self.credit)
        return max(0.0, work / self.serving)

    def shared(self, place: int) -> float:
        """Which part of the windows of another queue serves this one too."""
        both = sum([self.open[number] for number, group in enumerate(self.around.groups) if place in group.places])
        every = both + sum([windows for where, windows in self.helpers if where == place])
        return both / every if every else 0.0

    def until(self, ahead: float, waited: float) -> tuple[float, float]:
        """Seconds until the ordinary person behind ``ahead`` is called, and how many were called before.

        ``waited`` is how long he has waited: whom waiting has lifted, fewer overtake.
        """
        around, mean = self.around, self.lines[0].mean
        _, over, booked = pace.arrivals(self.lines[0].learned, self.at)
        flow = Flow(self)
        served = flow.served
        target, time = ahead + ENTERS, 0.0
        for number, step in enumerate(STEPS):
            age, overtake, before = waited + time, 0.0, served[0]
            if age < around.interval:
                overtake = (over + 0.6 * booked) * step
            elif age < 2 * around.interval and around.cap:
                overtake = over * step
            if ENDS[number] > flow.quiet:
                flow.step(number)
            elif number and not self.back:
                served[0] += flow.leading * step / mean
            else:
                flow.lead(number)
            if served[0] >= target + overtake:
                part = (target - before) / (served[0] - before - overtake)
                return max(0.0, time + step * part), target + part * overtake
            target += overtake
            time = ENDS[number]
        rate = max(served[0] / time, 0.2 / mean)
        return min(LONGEST, time + (target - served[0]) / rate), target


def comes_back(window: WindowState, now: datetime) -> float:
    """In how many seconds a window that is on a break works again."""
    lasts = LUNCH_SECONDS if window.pause_reason is PauseReason.LUNCH else BREAK_SECONDS
    since = (now - window.since).total_seconds() if window.since is not None else 0.0
    return max(lasts - since, lasts / 4) if since <= lasts else max(lasts / 4, since / 2)


def left_of(window: WindowState, line: Line, now: datetime) -> float:
    """How many seconds the service in front will still take: the longer it lasts, the less is known."""
    part = (now - window.since).total_seconds() / line.mean if window.since is not None else 0.5
    return line.mean * max(1 - 0.9 * part, line.usual.least + 0.05 * part)
