"""A person does not want to wait any more."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import CancelTicket, EventType, TicketStatus
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import queue, ticket, views
from queue_server.domain.events import Happened
from queue_server.usecases.floor import publish_queue
from queue_server.usecases.look import status_without_place
from queue_server.usecases.permission import check_own_ticket
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Work


def cancel_ticket(work: Work, command: CancelTicket, actor: Actor, now: datetime) -> TicketStatus:
    """Only a waiting ticket can be cancelled. Raises ``NOT_FOUND``, ``WRONG_STATE``, ``FORBIDDEN``."""
    check_own_ticket(actor, command.ticket)
    found = work.ticket(command.ticket)
    if found is None:
        raise Refusal(Code.NOT_FOUND, "there is no such ticket")
    cancelled = ticket.cancel(found, now)
    work.save_ticket(cancelled)
    shown = publish_queue(work, queue.left(work.queue(found.queue), found.rank), now)
    view = views.ticket_view(cancelled)
    work.append(Happened(EventType.TICKET_CANCELLED, {"ticket": view, "queues": [shown]}))
    return status_without_place(work.hall, cancelled)
