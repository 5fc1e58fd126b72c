"""The faults that devices of a hall have, one by one: what the citizen reads, and what staff read and have to do.

The whole kiosk with real drivers and simulated devices. The faults are those of the device notes, section 7; those of
networks, clocks and power cuts of the kiosk itself have tests of their own (test_sync, test_power_cut, test_store).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from booth import PRINTER, READER, Booth, open_booth

from drivers.device import Action
from drivers.id_card_reader.twin import TwinCard


@pytest.fixture
def booth(
    hall: Any, tmp_path: Path, people: Any, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Booth]:
    options = getattr(request, "param", {})
    with open_booth(hall, tmp_path, people, monkeypatch, {"devices.ticket_printer.options": options}) as booth:
        yield booth


# --- readers ---


def test_a_reader_whose_plug_is_pulled(booth: Booth) -> None:
    booth.start()
    booth.page("Identify")
    booth.waits_for_a_card()
    booth.reader.unplug()
    booth.reads("reader-unplugged")
    booth.line("line.no-reader")
    booth.staff_see(READER, "reader.absent", Action.STAFF)
    booth.reader.plug_in()
    booth.all_well()


def test_a_card_that_is_taken_away_too_early(booth: Booth) -> None:
    booth.reader.card_taken_mid_read = True
    booth.reader.lay(TwinCard.synthetic())
    booth.start()
    booth.reads("card-removed")
    booth.reader.card_taken_mid_read = False
    booth.reader.lay(TwinCard.synthetic())
    booth.submit(way="card")
    booth.page("Queue")


def test_a_card_that_is_none_of_these(booth: Booth) -> None:
    booth.reader.lay(TwinCard.not_an_id_card())
    booth.start()
    booth.reads("wrong-card")
    booth.all_well()


def test_a_card_with_a_flag_that_nobody_knows(booth: Booth) -> None:
    booth.reader.lay(TwinCard.synthetic().with_flag("Q"))
    booth.start()
    booth.reads("unknown-card")


def test_a_card_whose_check_digit_is_wrong(booth: Booth) -> None:
    booth.reader.lay(TwinCard.synthetic().with_number("110105199001020033"))
    booth.start()
    booth.reads("card-unreadable")


def test_a_reader_that_does_not_answer(booth: Booth) -> None:
    booth.reader.silent = True
    booth.start()
    booth.reads("reader-silent")
    booth.staff_see(READER, "reader.silent", Action.STAFF)
    booth.reader.silent = False
    booth.all_well()


@pytest.mark.parametrize(
    ("fault", "code"), [("self_test_failed", "sam.self-test"), ("unauthorised", "sam.unauthorised")]
)
def test_a_module_that_is_broken_or_not_authorised(booth: Booth, fault: str, code: str) -> None:
    setattr(booth.reader, fault, True)
    booth.start()
    booth.reads("no-reader")
    booth.line("line.no-reader")
    booth.staff_see(READER, code, Action.ENGINEER)
    assert booth.kiosk.offers().take_ticket is None, "numbers are still given, to people with a phone"
    setattr(booth.reader, fault, False)
    booth.all_well()


# --- the ticket printer ---


def test_paper_that_ends(booth: Booth) -> None:
    booth.printer.paper_out = True
    booth.staff_see(PRINTER, "paper.out", Action.STAFF)
    booth.line("line.no-printer")
    shown = booth.ticket()
    assert (shown["printing"], shown["fault"]) == ("failed", "printer-paper-out")
    assert shown["number"] == "A001", "the number is on the screen all the same"
    booth.printer.paper_out = False
    booth.submit(print=True)
    booth.until(lambda: booth.kiosk.visit.view.data["printing"] == "printed")
    assert booth.kiosk.visit.view.data["number"] == "A001"
    assert len(booth.printer.slips) == 1
    booth.all_well()


def test_paper_that_ends_in_the_middle_of_a_slip_comes_once(booth: Booth) -> None:
    booth.printer.paper_out_after_bytes = 10_000
    shown = booth.ticket()
    assert (shown["printing"], shown["fault"]) == ("failed", "printer-paper-out")
    booth.printer.paper_out_after_bytes = None
    booth.printer.paper_out = False
    booth.submit(print=True)
    booth.until(lambda: booth.kiosk.visit.view.data["printing"] == "printed")
    assert len(booth.printer.slips) == 1, "what the printer kept came out, and nothing was printed twice"


def test_a_roll_that_is_nearly_used_up(booth: Booth) -> None:
    booth.printer.near_end = True
    booth.line("line.paper-low")
    booth.staff_see(PRINTER, "paper.low", Action.STAFF)
    assert booth.ticket()["printing"] == "printed"


def test_a_cover_that_is_open(booth: Booth) -> None:
    booth.printer.cover_open = True
    booth.staff_see(PRINTER, "cover.open", Action.STAFF)
    assert booth.ticket()["fault"] == "printer-cover-open"
    booth.printer.cover_open = False
    booth.all_well()


def test_a_cutter_that_sticks(booth: Booth) -> None:
    booth.printer.cutter_jam = True
    booth.staff_see(PRINTER, "cutter", Action.STAFF)
    assert booth.ticket()["fault"] == "printer-fault"
    booth.printer.cutter_jam = False
    booth.all_well()


def test_a_printer_that_is_switched_off(booth: Booth) -> None:
    booth.printer.refuse = True
    booth.line("line.no-printer")
    booth.staff_see(PRINTER, "printer.absent", Action.STAFF)
    shown = booth.ticket()
    assert (shown["printing"], shown["fault"], shown["number"]) == ("failed", "printer-absent", "A001")
    booth.printer.refuse = False
    booth.all_well()
    assert not booth.printer.slips, "what could not be printed then is not printed ten minutes later"


def test_a_printer_that_does_not_answer(booth: Booth) -> None:
    booth.printer.silent = True
    booth.staff_see(PRINTER, "status.unknown", Action.STAFF)
    assert booth.ticket()["fault"] == "printer-silent"
    booth.printer.silent = False
    booth.all_well()


@pytest.mark.parametrize("booth", [{"status": "optional"}], indirect=True)
def test_a_printer_that_prints_and_says_nothing_where_the_hall_allows_that(booth: Booth) -> None:
    booth.printer.silent = True
    booth.staff_see(PRINTER, "status.unknown", Action.STAFF)
    assert booth.ticket()["printing"] == "unproven"
    booth.until(lambda: len(booth.printer.slips) == 1)
