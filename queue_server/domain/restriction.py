"""Who may not take numbers or book for some time, why, and until when."""

from __future__ import annotations

from datetime import datetime

import msgspec

from queue_server.contract.messages import RestrictionReason, RestrictionScope


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
