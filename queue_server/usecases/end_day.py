"""The business day is over: what nobody came for expires, what nobody finished is closed and says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from queue_server.contract.messages import EventType, Outcome, TicketState
from queue_server.domain import queue, schedule, ticket, views, window
from queue_server.domain.events import Happened
from queue_server.domain.ticket import Ticket
from queue_server.usecases.floor import publish_queue, see_window
from queue_server.usecases.work import Work

FORGOTTEN_AFTER = timedelta(hours=2)
"""A service that goes on over the end of the day is left alone for so long."""

AT_ONCE = 100
"""Tickets in one transaction, so that a long night list does not stop a hall that is open."""


def end_day(work: Work, now: datetime) -> bool:
    """Ends up to ``AT_ONCE`` tickets of earlier business days; true when there may be more."""
    today = schedule.business_day(work.hall.calendar, work.hall.zone_info, now)
    left = work.left_over(today, AT_ONCE)
    ended = 0
    for one in left:
        if one.state in ticket.AWAITING_PAPER:
            continue  # its paper is settled first
        if one.state in {TicketState.SERVING, TicketState.HELD}:
            if now - (one.started_at or one.issued_at) < FORGOTTEN_AFTER:
                continue
            _tell(work, EventType.TICKET_FINISHED, one, ticket.close_forgotten(one, now), now)
            _close_service(work, one, now)
        else:
            _tell(work, EventType.TICKET_EXPIRED, one, ticket.expire(one, now), now)
        ended += 1
    return ended > 0 and len(left) == AT_ONCE


def day_end_is_due(work: Work, now: datetime) -> bool:
    """Whether ``end_day`` would end anything."""
    today = schedule.business_day(work.hall.calendar, work.hall.zone_info, now)
    return any(
        one.state not in ticket.AWAITING_PAPER
        and (
            one.state not in {TicketState.SERVING, TicketState.HELD}
            or now - (one.started_at or one.issued_at) >= FORGOTTEN_AFTER
        )
        for one in work.left_over(today, AT_ONCE)
    )


def _tell(work: Work, event: EventType, before: Ticket, after: Ticket, now: datetime) -> None:
    work.save_ticket(after)
    data: dict[str, Any] = {"ticket": views.ticket_view(after)}
    if before.state is TicketState.WAITING:
        data["queues"] = [publish_queue(work, queue.left(work.queue(before.queue), before.rank), now)]
    if before.window is not None and before.window in work.hall.window_by_id:
        state = work.window(before.window)
        if state.ticket == before.id:
            state = window.released(state, now)
        data["window"] = see_window(work, state)
    work.append(Happened(event, data))


def _close_service(work: Work, one: Ticket, now: datetime) -> None:
    service = work.service(one.service or "")
    if service is not None:
        work.save_service(replace(service, finished_at=now, outcome=Outcome.OTHER))
