"""Not written yet."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import ReactivateTicket, TicketStatus
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Work


def reactivate_ticket(work: Work, command: ReactivateTicket, actor: Actor, now: datetime) -> TicketStatus:
    raise Refusal(Code.INTERNAL, "not written yet")
