"""How long somebody will wait: a simple range that does not pretend to know more than it does."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING

from queue_server.contract.messages import Estimate
from queue_server.domain import pace
from queue_server.domain.hall import Hall
from queue_server.domain.ticket import LEVELS, Ticket

if TYPE_CHECKING:
    from queue_server.domain.floor import Floor
    from queue_server.domain.queue import QueueState

LOW_SHARE = 0.6
HIGH_SHARE = 1.5


def for_newcomer(
    hall: Hall, floor: Floor, queue: str, rank: int, now: datetime, state: QueueState | None = None
) -> Estimate:
    """The wait of somebody of this class who joins the queue now; ``state`` is newer than what the floor holds."""
    state = state or floor.queues[queue]
    classes = (state.first, state.returned, state.transferred, state.appointments)
    ahead = state.waiting if LEVELS[rank] == 2 else sum(classes[: rank + 1])
    return _range(hall, floor, state, ahead, state.servers or 100 * state.staffed, now)


def for_ticket(hall: Hall, floor: Floor, ticket: Ticket, ahead: int, now: datetime) -> Estimate:
    """The wait that is left for somebody who waits behind ``ahead`` others."""
    state = floor.queues[ticket.queue]
    return _range(hall, floor, state, ahead, 100 if ticket.to_window else state.servers or 100 * state.staffed, now)


def _range(hall: Hall, floor: Floor, state: QueueState, ahead: int, servers: int, now: datetime) -> Estimate:
    hour = now.astimezone(hall.zone_info).hour
    seconds, _ = pace.typical(hall.queue_by_id[state.queue], floor.paces.get(state.queue, ()), hour)
    windows = max(servers, 100) / 100
    work = max(ahead, 0) * seconds / windows
    residual = seconds / windows / 2
    low = math.floor(work * LOW_SHARE / 60) * 60
    likely = math.ceil((work + residual) / 60) * 60
    high = math.ceil((work * HIGH_SHARE + 2 * residual) / 60) * 60
    return Estimate(low=low, likely=max(low, likely), high=max(low, likely, high))
