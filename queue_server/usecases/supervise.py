"""Watches over the waiting: raises what should stand, clears what is over, notes what was too quick to be true."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from queue_server.contract.messages import EventType
from queue_server.domain import supervision
from queue_server.domain.events import Happened
from queue_server.domain.rating import Service
from queue_server.domain.supervision import Alert
from queue_server.domain.ticket import Ticket
from queue_server.domain.window import WindowState
from queue_server.usecases.work import Work


def would_change(work: Work, now: datetime) -> bool:
    """Whether ``supervise`` would raise or clear anything; only reads."""
    return any(supervision.changes(work.alerts(), _watched(work, now)))


def supervise(work: Work, now: datetime) -> None:
    """Raises and clears, each with an event."""
    fresh, moved, over = supervision.changes(work.alerts(), _watched(work, now))
    for alert in fresh:
        _raise(work, alert)
    for alert in moved:
        work.save_alert(alert)
        work.append(Happened(EventType.SUPERVISION_RAISED, {"alert": supervision.alert_view(alert)}))
    for alert in over:
        cleared = replace(alert, cleared_at=now)
        work.save_alert(cleared)
        work.append(Happened(EventType.SUPERVISION_CLEARED, {"alert": supervision.alert_view(cleared)}))


def after_service(work: Work, state: WindowState, ticket: Ticket, service: Service, now: datetime) -> None:
    """Asks whether a service that ended was long enough to be one."""
    del state
    _note(work, supervision.short_service(work.hall, ticket, service, now))


def after_rating(work: Work, service: Service, now: datetime) -> None:
    """Asks whether a citizen had the time to give this rating."""
    _note(work, supervision.quick_rating(work.hall, service, now))


def _note(work: Work, alert: Alert | None) -> None:
    if alert is not None:
        _raise(work, alert)


def _raise(work: Work, alert: Alert) -> None:
    work.add_alert(alert)
    work.append(Happened(EventType.SUPERVISION_RAISED, {"alert": supervision.alert_view(alert)}))


def _watched(work: Work, now: datetime) -> list[Alert]:
    floor = work.floor()
    heads = {
        rule.id: work.heads(rule.id)
        for rule in work.hall.queues
        if rule.id in floor.queues and floor.queues[rule.id].waiting > 0
    }
    return supervision.watched(work.hall, floor, heads, now)
