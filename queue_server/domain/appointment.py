"""Appointments (预约): slots of a queue, who may book, when to come, and what becomes of a booking.

booked → checked in or late, booked → rescheduled or cancelled, booked → no-show → late. Times are instants in UTC, so
that the night in which the clocks change has neither a slot twice nor one that never comes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

import msgspec
from msgspec.structs import replace

from queue_server.contract.messages import AppointmentState
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import schedule
from queue_server.domain.hall import AppointmentRule, Hall, QueueRule

LOOK_AHEAD_DAYS = 92
"""Nothing that is further away can be booked, whatever the rule of a hall says."""

KEPT = frozenset(
    {AppointmentState.BOOKED, AppointmentState.CHECKED_IN, AppointmentState.LATE, AppointmentState.NO_SHOW}
)
"""States that use up what one person may book on a day; what was given back in time does not."""


class Appointment(msgspec.Struct, frozen=True, kw_only=True):
    """One place in one slot. ``person`` and ``phone_hash`` are keyed hashes, as on a ticket.

    ``day`` is the business day to which the slot belongs.
    """

    id: str
    queue: str
    day: date
    start: datetime
    end: datetime
    state: AppointmentState
    booked_at: datetime
    item: str | None = None
    person: str | None = None
    masked_name: str = ""
    phone_mask: str = ""
    phone_hash: str | None = None
    booked_by: str = ""
    ticket: str | None = None
    moved_to: str | None = None
    changed_at: datetime | None = None


class Slot(msgspec.Struct, frozen=True):
    """A stretch of time that can be booked, ``day`` as in ``Appointment``."""

    day: date
    start: datetime
    end: datetime


def slots(hall: Hall, queue: QueueRule, day: date) -> list[Slot]:
    """The slots of a business day, each wholly within one session; none without a rule for booking.

    Longer hours (延时服务) have none: they are decided on the day itself. Slots are cut in real time from the beginning
    of the session: where the clocks change in it, it has fewer or more.
    """
    return list(_slots(hall, queue, day))


def _slots(hall: Hall, queue: QueueRule, day: date) -> Iterator[Slot]:
    rule = queue.appointment
    if rule is None:
        return
    length = timedelta(minutes=rule.slot_minutes)
    own = dataclasses.replace(queue, extended=False) if queue.extended else queue
    for start, end in schedule.spans_on(hall, day, own):
        until = start + length
        while until <= end:
            yield Slot(day, start, until)
            start, until = until, until + length


def bookable_days(hall: Hall, queue: QueueRule, now: datetime) -> list[date]:
    """The days on which something can be booked now: today if the rule says so, then so many working days."""
    rule = queue.appointment
    if rule is None:
        return []
    days = _days_ahead(hall, rule, now)
    return [day for day in days if any(is_open(rule, slot, now) for slot in _slots(hall, queue, day))]


def _days_ahead(hall: Hall, rule: AppointmentRule, now: datetime) -> list[date]:
    today = schedule.business_day(hall.calendar, hall.zone_info, now)
    days = [today] if rule.same_day else []
    last = len(days) + rule.days_ahead
    for offset in range(1, LOOK_AHEAD_DAYS):
        if len(days) == last:
            break
        day = today + timedelta(days=offset)
        if schedule.works_on(hall.calendar, day):
            days.append(day)
    return days


def is_open(rule: AppointmentRule, slot: Slot, now: datetime) -> bool:
    """Whether the slot is not yet closed to booking."""
    return now < closes_at(rule, slot)


def closes_at(rule: AppointmentRule, slot: Slot) -> datetime:
    return slot.start - timedelta(minutes=rule.closes_minutes)


def slot_to_book(hall: Hall, queue: QueueRule, start: datetime, now: datetime) -> Slot:
    """The slot that begins at ``start``.

    Raises ``BAD_REQUEST`` (no slot begins then) and ``SLOT_CLOSED`` (too soon, over, or not open yet).
    """
    rule = queue.appointment
    slot = None
    if abs(start - now) < timedelta(days=LOOK_AHEAD_DAYS + 1):
        day = schedule.business_day(hall.calendar, hall.zone_info, start)
        start = start.astimezone(UTC)
        slot = next((slot for slot in _slots(hall, queue, day) if slot.start == start), None)
    if rule is None or slot is None:
        raise Refusal(Code.BAD_REQUEST, f"no slot of queue {queue.id} begins then", field="start", queue=queue.id)
    if not is_open(rule, slot, now) or slot.day not in _days_ahead(hall, rule, now):
        raise Refusal(Code.SLOT_CLOSED, "this slot cannot be booked now", queue=queue.id, start=slot.start.isoformat())
    return slot


def check_place(rule: AppointmentRule, slot: Slot, booked: Mapping[datetime, int]) -> None:
    """``booked`` has the places taken by the start of their slots. Raises ``SLOT_FULL``."""
    if booked.get(slot.start, 0) >= rule.capacity:
        raise Refusal(Code.SLOT_FULL, "this slot has no place left", start=slot.start.isoformat())


def check_allowance(theirs: Iterable[Appointment], queue: str, day: date, per_day: int) -> None:
    """Raises ``ALREADY_BOOKED``: one booking per person, queue and day, and so many a day in the whole hall."""
    that_day = [one for one in theirs if one.day == day and one.state in KEPT]
    same = next((one for one in that_day if one.queue == queue), None)
    if same is None and len(that_day) >= per_day:
        same = that_day[0]
    if same is not None:
        raise Refusal(
            Code.ALREADY_BOOKED,
            "this person has booked that day already",
            queue=same.queue,
            start=same.start.isoformat(),
            appointment=same.id,
        )


def rule_of(hall: Hall, queue: str) -> AppointmentRule:
    """How a queue is booked; bookings outlive a rule that was taken out of the hall's description."""
    rule = hall.queue_by_id.get(queue)
    return (rule.appointment if rule is not None else None) or AppointmentRule()


