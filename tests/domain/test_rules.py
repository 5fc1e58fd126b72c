"""Numbers, hours, waiting times, masks, ratings, windows and leases."""

from __future__ import annotations

from dataclasses import replace as changed
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from queue_server.contract.messages import (
    ClosedReason,
    Level,
    OfflineTicket,
    Outcome,
    RatingChannel,
    RatingState,
)
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import lease, masks, rating, schedule, waiting_time
from queue_server.domain.hall import Calendar, Hall, Session, expand
from queue_server.domain.lease import Loan, ParkedReason
from queue_server.domain.rating import RatingProfile, Service

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE_HOURS = Calendar(
    sessions=(Session(9 * 60, 12 * 60), Session(14 * 60, 17 * 60)),
    weekdays=frozenset(range(5)),
    closed=frozenset({date(2025, 10, 1)}),
    extra=frozenset({date(2025, 9, 28)}),
)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


# --- hours ---


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        (at(date(2025, 9, 26), 8, 59), ClosedReason.OUT_OF_HOURS),
        (at(date(2025, 9, 26), 9, 0), None),
        (at(date(2025, 9, 26), 11, 59), None),
        (at(date(2025, 9, 26), 12, 0), ClosedReason.OUT_OF_HOURS),
        (at(date(2025, 9, 26), 14, 0), None),
        (at(date(2025, 9, 27), 10, 0), ClosedReason.DAY_OFF),  # Saturday
        (at(date(2025, 9, 28), 10, 0), None),  # Sunday, a make-up day
        (at(date(2025, 10, 1), 10, 0), ClosedReason.DAY_OFF),  # National Day
    ],
)
def test_the_hall_opens_by_sessions_working_days_and_make_up_days(
    moment: datetime, reason: ClosedReason | None
) -> None:
    assert schedule.closed_reason(OFFICE_HOURS, SHANGHAI, moment.astimezone(UTC)) == reason


def test_the_next_change_is_the_next_door_or_day() -> None:
    friday = date(2025, 9, 26)
    assert schedule.next_change(OFFICE_HOURS, SHANGHAI, at(friday, 8)) == at(friday, 9)
    assert schedule.next_change(OFFICE_HOURS, SHANGHAI, at(friday, 9)) == at(friday, 12)
    assert schedule.next_change(OFFICE_HOURS, SHANGHAI, at(friday, 18)) == at(date(2025, 9, 27), 0)
    always = Calendar()
    assert schedule.next_change(always, SHANGHAI, at(friday, 18)) == at(date(2025, 9, 27), 0)


def test_a_night_hall_keeps_its_business_day_over_midnight() -> None:
    night = Calendar(business_day_starts=time(4, 0))
    assert schedule.business_day(night, SHANGHAI, at(date(2026, 3, 3), 3, 59)) == date(2026, 3, 2)
    assert schedule.business_day(night, SHANGHAI, at(date(2026, 3, 3), 4, 0)) == date(2026, 3, 3)
    assert schedule.business_day_ends(night, SHANGHAI, date(2026, 3, 2)) == at(date(2026, 3, 3), 4)


