"""The main journey at the kiosk, and everything that can go wrong on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from drivers.device import Action, Condition, DeviceState, Fault, Secret, Status
from drivers.ticket_printer.port import Proof


def printing_is(rig: Any, state: str) -> None:
    rig.wait(lambda: rig.visit.data.get("printing") == state)


def to_ticket(rig: Any) -> Any:
    rig.card_to_queue()
    rig.tap(queue="A", item=None, priority="none")
    return rig.until("Ticket")


def test_a_card_becomes_a_ticket_on_paper_and_the_kiosk_goes_home(rig: Any, hall: Any) -> None:
    queue = rig.card_to_queue()
    assert queue.data["person"] == {"name": "欧***者", "number": "1101**********0021"}
    assert (queue.step, queue.steps) == (2, 3)
    rig.tap(queue="A", item="A-1", priority="none")
    ticket = rig.until("Ticket")
    assert ticket.data["number"] == "A001"
    assert (ticket.step, ticket.steps, ticket.can_back) == (3, 3, False)
    printing_is(rig, "printed")
    (slip,) = rig.printer.slips
    assert "# A001" in slip.lines
    assert slip.qr == "http://hall.test/t/abc"
    assert "欧***者" in " ".join(slip.lines)
    (sent,) = hall.tickets.values()
    assert sent["person"]["maskedName"] == "欧***者"
    assert (sent["channel"], sent["item"]) == ("kiosk", "A-1")
    rig.tap(done=True)
    rig.until("Home")


def test_nobody_is_turned_away_a_phone_number_does_as_well(rig: Any, hall: Any, people: Any) -> None:
    rig.start("take_ticket")
    rig.until("Identify")
    rig.tap(way="phone")
    rig.until("Phone")
    rig.tap(phone="12345")
    assert rig.until_error("phone-invalid").page == "Phone"
    rig.tap(phone=people.phone)
    assert rig.until("Queue").data["person"] == {"phone": "138****1234"}
    rig.tap(queue="A", priority="none")
    rig.until("Ticket")
    (sent,) = hall.tickets.values()
    assert (sent["phone"], sent.get("person")) == (people.phone, None)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.NO_CARD, "no-card"),
        (Fault.CARD_REMOVED, "card-removed"),
        (Fault.WRONG_CARD, "wrong-card"),
        (Fault.CHECKSUM, "card-checksum"),
        (Fault.UNKNOWN_CARD, "unknown-card"),
        (Fault.BAD_DATA, "card-unreadable"),
        (Fault.SILENT, "reader-silent"),
        (Fault.UNPLUGGED, "reader-unplugged"),
        (Fault.NOT_AUTHORISED, "no-reader"),
        (Fault.ABSENT, "no-reader"),
    ],
)
def test_a_fault_of_the_reader_is_said_and_the_other_way_stays_open(
    rig: Any, people: Any, fault: Fault, reason: str
) -> None:
    rig.reader.fault = fault
    rig.start("take_ticket")
    view = rig.until_error(reason)
    assert (view.page, view.data["ways"], view.data["reading"]) == ("Identify", ["card", "phone"], False)
    rig.reader.fault, rig.reader.card = None, people.card()
    rig.tap(way="card")
    rig.until("Queue")


def test_a_kiosk_without_a_reader_offers_the_phone(rig: Any) -> None:
    rig.reader.absent = True
    rig.reader.fault = Fault.UNPLUGGED
    rig.start("take_ticket")
    rig.until_error("reader-unplugged")
    rig.tap(way="card")
    rig.until_error("no-reader")
    rig.tap(way="phone")
    rig.until("Phone")
    assert "line.no-reader" in rig.desk.offers().lines


def test_an_unplugged_reader_comes_back_by_itself(rig: Any, people: Any) -> None:
    rig.reader.absent, rig.reader.fault = True, Fault.UNPLUGGED
    rig.start("take_ticket")
    rig.until_error("reader-unplugged")
    rig.reader.absent, rig.reader.fault, rig.reader.card = False, None, people.card()
    rig.wait(lambda: rig.bench.bay("id_card_reader").report.works)
    rig.tap(way="card")
    rig.until("Queue")


def test_an_old_person_is_offered_priority(rig: Any, people: Any) -> None:
    rig.reader.card = people.card(birth_date=Secret(date(1949, 12, 31)))
    rig.start("take_ticket")
    assert rig.until("Queue").data["suggested"] == "elder"


def test_closed_queues_say_why(rig: Any) -> None:
    queues = {queue["id"]: queue for queue in rig.card_to_queue().data["queues"]}
    assert queues["A"]["open"] is True
    assert (queues["B"]["open"], queues["B"]["reason"]) == (False, "out-of-hours")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("queue_closed", "queue-closed"),
        ("queue_full", "queue-full"),
        ("already_waiting", "already-waiting"),
        ("limit_reached", "limit-reached"),
    ],
)
def test_a_refusal_is_shown_and_nothing_is_printed_instead(rig: Any, hall: Any, code: str, reason: str) -> None:
    hall.refusal = (409, code, {})
    rig.card_to_queue()
    rig.tap(queue="A", priority="none")
    assert rig.until_error(reason).page == "Queue"
    assert rig.printer.slips == []
    assert rig.outbox.count() == 0
    hall.refusal = None
    rig.tap(queue="A", priority="none")
    assert rig.until("Ticket").data["number"] == "A001"


def test_two_taps_in_a_row_are_one_ticket(rig: Any, hall: Any) -> None:
    rig.card_to_queue()
    rig.clock.pass_(1)
    rig.visit.submit({"queue": "A", "priority": "none"})
    rig.visit.submit({"queue": "A", "priority": "none"})
    rig.clock.pass_(0.2)
    rig.visit.submit({"queue": "A", "priority": "none"})
    rig.until("Ticket")
    assert len(hall.tickets) == 1
    assert [path for _, path in hall.requests].count("/tickets") == 1


def test_a_tap_while_the_number_is_being_issued_does_nothing(rig: Any, hall: Any) -> None:
    rig.card_to_queue()
    hall.mode = "held"
    rig.tap(queue="A", priority="none")
    rig.tap(queue="A", priority="none")
    rig.clock.pass_(1)
    rig.visit.cancel()
    rig.visit.back()
    assert rig.visit.view.busy
    hall.mode = "well"
    hall.go_on.set()
    rig.until("Ticket")
    assert len(hall.tickets) == 1


@pytest.mark.parametrize("mode", ["down", "slow", "500", "html", "wrong-shape", "half", "lost-answer"])
def test_without_a_sane_answer_the_number_comes_from_the_lease_under_the_same_key(
    rig: Any, hall: Any, mode: str
) -> None:
    rig.card_to_queue()
    hall.mode = mode
    if mode == "slow":
        rig.hurry()
    rig.tap(queue="A", priority="none")
    ticket = rig.until("Ticket")
    assert (ticket.data["number"], ticket.data["offline"], ticket.data["ahead"]) == ("A700", True, None)
    assert ticket.offline
    (waiting,) = rig.outbox.waiting()
    if mode == "lost-answer":
        assert list(hall.tickets) == [waiting.key]
    printing_is(rig, "printed")
    assert any("离线" in line for line in rig.printer.slips[0].lines)
    assert rig.printer.slips[0].qr == f"http://hall.test/t/{waiting.status_token}"
    hall.mode = "well"
    rig.calm_down()
    rig.refresher.round()
    assert rig.outbox.count() == 0
    assert [(t["key"], t["number"], t["lease"]) for t in hall.reported] == [(waiting.key, "A700", "lease-A-700")]


def test_while_the_server_is_away_a_tap_does_not_wait_for_it(rig: Any, hall: Any) -> None:
    hall.mode = "slow"
    rig.hurry()
    rig.card_to_queue()
    rig.tap(queue="A", priority="none")
    rig.until("Ticket")
    asked = len(hall.requests)
    printing_is(rig, "printed")
    rig.tap(done=True)
    rig.until("Home")
    rig.card_to_queue()
    rig.tap(queue="A", priority="none")
    assert rig.until("Ticket").data["number"] == "A701"
    assert len(hall.requests) == asked


def test_without_server_and_without_lent_numbers_the_reason_is_said(make_rig: Callable[..., Any], hall: Any) -> None:
    hall.lease_size = 0
    rig = make_rig()
    rig.refresher.round()
    rig.card_to_queue()
    hall.mode = "500"
    rig.tap(queue="A", priority="none")
    rig.until_error("server-error")
    hall.mode = "down"
    rig.tap(queue="A", priority="none")
    rig.until_error("server-unreachable")
    hall.mode = "html"
    rig.tap(queue="A", priority="none")
    rig.until_error("server-nonsense")
    hall.mode = "slow"
    rig.hurry()
    rig.tap(queue="A", priority="none")
    rig.until_error("server-slow")
    rig.visit.cancel()
    rig.start("take_ticket")
    assert rig.until_error("server-slow").page == "Home"
    hall.mode = "well"
    rig.calm_down()
    rig.refresher.round()
    rig.card_to_queue()


def test_a_forged_token_gets_no_number_not_even_a_lent_one(make_rig: Callable[..., Any], rig: Any) -> None:
    forged = make_rig(token=Secret("forged"))
    assert forged.leases.left(forged.clock.now())["A"] == 5
    forged.card_to_queue()
    forged.tap(queue="A", priority="none")
    forged.until_error("not-enrolled")
    forged.visit.cancel()
    forged.start("take_ticket")
    forged.until_error("not-enrolled")


def test_an_offline_morning_arrives_once_in_order_when_the_server_is_back(rig: Any, hall: Any) -> None:
    hall.mode = "down"
    for number in ("A700", "A701", "A702", "A703", "A704"):
        rig.card_to_queue()
        rig.tap(queue="A", priority="none")
        assert rig.until("Ticket").data["number"] == number
        printing_is(rig, "printed")
        rig.tap(done=True)
        rig.until("Home")
    rig.start("take_ticket")
    assert rig.until_error("server-unreachable").page == "Home"
    hall.mode = "well"
    rig.refresher.round()
    assert [ticket["number"] for ticket in hall.reported] == ["A700", "A701", "A702", "A703", "A704"]
    assert rig.outbox.count() == 0
    assert rig.link.away is None
    assert rig.leases.left(rig.clock.now())["A"] == 5


def test_what_the_server_parks_stays_to_be_seen_by_staff(rig: Any, hall: Any) -> None:
    hall.mode = "down"
    rig.card_to_queue()
    rig.tap(queue="A", priority="none")
    rig.until("Ticket")
    hall.mode, hall.parks = "well", "expired-lease"
    rig.refresher.round()
    (parked,) = rig.outbox.parked()
    assert (parked.number, parked.reason) == ("A700", "expired-lease")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.PAPER_OUT, "printer-paper-out"),
        (Fault.COVER_OPEN, "printer-cover-open"),
        (Fault.SILENT, "printer-silent"),
        (Fault.ABSENT, "printer-absent"),
        (Fault.MECHANICAL, "printer-fault"),
    ],
)
def test_when_no_paper_comes_the_number_stands_on_the_screen_and_can_be_printed_again(
    rig: Any, hall: Any, fault: Fault, reason: str
) -> None:
    rig.printer.fault = fault
    to_ticket(rig)
    printing_is(rig, "failed")
    assert (rig.visit.data["number"], rig.visit.data["url"]) == ("A001", "http://hall.test/t/abc")
    assert rig.visit.data["fault"] == reason
    rig.printer.fault = None
    rig.tap(reprint=True)
    printing_is(rig, "printed")
    (slip,) = rig.printer.slips
    assert not any("补打" in line for line in slip.lines)
    assert len(hall.tickets) == 1


def test_paper_that_may_have_come_out_is_only_reprinted_with_the_mark_and_the_same_job(rig: Any) -> None:
    rig.printer.fault, rig.printer.uncertain = Fault.PAPER_OUT, True
    to_ticket(rig)
    printing_is(rig, "failed")
    rig.printer.fault = None
    rig.tap(reprint=True)
    printing_is(rig, "printed")
    rig.tap(reprint=True)
    rig.wait(lambda: len(rig.printer.slips) == 2)
    first, second = rig.printer.slips
    assert any("补打 第1次" in line for line in first.lines)
    assert any("补打 第2次" in line for line in second.lines)
    assert first.job == second.job


def test_a_printer_that_cannot_prove_it_is_said_to_be_unproven(rig: Any) -> None:
    rig.printer.proof = Proof.UNPROVEN
    to_ticket(rig)
    printing_is(rig, "unproven")


def test_the_paper_still_comes_when_somebody_walks_off_while_it_prints(rig: Any) -> None:
    rig.printer.hold.clear()
    to_ticket(rig)
    rig.tap(done=True)
    rig.until("Home")
    assert rig.printer.slips == []
    rig.printer.hold.set()
    rig.wait(lambda: len(rig.printer.slips) == 1)


def test_a_kiosk_without_a_printer_says_so_and_still_gives_numbers(rig: Any) -> None:
    rig.printer.status = Status(DeviceState.FAULT, (Condition("paper.out", Action.STAFF, blocking=True),))
    rig.printer.fault = Fault.PAPER_OUT
    to_ticket(rig)
    printing_is(rig, "failed")
    rig.wait(lambda: "line.no-printer" in rig.desk.offers().lines)
    assert rig.desk.offers().take_ticket is None


def test_a_full_disk_keeps_back_lent_numbers_but_not_those_of_the_server(rig: Any, hall: Any) -> None:
    with rig.database.transaction() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    to_ticket(rig)
    printing_is(rig, "printed")
    rig.tap(done=True)
    rig.until("Home")
    hall.mode = "down"
    rig.card_to_queue()
    rig.tap(queue="A", priority="none")
    assert rig.until_error("storage-full").page == "Queue"
    assert len(rig.printer.slips) == 1


def test_a_clock_that_is_an_hour_ahead_is_noticed_and_the_paper_shows_the_halls_time(rig: Any, hall: Any) -> None:
    hall.clock_off = 3600.0
    rig.refresher.round()
    assert "line.clock-off" in rig.desk.offers().lines
    hall.mode = "down"
    to_ticket(rig)
    (waiting,) = rig.outbox.waiting()
    assert abs((rig.clock.now() - waiting.issued_at).total_seconds() - 3600) < 1
    printing_is(rig, "printed")
    assert any("16:0" in line for line in rig.printer.slips[0].lines)
