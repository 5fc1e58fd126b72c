"""When a hall and its queues are open, in its own time zone."""

from __future__ import annotations

from dataclasses import replace as changed
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_server.contract.messages import ClosedReason
from queue_server.domain import schedule
from queue_server.domain.hall import Calendar, Hall, QueueRule, Session
from queue_server.domain.queue import QueueState

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
A = QueueState(queue="A")

NATIONAL_DAY_2025 = Calendar(
    sessions=(Session(9 * 60, 12 * 60), Session(14 * 60, 17 * 60)),
    weekdays=frozenset(range(5)),
    closed=frozenset(date(2025, 10, day) for day in range(1, 9)),
    extra=frozenset({date(2025, 9, 28), date(2025, 10, 11)}),
)
"""国庆节 and 中秋节 of 2025: eight days off, a Sunday before and a Saturday after are worked."""


def at(day: date, hour: int, minute: int = 0, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)


def a_hall(hall: Hall, calendar: Calendar, zone: str = "Asia/Shanghai", **rule: object) -> tuple[Hall, QueueRule]:
    """The demo hall with other hours, and its first queue with its own."""
    first = changed(hall.queues[0], **rule)  # type: ignore[arg-type]  # fields of a queue
    return changed(hall, calendar=calendar, time_zone=zone, queues=(first, *hall.queues[1:])), first


def reason(hall: Hall, calendar: Calendar, now: datetime, zone: str = "Asia/Shanghai") -> ClosedReason | None:
    made, rule = a_hall(hall, calendar, zone)
    return schedule.closed_reason(made, rule, A, now)


def closes(hall: Hall, calendar: Calendar, now: datetime, zone: str = "Asia/Shanghai") -> datetime | None:
    made, rule = a_hall(hall, calendar, zone)
    return schedule.closes_at(made, rule, A, now)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(date(2025, 9, 26), 8, 59), ClosedReason.OUT_OF_HOURS),
        (at(date(2025, 9, 26), 9, 0), None),
        (at(date(2025, 9, 26), 11, 59), None),
        (at(date(2025, 9, 26), 12, 0), ClosedReason.OUT_OF_HOURS),
        (at(date(2025, 9, 26), 14, 0), None),
        (at(date(2025, 9, 27), 10, 0), ClosedReason.DAY_OFF),  # an ordinary Saturday
        (at(date(2025, 9, 28), 10, 0), None),  # a Sunday that is worked
        (at(date(2025, 9, 30), 16, 59), None),
        (at(date(2025, 10, 1), 10, 0), ClosedReason.DAY_OFF),
        (at(date(2025, 10, 8), 10, 0), ClosedReason.DAY_OFF),  # a Wednesday, the last day off
        (at(date(2025, 10, 9), 9, 0), None),
        (at(date(2025, 10, 11), 10, 0), None),  # a Saturday that is worked
        (at(date(2025, 10, 12), 10, 0), ClosedReason.DAY_OFF),
    ],
)
def test_the_hall_opens_by_sessions_working_days_and_make_up_days(
    hall: Hall, moment: datetime, expected: ClosedReason | None
) -> None:
    assert reason(hall, NATIONAL_DAY_2025, moment) == expected


def test_hours_may_differ_by_day_and_a_make_up_day_has_those_of_the_first_working_day(hall: Hall) -> None:
    calendar = changed(
        NATIONAL_DAY_2025,
        sessions=(
            Session(9 * 60, 17 * 60, weekdays=frozenset({0, 1, 2, 3})),
            Session(9 * 60, 15 * 60, weekdays=frozenset({4})),
        ),
    )
    assert closes(hall, calendar, at(date(2025, 9, 25), 10)) == at(date(2025, 9, 25), 17)
    assert closes(hall, calendar, at(date(2025, 9, 26), 10)) == at(date(2025, 9, 26), 15)
    assert closes(hall, calendar, at(date(2025, 9, 28), 10)) == at(date(2025, 9, 28), 17)


def test_extended_sessions_are_only_for_queues_that_say_so(hall: Hall) -> None:
    calendar = Calendar(sessions=(Session(540, 1020), Session(1020, 1200, extended=True)))
    evening = at(date(2026, 3, 2), 18)
    usual, rule = a_hall(hall, calendar)
    assert schedule.closed_reason(usual, rule, A, evening) is ClosedReason.OUT_OF_HOURS
    late, rule = a_hall(hall, calendar, extended=True)
    assert schedule.closed_reason(late, rule, A, evening) is None
    assert schedule.closes_at(late, rule, A, at(date(2026, 3, 2), 10)) == at(date(2026, 3, 2), 20)


