"""How use cases write what somebody may ask about later."""

from __future__ import annotations

from datetime import datetime

from queue_server.domain.audit import AuditEntry
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def note(
    work: Work, actor: Actor, act: str, about: str, now: datetime, ids: Ids, *, reason: str = "", text: str = ""
) -> None:
    """One line of the audit list. ``about`` is the id of a ticket, an appointment, a restriction or a queue."""
    work.note(
        AuditEntry(
            id=ids.new(now),
            at=now,
            by=actor.name,
            role=actor.role or "",
            act=act,
            about=about,
            reason=reason,
            text=text.strip(),
        )
    )
