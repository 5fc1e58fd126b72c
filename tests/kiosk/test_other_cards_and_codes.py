"""A social-security card in the place of an ID card, a code before the scanner in the place of keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from obedient_devices import NAME, NUMBER, PERSONAL, FakeCardReader, FakeScanner

from drivers.card_reader.port import OtherCard, SocialSecurityCard
from drivers.device import Action as Act
from drivers.device import Condition, DeviceState, Fault, Secret, Status


def social_card(**changes: Any) -> SocialSecurityCard:
    fields: dict[str, Any] = {
        "number": Secret(NUMBER),
        "name": Secret(NAME),
        "card_number": Secret("A12345678"),
        "identification": Secret("0" * 32),
        "region_code": "330300",
        "birth_date": Secret(date(1990, 1, 2)),
    }
    return SocialSecurityCard(**{**fields, **changes})


@pytest.fixture
def slot() -> FakeCardReader:
    return FakeCardReader()


@pytest.fixture
def rig(make_rig: Callable[..., Any], slot: FakeCardReader) -> Any:
    made = make_rig(more={"card_reader": slot})
    made.refresher.round()
    return made


def test_a_social_security_card_is_as_good_as_an_id_card(rig: Any, slot: FakeCardReader, hall: Any) -> None:
    slot.card = social_card()  # type: ignore[assignment]  # because the slot takes another kind of card
    rig.start("take_ticket")
    shown = rig.until("Queue").data["person"]
    assert shown == {"name": "欧***者", "number": "1101**********0021"}
    rig.tap(queue="A", priority="none")
    assert rig.until("Ticket").data["number"].startswith("A")
    assert rig.reader.reads == 1, "the reader for ID cards was not left waiting"


def test_whichever_card_is_shown_first_counts_and_the_other_reader_is_let_go(rig: Any, slot: FakeCardReader) -> None:
    rig.card_to_queue()
    rig.visit.cancel()
    rig.until("Home")
    rig.reader.card = None
    slot.card = social_card()  # type: ignore[assignment]  # as above
    rig.start("take_ticket")
    rig.until("Queue")
    for kind in ("id_card_reader", "card_reader"):
        assert rig.bench.bay(kind).call(lambda device: device.opened, 20) >= 1, f"{kind} is still waiting for a card"


def test_the_page_names_the_cards_that_can_be_read_here(rig: Any, slot: FakeCardReader) -> None:
    rig.start("take_ticket")
    assert rig.until("Identify").data["cards"] == ["id", "social"]
    rig.visit.cancel()
    rig.reader.status = Status(DeviceState.FAULT, (Condition("sam.self-test", Act.ENGINEER, blocking=True),))
    rig.reader.fault = Fault.MECHANICAL
    rig.until("Home")
    rig.start("take_ticket")
    rig.until("Identify")
    rig.wait(lambda: rig.desk.offers().cards == ("social",))
    assert rig.desk.offers().card is None, "one reader that works is enough"


def test_a_reader_that_fails_does_not_keep_the_other_one_from_reading(rig: Any, slot: FakeCardReader) -> None:
    rig.reader.fault = Fault.SILENT
    rig.start("take_ticket")
    rig.until("Identify")
    rig.wait(lambda: rig.reader.reads == 1)
    assert rig.visit.view.error is None
    slot.card = social_card()  # type: ignore[assignment]  # as above
    rig.until("Queue")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.NOT_AUTHORISED, "card-locked"),
        (Fault.CARD_REMOVED, "card-removed"),
        (Fault.UNKNOWN_CARD, "unknown-card"),
        (Fault.BAD_DATA, "card-unreadable"),
    ],
)
def test_what_is_wrong_with_a_card_in_the_slot_is_said_at_once(
    rig: Any, slot: FakeCardReader, fault: Fault, reason: str
) -> None:
    slot.fault = fault
    rig.start("take_ticket")
    rig.until_error(reason)


def test_another_card_in_the_slot_is_no_card_that_says_who_it_is(rig: Any, slot: FakeCardReader) -> None:
    slot.card = OtherCard(Secret(b"\x3b\x00"))  # type: ignore[assignment]  # as above
    rig.start("take_ticket")
    rig.until_error("wrong-card")


def test_an_elder_is_known_by_the_day_of_birth_or_else_by_the_number(rig: Any, slot: FakeCardReader) -> None:
    slot.card = social_card(birth_date=None)  # type: ignore[assignment]  # as above
    rig.start("take_ticket")
    assert rig.until("Queue").data["suggested"] == "elder"


def test_without_a_photo_on_the_card_no_face_is_compared(rig: Any, slot: FakeCardReader) -> None:
    slot.card = social_card()  # type: ignore[assignment]  # as above
    rig.start("self_service")
    rig.until("Services")
    rig.tap(service="case-progress")
    rig.until("Code")


def test_a_card_that_was_left_behind_is_said_on_the_first_page(rig: Any, slot: FakeCardReader) -> None:
    slot.status = Status(DeviceState.READY, (Condition("card.left", Act.STAFF),))
    bay = rig.bench.bay("card_reader")
    bay.stop()
    assert "line.card-left" not in rig.desk.offers().lines
    bay._look()
    assert rig.desk.offers().lines[0] == "line.card-left"


@pytest.fixture
def scanner() -> FakeScanner:
    return FakeScanner()


@pytest.fixture
def scanning_rig(make_rig: Callable[..., Any], scanner: FakeScanner) -> Any:
    made = make_rig(more={"code_scanner": scanner})
    made.refresher.round()
    return made


def to_the_code(rig: Any, people: Any) -> None:
    rig.reader.card = people.card(photo=Secret(b""))
    rig.start("self_service")
    rig.until("Services")
    rig.tap(service="case-progress")
    rig.until("Code")


def test_a_code_is_scanned_instead_of_typed(scanning_rig: Any, scanner: FakeScanner, people: Any, hall: Any) -> None:
    to_the_code(scanning_rig, people)
    assert scanning_rig.visit.view.data["scanner"] is True
    scanner.held.append(people.code)
    scanning_rig.until("Answer")


def test_what_is_no_query_code_is_said_and_the_scanner_goes_on_looking(
    scanning_rig: Any, scanner: FakeScanner, people: Any
) -> None:
    to_the_code(scanning_rig, people)
    scanner.held += ["https://example.invalid/pay?to=somebody", Fault.BAD_DATA]
    scanning_rig.wait(lambda: scanning_rig.visit.view.data["scanned"] == "unreadable" and not scanner.held)
    assert scanning_rig.visit.view.page == "Code"
    scanner.held.append(people.code)
    scanning_rig.until("Answer")


def test_whoever_types_is_not_kept_by_the_scanner_and_a_broken_one_leaves_the_keys(
    scanning_rig: Any, scanner: FakeScanner, people: Any
) -> None:
    to_the_code(scanning_rig, people)
    scanning_rig.wait(lambda: scanner.armed == 1)
    scanning_rig.tap(code=people.code)
    scanning_rig.until("Answer")
    scanning_rig.visit.cancel()
    scanning_rig.until("Home")
    scanner.held.append(Fault.UNPLUGGED)
    to_the_code(scanning_rig, people)
    scanning_rig.wait(lambda: not scanner.held)
    scanning_rig.tap(code=people.code)
    scanning_rig.until("Answer")


def test_without_a_scanner_the_page_does_not_speak_of_one(rig: Any, people: Any) -> None:
    to_the_code(rig, people)
    assert rig.visit.view.data["scanner"] is False


def test_nothing_of_card_or_code_is_in_what_the_screen_was_told(
    scanning_rig: Any, scanner: FakeScanner, people: Any
) -> None:
    to_the_code(scanning_rig, people)
    scanner.held.append(people.code)
    scanning_rig.until("Answer")
    shown = repr(scanning_rig.views)
    assert not [word for word in PERSONAL if word in shown]
