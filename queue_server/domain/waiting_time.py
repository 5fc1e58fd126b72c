"""How long somebody will wait: a range from what the hall did, who goes before, and which windows really serve.

``queue_server.domain.fluid`` moves the line on in thought. Here stands who goes before whom, what lunch and closing
add, and how wide the range is.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from queue_server.contract.messages import Estimate, WindowMode
from queue_server.domain import schedule
from queue_server.domain.fluid import Fluid, comes_back, left_of
from queue_server.domain.hall import Hall
from queue_server.domain.surroundings import LAST_LEVEL, LONGEST, around
from queue_server.domain.ticket import APPOINTMENT_RANK, LEVELS, ORDINARY_RANK, RETURNED_RANK, Ticket

if TYPE_CHECKING:
    from queue_server.domain.floor import Floor
    from queue_server.domain.queue import QueueState

OPEN = WindowMode.OPEN

DOWN, UP = 1.3, 1.5
"""How many standard deviations the range reaches down and up."""

DOUBT = 0.17
"""What is never known (breaks, officers, the mix of matters): standard deviation of the pace as a share of it."""

DUE = 0.6
"""So many of those who checked in for an appointment are due, or will be before a walk-in is called."""


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
    state = state or floor.queues.get(queue)
    starts, gaps = _pauses(hall, queue, state, now)
    later = (since - now).total_seconds() if since is not None and rank == APPOINTMENT_RANK else 0.0
    if state is None or (state.waiting <= 0 and later <= 0 and not starts and _is_free(hall, floor, queue)):
        return _rounded(0.0, 0.0, 0.0, starts, gaps)
    fluid = _fluid(hall, floor, queue, state, now, starts)
    own = fluid.lines[0]
    if rank == ORDINARY_RANK:
        time, services = fluid.until(own.waiting - state.appointments + _booked_before(hall, state, fluid), 0.0)
    elif rank == APPOINTMENT_RANK:
        return _appointment(hall, state, fluid, later, starts, gaps)
    else:
        time, services = _lifted(fluid, state.first if LEVELS[rank] == 0 else own.front, LEVELS[rank])
        if rank == RETURNED_RANK:
            time = max(time, fluid.pooled(min(hall.rules.reactivate_after, own.waiting)))
    return _range(fluid, time, services, starts, gaps)


def for_two_newcomers(
    hall: Hall, floor: Floor, queue: str, now: datetime, state: QueueState
) -> tuple[Estimate, Estimate]:
    """The wait of an ordinary person who joins now, and of another one right behind.

    Every ticket needs both: the first stands on its paper, the second is what the queue says from then on. The line is
    moved on in thought only once: the second waits longer by what one person takes at the pace of all before.
    """
    starts, gaps = _pauses(hall, queue, state, now)
    fluid = _fluid(hall, floor, queue, state, now, starts)
    own = fluid.lines[0]
    ahead = own.waiting - state.appointments + _booked_before(hall, state, fluid)
    empty = fluid.free and own.waiting == 0
    time, services = (0.0, 0.0) if empty else fluid.until(ahead, 0.0)
    later = (time * (services + 1) / services, services + 1) if time > 0 else fluid.until(ahead + 1, 0.0)
    return _range(fluid, time, services, starts, gaps), _range(fluid, *later, starts, gaps)


def for_ticket(hall: Hall, floor: Floor, ticket: Ticket, ahead: int, now: datetime) -> Estimate:
    """The wait that is left for somebody behind ``ahead`` others of his queue; at his window if he was sent there."""
    state = floor.queues.get(ticket.queue)
    starts, gaps = _pauses(hall, ticket.queue, state, now)
    fluid = _fluid(hall, floor, ticket.queue, state, now, starts)
    waited = (now - ticket.since).total_seconds()
    before = float(max(0, ahead))
    services = before
    if ticket.to_window is not None:
        time = _at_window(floor, fluid, ticket.to_window, before, now)
    elif fluid.free and not before:
        time = 0.0
    elif LEVELS[ticket.rank] == LAST_LEVEL:
        time, services = fluid.until(before, max(0.0, waited))
    else:
        time, services = _lifted(fluid, before, LEVELS[ticket.rank], counted=True)
    least = 0.0 if hall.rules.early_appointments else max(0.0, -waited)
    return _range(fluid, max(time, -waited), services, starts, gaps, least)


def _is_free(hall: Hall, floor: Floor, queue: str) -> bool:
    """Whether a window of the queue is open with nobody in front."""
    for group in around(hall, queue).groups:
        for name in group.windows:
            window = floor.windows.get(name)
            if window is not None and window.ticket is None and window.mode is OPEN:
                return True
    return False


def _fluid(hall: Hall, floor: Floor, queue: str, state: QueueState | None, now: datetime, starts: float) -> Fluid:
    local = now.astimezone(hall.zone_info)
    hour = local.hour if not starts else (local + timedelta(seconds=starts)).hour
    return Fluid(hall, floor, queue, state, now, starts, hour)


# --- who goes before ---


def _booked_before(hall: Hall, state: QueueState, fluid: Fluid) -> float:
    """How many of those with appointments go before an ordinary newcomer."""
    booked = state.appointments
    if not booked:
        return 0.0
    if fluid.pooled(state.waiting) > fluid.around.interval:
        return DUE * booked
    share = hall.rules.appointment_share / max(1, hall.rules.walk_in_share)
    return min(DUE * booked, (state.waiting - booked) * share + 1)


def _appointment(
    hall: Hall, state: QueueState, fluid: Fluid, later: float, starts: float, gaps: tuple[tuple[float, float], ...]
) -> Estimate:
    """Not before the booked time; earlier only when nobody else waits, and then the low end says so."""
    own = fluid.lines[0]
    walk_ins = max(0, own.ordinary - state.appointments)
    share = hall.rules.walk_in_share / max(1, hall.rules.appointment_share)
    booked = DUE * state.appointments
    by_turns = own.aged(fluid.around.interval) + share * (booked + 0.5)
    time, services = fluid.until(own.front + booked + min(walk_ins, by_turns), 0.0)
    due = max(time, later + 0.5 * own.mean / max(1.0, fluid.serving) if later > 0 else 0.0)
    said = _range(fluid, due, services, starts, gaps, max(0.0, later))
    if later <= 0 or not hall.rules.early_appointments:
        return said
    early = _range(fluid, fluid.pooled(own.waiting), own.waiting, starts, gaps)
    return Estimate(low=min(said.low, early.low), likely=said.likely, high=said.high)


def _lifted(fluid: Fluid, ahead: float, level: int, *, counted: bool = False) -> tuple[float, float]:
    """The wait of somebody of a class above the ordinary one: only whom waiting has lifted as far goes before too.

    ``counted``: those of his own queue are in ``ahead`` already.
    """
    rises = LAST_LEVEL - level
    needed = rises * fluid.around.interval if rises <= fluid.around.cap else LONGEST
    own, time, services = fluid.lines[0], fluid.pooled(ahead), ahead
    for _ in range(2):
        services = ahead if counted else ahead + own.aged(needed - time)
        for place, line in enumerate(fluid.lines[1:], start=1):
            services += fluid.shared(place) * (line.front + line.aged(needed - time)) * line.mean / own.mean
        time = fluid.pooled(services)
    return time, services


def _at_window(floor: Floor, fluid: Fluid, name: str, ahead: float, now: datetime) -> float:
    """Who was sent to one window waits for that one: it calls those sent there before anybody else."""
    own = fluid.lines[0]
    window = floor.windows.get(name)
    if window is None or window.mode is WindowMode.CLOSED:
        free = own.mean
    elif window.mode is WindowMode.PAUSED:
        free = comes_back(window, now)
    else:
        free = left_of(window, own, now) if window.ticket is not None else 0.0
    return free + ahead * own.mean


# --- the range ---


def _range(
    fluid: Fluid,
    time: float,
    services: float,
    starts: float,
    gaps: tuple[tuple[float, float], ...],
    least: float = 0.0,
) -> Estimate:
    """From the likely time and how many are called before; it is never less than ``least``."""
    low = high = time
    if time > 0:
        own = fluid.lines[0]
        doubt = DOUBT if fluid.known else 2.5 * DOUBT
        spread = time * math.sqrt(own.usual.spread / (services + 1) + doubt * doubt)
        base = 0.4 * own.mean / max(1.0, fluid.serving)
        low, high = time - DOWN * spread - base, time + UP * spread + base
    return _rounded(max(least, low), time, high, starts, gaps)


def _rounded(low: float, likely: float, high: float, starts: float, gaps: tuple[tuple[float, float], ...]) -> Estimate:
    """The range on the clock, in whole minutes."""
    if starts or gaps:
        low, likely, high = _through(low, starts, gaps), _through(likely, starts, gaps), _through(high, starts, gaps)
    elif high > LONGEST:
        low, likely, high = min(low, LONGEST), min(likely, LONGEST), LONGEST
    down, up = 60 * math.floor(low / 60), 60 * math.ceil(high / 60) or 60
    most = 60 * round(likely / 60)
    return Estimate(low=down, likely=down if most < down else min(most, up), high=up)


def _through(time: float, starts: float, gaps: tuple[tuple[float, float], ...]) -> float:
    """The time on the clock: nobody is called before the doors open, nor during lunch."""
    time += starts
    for at, lasts in gaps:
        if time > at:
            time += lasts
    return min(time, LONGEST)


def _pauses(
    hall: Hall, queue: str, state: QueueState | None, now: datetime
) -> tuple[float, tuple[tuple[float, float], ...]]:
    """Seconds until the hall calls people, and the breaks of today after that: in how many seconds, and how long."""
    if state is None:
        return 0.0, ()
    hours = schedule.today(hall, hall.queue_by_id[queue], state, now).hours
    ahead = hours if hours and hours[0][1] > now else [span for span in hours if span[1] > now]
    if not ahead:
        return 0.0, ()
    opens = ahead[0][0]
    starts = (opens - now).total_seconds() if opens > now else 0.0
    if len(ahead) == 1:
        return starts, ()
    return starts, tuple(
        ((one[1] - now).total_seconds(), (following[0] - one[1]).total_seconds()) for one, following in pairwise(ahead)
    )
