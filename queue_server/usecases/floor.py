"""What several verbs at the windows have in common: find who is in front, and tell what changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from queue_server.contract.messages import (
    EventType,
    Outcome,
    QueueView,
    RatingState,
    TicketState,
    WindowMode,
    WindowView,
)
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import queue as queues
from queue_server.domain import ticket as tickets
from queue_server.domain import views, window
from queue_server.domain.events import Happened
from queue_server.domain.queue import QueueState
from queue_server.domain.rating import Service
from queue_server.domain.ticket import Ticket
from queue_server.domain.window import WindowState
from queue_server.usecases.work import Ids, Work


def window_of(work: Work, window_id: str) -> WindowState:
    """The state of a window of this hall. Raises ``NOT_FOUND``."""
    if window_id not in work.hall.window_by_id:
        raise Refusal(Code.NOT_FOUND, f"there is no window {window_id!r}", window=window_id)
    return work.window(window_id)


def current_ticket(work: Work, state: WindowState) -> Ticket:
    """The ticket in front of a window. Raises ``NO_CURRENT_TICKET``."""
    ticket = work.ticket(state.ticket) if state.ticket else None
    if ticket is None:
        raise Refusal(Code.NO_CURRENT_TICKET, f"window {state.window} has no ticket in front", window=state.window)
    return ticket


def publish_queue(work: Work, state: QueueState, now: datetime) -> QueueView:
    """Saves a queue together with what the event says of it."""
    published = queues.publish(work.hall, state, now)
    work.save_queue(published)
    return views.queue_view(work.hall, published)


def see_window(work: Work, state: WindowState, ticket: Ticket | None = None) -> WindowView:
    """Saves a window and shows it with the ticket in front of it."""
    work.save_window(state)
    if state.ticket is None:
        ticket = None
    elif ticket is None or ticket.id != state.ticket:
        ticket = work.ticket(state.ticket)
    return views.window_view(work.hall, state, ticket, work.held_at(state.window))


def staffed_differently(work: Work, before: WindowState, after: WindowState, now: datetime) -> list[QueueView]:
    """Publishes the queues of a window that begins or stops to serve them."""
    rule = work.hall.window_by_id[after.window]
    serving = (after.mode is WindowMode.OPEN) - (before.mode is WindowMode.OPEN)
    staffed = (after.mode is not WindowMode.CLOSED) - (before.mode is not WindowMode.CLOSED)
    if not serving and not staffed:
        return []
    shown = []
    for queue_id in rule.queues:
        state = work.queue(queue_id)
        changed = replace(
            state,
            servers=state.servers + serving * queues.weight(rule, queue_id),
            staffed=state.staffed + staffed,
        )
        shown.append(publish_queue(work, changed, now))
    return shown


def begin_service(
    work: Work, state: WindowState, ticket: Ticket, started: datetime, now: datetime, ids: Ids
) -> tuple[WindowState, Ticket]:
    """The person is served from ``started`` on; the one before can no longer answer the pad."""
    state = end_invitation(work, state)
    service = Service(
        id=ids.new(now),
        ticket=ticket.id,
        window=state.window,
        queue=ticket.queue,
        officer=state.officer,
        item=ticket.item,
        started_at=started,
    )
    work.add_service(service)
    ticket = tickets.start(ticket, service.id, started)
    return window.rating_forgotten(window.took(state, ticket.id, service.id)), ticket


def end_invitation(work: Work, state: WindowState) -> WindowState:
    """Nobody answered: an invitation that still stands becomes 未评价."""
    if state.rating is not RatingState.INVITED or state.rated is None:
        return state
    service = work.service(state.rated)
    if service is not None and service.rating is RatingState.INVITED:
        work.save_service(replace(service, rating=RatingState.TIMED_OUT, rating_until=None))
    ended = window.rating_ended(state, RatingState.TIMED_OUT)
    work.append(
        Happened(
            EventType.RATING_TIMED_OUT,
            {
                "service": state.rated,
                "ticketId": service.ticket if service else None,
                "window": see_window(work, ended),
            },
        )
    )
    return ended


def finish_current(
    work: Work, state: WindowState, outcome: Outcome, now: datetime, ids: Ids
) -> tuple[WindowView, WindowState, Ticket]:
    """Closes the current ticket with an outcome and invites to rate.

    A call that was never started counts as started when it was called last: many officers serve without
    pressing that key.
    """
    ticket = current_ticket(work, state)
    if ticket.state is TicketState.CALLING:
        state, ticket = begin_service(work, state, ticket, ticket.last_called_at or now, now, ids)
    ticket = tickets.finish(ticket, outcome, now)
    work.save_ticket(ticket)
    service = work.service(ticket.service or "")
    if service is None:
        raise Refusal(Code.INTERNAL, "a ticket is served without a service")
    until = now + timedelta(seconds=work.hall.rules.rating_seconds)
    service = replace(service, finished_at=now, outcome=outcome, rating=RatingState.INVITED, rating_until=until)
    work.save_service(service)
    state = window.invited(window.released(state), service.id, until)
    view = tell(work, EventType.TICKET_FINISHED, state, ticket, service=service.id)
    work.append(
        Happened(
            EventType.RATING_INVITED,
            {"service": service.id, "ticketId": ticket.id, "until": until, "window": view},
        )
    )
    return view, state, ticket


def tell(work: Work, event: EventType, state: WindowState, ticket: Ticket, **more: Any) -> WindowView:
    """Saves the window; one event of a ticket at it, with both as they are afterwards."""
    view = see_window(work, state, ticket)
    work.append(Happened(event, {"ticket": views.ticket_view(ticket), "window": view, **more}))
    return view
