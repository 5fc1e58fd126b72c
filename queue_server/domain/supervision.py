"""What the hall watches while people wait (domain: 电子监察): rules are data, alerts are facts with their figures."""

from __future__ import annotations

from datetime import datetime

import msgspec

from queue_server.contract.messages import AlertLevel, AlertRule


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert. ``about`` names what it is about so that it is raised once: ``waiting-long:A``."""

    id: str
    about: str
    rule: AlertRule
    level: AlertLevel
    raised_at: datetime
    value: int
    limit: int
    queue: str | None = None
    window: str | None = None
    ticket: str | None = None
    cleared_at: datetime | None = None
