"""What several verbs at the windows have in common: find who is in front, and tell what changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from msgspec.structs import replace

from queue_server.contract.messages import (
    Because,
    Called,
    Estimate,
    EventType,
    Outcome,
    QueueView,
    RatingState,
    TicketState,
    WindowMode,
    WindowView,
)
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import pace, schedule, views, window
from queue_server.domain import queue as queues
from queue_server.domain import ticket as tickets
from queue_server.domain.events import Happened
from queue_server.domain.queue import QueueState
from queue_server.domain.rating import Service
from queue_server.domain.ticket import Ticket
from queue_server.domain.window import WindowState
from queue_server.usecases import supervise
from queue_server.usecases.work import Ids, Work


class Finished(NamedTuple):
    """A service that ended: the window as it is shown and as it is, the ticket (done, or waiting elsewhere)."""

    view: WindowView
    state: WindowState
    ticket: Ticket
    service: Service


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


def queue_today(work: Work, queue_id: str, now: datetime) -> QueueState:
    """A queue with the counts of the present business day."""
    return queues.on_day(work.queue(queue_id), schedule.business_day(work.hall.calendar, work.hall.zone_info, now))


def check_today(work: Work, ticket: Ticket, now: datetime) -> None:
    """Raises ``TOO_LATE`` for a ticket of an earlier business day."""
    if ticket.business_day < schedule.business_day(work.hall.calendar, work.hall.zone_info, now):
        raise Refusal(Code.TOO_LATE, f"{ticket.number} is not of today", number=ticket.number)


def publish_queue(work: Work, state: QueueState, now: datetime, estimate: Estimate | None = None) -> QueueView:
    """Saves a queue together with what the event says of it; the windows must be saved before.

    ``estimate`` is the wait of the next newcomer when it is known already.
    """
    published = queues.publish(work.hall, state, work.floor(), now, estimate)
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


def call_to(
    work: Work, state: WindowState, ticket: Ticket, queue: QueueState, because: Because, now: datetime
) -> Called:
    """Calls a waiting ticket to a free window; ``queue`` is its queue of today before the call."""
    called = tickets.call(ticket, state.window, because.code, now)
    work.save_ticket(called)
    call = views.call_view(work.hall, called, now)
    work.save_call(call)
    view = tell(
        work,
        EventType.TICKET_CALLED,
        window.took(state, called.id, called.queue, now),
        called,
        now,
        queues=[queues.called(queue, ticket.rank, because.waited_seconds, now)],
        call=call,
        waitedSeconds=because.waited_seconds,
        because=because,
    )
    return Called(ticket=view.ticket, window=view, because=because)


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
    return window.rating_forgotten(window.took(state, ticket.id, ticket.queue, now, service.id)), ticket


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


def leave(work: Work, state: WindowState, now: datetime) -> WindowState:
    """The window is free again, and the hall learns how long the ticket kept it."""
    queue = state.serving_queue
    if queue is not None and state.since is not None and queue in work.hall.queue_by_id:
        hour = state.since.astimezone(work.hall.zone_info).hour
        seconds = (now - state.since).total_seconds()
        paces = work.floor().paces.get(queue, ())
        work.save_queue(queues.served(work.hall, work.queue(queue), paces, hour, seconds))
        work.save_pace(pace.learn(paces, queue, hour, seconds))
    return window.released(state, now)


def finish_current(work: Work, state: WindowState, outcome: Outcome, now: datetime, ids: Ids) -> Finished:
    """Ends the service in front with an outcome and invites to rate it.

    A call that was never started counts as started when it was called last: many officers serve without
    pressing that key. A ticket with items left waits for the next of them.
    """
    ticket = current_ticket(work, state)
    if ticket.state is TicketState.CALLING:
        state, ticket = begin_service(work, state, ticket, ticket.last_called_at or now, now, ids)
    service = work.service(ticket.service or "")
    if service is None:
        raise Refusal(Code.INTERNAL, "a ticket is served without a service")
    until = now + timedelta(seconds=work.hall.rules.rating_seconds)
    service = replace(service, finished_at=now, outcome=outcome, rating=RatingState.INVITED, rating_until=until)
    work.save_service(service)
    state = window.counted(leave(work, state, now), True, work.hall.supervision.passes_of)
    state = window.invited(state, service.id, until)
    if tickets.has_more_stops(ticket) and ticket.stops[ticket.stop + 1].queue in work.hall.queue_by_id:
        after = tickets.move_on(ticket, now, keeps_time=work.hall.rules.next_item_keeps_time)
        joined = [queues.joined(queue_today(work, after.queue, now), after.rank, now)]
        event = EventType.TICKET_MOVED_ON
    else:
        after, joined, event = tickets.finish(ticket, outcome, now), [], EventType.TICKET_FINISHED
    work.save_ticket(after)
    view = tell(work, event, state, after, now, queues=joined, service=service.id, outcome=outcome)
    work.append(
        Happened(
            EventType.RATING_INVITED,
            {"service": service.id, "ticketId": ticket.id, "until": until, "window": view},
        )
    )
    supervise.after_service(work, state, after, service, now)
    return Finished(view, state, after, service)


def tell(
    work: Work,
    event: EventType,
    state: WindowState,
    ticket: Ticket,
    now: datetime,
    queues: Iterable[QueueState] = (),
    **more: Any,
) -> WindowView:
    """Saves the window and the queues; one event of a ticket at it, with all of them as they are afterwards."""
    view = see_window(work, state, ticket)
    shown_ticket = view.ticket if state.ticket == ticket.id else views.ticket_view(ticket)
    data = {"ticket": shown_ticket, "window": view, **more}
    shown = [publish_queue(work, queue, now) for queue in queues]
    if shown:
        data["queues"] = shown
    work.append(Happened(event, data))
    return view
