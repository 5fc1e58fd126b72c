"""What somebody may ask about later: who did what out of the ordinary, and why."""

from __future__ import annotations

from datetime import datetime

import msgspec


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit list; nothing personal of citizens stands in it."""

    id: str
    at: datetime
    by: str
    role: str
    act: str
    about: str
    reason: str = ""
    text: str = ""
