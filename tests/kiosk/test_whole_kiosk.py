"""The kiosk as it is put together from its settings, with the real drivers and simulated devices behind them."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from misbehaving_hall import PATIENT

from drivers.id_card_reader.twin import SimulatedReader, TwinCard
from drivers.ticket_printer.twin import SimulatedPrinter
from kiosk.compose import Kiosk, build
from kiosk.logs import configure_logs
from kiosk.settings import load


@pytest.fixture
def twins() -> Iterator[tuple[SimulatedReader, SimulatedPrinter]]:
    with SimulatedReader() as reader, SimulatedPrinter() as printer:
        yield reader, printer


@pytest.fixture
def whole(hall: Any, twins: Any, tmp_path: Path, people: Any) -> Iterator[Callable[..., Kiosk]]:
    made: list[Kiosk] = []

    def make(**more: Any) -> Kiosk:
        settings = {
            "data": tmp_path / "data",
            "name": "K1",
            "staff_pin": "7788",
            "photo_decoder": "synthetic",
            "server.url": hall.url,
            "server.token": "good",
            "server.connect_seconds": 10.0,
            "server.read_seconds": PATIENT,
            "server.retry_seconds": 0.2,
            "timeouts.page": 900.0,
            "timeouts.result": 900.0,
            "timeouts.print_proof": PATIENT,
            "devices.id_card_reader.model": "sam_v",
            "devices.id_card_reader.url": twins[0].url,
            "devices.ticket_printer.model": "escpos",
            "devices.ticket_printer.url": twins[1].url,
            **more,
        }
        kiosk = build(load(None, settings), now=lambda: people.now)
        made.append(kiosk)
        kiosk.start()
        return kiosk

    yield make
    for kiosk in made:
        kiosk.stop()


def ready(kiosk: Kiosk, people: Any) -> None:
    people.until(lambda: set(kiosk.leases.left(people.now)) == {"A", "B"})
    people.until(lambda: all(report.works for report in kiosk.bench.reports()))


def on_page(kiosk: Kiosk, people: Any, page: str) -> Any:
    people.until(lambda: kiosk.visit.view.page == page and not kiosk.visit.view.busy)
    return kiosk.visit.view


def take(kiosk: Kiosk, people: Any) -> float:
    """One citizen at the queue page; seconds from the tap until the paper was proven."""
    kiosk.visit.start("take_ticket")
    on_page(kiosk, people, "Queue")
    time.sleep(0.41)  # a person takes longer than a second tap
    began = time.perf_counter()
    kiosk.visit.submit({"queue": "A", "item": None, "priority": "none"})
    people.until(lambda: kiosk.visit.data.get("printing") == "printed")
    return time.perf_counter() - began


def test_a_card_on_the_reader_becomes_paper_at_the_printer(whole: Any, twins: Any, people: Any, hall: Any) -> None:
    reader, printer = twins
    kiosk = whole()
    ready(kiosk, people)
    home = kiosk.visit.view.data
    assert home["name"] == {"zh": "测试大厅", "en": "Test hall"}
    assert [(one["flow"], one["available"]) for one in home["offers"]] == [
        ("take_ticket", True),
        ("appointments", True),
        ("self_service", True),
    ]
    assert (home["lines"], home["outOfService"], home["demo"]) == ([], "", True)
    reader.lay(TwinCard.synthetic())
    take(kiosk, people)
    slip = printer.wait_for_slip(PATIENT)
    assert slip.qr == "http://hall.test/t/abc"
    assert slip.image.width == 576
    assert kiosk.visit.view.data["number"] == "A001"
    time.sleep(0.41)
    kiosk.visit.submit({"done": True})
    on_page(kiosk, people, "Home")


def test_offline_the_paper_comes_as_fast_and_everything_arrives_later(
    whole: Any, twins: Any, people: Any, hall: Any
) -> None:
    reader, printer = twins
    kiosk = whole()
    ready(kiosk, people)
    reader.lay(TwinCard.synthetic())
    hall.mode = "down"
    people.until(lambda: notices_that_the_server_is_away(kiosk))
    take(kiosk, people)
    assert kiosk.visit.data["number"] == "A700"
    assert ("POST", "/tickets") not in hall.requests, "the tap waited for a server that is known to be away"
    printer.wait_for_slip(PATIENT)
    report = kiosk.report()
    assert (report["waitingUploads"], report["online"]) == (1, False)
    hall.mode = "well"
    people.until(lambda: kiosk.outbox.count() == 0)
    assert [one["number"] for one in hall.reported] == ["A700"]
    people.until(lambda: kiosk.report()["online"])


def notices_that_the_server_is_away(kiosk: Kiosk) -> bool:
    """Makes the kiosk notice at once that the server is gone, as its next round would."""
    kiosk.refresher.wake()
    return kiosk.link.away is not None


def test_what_the_devices_lack_is_seen_on_the_first_page_and_by_staff(whole: Any, twins: Any, people: Any) -> None:
    _, printer = twins
    printer.paper_out = True
    kiosk = whole()
    people.until(lambda: "line.no-printer" in kiosk.visit.view.data.get("lines", ()))
    states = {device["kind"]: device for device in kiosk.report()["devices"]}
    assert "paper.out" in states["ticket_printer"]["conditions"]
    printer.paper_out = False
    people.until(lambda: "line.no-printer" not in kiosk.visit.view.data["lines"])


def test_a_disk_that_cannot_be_used_leaves_a_kiosk_that_works_online(
    whole: Any, twins: Any, people: Any, tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("a file where a folder should be")
    kiosk = whole()
    people.until(lambda: kiosk.catalogue.current is not None)
    people.until(lambda: all(report.works for report in kiosk.bench.reports()))
    assert kiosk.report()["storeDamaged"]
    assert kiosk.leases.count() == 0
    twins[0].lay(TwinCard.synthetic())
    take(kiosk, people)


def test_staff_see_versions_settings_and_no_secret(whole: Any, people: Any) -> None:
    kiosk = whole()
    ready(kiosk, people)
    report = kiosk.report()
    assert report["versions"]["kiosk"] == "K1"
    assert {one["queue"] for one in report["leases"]} == {"A", "B"}
    settings = {one["name"]: one for one in report["settings"]}
    assert settings["server.token"]["value"] == "******"
    assert settings["staff_pin"]["value"] == "******"
    assert settings["server.retry_seconds"]["origin"] == "argument"
    assert "7788" not in repr(report)


def test_the_server_hears_of_the_paper_at_once_and_gets_its_numbers_back_at_the_end(
    whole: Any, twins: Any, people: Any, hall: Any
) -> None:
    kiosk = whole()
    ready(kiosk, people)
    twins[0].lay(TwinCard.synthetic())
    take(kiosk, people)
    people.until(lambda: hall.papers == {"tA001": "printed"})
    kiosk.stop()
    back = sorted((path, body["next"]) for path, body, _ in hall.letters if path.endswith("/return"))
    assert back == [("/leases/lease-A-700/return", 700), ("/leases/lease-B-705/return", 705)]


def test_a_kiosk_that_stops_without_its_server_keeps_its_numbers(whole: Any, people: Any, hall: Any) -> None:
    kiosk = whole()
    ready(kiosk, people)
    hall.mode = "down"
    people.until(lambda: notices_that_the_server_is_away(kiosk))
    kiosk.stop()
    again = whole()
    assert again.leases.left(people.now) == {"A": 5, "B": 5}


def test_stopping_ends_every_thread_of_the_kiosk(whole: Any, people: Any) -> None:
    import threading

    before = {thread.name for thread in threading.enumerate()}
    kiosk = whole()
    ready(kiosk, people)
    kiosk.stop()
    lasting = {"push"}  # ends with the next line of its stream or with the program
    people.until(lambda: {t.name for t in threading.enumerate()} - before - lasting <= set())


def test_from_the_tap_to_the_proven_paper_it_is_quick(whole: Any, twins: Any, people: Any) -> None:
    reader, _ = twins
    kiosk = whole()
    ready(kiosk, people)
    times = []
    for _ in range(3):
        reader.take_away()
        reader.lay(TwinCard.synthetic())
        times.append(take(kiosk, people))
        time.sleep(0.41)
        kiosk.visit.submit({"done": True})
        on_page(kiosk, people, "Home")
        time.sleep(0.41)
    assert sorted(times)[1] < 3.0, times  # 0.04 s on a quiet machine; the benchmark holds it to its figure


def test_logs_are_lines_of_json_and_a_key_that_nobody_allowed_is_dropped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    former = structlog.get_config()
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    structlog.reset_defaults()
    try:
        configure_logs()
        structlog.get_logger().info("device changed", device="camera", name="欧阳测试者", idNumber="110105")
        logging.getLogger("urllib3").warning("retry for %s", "/t/secret-token")
        logging.getLogger("drivers.twin").warning("SIMULATED")
    finally:
        structlog.configure(**former)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["device changed", "retry for %s", "SIMULATED"]
    assert lines[0]["device"] == "camera"
    assert set(lines[0]) == {"time", "level", "event", "device"}
    assert "secret-token" not in repr(lines)
