"""What kinds of days there are: who comes when, how long they really take, which windows are open when.

Every figure is made up, but of the size that district halls report: 8 to 18 windows, 250 to 1,000 people a day, a peak
in the morning, services that take another time than somebody once configured.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from queue_server.contract.messages import Text
from queue_server.domain.hall import Calendar, Hall, QueueRule, Rules, Session, WindowRule, Zone

MORNING_PEAK = (0.7, 1.35, 1.5, 1.15, 0.75, 0.7, 0.95, 1.05, 0.85, 0.6)
FLAT = (1.0,) * 10
"""How many come in each half of a session's hours, against the mean: one figure for every tenth of the open time."""


@dataclass(frozen=True)
class Line:
    """One queue as it really is. ``share`` is its part of the work of all windows; ``by_hour`` slows the services."""

    id: str
    configured: float
    """Minutes of a service, as somebody once configured them."""
    real: float
    """Minutes of a service, as they are."""
    share: float
    appointments: int = 0
    """Places in each half hour."""
    by_hour: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Shift:
    """When a window is open, in minutes since midnight."""

    start: int
    end: int


@dataclass(frozen=True)
class Profile:
    """One kind of day. ``load`` is the work that comes, against what the open windows can do."""

    name: str
    lines: tuple[Line, ...]
    windows: dict[str, tuple[str, ...]]
    shifts: dict[str, tuple[Shift, ...]]
    sessions: tuple[tuple[int, int], ...] = ((540, 1050),)
    shape: tuple[float, ...] = MORNING_PEAK
    load: float = 0.92
    priority: float = 0.06
    no_show: float = 0.05
    """Of those called, who is not there; two of five of them come back."""
    transferred: float = 0.03
    breaks_per_hour: float = 0.25
    """Short breaks of one window."""
    spread: float = 0.7
    """Standard deviation ÷ mean of a service."""
    turns: dict[str, dict[str, int]] = field(default_factory=dict)
    lunches: frozenset[int] = frozenset()
    """The minutes at which windows stop for lunch; at the end of any other shift they close."""

    def hall(self) -> Hall:
        sessions = tuple(Session(start, end) for start, end in self.sessions)
        return Hall(
            id="sim",
            name=Text(zh="模拟大厅"),
            short_name=Text(zh="模拟"),
            time_zone="Asia/Shanghai",
            notice=Text(zh=""),
            hours=Text(zh=""),
            address=Text(zh=""),
            demo=True,
            calendar=Calendar(sessions=sessions),
            zones=(Zone("Z", Text(zh="一区"), Text(zh="一楼")),),
            queues=tuple(
                QueueRule(line.id, Text(zh=line.id), line.id, "Z", round(60 * line.configured)) for line in self.lines
            ),
            windows=tuple(
                WindowRule(name, Text(zh=name), "Z", queues, turns=self.turns.get(name, {}))
                for name, queues in self.windows.items()
            ),
            rules=Rules(closing_gate=False),
        )


_SLOW_NOON = {9: 1.1, 10: 1.0, 11: 0.9, 12: 1.05, 13: 1.1, 14: 1.0, 15: 0.95, 16: 0.85}

_FIVE = (
    Line("A", 8, 6.5, 0.34, by_hour=_SLOW_NOON),
    Line("B", 10, 12.5, 0.24, by_hour=_SLOW_NOON),
    Line("C", 15, 13.0, 0.18, by_hour=_SLOW_NOON),
    Line("D", 20, 26.0, 0.16, by_hour=_SLOW_NOON),
    Line("E", 4, 5.0, 0.08, by_hour=_SLOW_NOON),
)

_EIGHT = {
    "1": ("A", "E"),
    "2": ("A", "E"),
    "3": ("A", "C"),
    "4": ("B",),
    "5": ("B", "E"),
    "6": ("C",),
    "7": ("D",),
    "8": ("D", "E"),
}


def _all_day(windows: dict[str, tuple[str, ...]], *shifts: Shift) -> dict[str, tuple[Shift, ...]]:
    return dict.fromkeys(windows, shifts)


def _two_lunches(windows: dict[str, tuple[str, ...]]) -> dict[str, tuple[Shift, ...]]:
    """Half of the windows eat first, half second."""
    first = (Shift(540, 690), Shift(750, 1050))
    second = (Shift(540, 750), Shift(810, 1050))
    return {name: first if place % 2 else second for place, name in enumerate(windows)}


_POOL = {str(number): ("A",) for number in range(1, 11)} | {str(number): ("B",) for number in range(11, 19)}
_SHARED = (
    {str(number): ("A", "B", "C") for number in range(1, 7)}
    | {str(number): ("B", "A") for number in range(7, 12)}
    | {str(number): ("C", "B") for number in range(12, 16)}
)
_TIDE = {str(number): ("A",) for number in range(1, 11)} | {"11": ("B", "A"), "12": ("B",), "13": ("B",), "14": ("B",)}

PROFILES = (
    Profile(
        "weekday with a morning peak", _FIVE, _EIGHT, _two_lunches(_EIGHT), load=0.82, lunches=frozenset({690, 750})
    ),
    Profile(
        "flat",
        (Line("A", 8, 6.5, 0.55), Line("B", 10, 13.0, 0.45)),
        _POOL,
        _all_day(_POOL, Shift(540, 1050)),
        shape=FLAT,
        load=0.92,
    ),
    Profile(
        "everybody at lunch",
        (Line("A", 8, 6.5, 0.55, by_hour=_SLOW_NOON), Line("B", 10, 12.5, 0.45, by_hour=_SLOW_NOON)),
        _POOL,
        _all_day(_POOL, Shift(540, 720), Shift(810, 1050)),
        sessions=((540, 720), (810, 1050)),
        load=0.88,
        lunches=frozenset({720}),
    ),
    Profile(
        "windows open and close",
        (Line("A", 8, 6.5, 0.68, by_hour=_SLOW_NOON), Line("B", 10, 12.5, 0.32, by_hour=_SLOW_NOON)),
        _TIDE,
        {
            **_all_day(_TIDE, Shift(540, 1050)),
            "7": (Shift(600, 720), Shift(840, 1000)),
            "8": (Shift(600, 720), Shift(840, 1000)),
            "9": (Shift(615, 700),),
            "10": (Shift(570, 660), Shift(900, 1050)),
            "14": (Shift(600, 780), Shift(870, 1020)),
        },
        load=0.88,
        breaks_per_hour=0.4,
    ),
    Profile(
        "windows that share queues",
        (Line("A", 8, 7.0, 0.42), Line("B", 12, 15.0, 0.36, by_hour=_SLOW_NOON), Line("C", 15, 12.0, 0.22)),
        _SHARED,
        _two_lunches(_SHARED),
        load=0.86,
        lunches=frozenset({690, 750}),
        turns={"7": {"B": 2, "A": 1}, "8": {"B": 2, "A": 1}},
    ),
    Profile(
        "appointments and priorities",
        (
            Line("A", 8, 6.5, 0.55, appointments=8, by_hour=_SLOW_NOON),
            Line("B", 10, 13.0, 0.45, appointments=3, by_hour=_SLOW_NOON),
        ),
        _POOL,
        _all_day(_POOL, Shift(540, 1050)),
        load=0.88,
        priority=0.15,
        transferred=0.06,
        no_show=0.08,
    ),
)
