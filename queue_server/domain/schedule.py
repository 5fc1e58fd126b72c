"""When the hall and its queues are open, and which business day it is, in the hall's own time zone.

A business day that begins later than midnight takes the hours after midnight with it: what a session says of 01:00
belongs to the evening before. Instants are compared in UTC, because a clock that is set back shows times twice.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from queue_server.contract.messages import ClosedReason
from queue_server.domain.hall import Calendar, Hall, QueueRule, Session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from queue_server.domain.queue import QueueState

DAY = timedelta(days=1)

Span = tuple[datetime, datetime]
"""From and until, both in UTC."""


def business_day(calendar: Calendar, zone: ZoneInfo, now: datetime) -> date:
    """The day that a ticket belongs to; it may begin later than midnight for halls that work at night."""
    day = now.astimezone(zone).date()
    return day if now >= _begins(calendar, zone, day) else day - DAY


def business_day_ends(calendar: Calendar, zone: ZoneInfo, day: date) -> datetime:
    """The instant at which the business day after ``day`` begins."""
    return _begins(calendar, zone, day + DAY)


def works_on(calendar: Calendar, day: date) -> bool:
    """Whether the hall opens at all on this business day (make-up days and holidays included)."""
    if day in calendar.closed:
        return False
    return day in calendar.extra or day.weekday() in calendar.weekdays


def sessions_on(calendar: Calendar, day: date, rule: QueueRule | None = None) -> list[Session]:
    """The opening hours of one business day: the hall's, or those of one queue.

    On a make-up day that no session names, the hours of the first working day of the week hold.
    """
    if not works_on(calendar, day):
        return []
    sessions = calendar.sessions if rule is None or rule.sessions is None else rule.sessions
    possible = [one for one in sessions if not one.extended or (rule is not None and rule.extended)]
    found = [one for one in possible if one.weekdays is None or day.weekday() in one.weekdays]
    if not found and day in calendar.extra and calendar.weekdays:
        like = min(calendar.weekdays)
        found = [one for one in possible if one.weekdays is not None and like in one.weekdays]
    return found


def spans_on(hall: Hall, day: date, rule: QueueRule | None = None) -> list[Span]:
    """The same as instants in UTC, in order; hours that touch are one."""
    calendar, zone = hall.calendar, hall.zone_info
    begins = calendar.business_day_starts.hour * 60 + calendar.business_day_starts.minute
    spans: list[Span] = []
    for one in sessions_on(calendar, day, rule):
        if one.end > begins:
            spans.append((_instant(zone, day, max(one.start, begins)), _instant(zone, day, one.end, last=True)))
        if one.start < begins:
            spans.append((_instant(zone, day + DAY, one.start), _instant(zone, day + DAY, min(one.end, begins))))
    return _joined(spans)


def hours_today(hall: Hall, rule: QueueRule, state: QueueState, now: datetime) -> list[Span]:
    """The opening hours of a queue in this business day, 延时服务 included."""
    day = business_day(hall.calendar, hall.zone_info, now)
    spans = spans_on(hall, day, rule)
    until = state.extended_until
    if until is not None:
        over = [end for _, end in spans if end <= until]
        spans = _joined([*spans, (max(over, default=_begins(hall.calendar, hall.zone_info, day)), until)])
    return spans


def closed_reason(hall: Hall, rule: QueueRule, state: QueueState, now: datetime) -> ClosedReason | None:
    """Why the queue takes nobody at this time; None when it is open."""
    return reason_within(hall, hours_today(hall, rule, state, now), now)


def reason_within(hall: Hall, hours: list[Span], now: datetime) -> ClosedReason | None:
    """The same for who knows the hours of today already."""
    if any(start <= now < end for start, end in hours):
        return None
    works = works_on(hall.calendar, business_day(hall.calendar, hall.zone_info, now))
    return ClosedReason.OUT_OF_HOURS if works else ClosedReason.DAY_OFF


def closes_at(hall: Hall, rule: QueueRule, state: QueueState, now: datetime) -> datetime | None:
    """The end of the hours that run now; None for a queue that is closed, or open without an end.

    Hours until 24:00 and hours from 00:00 on are one; what goes on for the whole next day has no end.
    """
    return end_within(hall, rule, hours_today(hall, rule, state, now), now)


def end_within(hall: Hall, rule: QueueRule, hours: list[Span], now: datetime) -> datetime | None:
    """The same for who knows the hours of today already."""
    end = next((end for start, end in hours if start <= now < end), None)
    if end is None:
        return None
    calendar, zone = hall.calendar, hall.zone_info
    day = business_day(calendar, zone, now)
    if end < business_day_ends(calendar, zone, day):
        return end
    for start, later in spans_on(hall, day + DAY, rule):
        if start <= end < later:
            end = later
    return end if end < business_day_ends(calendar, zone, day + DAY) else None


def next_change(hall: Hall, states: Iterable[QueueState], now: datetime) -> datetime:
    """The next instant after ``now`` at which a queue opens or closes, or a business day begins."""
    calendar, zone = hall.calendar, hall.zone_info
    today = business_day(calendar, zone, now)
    instants = {business_day_ends(calendar, zone, today)}
    instants.update(state.extended_until for state in states if state.extended_until is not None)
    rules = {(rule.sessions, rule.extended): rule for rule in hall.queues}
    for rule in rules.values():
        for span in spans_on(hall, today, rule):
            instants.update(span)
    return min(instant for instant in instants if instant > now)


def _begins(calendar: Calendar, zone: ZoneInfo, day: date) -> datetime:
    return datetime.combine(day, calendar.business_day_starts, tzinfo=zone).astimezone(UTC)


def _instant(zone: ZoneInfo, day: date, minute: int, *, last: bool = False) -> datetime:
    """A time of the clock on the wall; of one that comes twice the first, or the ``last``.

    A time that the clock leaps over is as much later as it leaps.
    """
    days, rest = divmod(minute, 1440)
    day += timedelta(days=days)
    wall = datetime(day.year, day.month, day.day, rest // 60, rest % 60, tzinfo=zone)
    instant = wall.astimezone(UTC)
    return max(instant, wall.replace(fold=1).astimezone(UTC)) if last else instant


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif start < end:
            joined.append((start, end))
    return joined
