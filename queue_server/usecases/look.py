"""What can be seen of a hall: a ticket's place, the windows, a fresh snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from queue_server.contract.messages import (
    CallView,
    Caution,
    Estimate,
    QueueView,
    RatingState,
    Snapshot,
    Text,
    TicketState,
    TicketStatus,
    WindowView,
)
from queue_server.domain import queue, schedule, views, waiting_time
from queue_server.domain.floor import Floor
from queue_server.domain.hall import Hall
from queue_server.domain.queue import QueueState
from queue_server.domain.rating import Service
from queue_server.domain.ticket import ACTIVE, Ticket
from queue_server.domain.window import WindowState


class Sight(Protocol):
    """What storage lets a reader see of one hall at one instant."""

    @property
    def hall(self) -> Hall: ...
    def ticket(self, ticket: str) -> Ticket | None: ...
    def ahead_of(self, ticket: Ticket) -> int:
        """How many would be called before this waiting ticket."""

    def held_at(self, window: str) -> list[Ticket]: ...
    def queue(self, queue: str) -> QueueState: ...
    def floor(self) -> Floor: ...
    def windows(self) -> list[WindowState]: ...
    def service(self, service: str) -> Service | None: ...
    def finished_service_of(self, ticket: str) -> Service | None: ...


def ticket_status(sight: Sight, ticket: Ticket, now: datetime) -> TicketStatus:
    """A ticket with its place and an estimate while it waits, and whether its service was rated."""
    hall = sight.hall
    rule = hall.queue_by_id.get(ticket.queue)
    ahead: int | None = None
    estimate: Estimate | None = None
    warning: Caution | None = None
    if ticket.state is TicketState.WAITING and rule is not None:
        ahead = sight.ahead_of(ticket)
        floor = sight.floor()
        estimate = waiting_time.for_ticket(hall, floor, ticket, ahead, now)
        closes = schedule.closes_at(hall, rule, floor.queues[ticket.queue], now)
        warning = queue.caution_before(hall, closes, estimate, now)
    service = sight.finished_service_of(ticket.id)
    if service is None and ticket.service is not None:
        service = sight.service(ticket.service)
    return replace(
        status_without_place(hall, ticket),
        ahead=ahead,
        estimated_wait_seconds=estimate,
        windows=views.places(hall, _windows_for(hall, ticket)),
        rating=service.rating if service else RatingState.NOT_YET,
        service=service.id if service else None,
        warning=warning,
    )


def status_without_place(hall: Hall, ticket: Ticket) -> TicketStatus:
    """What the ticket itself says: nothing is asked of the line."""
    return TicketStatus(
        ticket=views.ticket_view(ticket),
        queue_name=_name_of(hall, ticket.queue),
        hall_name=hall.name,
        time_zone=hall.time_zone,
        steps=tuple(_name_of(hall, stop.queue) for stop in ticket.stops) if len(ticket.stops) > 1 else (),
        step=ticket.stop,
    )


def _name_of(hall: Hall, queue: str) -> Text:
    rule = hall.queue_by_id.get(queue)
    return rule.name if rule else Text(zh=queue)


def _windows_for(hall: Hall, ticket: Ticket) -> tuple[str, ...]:
    if ticket.state is TicketState.WAITING:
        wanted = (ticket.to_window,) if ticket.to_window else hall.windows_of_queue.get(ticket.queue, ())
    elif ticket.state in ACTIVE and ticket.window:
        wanted = (ticket.window,)
    else:
        wanted = ()
    return tuple(window for window in wanted if window in hall.window_by_id)


def queue_views(sight: Sight) -> list[QueueView]:
    """As published, in the order of the description."""
    return [views.queue_view(sight.hall, sight.queue(rule.id)) for rule in sight.hall.queues]


def window_views(sight: Sight, tickets: Mapping[str, Ticket] | None = None) -> list[WindowView]:
    """In the order of the description; ``tickets`` are those that were read already."""
    states = {state.window: state for state in sight.windows()}
    shown = []
    for rule in sight.hall.windows:
        state = states.get(rule.id) or WindowState(window=rule.id)
        ticket = None
        if state.ticket is not None:
            ticket = tickets.get(state.ticket) if tickets else sight.ticket(state.ticket)
        shown.append(views.window_view(sight.hall, state, ticket, sight.held_at(rule.id)))
    return shown


def snapshot(sight: Sight, seq: int, at: datetime, tickets: Iterable[Ticket], calls: Iterable[CallView]) -> Snapshot:
    """The hall after event ``seq``, equal to what applying all events gives."""
    by_id = {ticket.id: ticket for ticket in tickets}
    return Snapshot(
        seq=seq,
        at=at,
        queues={view.id: view for view in queue_views(sight)},
        windows={view.id: view for view in window_views(sight, by_id)},
        tickets={ticket.id: views.ticket_view(ticket) for ticket in by_id.values()},
        calls=tuple(calls),
    )
