"""The faults that devices of a hall have, one by one: what the citizen reads, and what staff read and have to do.

The whole kiosk with real drivers and simulated devices. The faults are those of the device notes, section 7; those of
networks, clocks and power cuts of the kiosk itself have tests of their own (test_sync, test_power_cut, test_store).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import ui
from drivers.device import Action
from drivers.id_card_reader.twin import SimulatedReader, TwinCard
from drivers.ticket_printer.twin import SimulatedPrinter
from kiosk.compose import Kiosk, build
from kiosk.devices import bench
from kiosk.settings import load

READER, PRINTER = "id_card_reader", "ticket_printer"


@dataclass
class Booth:
    """One kiosk with simulated devices, and somebody who uses it."""

    kiosk: Kiosk
    reader: SimulatedReader
    printer: SimulatedPrinter
    until: Callable[..., None]
    seen: list[str] = field(default_factory=list)

    def page(self, name: str) -> dict[str, Any]:
        self.until(lambda: self.kiosk.visit.view.page == name and not self.kiosk.visit.view.busy, 15)
        return dict(self.kiosk.visit.view.data)

    def start(self, flow: str = "take_ticket") -> None:
        self.tap(lambda: self.kiosk.visit.start(flow))

    def submit(self, **given: Any) -> None:
        self.tap(lambda: self.kiosk.visit.submit(given))

    def tap(self, act: Callable[[], None]) -> None:
        """A tap that is not taken for the second half of the one before."""
        self.kiosk.visit._submitted = float("-inf")
        act()

    def reads(self, reason: str) -> None:
        """The citizen reads this error, in both languages with what to do."""
        self.until(lambda: self.kiosk.visit.view.error == f"error.{reason}", 15)
        has_words(f"error.{reason}")

    def line(self, key: str) -> None:
        """The first page says so."""
        self.until(lambda: key in self.kiosk.offers().lines, 15)
        has_words(key)

    def staff_see(self, kind: str, code: str, action: Action) -> None:
        """On the staff page and at the server: which device, what, and whose turn it is."""

        def told() -> bool:
            reports = {report.kind: report for report in self.kiosk.bench.reports()}
            return any(c.code == code and c.action is action for c in reports[kind].status.conditions)

        self.until(told, 15)
        heard = [(c.device, c.code, c.action) for c in self.kiosk._conditions()]
        assert (kind, code, action.value) in heard
        has_words(
            code if code.startswith("fault.") else f"condition.{code}", f"action.{action.value}", f"device.{kind}"
        )

    def all_well(self) -> None:
        """Nobody did anything but mend it: everything works again."""
        self.until(lambda: all(report.works for report in self.kiosk.bench.reports()), 20)
        assert not [c for c in self.kiosk._conditions() if c.device in (READER, PRINTER)]

    def ticket(self) -> dict[str, Any]:
        """A citizen with a card gets a number; the state of the ticket page."""
        self.reader.lay(TwinCard.synthetic())
        self.start()
        self.page("Queue")
        self.submit(queue="A", priority="none")
        self.page("Ticket")
        self.until(lambda: self.kiosk.visit.view.data.get("printing") != "printing", 20)
        self.reader.take_away()
        return dict(self.kiosk.visit.view.data)


def has_words(*keys: str) -> None:
    for language in ("zh_CN", "en"):
        words: dict[str, str] = {}
        for area in ("device", "kiosk"):
            words |= json.loads((ui.I18N / language / f"{area}.json").read_text("utf-8"))
        missing = [key for key in keys if not words.get(key)]
        assert not missing, f"{language}: {missing}"


@pytest.fixture
def booth(
    hall: Any, tmp_path: Path, people: Any, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Booth]:
    monkeypatch.setattr(bench, "WATCH", 0.3)
    monkeypatch.setattr(bench, "WATCH_CLOSER", 0.3)
    options = getattr(request, "param", {})
    with SimulatedReader(baud=0) as reader, SimulatedPrinter() as printer:
        settings = {
            "data": tmp_path / "data",
            "server.url": hall.url,
            "server.token": "good",
            "timeouts.card": 6.0,
            "timeouts.print_proof": 3.0,
            "devices.id_card_reader.model": "sam_v",
            "devices.id_card_reader.url": reader.url,
            "devices.ticket_printer.model": "escpos",
            "devices.ticket_printer.url": printer.url,
            "devices.ticket_printer.options": options,
        }
        kiosk = build(load(None, settings), now=lambda: people.now)
        kiosk.start()
        booth = Booth(kiosk, reader, printer, people.until)
        people.until(lambda: all(report.works for report in kiosk.bench.reports()), 15)
        people.until(lambda: kiosk.offers().take_ticket is None, 15)
        yield booth
        kiosk.stop()


# --- readers ---


def test_a_reader_whose_plug_is_pulled(booth: Booth) -> None:
    booth.start()
    booth.page("Identify")
    booth.until(lambda: booth.reader.commands, 10)
    booth.reader.unplug()
    booth.reads("reader-unplugged")
    booth.line("line.no-reader")
    booth.staff_see(READER, "fault.absent", Action.STAFF)
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
    booth.until(lambda: booth.kiosk.visit.view.data["printing"] == "printed", 15)
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
    booth.until(lambda: booth.kiosk.visit.view.data["printing"] == "printed", 15)
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
    booth.staff_see(PRINTER, "fault.absent", Action.STAFF)
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
    assert len(booth.printer.slips) == 1
