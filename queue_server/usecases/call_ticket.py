"""Not written yet."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import Called, CallTicket
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def call_ticket(work: Work, command: CallTicket, actor: Actor, now: datetime, ids: Ids) -> Called:
    raise Refusal(Code.INTERNAL, "not written yet")
