"""One citizen's visit: step, answers, back, idle time-out, forgetting."""

from __future__ import annotations

from kiosk.visit.sessions import Visit
from kiosk.visit.view import IdleLimits, View, forget

__all__ = ["IdleLimits", "View", "Visit", "forget"]
