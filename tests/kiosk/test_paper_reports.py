"""The second phase of a number: the server hears what became of the paper, whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from drivers.device import Fault
from drivers.ticket_printer.port import Proof
from kiosk.errors import KioskError


def take(rig: Any) -> Any:
    rig.card_to_queue()
    rig.tap(queue="A", priority="none")
    return rig.until("Ticket")


def printing_is(rig: Any, state: str) -> None:
    rig.wait(lambda: rig.visit.data.get("printing") == state)


def states(hall: Any) -> list[str]:
    return [body["state"] for path, body, _ in hall.letters if path.endswith("/paper")]


@pytest.mark.parametrize(
    ("fault", "proof", "told"),
    [
        (None, Proof.PROVEN, ["printed"]),
        (None, Proof.UNPROVEN, ["shown"]),
        (Fault.PAPER_OUT, Proof.PROVEN, ["failed", "shown"]),
    ],
)
def test_the_server_hears_what_became_of_the_paper(
    rig: Any, hall: Any, fault: Fault | None, proof: Proof, told: list[str]
) -> None:
    rig.printer.fault, rig.printer.proof = fault, proof
    take(rig)
    rig.wait(lambda: rig.visit.data.get("printing") != "printing")
    assert next(iter(hall.tickets.values()))["awaitsPaper"] is True
    rig.courier.run_once()
    assert states(hall) == told
    assert {path for path, _, _ in hall.letters} == {"/tickets/tA001/paper"}
    assert rig.letters.count() == 0


def test_after_a_failure_the_paper_may_still_come_and_the_server_hears_of_it(rig: Any, hall: Any) -> None:
    rig.printer.fault = Fault.PAPER_OUT
    take(rig)
    printing_is(rig, "failed")
    rig.printer.fault = None
    rig.tap(reprint=True)
    printing_is(rig, "printed")
    rig.courier.run_once()
    assert states(hall) == ["failed", "shown", "printed"]


def test_nobody_waits_for_the_report_and_it_arrives_when_the_line_is_back(rig: Any, hall: Any) -> None:
    rig.printer.hold.clear()
    take(rig)
    hall.mode = "down"
    rig.printer.hold.set()
    printing_is(rig, "printed")
    with pytest.raises(KioskError):
        rig.courier.run_once()
    assert rig.letters.count() == 1
    rig.tap(done=True)
    rig.until("Home")
    hall.mode = "well"
    rig.courier.run_once()
    assert states(hall) == ["printed"]


def test_a_report_whose_answer_was_lost_goes_again_under_the_same_key(rig: Any, hall: Any) -> None:
    take(rig)
    printing_is(rig, "printed")
    (letter,) = rig.letters.waiting()
    rig.courier.run_once()
    rig.letters.put(letter, rig.clock.now())
    rig.courier.run_once()
    assert {key for _, _, key in hall.letters} == {letter.key}
    assert len(letter.key) <= 64


def test_a_ticket_that_was_called_meanwhile_needs_no_report_any_more(rig: Any, hall: Any) -> None:
    hall.papers["tA001"] = "called"
    take(rig)
    printing_is(rig, "printed")
    rig.courier.run_once()
    assert rig.letters.count() == 0


def test_a_letter_of_a_former_name_of_this_kiosk_holds_up_no_other(
    rig: Any, hall: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.printer.fault = Fault.PAPER_OUT
    take(rig)
    printing_is(rig, "failed")
    heard = hall._letter

    def not_yours(path: str, body: Any, headers: Any) -> tuple[int, Any]:
        if body["state"] == "failed":
            return 403, {"code": "forbidden", "message": "", "retryable": False, "detail": {}}
        return heard(path, body, headers)

    monkeypatch.setattr(hall, "_letter", not_yours)
    rig.courier.run_once()
    assert (states(hall), rig.letters.count(), rig.link.enrolled) == (["shown"], 0, True)


def test_a_server_in_trouble_hears_it_later_and_in_order(rig: Any, hall: Any) -> None:
    rig.printer.fault = Fault.PAPER_OUT
    take(rig)
    printing_is(rig, "failed")
    hall.mode = "500"
    with pytest.raises(KioskError):
        rig.courier.run_once()
    assert rig.letters.count() == 2
    hall.mode = "well"
    rig.courier.run_once()
    assert states(hall) == ["failed", "shown"]


@pytest.mark.parametrize("two_phase", [True, False])
def test_numbers_that_do_not_wait_for_paper_are_not_reported(rig: Any, hall: Any, two_phase: bool) -> None:
    hall.two_phase = two_phase
    if two_phase:
        hall.mode = "down"  # a lent number: the server hears of it in another way
    take(rig)
    printing_is(rig, "printed")
    assert rig.letters.count() == 0


def test_after_a_power_cut_the_server_hears_what_the_kiosk_knows(
    rig: Any, hall: Any, make_rig: Callable[..., Any]
) -> None:
    rig.printer.hold.clear()
    take(rig)
    rig.wait(lambda: any(entry.stand.value == "printing" for entry in rig.journal.under_way()))
    known = rig.journal.under_way()[0]
    rig.journal.begin("never-shown", "A", rig.clock.now())
    rig.journal.issued("never-shown", "A002", known.ticket.replace(b"tA001", b"tA002"))
    again = make_rig()
    again.ticketing.recover(again.journal.recover(again.clock.now()))
    again.courier.run_once()
    told = {path.split("/")[2]: body["state"] for path, body, _ in hall.letters}
    assert told == {"tA001": "shown", "tA002": "abandoned"}


def test_numbers_of_yesterday_go_back_and_new_ones_come(rig: Any, hall: Any) -> None:
    hall.mode = "down"
    take(rig)
    printing_is(rig, "printed")
    rig.tap(done=True)
    rig.until("Home")
    hall.mode = "well"
    rig.refresher.round()
    rig.clock.pass_(timedelta(hours=13).total_seconds())
    rig.refresher.round()
    rig.courier.run_once()
    back = {path: body for path, body, _ in hall.letters}
    assert back == {"/leases/lease-A-700/return": {"next": 701}, "/leases/lease-B-705/return": {"next": 705}}


def test_a_lease_that_is_used_up_is_not_given_back(rig: Any) -> None:
    now = rig.clock.now()
    for _ in range(5):
        rig.leases.take("A", now)
    assert [rest.lease for rest in rig.leases.give_up()] == ["lease-B-705"]


def test_letters_that_nobody_could_take_for_a_week_are_forgotten(rig: Any) -> None:
    take(rig)
    printing_is(rig, "printed")
    rig.letters.drop_old(rig.clock.now() + timedelta(days=6))
    assert rig.letters.count() == 1
    rig.letters.drop_old(rig.clock.now() + timedelta(days=8))
    assert rig.letters.count() == 0
