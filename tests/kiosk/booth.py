"""A whole kiosk with real drivers and simulated devices, and somebody who uses it: for the tests of faults."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from misbehaving_hall import PATIENT

import ui
from drivers.device import Action
from drivers.id_card_reader.twin import SimulatedReader, TwinCard
from drivers.ticket_printer.twin import SimulatedPrinter
from kiosk.compose import Kiosk, build
from kiosk.devices import bench
from kiosk.settings import load

READER, PRINTER = "id_card_reader", "ticket_printer"
FIND = "20 01"
"""The reader's command that looks for a card."""


@dataclass
class Booth:
    """One kiosk with simulated devices, and somebody who uses it."""

    kiosk: Kiosk
    reader: SimulatedReader
    printer: SimulatedPrinter
    until: Callable[..., None]
    seen: list[str] = field(default_factory=list)

    def page(self, name: str) -> dict[str, Any]:
        self.until(lambda: self.kiosk.visit.view.page == name and not self.kiosk.visit.view.busy)
        return dict(self.kiosk.visit.view.data)

    def start(self, flow: str = "take_ticket") -> None:
        self.tap(lambda: self.kiosk.visit.start(flow))

    def submit(self, **given: Any) -> None:
        self.tap(lambda: self.kiosk.visit.submit(given))

    def tap(self, act: Callable[[], None]) -> None:
        """A tap that is not taken for the second half of the one before."""
        self.kiosk.visit._submitted = float("-inf")
        act()

    def waits_for_a_card(self) -> None:
        """The reader itself is asked for one; that it was asked how it is does not count."""
        self.until(lambda: FIND in self.reader.commands)

    def leave(self) -> None:
        """The citizen goes; the next one comes after the devices have forgotten them."""
        self.kiosk.visit.cancel()
        self.page("Home")
        self.kiosk.visit._forgetting.wait()

    def reads(self, reason: str) -> None:
        """The citizen reads this error, in both languages with what to do."""
        self.until(lambda: self.kiosk.visit.view.error == f"error.{reason}")
        has_words(f"error.{reason}")

    def line(self, key: str) -> None:
        """The first page says so."""
        self.until(lambda: key in self.kiosk.offers().lines)
        has_words(key)

    def staff_see(self, kind: str, code: str, action: Action) -> None:
        """On the staff page and at the server: which device, what, and whose turn it is."""

        def told() -> bool:
            reports = {report.kind: report for report in self.kiosk.bench.reports()}
            return any(c.code == code and c.action is action for c in reports[kind].status.conditions)

        def heard() -> bool:
            return (kind, code, action.value) in [(c.device, c.code, c.action) for c in self.kiosk._conditions()]

        self.until(told)
        self.until(heard)
        has_words(
            code if code.startswith("fault.") else f"condition.{code}", f"action.{action.value}", f"device.{kind}"
        )

    def all_well(self) -> None:
        """Nobody did anything but mend it: everything works again."""
        self.until(lambda: all(report.works for report in self.kiosk.bench.reports()))
        self.until(lambda: not [c for c in self.kiosk._conditions() if c.device in (READER, PRINTER)])

    def ticket(self) -> dict[str, Any]:
        """A citizen with a card gets a number; the state of the ticket page."""
        self.reader.lay(TwinCard.synthetic())
        self.start()
        self.page("Queue")
        self.submit(queue="A", priority="none")
        self.page("Ticket")
        self.until(lambda: self.kiosk.visit.view.data.get("printing") != "printing")
        self.reader.take_away()
        return dict(self.kiosk.visit.view.data)


def has_words(*keys: str) -> None:
    for language in ("zh_CN", "en"):
        words: dict[str, str] = {}
        for area in ("device", "kiosk"):
            words |= json.loads((ui.I18N / language / f"{area}.json").read_text("utf-8"))
        missing = [key for key in keys if not words.get(key)]
        assert not missing, f"{language}: {missing}"


@contextmanager
def open_booth(
    hall: Any, folder: Path, people: Any, monkeypatch: pytest.MonkeyPatch, more: Mapping[str, Any]
) -> Iterator[Booth]:
    """A kiosk that is up; ``more`` are further settings. Its devices are looked at more often than in a hall."""
    monkeypatch.setattr(bench, "WATCH", 0.3)
    monkeypatch.setattr(bench, "WATCH_CLOSER", 0.3)
    with SimulatedReader(baud=0) as reader, SimulatedPrinter() as printer:
        settings = {
            "data": folder / "data",
            "server.url": hall.url,
            "server.token": "good",
            "photo_decoder": "synthetic",
            "server.connect_seconds": 10.0,
            "server.read_seconds": PATIENT,
            "timeouts.page": 900.0,
            "timeouts.result": 900.0,
            "timeouts.card": 60.0,
            "timeouts.print_proof": PATIENT,
            "devices.id_card_reader.model": "sam_v",
            "devices.id_card_reader.url": reader.url,
            "devices.ticket_printer.model": "escpos",
            "devices.ticket_printer.url": printer.url,
            **more,
        }
        kiosk = build(load(None, settings), now=lambda: people.now)
        kiosk.start()
        try:
            people.until(lambda: all(report.works for report in kiosk.bench.reports()))
            people.until(lambda: kiosk.offers().take_ticket is None)
            yield Booth(kiosk, reader, printer, people.until)
        finally:
            kiosk.stop()
