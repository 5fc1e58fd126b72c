"""爽约: who did not come in time is counted, and after so many times may not book for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from queue_server.contract.messages import EventType, RestrictionReason, RestrictionScope
from queue_server.domain import appointment, restriction, schedule
from queue_server.domain.appointment import Appointment
from queue_server.domain.events import Happened
from queue_server.domain.hall import Hall
from queue_server.domain.queue import QueueState
from queue_server.domain.restriction import Restriction
from queue_server.usecases import bookings
from queue_server.usecases.work import Work

AT_ONCE = 100
"""Bookings in one transaction, so that a long list does not stop a hall that is open."""

BY_ITSELF = "hall"
"""Who made a restriction that nobody decided on."""

_JUST_AFTER = timedelta(milliseconds=1)


def mark_no_shows(work: Work, now: datetime) -> bool:
    """Ends up to ``AT_ONCE`` bookings whose time to check in is over, and counts anew what is held for appointments.

    True when there may be more.
    """
    over = _over(work, now)[:AT_ONCE]
    for one in over:
        missed = appointment.miss(one, now)
        work.save_appointment(missed)
        bookings.tell(work, EventType.APPOINTMENT_NO_SHOW, missed, [])
        _restrict(work, missed, now)
    refresh_held(work, now)
    return len(over) == AT_ONCE


def next_no_show(work: Work, now: datetime) -> datetime | None:
    """When ``mark_no_shows`` has something to do: ``now`` if it has, else the next instant known today."""
    if _over(work, now) or _held_anew(work, now):
        return now
    hall = work.hall
    instants = []
    today = schedule.business_day(hall.calendar, hall.zone_info, now)
    for rule in hall.queues:
        if rule.appointment is not None and rule.quota_per_day is not None:
            for slot in appointment.slots(hall, rule, today):
                over = slot.start + timedelta(minutes=rule.appointment.late_minutes) + _JUST_AFTER
                instants += [appointment.closes_at(rule.appointment, slot), over]
    first = work.next_appointment()
    if first is not None:
        instants.append(first + _shortest_late(hall) + _JUST_AFTER)
    return min((instant for instant in instants if instant > now), default=None)


def refresh_held(work: Work, now: datetime) -> None:
    """Saves what is held for appointments in every queue; publishing the openings tells whom it concerns."""
    for state in _held_anew(work, now):
        work.save_queue(state)


def forgive_no_show(work: Work, person: str, now: datetime) -> None:
    """Somebody came late after all. If the ban for no-shows rested on that one too, it ends or becomes shorter."""
    standing = _standing(work, person, now)
    if standing is None:
        return
    until = _ban(work, person, now)
    if until is not None and until > now:
        work.save_restriction(replace(standing, until=until))
        return
    lifted = restriction.lift(standing, BY_ITSELF, now)
    work.save_restriction(lifted)
    work.append(Happened(EventType.RESTRICTION_LIFTED, _facts(lifted)))


def _restrict(work: Work, missed: Appointment, now: datetime) -> None:
    """Writes or lengthens the ban that so many no-shows bring; admins may lift it before its time."""
    if missed.person is None:
        return
    until = _ban(work, missed.person, now)
    if until is None or until <= now:
        return
    standing = _standing(work, missed.person, now)
    if standing is not None:
        work.save_restriction(replace(standing, until=until))
        return
    made = Restriction(
        id=missed.id,  # a booking is missed once, so its id is never that of another restriction
        person=missed.person,
        reason=RestrictionReason.NO_SHOWS,
        scope=RestrictionScope.BOOKING,
        made_at=now,
        made_by=BY_ITSELF,
        until=until,
    )
    work.add_restriction(made)
    work.append(Happened(EventType.PERSON_RESTRICTED, _facts(made)))


def _facts(one: Restriction) -> dict[str, Any]:
    return {"restriction": one.id, "reason": one.reason, "scope": one.scope, "until": one.until}


def _standing(work: Work, person: str, now: datetime) -> Restriction | None:
    """The ban for no-shows that holds now."""
    for one in work.restrictions_of(person):
        by_itself = one.made_by == BY_ITSELF and one.reason is RestrictionReason.NO_SHOWS
        if by_itself and restriction.holds(one, RestrictionScope.BOOKING, now):
            return one
    return None


def _ban(work: Work, person: str, now: datetime) -> datetime | None:
    rules = work.hall.rules
    within = timedelta(days=rules.no_show_days)
    theirs = work.appointments_of(person, (now - within - timedelta(days=2)).date())
    return appointment.banned_until(theirs, rules.no_show_limit, within, timedelta(days=rules.booking_ban_days))


def _over(work: Work, now: datetime) -> list[Appointment]:
    """Bookings that can no longer be checked in in time. The queues of a hall may wait for different times."""
    hall = work.hall
    first = work.next_appointment()
    if first is None or first + _shortest_late(hall) >= now:
        return []
    found = work.missed(now - _shortest_late(hall), 10 * AT_ONCE)
    return [one for one in found if now > appointment.check_in_until(appointment.rule_of(hall, one.queue), one)]


def _held_anew(work: Work, now: datetime) -> list[QueueState]:
    counted = ((before, bookings.with_held(work, before, now)) for before in map(work.queue, work.hall.queue_by_id))
    return [after for before, after in counted if after != before]


def _shortest_late(hall: Hall) -> timedelta:
    minutes = [rule.appointment.late_minutes for rule in hall.queues if rule.appointment is not None]
    return timedelta(minutes=min(minutes, default=0))
