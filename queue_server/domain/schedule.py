"""When the hall is open, and which business day it is, in the hall's own time zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from queue_server.contract.messages import ClosedReason
from queue_server.domain.hall import Calendar

LOOK_AHEAD_DAYS = 15
"""The longest public holidays are shorter; a hall that is closed for longer is looked at again then."""


def business_day(calendar: Calendar, zone: ZoneInfo, now: datetime) -> date:
    """The day that a ticket belongs to; it may begin later than midnight for halls that work at night."""
    local = now.astimezone(zone)
    day = local.date()
    return day if local.time() >= calendar.business_day_starts else day - timedelta(days=1)


def business_day_ends(calendar: Calendar, zone: ZoneInfo, day: date) -> datetime:
    """The instant at which the business day after ``day`` begins."""
    return datetime.combine(day + timedelta(days=1), calendar.business_day_starts, tzinfo=zone)


def works_on(calendar: Calendar, day: date) -> bool:
    """Whether the hall opens at all on this calendar day (make-up days and holidays included)."""
    if day in calendar.closed:
        return False
    return day in calendar.extra or day.weekday() in calendar.weekdays


def closed_reason(calendar: Calendar, zone: ZoneInfo, now: datetime) -> ClosedReason | None:
    """Why the hall takes nobody at this time; None when it is open."""
    local = now.astimezone(zone)
    if not works_on(calendar, local.date()):
        return ClosedReason.DAY_OFF
    minute = local.hour * 60 + local.minute
    if any(session.start <= minute < session.end for session in calendar.sessions):
        return None
    return ClosedReason.OUT_OF_HOURS


def next_change(calendar: Calendar, zone: ZoneInfo, now: datetime) -> datetime:
    """The next instant after ``now`` at which the hall opens, closes, or begins a business day."""
    today = now.astimezone(zone).date()
    instants = [business_day_ends(calendar, zone, business_day(calendar, zone, now))]
    for offset in range(LOOK_AHEAD_DAYS):
        day = today + timedelta(days=offset)
        if works_on(calendar, day):
            instants.extend(
                _instant(zone, day, minute) for session in calendar.sessions for minute in (session.start, session.end)
            )
    return min(instant for instant in instants if instant > now)


def _instant(zone: ZoneInfo, day: date, minute: int) -> datetime:
    days, rest = divmod(minute, 1440)
    moment = datetime(day.year, day.month, day.day, rest // 60, rest % 60, tzinfo=zone)
    return moment + timedelta(days=days)
