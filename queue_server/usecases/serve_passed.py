"""Not written yet."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import ServePassed, WindowDone
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def serve_passed(work: Work, command: ServePassed, actor: Actor, now: datetime, ids: Ids) -> WindowDone:
    raise Refusal(Code.INTERNAL, "not written yet")
