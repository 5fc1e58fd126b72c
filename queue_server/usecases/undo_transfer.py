"""Not written yet."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import UndoTransfer, WindowDone
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Work


def undo_transfer(work: Work, command: UndoTransfer, actor: Actor, now: datetime) -> WindowDone:
    raise Refusal(Code.INTERNAL, "not written yet")
