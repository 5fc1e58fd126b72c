"""Not written yet."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import ReportPaper, TicketStatus
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Work


def report_paper(work: Work, command: ReportPaper, actor: Actor, now: datetime) -> TicketStatus:
    raise Refusal(Code.INTERNAL, "not written yet")
