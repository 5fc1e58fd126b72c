"""What the hall watches while people wait (domain: 电子监察): rules are data, alerts are facts with their figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
from msgspec.structs import replace

from queue_server.contract.messages import AlertLevel, AlertRule, AlertView, Outcome, WindowMode
from queue_server.domain.floor import Floor
from queue_server.domain.hall import Hall
from queue_server.domain.rating import Service
from queue_server.domain.ticket import APPOINTMENT_RANK, RETURNED_RANK, Ticket


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


def alert_view(alert: Alert) -> AlertView:
    return AlertView(
        id=alert.id,
        rule=alert.rule,
        level=alert.level,
        raised_at=alert.raised_at,
        value=alert.value,
        limit=alert.limit,
        queue=alert.queue,
        window=alert.window,
        ticket=alert.ticket,
        cleared_at=alert.cleared_at,
    )


def waited_seconds(ticket: Ticket, now: datetime) -> int:
    """How long the hall has kept this person waiting: from the booked time, from coming back, else from the issue."""
    begun = ticket.since if ticket.rank in {APPOINTMENT_RANK, RETURNED_RANK} else ticket.issued_at
    return max(0, int((now - begun).total_seconds()))


def watched(hall: Hall, floor: Floor, heads: Mapping[str, Iterable[Ticket]], now: datetime) -> list[Alert]:
    """Every alert that should stand at this instant; ``heads`` are the first of each class of each queue."""
    return [*_long_waits(hall, heads, now), *_idle_windows(hall, floor, now), *_passes(hall, floor, now)]


def _long_waits(hall: Hall, heads: Mapping[str, Iterable[Ticket]], now: datetime) -> list[Alert]:
    rules = hall.supervision
    limits = (
        (AlertLevel.RED, rules.waiting_red_minutes * 60),
        (AlertLevel.YELLOW, rules.waiting_yellow_minutes * 60),
    )
    found = []
    for queue, tickets in heads.items():
        longest = max(tickets, key=lambda one: waited_seconds(one, now), default=None)
        if longest is None:
            continue
        waited = waited_seconds(longest, now)
        level = next(((level, limit) for level, limit in limits if 0 < limit <= waited), None)
        if level is not None:
            found.append(
                _alert(AlertRule.WAITING_LONG, queue, level[0], now, waited, level[1], queue=queue, ticket=longest.id)
            )
    return found


def _idle_windows(hall: Hall, floor: Floor, now: datetime) -> list[Alert]:
    rules = hall.supervision
    if rules.idle_minutes == 0:
        return []
    found = []
    for state in floor.windows.values():
        rule = hall.window_by_id.get(state.window)
        if rule is None or state.mode is not WindowMode.OPEN or state.ticket is not None or state.since is None:
            continue
        idle = int((now - state.since).total_seconds())
        waiting = sum(floor.queues[queue].waiting for queue in rule.queues if queue in floor.queues)
        if idle >= rules.idle_minutes * 60 and waiting >= rules.idle_waiting:
            limit = rules.idle_minutes * 60
            found.append(_alert(AlertRule.WINDOW_IDLE, rule.id, AlertLevel.YELLOW, now, idle, limit, window=rule.id))
    return found


def _passes(hall: Hall, floor: Floor, now: datetime) -> list[Alert]:
    rules = hall.supervision
    found = []
    for state in floor.windows.values():
        recent = state.recent[-rules.passes_of :]
        if rules.passes_percent == 0 or len(recent) < rules.passes_of or state.window not in hall.window_by_id:
            continue
        percent = 100 * recent.count("p") // len(recent)
        if percent >= rules.passes_percent:
            limit = rules.passes_percent
            found.append(
                _alert(AlertRule.MANY_PASSES, state.window, AlertLevel.NOTE, now, percent, limit, window=state.window)
            )
    return found


def short_service(hall: Hall, ticket: Ticket, service: Service, now: datetime) -> Alert | None:
    """A service that was accepted faster than anybody can serve; it may be a false closing."""
    limit = hall.supervision.short_service_seconds
    if service.finished_at is None or service.outcome is not Outcome.ACCEPTED:
        return None
    took = int((service.finished_at - service.started_at).total_seconds())
    if took >= limit:
        return None
    alert = _alert(
        AlertRule.SHORT_SERVICE,
        service.id,
        AlertLevel.NOTE,
        now,
        took,
        limit,
        queue=service.queue,
        window=service.window,
        ticket=ticket.id,
    )
    return replace(alert, cleared_at=now)


def quick_rating(hall: Hall, service: Service, now: datetime) -> Alert | None:
    """A rating so soon after the service that the citizen can hardly have given it."""
    limit = hall.supervision.quick_rating_seconds
    if service.finished_at is None or service.rated_at is None:
        return None
    took = int((service.rated_at - service.finished_at).total_seconds())
    if took >= limit:
        return None
    alert = _alert(
        AlertRule.QUICK_RATING,
        service.id,
        AlertLevel.NOTE,
        now,
        took,
        limit,
        queue=service.queue,
        window=service.window,
        ticket=service.ticket,
    )
    return replace(alert, cleared_at=now)


def changes(standing: Iterable[Alert], watched: Iterable[Alert]) -> tuple[list[Alert], list[Alert], list[Alert]]:
    """What to raise anew, what to raise again at another level (under its old id), and what to clear."""
    before = {alert.about: alert for alert in standing}
    after = {alert.about: alert for alert in watched}
    fresh = [alert for about, alert in after.items() if about not in before]
    moved = [
        replace(alert, id=before[about].id, raised_at=before[about].raised_at)
        for about, alert in after.items()
        if about in before and before[about].level is not alert.level
    ]
    over = [alert for about, alert in before.items() if about not in after]
    return fresh, moved, over


def _alert(
    rule: AlertRule,
    about: str,
    level: AlertLevel,
    now: datetime,
    value: int,
    limit: int,
    *,
    queue: str | None = None,
    window: str | None = None,
    ticket: str | None = None,
) -> Alert:
    return Alert(
        id=f"{int(now.timestamp() * 1000):012x}-{rule.value}-{about}"[:64],
        about=f"{rule.value}:{about}",
        rule=rule,
        level=level,
        raised_at=now,
        value=value,
        limit=limit,
        queue=queue,
        window=window,
        ticket=ticket,
    )
