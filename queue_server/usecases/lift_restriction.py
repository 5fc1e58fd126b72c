"""A restriction is over before its time."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import EventType, LiftRestriction, RestrictionView
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import restriction
from queue_server.domain.events import Happened
from queue_server.usecases.auditing import note
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def lift_restriction(work: Work, command: LiftRestriction, actor: Actor, now: datetime, ids: Ids) -> RestrictionView:
    """Audited. Raises ``NOT_FOUND``, ``WRONG_STATE`` (lifted before)."""
    found = work.restriction(command.restriction)
    if found is None:
        raise Refusal(Code.NOT_FOUND, "there is no such restriction")
    lifted = restriction.lift(found, actor.name, now)
    work.save_restriction(lifted)
    work.append(
        Happened(
            EventType.RESTRICTION_LIFTED,
            {"restriction": lifted.id, "reason": lifted.reason, "scope": lifted.scope, "until": lifted.until},
        )
    )
    note(work, actor, "lift-restriction", lifted.id, now, ids, reason=lifted.reason, text=command.text)
    return restriction.view(lifted)
