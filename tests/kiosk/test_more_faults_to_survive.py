"""The faults of cameras, card slots, scanners and A4 printers: what the citizen reads, and what staff have to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from booth import Booth, has_words, open_booth

from drivers.camera.far_side import CaptureFault
from drivers.camera.twin import SimulatedUvcCamera
from drivers.card_reader.twin import ChipCard, SimulatedSlot
from drivers.card_reader.twin_service import SimulatedService
from drivers.code_scanner.twin import SimulatedScanner
from drivers.device import Action
from drivers.id_card_reader.twin import TwinCard
from hall24.demo.faces import before_the_camera
from hall24.demo.people import card

CODE = "246810"


@pytest.fixture
def slot() -> Iterator[SimulatedSlot]:
    with SimulatedService() as service, SimulatedSlot(service.ports[0]) as slot:
        slot.service = service  # type: ignore[attr-defined]  # the tests need both
        yield slot


@pytest.fixture
def booth_with_slot(
    hall: Any, tmp_path: Path, people: Any, monkeypatch: pytest.MonkeyPatch, slot: Any
) -> Iterator[Booth]:
    more = {
        "devices.card_reader.model": "pcsc",
        "devices.card_reader.url": "pcsc://",
        "devices.card_reader.options": {"reader": slot.service.names[0], "service": slot.service.path},
    }
    with open_booth(hall, tmp_path, people, monkeypatch, more) as booth:
        reader: Any = booth.kiosk.bench.bay("card_reader")._device  # type: ignore[union-attr]  # this kiosk has one
        booth.until(lambda: not reader.card_left_behind)  # a kiosk that starts first sees that the slot is empty
        yield booth


def test_a_social_security_card_brings_a_number(booth_with_slot: Booth, slot: SimulatedSlot) -> None:
    slot.put_in(ChipCard.of())
    booth_with_slot.start()
    assert booth_with_slot.page("Queue")["person"]["name"].count("*")
    assert slot.pins == 0


def test_a_card_that_is_pulled_out_while_it_is_read(booth_with_slot: Booth, slot: SimulatedSlot) -> None:
    slot.pulled_at, slot.pulled_times = "00 B2 01 04", 1
    slot.put_in(ChipCard.of())
    booth_with_slot.start()
    booth_with_slot.reads("card-removed")


def test_a_card_of_a_city_that_asks_for_its_own_library(booth_with_slot: Booth, slot: SimulatedSlot) -> None:
    slot.put_in(replace(ChipCard.of(), locked=frozenset({0xEF06})))
    booth_with_slot.start()
    booth_with_slot.reads("card-locked")
    assert slot.pins == 0, "no PIN is ever tried: three wrong ones lock the card"


def test_a_card_that_was_left_behind_is_not_the_next_visitors(booth_with_slot: Booth, slot: SimulatedSlot) -> None:
    booth = booth_with_slot
    slot.put_in(ChipCard.of())
    booth.start()
    booth.page("Queue")
    booth.leave()
    booth.line("line.card-left")
    booth.start()
    booth.page("Identify")
    booth.waits_for_a_card()
    booth.reader.lay(TwinCard.synthetic())
    shown = booth.page("Queue")["person"]["number"]
    assert shown.startswith("1101")
    slot.take_out()
    booth.kiosk.visit.cancel()
    booth.until(lambda: "line.card-left" not in booth.kiosk.offers().lines)


def test_a_service_for_cards_that_dies_leaves_the_other_reader_and_comes_back(
    booth_with_slot: Booth, slot: Any
) -> None:
    booth = booth_with_slot
    slot.service.die()
    booth.staff_see("card_reader", "service.down", Action.WAIT)
    assert booth.kiosk.offers().cards == ("id",)
    assert booth.ticket()["printing"] == "printed"
    slot.service.come_back()
    booth.all_well()
    booth.leave()
    reader: Any = booth.kiosk.bench.bay("card_reader")._device  # type: ignore[union-attr]  # this kiosk has one
    booth.until(lambda: not reader.card_left_behind)  # a service that was started anew first says what it sees
    slot.put_in(ChipCard.of())
    booth.start()
    booth.page("Queue")


# --- scanners ---


@pytest.fixture
def scanner() -> Iterator[SimulatedScanner]:
    with SimulatedScanner() as scanner:
        yield scanner


@pytest.fixture
def booth_with_scanner(
    hall: Any, tmp_path: Path, people: Any, monkeypatch: pytest.MonkeyPatch, scanner: SimulatedScanner
) -> Iterator[Booth]:
    more = {"devices.code_scanner.model": "serial", "devices.code_scanner.url": scanner.url}
    with open_booth(hall, tmp_path, people, monkeypatch, more) as booth:
        booth.reader.lay(TwinCard.synthetic())
        booth.start("self_service")
        booth.page("Services")
        booth.submit(service="case-progress")
        booth.page("Code")
        yield booth


def test_a_scanner_that_is_pulled_out_leaves_the_keys(booth_with_scanner: Booth, scanner: SimulatedScanner) -> None:
    booth = booth_with_scanner
    scanner.unplug()
    booth.staff_see("code_scanner", "scanner.absent", Action.STAFF)
    booth.submit(code=CODE)
    booth.page("Answer")


def test_a_code_that_cannot_be_read_is_said_and_the_next_one_counts(
    booth_with_scanner: Booth, scanner: SimulatedScanner
) -> None:
    booth = booth_with_scanner
    scanner.hold(b"\xff\xfe\x81")
    booth.until(lambda: booth.kiosk.visit.view.data.get("scanned") == "unreadable")
    has_words("error.code-unreadable", "error.code-unreadable.do")
    scanner.hold(CODE)
    booth.page("Answer")


# --- cameras ---


@pytest.fixture
def camera() -> Iterator[SimulatedUvcCamera]:
    with SimulatedUvcCamera(before_the_camera("p1")) as camera:
        yield camera


@pytest.fixture
def booth_with_camera(
    hall: Any, tmp_path: Path, people: Any, monkeypatch: pytest.MonkeyPatch, camera: SimulatedUvcCamera
) -> Iterator[Booth]:
    more = {
        "devices.camera.model": "uvc",
        "devices.camera.url": camera.url,
        "devices.face_verifier.model": "opencv",
        "devices.face_verifier.url": "models:",
        "devices.face_verifier.options": {"liveness": "none"},
        "timeouts.face": 4.0,
    }
    with open_booth(hall, tmp_path, people, monkeypatch, more) as booth:
        booth.reader.lay(card("p1"))
        booth.start("self_service")
        booth.page("Services")
        booth.submit(service="case-progress")
        booth.page("Consent")
        yield booth


def test_a_camera_that_hangs_leaves_the_other_way_and_staff_hear_of_it(
    booth_with_camera: Booth, camera: SimulatedUvcCamera
) -> None:
    booth = booth_with_camera
    camera.fail(CaptureFault.HANGS)
    booth.submit(agree=True)
    booth.until(lambda: booth.kiosk.visit.view.data.get("state") == "unavailable")
    booth.staff_see("camera", "camera.silent", Action.STAFF)
    booth.submit(otherWay=True)
    booth.page("Code")
    booth.submit(code=CODE)
    booth.page("Answer")


def test_a_camera_that_is_pulled_out_leaves_the_other_way(booth_with_camera: Booth, camera: SimulatedUvcCamera) -> None:
    booth = booth_with_camera
    camera.unplug()
    booth.staff_see("camera", "camera.absent", Action.STAFF)
    booth.submit(agree=True)
    booth.until(lambda: booth.kiosk.visit.view.data.get("state") == "unavailable")
    booth.submit(otherWay=True)
    booth.page("Code")