def test_a_queue_may_have_hours_of_its_own(hall: Hall) -> None:
    made, rule = a_hall(hall, Calendar(sessions=(Session(540, 1020),)), sessions=(Session(600, 660),))
    assert schedule.closed_reason(made, rule, A, at(date(2026, 3, 2), 9, 30)) is ClosedReason.OUT_OF_HOURS
    assert schedule.closed_reason(made, made.queues[1], QueueState(queue="B"), at(date(2026, 3, 2), 9, 30)) is None
    assert schedule.next_change(made, (), at(date(2026, 3, 2), 9, 30)) == at(date(2026, 3, 2), 10)


@pytest.mark.parametrize(
    ("until", "now", "open_then"),
    [
        (at(date(2026, 3, 2), 19), at(date(2026, 3, 2), 18), True),
        (at(date(2026, 3, 2), 19), at(date(2026, 3, 2), 19), False),
        (at(date(2026, 3, 2), 19), at(date(2026, 3, 2), 12, 30), False),  # the evening is longer, lunch stays
        (at(date(2026, 3, 2), 12, 45), at(date(2026, 3, 2), 12, 30), True),  # the morning is longer
        (at(date(2026, 3, 2), 12, 45), at(date(2026, 3, 2), 12, 50), False),
        (at(date(2026, 3, 2), 8, 30), at(date(2026, 3, 2), 8, 15), True),  # opened before its time
        (at(date(2026, 3, 1), 19), at(date(2026, 3, 2), 18), False),  # of yesterday
    ],
)
def test_hours_are_extended_from_where_they_end(hall: Hall, until: datetime, now: datetime, open_then: bool) -> None:
    made, rule = a_hall(hall, Calendar(sessions=(Session(540, 720), Session(840, 1020))))
    state = QueueState(queue="A", extended_until=until)
    assert (schedule.closed_reason(made, rule, state, now) is None) == open_then
    if open_then:
        assert schedule.closes_at(made, rule, state, now) == until
        assert schedule.next_change(made, [state], now) == until


def test_extended_hours_open_the_hall_on_a_day_off(hall: Hall) -> None:
    made, rule = a_hall(hall, NATIONAL_DAY_2025)
    state = QueueState(queue="A", extended_until=at(date(2025, 10, 1), 12))
    assert schedule.closed_reason(made, rule, state, at(date(2025, 10, 1), 11)) is None


def test_the_next_change_is_the_next_door_or_day(hall: Hall) -> None:
    friday = date(2025, 9, 26)
    made, _ = a_hall(hall, NATIONAL_DAY_2025)
    assert schedule.next_change(made, (), at(friday, 8)) == at(friday, 9)
    assert schedule.next_change(made, (), at(friday, 9)) == at(friday, 12)
    assert schedule.next_change(made, (), at(friday, 18)) == at(date(2025, 9, 27), 0)
    always, _ = a_hall(hall, Calendar())
    assert schedule.next_change(always, (), at(friday, 18)) == at(date(2025, 9, 27), 0)


# --- round the clock ---


def test_a_night_hall_keeps_its_business_day_over_midnight() -> None:
    night = Calendar(business_day_starts=time(4, 0))
    assert schedule.business_day(night, SHANGHAI, at(date(2026, 3, 3), 3, 59)) == date(2026, 3, 2)
    assert schedule.business_day(night, SHANGHAI, at(date(2026, 3, 3), 4, 0)) == date(2026, 3, 3)
    assert schedule.business_day_ends(night, SHANGHAI, date(2026, 3, 2)) == at(date(2026, 3, 3), 4)


def test_the_small_hours_belong_to_the_working_day_before(hall: Hall) -> None:
    """A hall that works from Monday to Friday until two in the morning is open on Saturday at one, not on Monday."""
    calendar = Calendar(
        sessions=(Session(18 * 60, 24 * 60), Session(0, 2 * 60)),
        weekdays=frozenset(range(5)),
        business_day_starts=time(4, 0),
    )
    assert reason(hall, calendar, at(date(2026, 3, 7), 1)) is None
    assert reason(hall, calendar, at(date(2026, 3, 9), 1)) is ClosedReason.DAY_OFF
    assert closes(hall, calendar, at(date(2026, 3, 6), 19)) == at(date(2026, 3, 7), 2)


def test_hours_until_midnight_and_hours_from_midnight_are_one(hall: Hall) -> None:
    calendar = Calendar(sessions=(Session(18 * 60, 24 * 60), Session(0, 2 * 60)))
    assert closes(hall, calendar, at(date(2026, 3, 6), 19)) == at(date(2026, 3, 7), 2)
    assert closes(hall, calendar, at(date(2026, 3, 7), 0, 30)) == at(date(2026, 3, 7), 2)


