"""预约 at the kiosk: book, move, give back, check in; and all that can stand in the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from drivers.device import Fault

TODAY, AT_SIX, AT_EIGHT = "2026-03-02", "2026-03-02T18:00:00+08:00", "2026-03-02T20:00:00+08:00"


def printing_is(rig: Any, state: str) -> None:
    rig.wait(lambda: rig.visit.data.get("printing") == state)


def come(rig: Any, people: Any, page: str, way: str = "card") -> Any:
    """Somebody shows who they are and sees ``page``."""
    if way == "card":
        rig.reader.card = people.card()
        rig.start("appointments")
    else:
        rig.reader.card = None
        rig.start("appointments")
        rig.until("Identify")
        rig.tap(way="phone")
        rig.until("Phone")
        rig.tap(phone=people.phone)
    return rig.until(page)


def choose(rig: Any, slot: str = AT_SIX) -> Any:
    """From the queues to the page that asks whether it is right."""
    rig.tap(choice="A")
    rig.until("Day")
    return choose_time(rig, slot)


def choose_time(rig: Any, slot: str = AT_SIX) -> Any:
    rig.tap(day=TODAY)
    rig.until("Slot")
    rig.tap(slot=slot)
    return rig.until("Confirm")


def book(rig: Any, people: Any, way: str = "card") -> Any:
    come(rig, people, "Choose", way)
    choose(rig)
    rig.tap(sure=True)
    view = rig.until("Booked")
    printing_is(rig, "printed")
    return view


def leave(rig: Any) -> None:
    rig.tap(done=True)
    rig.until("Home")


@pytest.mark.parametrize("way", ["card", "phone"])
def test_whoever_has_booked_nothing_goes_straight_to_a_slip_with_the_time(
    rig: Any, hall: Any, people: Any, way: str
) -> None:
    queues = come(rig, people, "Choose", way)
    assert [one["id"] for one in queues.data["options"]] == ["A"], "only what can be booked is offered"
    rig.tap(choice="A")
    days = rig.until("Day").data["days"]
    assert [(day["date"], day["days"], day["free"]) for day in days] == [(TODAY, 0, 2), ("2026-03-03", 1, 2)]
    rig.tap(day=TODAY)
    slots = rig.until("Slot").data["slots"]
    assert [(slot["from"], slot["to"], slot["free"]) for slot in slots] == [
        ("18:00", "18:30", 2),
        ("20:00", "20:30", 0),
    ]
    rig.tap(slot=AT_SIX)
    asked = rig.until("Confirm").data
    assert (asked["act"], asked["start"]["time"], asked["start"]["days"]) == ("book", "18:00", 0)
    assert hall.bookings == {}, "nothing is booked before it was confirmed"
    rig.tap(sure=True)
    assert rig.until("Booked").data["checkInFrom"]["time"] == "17:30"
    printing_is(rig, "printed")
    words = " ".join(rig.printer.slips[0].lines)
    for part in ("预约单", "综合业务", "2026-03-02 星期一", "18:00–18:30", "17:30–18:30", "2026-03-02 17:15", "一楼"):
        assert part in words
    assert not any(personal in words for personal in people.personal)
    leave(rig)


def test_a_booking_is_found_again_by_the_same_card_and_by_nobody_else(rig: Any, people: Any) -> None:
    book(rig, people)
    leave(rig)
    come(rig, people, "Choose", "phone")
    rig.visit.cancel()
    (found,) = come(rig, people, "Bookings").data["bookings"]
    assert (found["checkIn"], found["checkInFrom"]["time"], found["canChange"]) == ("early", "17:30", True)


@pytest.mark.parametrize("way", ["card", "phone"])
def test_checking_in_prints_a_number_with_the_booked_time(rig: Any, hall: Any, people: Any, way: str) -> None:
    book(rig, people, way)
    leave(rig)
    rig.clock.pass_(45 * 60)
    (found,) = come(rig, people, "Bookings", way).data["bookings"]
    assert found["checkIn"] == "now"
    assert not found["canChange"], "three quarters of an hour before it is too late for that"
    rig.tap(act="check-in", booking=found["id"])
    ticket = rig.until("Ticket")
    assert (ticket.data["number"], ticket.data["appointment"]["time"], ticket.data["late"]) == ("YA001", "18:00", False)
    printing_is(rig, "printed")
    slip = rig.printer.slips[-1]
    assert "# YA001" in slip.lines
    assert any("预约 18:00" in line for line in slip.lines)
    rig.courier.run_once()
    assert hall.papers == {"tYA001": "printed"}


def test_who_comes_late_is_told_so_and_waits_like_everybody(rig: Any, hall: Any, people: Any) -> None:
    book(rig, people)
    leave(rig)
    rig.clock.pass_(105 * 60)
    hall.mode = "late"
    (found,) = come(rig, people, "Bookings").data["bookings"]
    assert found["checkIn"] == "late"
    rig.tap(act="check-in", booking=found["id"])
    assert rig.until("Ticket").data["late"]
    printing_is(rig, "printed")
    words = " ".join(rig.printer.slips[-1].lines)
    assert "已过预约时间" in words
    assert "预约 18:00" not in words


def test_too_early_says_from_when(rig: Any, hall: Any, people: Any) -> None:
    book(rig, people)
    leave(rig)
    (found,) = come(rig, people, "Bookings").data["bookings"]
    hall.refusal = (409, "too_early", {"from": "2026-03-02T09:30:00+00:00"})
    rig.tap(act="check-in", booking=found["id"])
    view = rig.until_error("too-early")
    assert (view.page, view.error_values["from"]["time"]) == ("Bookings", "17:30")
    assert len(rig.printer.slips) == 1


def test_moving_keeps_the_booking_and_shows_where_it_was(rig: Any, hall: Any, people: Any) -> None:
    book(rig, people)
    leave(rig)
    (found,) = come(rig, people, "Bookings").data["bookings"]
    hall.free = 1
    rig.tap(act="move", booking=found["id"])
    rig.until("Day")
    rig.tap(day="2026-03-03")
    rig.until("Slot")
    rig.tap(slot="2026-03-03T18:00:00+08:00")
    asked = rig.until("Confirm").data
    assert (asked["act"], asked["start"]["date"], asked["before"]["date"]) == ("move", "2026-03-03", TODAY)
    rig.tap(sure=True)
    rig.until("Booked")
    (one,) = hall.bookings.values()
    assert one["start"].startswith("2026-03-03")


def test_giving_back_asks_first_and_prints_nothing(rig: Any, hall: Any, people: Any) -> None:
    book(rig, people)
    leave(rig)
    (found,) = come(rig, people, "Bookings").data["bookings"]
    rig.tap(act="drop", booking=found["id"])
    assert rig.until("Confirm").data["act"] == "drop"
    rig.clock.pass_(1)
    rig.visit.back()
    rig.until("Bookings")
    assert next(iter(hall.bookings.values()))["state"] == "booked", "asking has done nothing"
    rig.tap(act="drop", booking=found["id"])
    rig.until("Confirm")
    rig.tap(sure=True)
    rig.until("Booked")
    assert next(iter(hall.bookings.values()))["state"] == "cancelled"
    assert len(rig.printer.slips) == 1, "only the slip of the booking"
    rig.clock.pass_(16)
    rig.visit.tick()
    rig.until("Home")
    come(rig, people, "Choose")


def test_a_lost_answer_books_once(rig: Any, hall: Any, people: Any) -> None:
    come(rig, people, "Choose")
    choose(rig)
    hall.mode = "lost-answer"
    rig.tap(sure=True)
    rig.until_error("booking-offline")
    hall.mode = "well"
    rig.tap(sure=True)
    rig.until("Booked")
    assert len(hall.bookings) == 1


def test_a_slot_that_was_taken_meanwhile_is_shown_as_full_when_one_goes_back(
    rig: Any, hall: Any, people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    come(rig, people, "Choose")
    choose(rig)
    asked = hall._booking

    def taken(path: str, body: Any, headers: Any) -> tuple[int, Any]:
        if path == "/appointments":
            hall.free = 0
            return 409, {"code": "slot_full", "message": "", "retryable": False, "detail": {"start": AT_SIX}}
        return asked(path, body, headers)

    monkeypatch.setattr(hall, "_booking", taken)
    rig.tap(sure=True)
    rig.until_error("slot-full")
    rig.clock.pass_(1)
    rig.visit.back()
    rig.wait(lambda: rig.visit.page == "Slot")
    assert {slot["free"] for slot in rig.visit.data["slots"]} == {0}
    rig.tap(slot=AT_SIX)
    rig.until_error("slot-full")


@pytest.mark.parametrize(
    ("code", "reason", "detail"),
    [
        ("already_booked", "already-booked", {"start": AT_SIX}),
        ("slot_closed", "slot-closed", {}),
        ("restricted", "booking-restricted", {"until": "2026-04-01T00:00:00+08:00", "reason": "no-shows"}),
        ("limit_reached", "limit-reached", {}),
    ],
)
def test_a_refusal_of_a_booking_is_said_with_its_time(
    rig: Any, hall: Any, people: Any, code: str, reason: str, detail: dict[str, str]
) -> None:
    come(rig, people, "Choose")
    choose(rig)
    hall.refusal = (409, code, detail)
    rig.tap(sure=True)
    view = rig.until_error(reason)
    assert view.page == "Confirm"
    assert set(view.error_values) == set(detail) - {"reason"}
    assert rig.printer.slips == []


def test_a_queue_without_any_place_left_says_so_at_once(rig: Any, hall: Any, people: Any) -> None:
    hall.free = 0
    come(rig, people, "Choose")
    rig.tap(choice="A")
    assert rig.until_error("nothing-to-book").page == "Choose"


def test_without_the_server_the_tile_says_that_only_numbers_are_given(rig: Any, hall: Any, people: Any) -> None:
    hall.mode = "down"
    rig.reader.card = people.card()
    rig.start("appointments")
    assert rig.until_error("booking-offline").page == "Identify", "it went away just now"
    rig.visit.cancel()
    rig.start("appointments")
    assert rig.until_error("booking-offline").page == "Home"
    rig.card_to_queue()


def test_a_printer_without_paper_leaves_a_booking_that_is_valid_and_printed_later(
    rig: Any, hall: Any, people: Any
) -> None:
    come(rig, people, "Choose")
    choose(rig)
    rig.printer.fault = Fault.PAPER_OUT
    rig.tap(sure=True)
    rig.until("Booked")
    printing_is(rig, "failed")
    rig.printer.fault = None
    rig.tap(print=True)
    printing_is(rig, "printed")
    assert len(hall.bookings) == 1


def test_a_full_slot_and_a_day_that_nobody_offered_cannot_be_had(rig: Any, people: Any) -> None:
    come(rig, people, "Choose")
    rig.tap(choice="B")
    rig.until_error("field-invalid")
    rig.tap(choice="A")
    rig.until("Day")
    rig.tap(day="2026-03-09")
    rig.until_error("slot-full")
    rig.tap(day=TODAY)
    rig.until("Slot")
    rig.tap(slot=AT_EIGHT)
    rig.until_error("slot-full")


def test_somebody_who_walks_off_leaves_nothing_behind(
    rig: Any, people: Any, make_rig: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    book(rig, people)
    leave(rig)
    come(rig, people, "Bookings")
    rig.clock.pass_(61)
    rig.visit.tick()
    rig.until("Home")
    shown = repr(rig.visit.view) + repr(vars(rig.visit))
    assert "欧" not in shown
    assert "综合业务" not in repr(rig.visit._session)
    assert rig.journal.under_way() == []
    assert (rig.outbox.count(), rig.letters.count()) == (0, 0)


def test_yesterdays_missed_booking_is_not_shown_any_more(rig: Any, hall: Any, people: Any) -> None:
    book(rig, people)
    leave(rig)
    next(iter(hall.bookings.values()))["state"] = "no-show"
    rig.clock.pass_(105 * 60)
    (missed,) = come(rig, people, "Bookings").data["bookings"]
    assert missed["checkIn"] == "late"
    rig.visit.cancel()
    rig.clock.pass_(timedelta(hours=20).total_seconds())
    come(rig, people, "Choose")
