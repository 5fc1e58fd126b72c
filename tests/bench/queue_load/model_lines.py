"""Who waits and who is next, as lists: the part of the second opinion that only looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction

PRIORITY, RETURNED, TRANSFERRED, APPOINTMENT, ORDINARY = range(5)
CLASS = (0, 1, 1, 2, 2)
A_LITTLE = timedelta(microseconds=1)
OWED = {"issuing", "print-failed", "waiting", "calling", "serving", "held"}
ON_THE_BOARD = {"issuing", "print-failed", "waiting", "calling", "serving", "held", "passed"}


class No(Exception):  # noqa: N818  # an answer, not an error
    """The hall says no with this word."""


@dataclass(frozen=True)
class Rules:
    """Those of the demo hall that matter here."""

    recall_limit: int = 3
    recall_spacing: float = 10
    ageing: timedelta = timedelta(minutes=20)
    ageing_cap: int = 2
    appointment_share: int = 1
    walk_in_share: int = 2
    reactivations: int = 1
    reactivate_after: int = 3
    undo_seconds: float = 300
    lent: range = range(700, 1000)
    active_per_hall: int = 2
    bookings_per_day: int = 1
    places: int = 4
    """In each slot."""
    closes: timedelta = timedelta(minutes=10)
    change: timedelta = timedelta(hours=2)
    early: timedelta = timedelta(minutes=30)
    """How long before it begins a slot is closed, a booking may be changed, and its person may come."""
    turns: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Of some windows."""


@dataclass(eq=False)
class Ticket:
    """``since`` is its clock in the line; ``before`` is how it was before its last transfer."""

    number: str
    queue: str
    first: bool
    rank: int
    since: datetime
    issued: datetime
    id: str = ""
    state: str = "waiting"
    window: str | None = None
    only_at: str | None = None
    calls: int = 0
    called: datetime | None = None
    started: datetime | None = None
    let_go_until: int | None = None
    came_back: int = 0
    before: Ticket | None = None
    moved: datetime | None = None
    stops: tuple[str, ...] = ()
    booked: bool = False
    person: str | None = None

    @property
    def place(self) -> tuple[datetime, str]:
        return (self.since, self.id)

    @property
    def own_rank(self) -> int:
        return PRIORITY if self.first else ORDINARY

    def wait_again(self, rank: int, since: datetime) -> None:
        self.state, self.rank, self.since = "waiting", rank, since
        self.window = self.only_at = self.called = self.started = self.let_go_until = self.before = self.moved = None
        self.calls = 0


@dataclass
class Window:
    queues: tuple[str, ...]
    mode: str = "closed"
    front: Ticket | None = None
    moved: Ticket | None = None
    """Whom it transferred last."""
    turns: Mapping[str, int] = field(default_factory=dict)
    """So many of these queues go for so many of the others."""
    had: dict[str, Fraction] = field(default_factory=dict)
    """How far they have come in their turns."""