@given(
    st.integers(0, 6 * 365 * 1440).map(lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Urumqi"]),
)
def test_every_instant_lies_within_its_business_day_also_when_clocks_change(moment: datetime, name: str) -> None:
    zone, calendar = ZoneInfo(name), Calendar(business_day_starts=time(4, 0))
    day = schedule.business_day(calendar, zone, moment)
    ends = schedule.business_day_ends(calendar, zone, day)
    assert ends.astimezone(UTC) - timedelta(hours=26) < moment < ends.astimezone(UTC) + timedelta(hours=1)
    assert schedule.next_change(calendar, zone, moment) > moment


# --- waiting ---


@given(st.integers(-3, 5000), st.integers(0, 5000), st.integers(60, 30_000))
def test_an_estimate_is_a_range_that_is_never_negative(ahead: int, servers: int, seconds: int) -> None:
    found = waiting_time.estimate(ahead, servers, seconds)
    assert 0 <= found.low <= found.likely <= found.high
    longer = waiting_time.estimate(ahead + 1, servers, seconds)
    assert longer.likely >= found.likely
    assert waiting_time.estimate(ahead, servers + 100, seconds).likely <= found.likely


def test_three_windows_and_six_people_make_a_quarter_of_an_hour() -> None:
    found = waiting_time.estimate(6, 300, 8 * 60)
    assert (found.low, found.likely, found.high) == (9 * 60, 18 * 60, 27 * 60)


# --- masks ---


@pytest.mark.parametrize(
    ("name", "masked"),
    [("张三", "张*"), ("张小三", "张*三"), ("欧阳小三", "欧**三"), ("买买提·艾力", "买****力"), ("李", "李"), ("", "")],
)
def test_names_are_masked(name: str, masked: str) -> None:
    assert masks.name(name) == masked


def test_documents_and_phones_are_masked() -> None:
    assert masks.document("440101199001011234") == "4401**********1234"
    assert masks.document("12345678") == "********"
    assert masks.phone("13800001234") == "138****1234"
    assert masks.phone("+8613800001234") == "861******1234"
    assert masks.phone("12345") == "***45"


@given(st.text("0123456789", min_size=5, max_size=20))
def test_a_masked_phone_never_shows_more_than_seven_digits(number: str) -> None:
    masked = masks.phone(number)
    assert sum(character.isdigit() for character in masked) <= min(7, len(number))
    assert "*" in masked


# --- ratings ---


def service(now: datetime, **other: object) -> Service:
    plain = Service(id="s", ticket="t", window="1", queue="A", started_at=now)
    finished = replace(
        plain,
        finished_at=now,
        outcome=Outcome.ACCEPTED,
        rating=RatingState.INVITED,
        rating_until=now + timedelta(seconds=60),
    )
    return replace(finished, **other)


def test_the_official_dictionary_has_forty_reasons_that_belong_to_their_levels(profile: RatingProfile) -> None:
    codes = [reason.code for rule in profile.levels.values() for reason in rule.reasons]
    assert len(codes) == len(set(codes)) == 40
    assert [level for level, rule in profile.levels.items() if rule.bad] == [
        Level.DISSATISFIED,
        Level.VERY_DISSATISFIED,
    ]
    assert "kiosk" in next(r for r in profile.levels[Level.DISSATISFIED].reasons if r.code == "213").hide_on


def test_a_bad_rating_says_why_except_on_a_box_with_five_keys(profile: RatingProfile) -> None:
    with pytest.raises(Refusal) as refused:
        rating.check_answer(profile, Level.DISSATISFIED, (), "  ", RatingChannel.PAD)
    assert refused.value.code is Code.REASON_REQUIRED
    rating.check_answer(profile, Level.DISSATISFIED, ("207",), "", RatingChannel.PAD)
    rating.check_answer(profile, Level.VERY_DISSATISFIED, (), "too slow", RatingChannel.QR)
    rating.check_answer(profile, Level.DISSATISFIED, (), "", RatingChannel.DEVICE)
    rating.check_answer(profile, Level.VERY_SATISFIED, (), "", RatingChannel.PAD)


def test_a_reason_of_another_level_is_refused(profile: RatingProfile) -> None:
    with pytest.raises(Refusal) as refused:
        rating.check_answer(profile, Level.VERY_SATISFIED, ("207",), "", RatingChannel.PAD)
    assert refused.value.code is Code.UNKNOWN_REASON


@pytest.mark.parametrize(
    ("other", "channel", "seconds", "code"),
    [
        ({}, RatingChannel.PAD, 0, None),
        ({}, RatingChannel.PAD, 60, Code.RATING_CLOSED),
        ({"rating": RatingState.TIMED_OUT}, RatingChannel.DEVICE, 1, Code.RATING_CLOSED),
        ({"rating": RatingState.TIMED_OUT}, RatingChannel.QR, 7 * 86400, None),
        ({"rating": RatingState.TIMED_OUT}, RatingChannel.QR, 7 * 86400 + 1, Code.RATING_CLOSED),
        ({"rating": RatingState.SUBMITTED}, RatingChannel.QR, 1, Code.RATING_EXISTS),
        ({"finished_at": None, "outcome": None}, RatingChannel.PAD, 1, Code.RATING_NOT_POSSIBLE),
        ({"outcome": None}, RatingChannel.QR, 1, Code.RATING_NOT_POSSIBLE),
    ],
)
def test_a_service_is_rated_once_in_time_and_after_it_was_finished(
    now: datetime, other: dict[str, object], channel: RatingChannel, seconds: int, code: Code | None
) -> None:
    moment = now + timedelta(seconds=seconds)
    if code is None:
        rating.check_time(service(now, **other), channel, moment, 7)
        return
    with pytest.raises(Refusal) as refused:
        rating.check_time(service(now, **other), channel, moment, 7)
    assert refused.value.code is code


# --- leases ---


@pytest.mark.parametrize(
    ("loan", "ticket", "kiosk", "fault"),
    [
        ({}, {}, "K1", None),
        ({}, {"queue": "Q"}, "K1", ParkedReason.UNKNOWN_QUEUE),
        (None, {}, "K1", ParkedReason.UNKNOWN_LEASE),
        ({}, {}, "K2", ParkedReason.FOREIGN_KIOSK),
        ({"queue": "B"}, {}, "K1", ParkedReason.WRONG_QUEUE),
        ({}, {"number": "A720"}, "K1", ParkedReason.WRONG_RANGE),
        ({}, {"number": "B700"}, "K1", ParkedReason.WRONG_RANGE),
        ({}, {"issued_at": datetime(2026, 3, 4, tzinfo=UTC)}, "K1", ParkedReason.EXPIRED_LEASE),
    ],
)
def test_an_offline_ticket_must_keep_within_what_was_lent(
    hall: Hall,
    now: datetime,
    loan: dict[str, object] | None,
    ticket: dict[str, object],
    kiosk: str,
    fault: ParkedReason | None,
) -> None:
    lent = Loan(
        id="l", kiosk="K1", queue="A", business_day=date(2026, 3, 2), first=700, last=719,
        expires_at=datetime(2026, 3, 2, 16, tzinfo=UTC),
    )  # fmt: skip
    printed = OfflineTicket(key="k", lease="l", queue="A", number="A700", issued_at=now, status_token="y" * 22)
    found = lease.fault(hall, None if loan is None else replace(lent, **loan), replace(printed, **ticket), kiosk)
    assert found == fault


def test_a_device_url_takes_its_variables_from_the_caller(hall: Hall) -> None:
    url = hall.devices[0].url
    assert expand(url, {"BUS": "/dev/ttyUSB1"}) == "modbus+serial:///dev/ttyUSB1?baud=19200&unit=3"
    with pytest.raises(KeyError, match="BUS"):
        expand(url, {})


def test_a_hall_finds_its_parts_by_name(hall: Hall) -> None:
    assert hall.windows_of_queue["E"] == ("1", "2", "5", "8")
    assert hall.zone_by_id[hall.window_by_id["4"].zone].id == "Z2"
    screen = hall.screen("S1")
    assert screen is not None
    assert screen.speaks
    assert changed(hall, screens=()).screen("S1") is None
