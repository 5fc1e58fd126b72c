"""评价: what the citizen pressed, once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from queue_server.contract.messages import EventType, RateService, RatingState, Role, ServiceRating, TicketState
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import rating, window
from queue_server.domain.events import Happened
from queue_server.domain.rating import Service
from queue_server.usecases import supervise
from queue_server.usecases.floor import see_window
from queue_server.usecases.permission import check_at_window, check_own_ticket
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Work


def rate_service(work: Work, command: RateService, actor: Actor, now: datetime) -> ServiceRating:
    """The reply says that it was rated, not how: the level never comes back.

    Raises ``NOT_FOUND``, ``RATING_NOT_POSSIBLE`` (not finished, passed), ``RATING_EXISTS``, ``RATING_CLOSED``,
    ``REASON_REQUIRED``, ``UNKNOWN_REASON``.
    """
    service = rated_service(work, command.service)
    check_own_ticket(actor, service.ticket)
    if actor.role is Role.PAD:
        check_at_window(actor, work.window(service.window))
    rating.check_time(service, command.channel, now, work.hall.rules.late_rating_days)
    rating.check_answer(work.profile, command.level, command.reasons, command.text, command.channel)
    rated = replace(
        service,
        rating=RatingState.SUBMITTED,
        rating_until=None,
        level=command.level,
        reasons=command.reasons,
        text=command.text.strip(),
        channel=command.channel,
        rated_at=now,
    )
    work.save_service(rated)
    data: dict[str, Any] = {
        "service": rated.id,
        "ticketId": rated.ticket,
        "windowId": rated.window,
        "channel": command.channel,
        "level": command.level,
        "reasons": command.reasons,
    }
    state = work.window(service.window) if service.window in work.hall.window_by_id else None
    if state is not None and state.rated == service.id:
        data["window"] = see_window(work, window.rating_ended(state, RatingState.SUBMITTED))
    work.append(Happened(EventType.RATING_SUBMITTED, data))
    supervise.after_rating(work, rated, now)
    return ServiceRating(service=rated.id, window=rated.window, state=rated.rating, channel=rated.channel)


def rated_service(work: Work, wanted: str) -> Service:
    """The service of this id, or the last one of this ticket. Raises ``NOT_FOUND``, ``RATING_NOT_POSSIBLE``."""
    service = work.service(wanted) or work.finished_service_of(wanted)
    if service is not None:
        return service
    ticket = work.ticket(wanted)
    if ticket is None:
        raise Refusal(Code.NOT_FOUND, "there is no such service")
    if ticket.state is TicketState.PASSED:
        raise Refusal(Code.RATING_NOT_POSSIBLE, "a ticket that was passed over had no service")
    raise Refusal(Code.RATING_NOT_POSSIBLE, "this ticket was not served yet")
