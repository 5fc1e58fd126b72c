"""The first of each class of a queue, kept in memory so that a call need not ask the database who they are.

Everything here is pure: values are replaced, never changed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from queue_server.contract.messages import TicketState
from queue_server.domain.ticket import Ticket

MOST = 32
"""Of one class of one queue."""

REFILL = 16
"""So many are read when a line that was known has come to its end here."""

Place = tuple[str, int]
"""Queue and rank."""


class Line(NamedTuple):
    """``first`` are the first in the order of (since, id), without those that were sent to one window.

    ``whole`` when nobody else waits behind them.
    """

    first: tuple[Ticket, ...]
    whole: bool

    @property
    def is_known(self) -> bool:
        """Whether it says who is the very first, or that there is none."""
        return self.whole or bool(self.first)


def is_in_line(ticket: Ticket) -> bool:
    return ticket.state is TicketState.WAITING and ticket.to_window is None


def moved(lines: Mapping[Place, Line], before: Ticket | None, after: Ticket) -> Mapping[Place, Line]:
    """The lines when a ticket is ``after`` what it was ``before`` (None: it is new)."""
    if before is not None and is_in_line(before):
        place = (before.queue, before.rank)
        line = lines.get(place)
        if line is not None:
            rest = tuple(one for one in line.first if one.id != after.id)
            if len(rest) < len(line.first):
                lines = {**lines, place: Line(rest, line.whole)}
    if is_in_line(after):
        place = (after.queue, after.rank)
        line = lines.get(place)
        if line is not None:
            lines = {**lines, place: _with(line, after)}
    return lines


def _with(line: Line, ticket: Ticket) -> Line:
    first, key = line.first, _order(ticket)
    if not first or key > _order(first[-1]):
        if not line.whole:
            return line  # somebody who is not known here may stand before
        joined = (*first, ticket)
    else:
        place = bisect_right(first, key, key=_order)
        joined = (*first[:place], ticket, *first[place:])
    return Line(joined[:MOST], line.whole and len(joined) <= MOST)


def _order(ticket: Ticket) -> tuple[datetime, str]:
    return (ticket.since, ticket.id)
