"""Who may not take numbers or book for some time, why, and until when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec.structs import replace

from queue_server.contract.messages import RestrictionReason, RestrictionScope, RestrictionView
from queue_server.contract.refusals import Code, Refusal


class Restriction(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the list; ``person`` is a keyed hash."""

    id: str
    person: str
    reason: RestrictionReason
    scope: RestrictionScope
    made_at: datetime
    made_by: str
    until: datetime | None = None
    text: str = ""
    lifted_at: datetime | None = None
    lifted_by: str | None = None


def check(restrictions: Iterable[Restriction], scope: RestrictionScope, now: datetime) -> None:
    """Raises ``RESTRICTED`` when one of a person's entries holds now for this scope; the longest one is named."""
    holding = [one for one in restrictions if holds(one, scope, now)]
    if not holding:
        return
    for_ever = [one for one in holding if one.until is None]
    longest = for_ever[0] if for_ever else max(holding, key=lambda one: one.until or now)
    raise Refusal(
        Code.RESTRICTED,
        f"this person is restricted: {longest.reason.value}",
        reason=longest.reason.value,
        until=None if longest.until is None else longest.until.isoformat(),
    )


def holds(restriction: Restriction, scope: RestrictionScope, now: datetime) -> bool:
    """Whether it forbids tickets or bookings now."""
    if restriction.lifted_at is not None or (restriction.until is not None and restriction.until <= now):
        return False
    return restriction.scope in {scope, RestrictionScope.ALL}


def lift(restriction: Restriction, by: str, now: datetime) -> Restriction:
    """Over from now on. Raises ``WRONG_STATE`` when it was lifted before."""
    if restriction.lifted_at is not None:
        raise Refusal(Code.WRONG_STATE, "this restriction was lifted before", state="lifted")
    return replace(restriction, lifted_at=now, lifted_by=by)


def view(restriction: Restriction) -> RestrictionView:
    """As staff see it: without whose it is."""
    return RestrictionView(
        id=restriction.id,
        reason=restriction.reason,
        scope=restriction.scope,
        made_at=restriction.made_at,
        made_by=restriction.made_by,
        until=restriction.until,
        lifted_at=restriction.lifted_at,
        text=restriction.text,
    )
