"""Not written yet."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import LiftRestriction, RestrictionView
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def lift_restriction(work: Work, command: LiftRestriction, actor: Actor, now: datetime, ids: Ids) -> RestrictionView:
    raise Refusal(Code.INTERNAL, "not written yet")
