"""Not written yet."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import CheckedIn, CheckIn
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def check_in(work: Work, command: CheckIn, actor: Actor, now: datetime, ids: Ids, key: str | None) -> CheckedIn:
    raise Refusal(Code.INTERNAL, "not written yet")
