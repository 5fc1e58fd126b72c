"""Tickets, queues and windows as the contract's messages show them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from queue_server.contract.messages import (
    CallView,
    OfficerView,
    QueueView,
    RatingState,
    TicketState,
    TicketView,
    WindowPlace,
    WindowView,
)
from queue_server.domain.hall import Hall
from queue_server.domain.queue import QueueState
from queue_server.domain.ticket import STANDINGS, Ticket
from queue_server.domain.window import WindowState

WAITING, INVITED = TicketState.WAITING, RatingState.INVITED


def ticket_view(ticket: Ticket) -> TicketView:
    """A waiting ticket that was sent to a window shows that window."""
    stops = ticket.stops
    items: tuple[str, ...] = ()
    following: tuple[str, ...] = ()
    if stops:
        items = stops[ticket.stop].items
        following = tuple([stop.queue for stop in stops[ticket.stop + 1 :]])
    return TicketView(
        id=ticket.id,
        number=ticket.number,
        queue=ticket.queue,
        state=ticket.state,
        issued_at=ticket.issued_at,
        priority=ticket.priority,
        channel=ticket.channel,
        window=ticket.to_window if ticket.state is WAITING else ticket.window,
        called_at=ticket.called_at,
        started_at=ticket.started_at,
        calls=ticket.calls,
        item=ticket.item,
        outcome=ticket.outcome,
        why=ticket.why,
        masked_name=ticket.masked_name,
        offline=ticket.offline,
        standing=STANDINGS[ticket.rank],
        items=items,
        next_queues=following,
        appointment_start=ticket.booked_for,
        reactivated=ticket.reactivated,
        clock_off=ticket.clock_off,
    )


def queue_view(hall: Hall, state: QueueState) -> QueueView:
    """What was published of the queue."""
    rule = hall.queue_by_id[state.queue]
    return QueueView(
        id=rule.id,
        name=rule.name,
        prefix=rule.prefix,
        open=state.open,
        waiting=state.waiting,
        estimated_wait_seconds=state.estimate,
        closed_reason=state.closed_reason,
        windows=hall.windows_of_queue[rule.id],
        warning=state.warning,
        bookable=rule.appointment is not None,
    )


def window_view(hall: Hall, state: WindowState, ticket: Ticket | None, held: Iterable[Ticket]) -> WindowView:
    """``service`` is the one under way, else the one that the pad asks about."""
    rule = hall.window_by_id[state.window]
    officer = hall.officer_by_id.get(state.officer) if state.officer else None
    return WindowView(
        id=rule.id,
        name=rule.name,
        zone=rule.zone,
        mode=state.mode,
        queues=rule.queues,
        pause_reason=state.pause_reason,
        officer=OfficerView(id=officer.id, number=officer.number, name=officer.name) if officer else None,
        ticket=ticket_view(ticket) if ticket else None,
        held=tuple([ticket_view(one) for one in held]),
        service=state.service or state.rated,
        rating=state.rating,
        rating_until=state.rating_until if state.rating is INVITED else None,
    )


def call_view(hall: Hall, ticket: Ticket, now: datetime) -> CallView:
    """A call that may be spoken until ``valid_until``. The ticket is at a window."""
    rule = hall.window_by_id[ticket.window or ""]
    return CallView(
        ticket=ticket.id,
        number=ticket.number,
        window=rule.id,
        window_name=rule.name,
        zone=rule.zone,
        at=now,
        calls=ticket.calls,
        valid_until=now + timedelta(seconds=hall.rules.announce_valid_seconds),
    )


def withdrawn_call(hall: Hall, ticket: Ticket, now: datetime) -> CallView:
    """The call of a ticket that is still at the window, taken back: nobody may hear it from now on."""
    return replace(call_view(hall, ticket, now), valid_until=now, withdrawn=True)


def places(hall: Hall, windows: Iterable[str]) -> tuple[WindowPlace, ...]:
    """Where these windows are."""
    found = []
    for window in windows:
        rule = hall.window_by_id[window]
        zone = hall.zone_by_id[rule.zone]
        found.append(WindowPlace(id=rule.id, name=rule.name, zone=zone.name, floor=zone.floor))
    return tuple(found)
