"""Masks, ratings, leases and what a hall knows of its parts."""

from __future__ import annotations

from dataclasses import replace as changed
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from queue_server.contract.messages import (
    Level,
    OfflineTicket,
    Outcome,
    RatingChannel,
    RatingState,
)
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import lease, masks, rating
from queue_server.domain.hall import Hall, expand
from queue_server.domain.lease import Loan, ParkedReason
from queue_server.domain.rating import RatingProfile, Service

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
