"""过号激活: somebody who missed the number waits again."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import EventType, ReactivateTicket, TicketStatus
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import queue, ticket, views
from queue_server.domain.events import Happened
from queue_server.usecases.floor import check_today, publish_queue, queue_today
from queue_server.usecases.issuing import check_not_there_already
from queue_server.usecases.look import status_without_place
from queue_server.usecases.permission import check_own_ticket
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Work


def reactivate_ticket(work: Work, command: ReactivateTicket, actor: Actor, now: datetime) -> TicketStatus:
    """Behind as many others as the hall says, on the same day, so often as the hall says.

    Raises ``FORBIDDEN``, ``NOT_FOUND``, ``TOO_LATE`` (not of today), ``WRONG_STATE`` (was not passed over),
    ``REACTIVATION_LIMIT``, ``ALREADY_WAITING`` (the person took another number meanwhile).
    """
    check_own_ticket(actor, command.ticket)
    found = work.ticket(command.ticket)
    if found is None:
        raise Refusal(Code.NOT_FOUND, "there is no such ticket")
    check_today(work, found, now)
    rules = work.hall.rules
    state = queue_today(work, found.queue, now)
    back = ticket.reactivate(found, now, rules.reactivations, state.calls + rules.reactivate_after)
    check_not_there_already(work, found.person, found.queue, state.day)
    work.save_ticket(back)
    shown = publish_queue(work, queue.joined(state, back.rank, now), now)
    work.append(Happened(EventType.TICKET_REACTIVATED, {"ticket": views.ticket_view(back), "queues": [shown]}))
    return status_without_place(work.hall, back)
