"""Not written yet."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import Settled, SettleParked
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def settle_parked(work: Work, command: SettleParked, actor: Actor, now: datetime, ids: Ids) -> Settled:
    raise Refusal(Code.INTERNAL, "not written yet")
