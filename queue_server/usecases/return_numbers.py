"""Not written yet."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import LeaseReturned, ReturnNumbers
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Work


def return_numbers(work: Work, command: ReturnNumbers, actor: Actor, now: datetime) -> LeaseReturned:
    raise Refusal(Code.INTERNAL, "not written yet")
