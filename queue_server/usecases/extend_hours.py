"""Not written yet."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import ExtendHours, HoursExtended
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def extend_hours(work: Work, command: ExtendHours, actor: Actor, now: datetime, ids: Ids) -> HoursExtended:
    raise Refusal(Code.INTERNAL, "not written yet")