@dataclass
class Lines:
    """Everybody of today. Whoever is next is found by looking at all of them."""

    windows: dict[str, Window]
    rules: Rules = Rules()
    tickets: list[Ticket] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)
    """So many were called today, by queue."""
    counts: dict[str, int] = field(default_factory=dict)
    """The last number of today, by prefix."""
    shares: dict[str, dict[bool, Fraction]] = field(default_factory=dict)
    """How far appointments (True) and walk-ins have come in their turns, by queue."""
    day: date | None = None

    def level(self, ticket: Ticket, now: datetime) -> int:
        """Its class, lifted by waiting."""
        risen = max(0, int((now - ticket.since) / self.rules.ageing)) if self.rules.ageing else 0
        return max(0, CLASS[ticket.rank] - min(self.rules.ageing_cap, risen))

    def next_for(self, window: str, now: datetime) -> Ticket | None:
        return self._choose(window, now)[0]

    def _choose(self, window: str, now: datetime) -> tuple[Ticket | None, bool]:
        """Whoever is next, and whether appointments and walk-ins take turns there."""
        desk = self.windows[window]
        everybody = [one for one in self.tickets if one.state == "waiting"]
        here = [one for one in everybody if one.only_at == window]
        sent = [one for one in here if one.since <= now + A_LITTLE]
        if sent:
            return min(sent, key=lambda one: (self.level(one, now), one.place)), False
        line = [one for one in everybody if one.only_at is None and one.queue in desk.queues]
        come = [one for one in line if one.since <= now + A_LITTLE]
        polite = self._polite(come, now)
        letting = {one.id for one in polite}
        due = [one for one in come if one.id not in letting]
        early = [one for one in line if one.since > now + A_LITTLE and one.booked]
        sent_early = [one for one in here if one.booked]
        competing = due or polite or early
        if not due and not polite and sent_early:
            return min(sent_early, key=lambda one: (self.level(one, now), one.place)), False
        if not competing:
            return None, False
        level = min(self.level(one, now) for one in competing)
        best = [one for one in competing if self.level(one, now) == level]
        queues = self._queues_now(desk, {one.queue for one in best})
        if level == 0:
            return min((one for one in best if one.queue in queues), key=lambda one: one.place), False
        best = [one for one in best if one.queue == queues[0]]
        by_share = level == CLASS[ORDINARY] and competing is due
        if by_share:
            kind = self._whose_turn(queues[0], best)
            best = [one for one in best if (one.rank == APPOINTMENT) == kind]
        return min(best, key=lambda one: one.place), by_share

    def _queues_now(self, desk: Window, queues: set[str]) -> list[str]:
        """Of these queues those that may go, in the window's order; of those that go by turns only one."""
        by_turns = [queue for queue in desk.turns if queue in queues]
        first = [min(by_turns, key=lambda queue: desk.had.get(queue, 0))] if by_turns else []
        return first + [queue for queue in desk.queues if queue in queues and queue not in by_turns]

    def _take_turn(self, desk: Window, queue: str) -> None:
        """One of this queue went; whoever was away meanwhile has saved up nothing."""
        before = desk.had.get(queue, Fraction(0))
        desk.had = {name: max(before, desk.had.get(name, Fraction(0))) for name in desk.turns}
        desk.had[queue] = before + Fraction(1, desk.turns[queue])

    def _polite(self, come: list[Ticket], now: datetime) -> list[Ticket]:
        """Those who let others go, and who returned to the same queue after them: in a class nobody overtakes."""
        found = [one for one in come if self._lets_others_go(one, now)]
        first = {one.queue: min(other.place for other in found if other.queue == one.queue) for one in found}
        returned = [one for one in come if one.rank == RETURNED and one.queue in first]
        return [one for one in returned if one.place >= first[one.queue]]

    def _lets_others_go(self, ticket: Ticket, now: datetime) -> bool:
        if ticket.rank != RETURNED or ticket.let_go_until is None or now - ticket.since >= self.rules.ageing:
            return False
        return self.calls.get(ticket.queue, 0) < ticket.let_go_until

    def _whose_turn(self, queue: str, best: list[Ticket]) -> bool:
        """Whether an appointment goes. Who has had less of its share goes; having been away is no merit."""
        had = self.shares.get(queue, {True: Fraction(0), False: Fraction(0)})
        return min({one.rank == APPOINTMENT for one in best}, key=lambda kind: (had[kind], not kind))

    def _share(self, queue: str, kind: bool) -> None:
        """One of this kind went: counted in rounds of its share, the other kind is at least where this one was."""
        had = self.shares.get(queue, {True: Fraction(0), False: Fraction(0)})
        share = self.rules.appointment_share if kind else self.rules.walk_in_share
        self.shares[queue] = {kind: had[kind] + Fraction(1, share), not kind: max(had[not kind], had[kind])}


def demo_windows(turns: Mapping[str, Mapping[str, int]] | None = None) -> Iterator[tuple[str, Window]]:
    """The windows of the demo hall, perhaps with turns between the queues of some."""
    queues = ("AE", "AE", "AC", "B", "BE", "C", "D", "DE")
    for number, served in enumerate(queues, 1):
        yield str(number), Window(tuple(served), turns=(turns or {}).get(str(number), {}))


TURNS: Mapping[str, Mapping[str, int]] = {"1": {"A": 2, "E": 1}, "3": {"C": 3, "A": 1}}
"""With these the tests and the mixed load try turns."""


def with_turns(hall: str) -> str:
    """The description of the demo hall with ``TURNS``."""
    for window, turns in TURNS.items():
        line = next(line for line in hall.splitlines() if f'- {{ id: "{window}",' in line)
        said = ", ".join(f"{queue}: {weight}" for queue, weight in turns.items())
        hall = hall.replace(line, line.replace("], pad", f"], turns: {{ {said} }}, pad"))
    return hall
