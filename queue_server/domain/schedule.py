"""When the hall and its queues are open, and which business day it is, in the hall's own time zone.

A business day that begins later than midnight takes the hours after midnight with it: what a session says of 01:00
belongs to the evening before. Instants are compared in UTC, because a clock that is set back shows times twice.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from queue_server.contract.messages import ClosedReason
from queue_server.domain.hall import Calendar, Hall, QueueRule, Session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from queue_server.domain.queue import QueueState

DAY = timedelta(days=1)
MIDNIGHT = time(0, 0)

Span = tuple[datetime, datetime]
"""From and until, both in UTC."""


def business_day(calendar: Calendar, zone: ZoneInfo, now: datetime) -> date:
    """The day that a ticket belongs to; it may begin later than midnight for halls that work at night."""
    day = now.astimezone(zone).date()
    if calendar.business_day_starts == MIDNIGHT:
        return day
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


class Today(NamedTuple):
    """One business day of one queue: when it begins and ends, whether the hall works, and its opening hours.

    ``goes_on`` is when hours end that reach the end of the day; None when they go on for all of the next one.
    """

    begins: datetime
    ends: datetime
    works: bool
    hours: tuple[Span, ...]
    goes_on: datetime | None


def today(hall: Hall, rule: QueueRule, state: QueueState, now: datetime) -> Today:
    """The business day that runs now, 延时服务 included."""
    found: Today | None = hall.worked_out.get(("today", rule.id))
    if found is None or not found.begins <= now < found.ends:
        found = hall.worked_out["today", rule.id] = _look_at_day(hall, rule, now)
    until = state.extended_until
    if until is None or until <= found.begins:
        return found
    over = [end for _, end in found.hours if end <= until]
    hours = _joined([*found.hours, (max(over, default=found.begins), until)])
    return found._replace(hours=tuple(hours))


def reason_at(day: Today, now: datetime) -> ClosedReason | None:
    """Why nobody is taken at this time of the day; None when the queue is open."""
    for start, end in day.hours:
        if start <= now < end:
            return None
    return ClosedReason.OUT_OF_HOURS if day.works else ClosedReason.DAY_OFF


def end_at(day: Today, now: datetime) -> datetime | None:
    """When the hours that run now end; None for a queue that is closed, or open without an end."""
    for start, end in day.hours:
        if start <= now < end:
            return end if end < day.ends else day.goes_on
    return None


def closed_reason(hall: Hall, rule: QueueRule, state: QueueState, now: datetime) -> ClosedReason | None:
    """Why the queue takes nobody at this time; None when it is open."""
    return reason_at(today(hall, rule, state, now), now)


def closes_at(hall: Hall, rule: QueueRule, state: QueueState, now: datetime) -> datetime | None:
    """The end of the hours that run now; None for a queue that is closed, or open without an end.

    Hours until 24:00 and hours from 00:00 on are one; what goes on for the whole next day has no end.
    """
    return end_at(today(hall, rule, state, now), now)


def _look_at_day(hall: Hall, rule: QueueRule, now: datetime) -> Today:
    calendar, zone = hall.calendar, hall.zone_info
    day = business_day(calendar, zone, now)
    begins, ends = _begins(calendar, zone, day), business_day_ends(calendar, zone, day)
    hours = spans_on(hall, day, rule)
    goes_on: datetime | None = ends
    if hours and hours[-1][1] >= ends:
        goes_on = hours[-1][1]
        for start, end in spans_on(hall, day + DAY, rule):
            if start <= goes_on < end:
                goes_on = end
        if goes_on >= business_day_ends(calendar, zone, day + DAY):
            goes_on = None
    return Today(begins, ends, works_on(calendar, day), tuple(hours), goes_on)


def next_change(hall: Hall, states: Iterable[QueueState], now: datetime) -> datetime:
    """The next instant after ``now`` at which a queue opens or closes, or a business day begins."""
    calendar, zone = hall.calendar, hall.zone_info
    day = business_day(calendar, zone, now)
    instants = {business_day_ends(calendar, zone, day)}
    instants.update(state.extended_until for state in states if state.extended_until is not None)
    rules = {(rule.sessions, rule.extended): rule for rule in hall.queues}
    for rule in rules.values():
        for span in spans_on(hall, day, rule):
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