def test_a_hall_that_never_closes_has_no_end_except_before_a_holiday(hall: Hall) -> None:
    always = Calendar(closed=frozenset({date(2026, 3, 8)}))
    assert closes(hall, always, at(date(2026, 3, 6), 12)) is None
    assert closes(hall, always, at(date(2026, 3, 7), 12)) == at(date(2026, 3, 8), 0)
    assert closes(hall, always, at(date(2026, 3, 8), 12)) is None
    assert reason(hall, always, at(date(2026, 3, 8), 12)) is ClosedReason.DAY_OFF


# --- where clocks change ---


@pytest.mark.parametrize(
    ("zone", "spring", "autumn"),
    [
        ("Europe/Berlin", date(2026, 3, 29), date(2026, 10, 25)),
        ("America/New_York", date(2026, 3, 8), date(2026, 11, 1)),
    ],
)
def test_a_day_on_which_the_clock_changes_has_23_or_25_hours(hall: Hall, zone: str, spring: date, autumn: date) -> None:
    for day, hours in ((spring, 23), (autumn, 25)):
        begins = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        ends = schedule.business_day_ends(Calendar(), ZoneInfo(zone), day)
        assert ends - begins == timedelta(hours=hours)
        calendar = Calendar(sessions=(Session(60, 8 * 60),))
        opens = begins + timedelta(hours=1)
        assert reason(hall, calendar, opens, zone) is None
        assert closes(hall, calendar, opens, zone) == opens + timedelta(hours=7 + hours - 24)


def test_hours_that_begin_in_the_hour_that_is_left_out_begin_as_much_later(hall: Hall) -> None:
    calendar = Calendar(sessions=(Session(150, 300),))  # 02:30 does not come on this day
    assert (
        reason(hall, calendar, datetime(2026, 3, 29, 1, 29, tzinfo=UTC), "Europe/Berlin") is ClosedReason.OUT_OF_HOURS
    )
    assert reason(hall, calendar, datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "Europe/Berlin") is None


def test_hours_that_end_in_the_hour_that_comes_twice_end_the_second_time(hall: Hall) -> None:
    calendar = Calendar(sessions=(Session(60, 150),))
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert first.astimezone(BERLIN).time() == second.astimezone(BERLIN).time() == time(2, 30)
    assert reason(hall, calendar, first, "Europe/Berlin") is None
    assert reason(hall, calendar, second - timedelta(seconds=1), "Europe/Berlin") is None
    assert reason(hall, calendar, second, "Europe/Berlin") is ClosedReason.OUT_OF_HOURS


def test_a_business_day_that_began_does_not_end_because_the_clock_is_set_back() -> None:
    night = Calendar(business_day_starts=time(1, 30))
    first, again = datetime(2026, 11, 1, 5, 40, tzinfo=UTC), datetime(2026, 11, 1, 6, 10, tzinfo=UTC)
    assert again.astimezone(NEW_YORK).time() == time(1, 10)  # twenty minutes before it began, says the clock
    assert schedule.business_day(night, NEW_YORK, first) == date(2026, 11, 1)
    assert schedule.business_day(night, NEW_YORK, again) == date(2026, 11, 1)


ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Urumqi"])
MOMENTS = st.integers(0, 6 * 365 * 1440).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(MOMENTS, ZONES, st.sampled_from([time(0), time(1, 30), time(2, 30), time(4)]))
def test_every_instant_lies_within_its_business_day_also_when_clocks_change(
    hall: Hall, moment: datetime, name: str, starts: time
) -> None:
    zone, calendar = ZoneInfo(name), Calendar(business_day_starts=starts)
    day = schedule.business_day(calendar, zone, moment)
    ends = schedule.business_day_ends(calendar, zone, day)
    assert schedule.business_day_ends(calendar, zone, day - timedelta(days=1)) <= moment < ends
    made, _ = a_hall(hall, calendar, name)
    assert moment < schedule.next_change(made, (), moment) <= ends


@given(MOMENTS, ZONES, st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 1440)), max_size=4), st.booleans())
def test_a_queue_is_open_exactly_until_it_closes(
    hall: Hall, moment: datetime, name: str, hours: list[tuple[int, int]], night: bool
) -> None:
    sessions = tuple(Session(start, end) for start, end in hours if start < end)
    calendar = Calendar(sessions=sessions, business_day_starts=time(4) if night else time(0))
    made, rule = a_hall(hall, calendar, name)
    end = schedule.closes_at(made, rule, A, moment)
    if schedule.closed_reason(made, rule, A, moment) is not None:
        assert end is None
        return
    if end is None:
        return
    assert end > moment
    assert schedule.closed_reason(made, rule, A, end) is not None
    change = schedule.next_change(made, (), moment)
    assert change <= end or end == schedule.closes_at(made, rule, A, change)
