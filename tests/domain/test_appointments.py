"""The rules of booking: slots, days, who may change what until when, who is late, and what walk-ins are left."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from queue_server.contract.messages import AppointmentState
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import appointment
from queue_server.domain.appointment import Appointment
from queue_server.domain.hall import AppointmentRule, Calendar, Hall, QueueRule, Session

MONDAY = date(2026, 3, 2)
MORNING = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai, before the hall opens
NINE, TWELVE, HALF_PAST_ONE, FIVE = 540, 720, 810, 1020
OFFICE_HOURS = Calendar(
    sessions=(Session(NINE, TWELVE), Session(HALF_PAST_ONE, FIVE), Session(FIVE, 1200, extended=True)),
    weekdays=frozenset(range(5)),
)
DEFAULT = AppointmentRule()


@pytest.fixture
def office_hall(hall: Hall) -> Hall:
    return dataclasses.replace(hall, calendar=OFFICE_HOURS)


def queue_of(hall: Hall, **rule: Any) -> QueueRule:
    return dataclasses.replace(hall.queue_by_id["A"], appointment=AppointmentRule(**rule))


def booking(start: datetime, state: AppointmentState = AppointmentState.BOOKED, **other: Any) -> Appointment:
    return Appointment(
        **{
            "id": "b1",
            "queue": "A",
            "day": start.date(),
            "start": start,
            "end": start + timedelta(minutes=30),
            "state": state,
            "booked_at": MORNING,
            "person": "p",
            **other,
        }
    )


def clock(hall: Hall, slots: list[appointment.Slot]) -> list[str]:
    return [slot.start.astimezone(hall.zone_info).strftime("%H:%M") for slot in slots]


def refused(act: Any, *args: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        act(*args)
    return caught.value


# --- slots and days ---


def test_slots_lie_wholly_within_a_session_and_never_over_lunch_or_in_longer_hours(office_hall: Hall) -> None:
    queue = dataclasses.replace(queue_of(office_hall, slot_minutes=50), extended=True)
    found = appointment.slots(office_hall, queue, MONDAY)
    assert clock(office_hall, found) == ["09:00", "09:50", "10:40", "13:30", "14:20", "15:10", "16:00"]
    assert {(slot.end - slot.start) for slot in found} == {timedelta(minutes=50)}


def test_a_queue_with_hours_of_its_own_is_booked_in_them(office_hall: Hall) -> None:
    queue = dataclasses.replace(
        queue_of(office_hall, slot_minutes=60), sessions=(Session(600, 720, weekdays=frozenset({0})), Session(840, 900))
    )
    assert clock(office_hall, appointment.slots(office_hall, queue, MONDAY)) == ["10:00", "11:00", "14:00"]
    assert clock(office_hall, appointment.slots(office_hall, queue, date(2026, 3, 3))) == ["14:00"]


def test_a_queue_that_is_not_booked_has_neither_slots_nor_days(office_hall: Hall) -> None:
    queue = dataclasses.replace(office_hall.queue_by_id["A"], appointment=None)
    assert appointment.slots(office_hall, queue, MONDAY) == []
    assert appointment.bookable_days(office_hall, queue, MORNING) == []
    assert refused(appointment.slot_to_book, office_hall, queue, MORNING, MORNING).code is Code.BAD_REQUEST


def test_days_to_book_step_over_holidays_and_count_make_up_days(office_hall: Hall) -> None:
    holidays = dataclasses.replace(
        OFFICE_HOURS, closed=frozenset({date(2026, 3, 4), date(2026, 3, 5)}), extra=frozenset({date(2026, 3, 7)})
    )
    hall = dataclasses.replace(office_hall, calendar=holidays)
    days = appointment.bookable_days(hall, queue_of(hall, days_ahead=4), MORNING)
    assert [day.day for day in days] == [2, 3, 6, 7, 9]


def test_today_is_offered_only_by_rule_and_only_while_a_slot_is_open(office_hall: Hall) -> None:
    queue = queue_of(office_hall, days_ahead=1)
    assert appointment.bookable_days(office_hall, queue, MORNING)[0] == MONDAY
    last_closes = datetime(2026, 3, 2, 8, 20, tzinfo=UTC)  # 16:20, ten minutes before the last slot
    assert appointment.bookable_days(office_hall, queue, last_closes - timedelta(seconds=1))[0] == MONDAY
    assert appointment.bookable_days(office_hall, queue, last_closes) == [date(2026, 3, 3)]
    tomorrow_on = queue_of(office_hall, days_ahead=1, same_day=False)
    assert appointment.bookable_days(office_hall, tomorrow_on, MORNING) == [date(2026, 3, 3)]


@pytest.mark.parametrize(("day", "count"), [(date(2026, 3, 29), 46), (date(2026, 10, 25), 50), (date(2026, 6, 1), 48)])
def test_the_night_in_which_clocks_change_has_every_slot_once(hall: Hall, day: date, count: int) -> None:
    berlin = dataclasses.replace(hall, time_zone="Europe/Berlin", calendar=Calendar())
    found = appointment.slots(berlin, queue_of(berlin), day)
    assert len(found) == count
    assert all(later.start == earlier.end for earlier, later in itertools.pairwise(found))
    for slot in found:
        got = appointment.slot_to_book(berlin, queue_of(berlin), slot.start, slot.start - timedelta(hours=1))
        assert got == slot


def test_slots_after_midnight_belong_to_the_evening_before(hall: Hall) -> None:
    night = Calendar(
        sessions=(Session(1200, 1440), Session(0, 240)), business_day_starts=datetime.min.time().replace(6)
    )
    owls = dataclasses.replace(hall, calendar=night)
    found = appointment.slots(owls, queue_of(owls, slot_minutes=120), MONDAY)
    assert clock(owls, found) == ["20:00", "22:00", "00:00", "02:00"]
    assert {slot.day for slot in found} == {MONDAY}
    after_midnight = found[-1]
    assert appointment.slot_to_book(owls, queue_of(owls, slot_minutes=120), after_midnight.start, MORNING).day == (
        MONDAY
    )


# --- booking ---


def test_a_slot_can_be_booked_until_it_closes_and_while_it_has_a_place(office_hall: Hall) -> None:
    queue = queue_of(office_hall, capacity=2)
    start = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # 10:00
    closes = start - timedelta(minutes=10)

    def book(when: datetime, taken: int = 0) -> appointment.Slot:
        slot = appointment.slot_to_book(office_hall, queue, start, when)
        appointment.check_place(queue.appointment or DEFAULT, slot, {start: taken})
        return slot

    assert book(closes - timedelta(microseconds=1), 1).start == start
    assert refused(book, closes).code is Code.SLOT_CLOSED
    assert refused(book, start + timedelta(hours=1)).code is Code.SLOT_CLOSED
    assert refused(book, MORNING, 2).code is Code.SLOT_FULL


def test_a_time_at_which_no_slot_begins_is_a_bad_request_and_one_too_far_ahead_is_closed(office_hall: Hall) -> None:
    queue = queue_of(office_hall, days_ahead=1)
    ten = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)

    def code(start: datetime) -> Code:
        return refused(appointment.slot_to_book, office_hall, queue, start, MORNING).code

    assert code(ten + timedelta(minutes=1)) is Code.BAD_REQUEST
    assert code(ten + timedelta(hours=2)) is Code.BAD_REQUEST  # lunch
    assert code(ten + timedelta(days=5)) is Code.BAD_REQUEST  # Saturday
    assert code(ten + timedelta(days=2)) is Code.SLOT_CLOSED
    for far in (datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)):
        assert code(far) is Code.BAD_REQUEST


def test_the_same_slot_is_meant_in_whatever_offset_it_is_written(office_hall: Hall) -> None:
    start = datetime(2026, 3, 2, 10, 0, tzinfo=office_hall.zone_info)
    slot = appointment.slot_to_book(office_hall, queue_of(office_hall), start, MORNING)
    assert (slot.start, slot.start.tzinfo) == (start, UTC)


def test_one_person_books_one_place_a_day_in_a_queue_and_so_many_in_the_hall() -> None:
    ten = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    has = booking(ten)
    for used in (AppointmentState.CHECKED_IN, AppointmentState.LATE, AppointmentState.NO_SHOW):
        theirs = [booking(ten, used)]
        assert refused(appointment.check_allowance, theirs, "A", MONDAY, 9).code is Code.ALREADY_BOOKED
    for given_back in (AppointmentState.CANCELLED, AppointmentState.RESCHEDULED):
        appointment.check_allowance([booking(ten, given_back)], "A", MONDAY, 1)
    assert refused(appointment.check_allowance, [has], "A", MONDAY, 2).detail["start"] == ten.isoformat()
    assert refused(appointment.check_allowance, [has], "C", MONDAY, 1).detail["queue"] == "A"
    appointment.check_allowance([has], "C", MONDAY, 2)
    appointment.check_allowance([has], "A", date(2026, 3, 3), 1)


# --- coming, changing, missing ---


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (-31, Code.TOO_EARLY),
        (-30, AppointmentState.CHECKED_IN),
        (0, AppointmentState.CHECKED_IN),
        (30, AppointmentState.CHECKED_IN),
        (31, AppointmentState.LATE),
    ],
)
def test_who_comes_within_thirty_minutes_of_the_slot_is_in_time(hall: Hall, minutes: int, expected: Any) -> None:
    one = booking(datetime(2026, 3, 2, 2, 0, tzinfo=UTC))
    when = one.start + timedelta(minutes=minutes)
    if isinstance(expected, Code):
        refusal = refused(appointment.arrived, hall, one, when)
        assert refusal.code is expected
        assert refusal.detail["from"] == (one.start - timedelta(minutes=30)).isoformat()
    else:
        assert appointment.arrived(hall, one, when) is expected


def test_a_no_show_who_comes_after_all_is_late_until_the_day_is_over(hall: Hall) -> None:
    start = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    missed = appointment.miss(booking(start), start + timedelta(minutes=31))
    assert missed.state is AppointmentState.NO_SHOW
    assert appointment.arrived(hall, missed, start + timedelta(hours=6)) is AppointmentState.LATE
    assert refused(appointment.arrived, hall, missed, start + timedelta(hours=14)).code is Code.WRONG_STATE


@pytest.mark.parametrize("state", sorted(set(AppointmentState) - {AppointmentState.BOOKED}))
def test_what_is_over_can_be_neither_changed_nor_missed(hall: Hall, state: AppointmentState) -> None:
    start = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    one = booking(start, state)
    assert refused(appointment.cancel, one, start).detail == {"state": state.value}
    assert refused(appointment.check_can_move, one).code is Code.WRONG_STATE
    assert refused(appointment.miss, one, start).code is Code.WRONG_STATE
    if state is not AppointmentState.NO_SHOW:
        assert refused(appointment.arrived, hall, one, start).code is Code.WRONG_STATE


def test_a_citizen_may_change_a_booking_until_two_hours_before_it() -> None:
    one = booking(datetime(2026, 3, 2, 6, 0, tzinfo=UTC))
    until = one.start - timedelta(hours=2)
    appointment.check_change(DEFAULT, one, until)
    refusal = refused(appointment.check_change, DEFAULT, one, until + timedelta(seconds=1))
    assert (refusal.code, refusal.detail["until"]) == (Code.TOO_LATE_TO_CHANGE, until.isoformat())


def test_a_moved_booking_leaves_a_trace_to_the_new_one() -> None:
    one = booking(datetime(2026, 3, 2, 6, 0, tzinfo=UTC), item="A-IDCARD")
    slot = appointment.Slot(date(2026, 3, 3), one.start + timedelta(days=1), one.end + timedelta(days=1))
    old, new = appointment.reschedule(one, "b2", slot, MORNING)
    assert (old.state, old.moved_to, old.start) == (AppointmentState.RESCHEDULED, "b2", one.start)
    assert new == replace(one, id="b2", day=slot.day, start=slot.start, end=slot.end)


def test_three_no_shows_in_thirty_days_ban_from_booking_for_thirty_days_after_the_last() -> None:
    month = timedelta(days=30)
    first = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)

    def until(*days: int, limit: int = 3) -> datetime | None:
        rows = [booking(first + timedelta(days=day), AppointmentState.NO_SHOW) for day in days]
        return appointment.banned_until([*rows, booking(first)], limit, month, month)

    assert until(0, 1) is None
    assert until(0, 15, 30) == first + timedelta(days=60)
    assert until(0, 15, 31) is None
    assert until(0, 20, 31, 35) == first + timedelta(days=65)
    assert until(0, 1, 2, limit=0) is None


# --- what is left for walk-ins ---


def test_open_slots_are_held_whole_and_closed_ones_only_for_those_who_are_expected(office_hall: Hall) -> None:
    queue = queue_of(office_hall, slot_minutes=60, capacity=4)
    day = appointment.slots(office_hall, queue, MONDAY)
    rule = queue.appointment or DEFAULT
    ten, eleven = day[1].start, day[2].start
    assert len(day) == 6

    def held(when: datetime, booked: dict[datetime, int], awaited: dict[datetime, int]) -> int:
        return appointment.held_for_appointments(rule, day, booked, awaited, when)

    assert held(MORNING, {}, {}) == 24
    assert held(MORNING, {ten: 4}, {ten: 4}) == 24
    at_closing = ten - timedelta(minutes=10)
    assert held(at_closing - timedelta(seconds=1), {ten: 3}, {ten: 3}) == 20  # only 09:00 is over
    assert held(at_closing, {ten: 3}, {ten: 3}) == 3 + 16
    assert held(at_closing, {ten: 3}, {ten: 1}) == 1 + 16  # two came and have their numbers
    before = eleven - timedelta(minutes=11)
    assert held(before, {eleven: 2}, {eleven: 1}) == 3 + 12  # one of the next slot came early
    assert held(ten + timedelta(minutes=31), {ten: 3}, {ten: 3}) == 16  # late: nobody is waited for any longer
    assert held(day[-1].start + timedelta(minutes=31), {}, {}) == 0


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=6, max_size=6), st.integers(-120, 600))
def test_never_is_more_held_than_the_slots_have_nor_less_than_is_expected(
    counts: list[tuple[int, int]], minute: int
) -> None:
    rule = AppointmentRule(slot_minutes=60, capacity=4)
    hours = [MORNING + timedelta(hours=hour) for hour in range(6)]
    day = [appointment.Slot(MONDAY, hour, hour + timedelta(hours=1)) for hour in hours]
    booked = {hour: max(pair) for hour, pair in zip(hours, counts, strict=True)}
    awaited = {hour: min(pair) for hour, pair in zip(hours, counts, strict=True)}
    now = MORNING + timedelta(minutes=minute)
    held = appointment.held_for_appointments(rule, day, booked, awaited, now)
    to_come = [hour for hour in hours if now <= hour + timedelta(minutes=rule.late_minutes)]
    assert sum(awaited[hour] for hour in to_come) <= held <= sum(rule.capacity for _ in to_come)