def check_in_from(rule: AppointmentRule, one: Appointment) -> datetime:
    return one.start - timedelta(minutes=rule.early_minutes)


def check_in_until(rule: AppointmentRule, one: Appointment) -> datetime:
    """The last instant of being in time; after it the booking is a no-show."""
    return one.start + timedelta(minutes=rule.late_minutes)


def change_until(rule: AppointmentRule, one: Appointment) -> datetime:
    return one.start - timedelta(hours=rule.change_hours)


def check_change(rule: AppointmentRule, one: Appointment, now: datetime) -> None:
    """Raises ``TOO_LATE_TO_CHANGE`` when only staff may still move the booking or give it back."""
    until = change_until(rule, one)
    if now > until:
        raise Refusal(
            Code.TOO_LATE_TO_CHANGE, "only staff can change this booking now", until=until.isoformat(), id=one.id
        )


def arrived(hall: Hall, one: Appointment, now: datetime) -> AppointmentState:
    """What somebody becomes who is in the hall now: checked in, or late and so a walk-in.

    Raises ``TOO_EARLY`` (with ``from``), and ``WRONG_STATE`` when the booking is used up, given back, or of a business
    day that is over.
    """
    rule = rule_of(hall, one.queue)
    _must_be(one, "check in", AppointmentState.BOOKED, AppointmentState.NO_SHOW)
    if now < check_in_from(rule, one):
        begins = {"from": check_in_from(rule, one).isoformat()}
        raise Refusal(Code.TOO_EARLY, "it is too early to check in", **begins)
    if one.state is AppointmentState.BOOKED and now <= check_in_until(rule, one):
        return AppointmentState.CHECKED_IN
    calendar, zone = hall.calendar, hall.zone_info
    if schedule.business_day(calendar, zone, now) > schedule.business_day(calendar, zone, one.start):
        raise Refusal(Code.WRONG_STATE, "the day of this booking is over", state=one.state.value)
    return AppointmentState.LATE


def checked_in(one: Appointment, state: AppointmentState, ticket: str | None, now: datetime) -> Appointment:
    """The booking became a ticket."""
    return replace(one, state=state, ticket=ticket, changed_at=now)


def cancel(one: Appointment, now: datetime) -> Appointment:
    """取消预约: the place is free again."""
    _must_be(one, "cancel", AppointmentState.BOOKED)
    return replace(one, state=AppointmentState.CANCELLED, changed_at=now)


def reschedule(one: Appointment, new_id: str, slot: Slot, now: datetime) -> tuple[Appointment, Appointment]:
    """改约: the old booking, which frees its place, and the new one."""
    check_can_move(one)
    new = replace(one, id=new_id, day=slot.day, start=slot.start, end=slot.end, booked_at=now, changed_at=None)
    return replace(one, state=AppointmentState.RESCHEDULED, moved_to=new_id, changed_at=now), new


def check_can_move(one: Appointment) -> None:
    """Raises ``WRONG_STATE`` for a booking that nobody waits for any more."""
    _must_be(one, "reschedule", AppointmentState.BOOKED)


def miss(one: Appointment, now: datetime) -> Appointment:
    """爽约: nobody came in time."""
    _must_be(one, "miss", AppointmentState.BOOKED)
    return replace(one, state=AppointmentState.NO_SHOW, changed_at=now)


def banned_until(theirs: Iterable[Appointment], limit: int, within: timedelta, ban: timedelta) -> datetime | None:
    """Until when somebody with these no-shows may not book: as many as ``limit`` lie ``within`` before the last one."""
    missed = sorted(one.start for one in theirs if one.state is AppointmentState.NO_SHOW)
    if limit <= 0 or len(missed) < limit or missed[-1] - missed[-limit] > within:
        return None
    return missed[-1] + ban


def held_for_appointments(
    rule: AppointmentRule,
    of_day: Iterable[Slot],
    booked: Mapping[datetime, int],
    awaited: Mapping[datetime, int],
    now: datetime,
) -> int:
    """How many numbers of the day walk-ins cannot have, because somebody booked them or still may.

    A slot that can still be booked keeps its whole capacity, one that is closed only the people who are expected.
    ``booked`` counts all who have a place, ``awaited`` those who did not come yet: who came has a number already.
    """
    held = 0
    for slot in of_day:
        expected = awaited.get(slot.start, 0)
        if is_open(rule, slot, now):
            came = booked.get(slot.start, 0) - expected
            held += max(expected, rule.capacity - came)
        elif now <= slot.start + timedelta(minutes=rule.late_minutes):
            held += expected
    return held


def _must_be(one: Appointment, act: str, *states: AppointmentState) -> None:
    if one.state not in states:
        raise Refusal(
            Code.WRONG_STATE,
            f"this booking is {one.state.value}, so it is not possible to {act} it",
            state=one.state.value,
        )
