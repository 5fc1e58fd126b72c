"""A page belongs to a visit: what waits when it ends never comes out, and nothing of it stays anywhere."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.device import Action, Cancel, DeviceError, DeviceState, Fault, HoldsVisitData, Secret
from drivers.document_printer import twin_menu
from drivers.document_printer.cups import make
from drivers.document_printer.file_spool import REASONS_FILE, FileSpool
from drivers.document_printer.ipp_printer import IppPrinter, Settings
from drivers.document_printer.port import Document, JobState, Proof
from drivers.document_printer.print_queue import Patience
from drivers.document_printer.twin import SimulatedIppPrinter
from drivers.loading import DeviceUrl, SharedPorts, make_device
from drivers.seams.recording import HOST, read_recording

PERSON = b"ZhangSan110105199001020032"
PAGE = b"%PDF-1.4\n1 0 obj<</Type /Page>>endobj\n% " + PERSON + b"\n%%EOF\n"
LONG = 60.0
"""Seconds for what has to come: a slow machine may take them, nothing waits for them."""
HELD = 3600.0
"""``job_seconds`` of a page that comes out when the test says so."""
HURRIED = Settings(
    patience=Patience(answer=LONG, document=LONG),
    open_seconds=LONG,
    poll_seconds=0.01,
    stuck_seconds=0.1,
    resend_seconds=0.1,
    take_back_seconds=LONG,
)
Make = Callable[..., IppPrinter]


@pytest.fixture
def printer() -> Iterator[SimulatedIppPrinter]:
    with SimulatedIppPrinter(quiet=True) as twin:
        yield twin
        assert twin.complaints == []


@pytest.fixture
def driver_at(printer: SimulatedIppPrinter) -> Iterator[Make]:
    made: list[IppPrinter] = []

    def one(owner: str = "kiosk-1", **options: str) -> IppPrinter:
        made.append(make(DeviceUrl.parse(printer.url), {"owner": owner, **options}, SharedPorts(), HURRIED))
        made[-1].open()
        return made[-1]

    yield one
    for driver in made:
        driver.close()


@pytest.fixture
def driver(driver_at: Make) -> IppPrinter:
    return driver_at()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[FileSpool]:
    folder = FileSpool(tmp_path, poll_seconds=0.01)
    folder.open()
    yield folder
    folder.close()


def document(job: str = "job-1", content: bytes = PAGE) -> Document:
    return Document(job, Secret(content))


def failure(act: Callable[[], object]) -> DeviceError:
    with pytest.raises(DeviceError) as failed:
        act()
    return failed.value


class Looked(Cancel):
    """Says when it was looked at: whoever waits does."""

    def __init__(self) -> None:
        super().__init__()
        self.times = threading.Semaphore(0)

    def check(self) -> None:
        self.times.release()
        super().check()


# The end of a visit.


def test_a_page_that_is_coming_out_still_comes(
    printer: SimulatedIppPrinter, driver: IppPrinter, wait_until: Callable[..., None]
) -> None:
    printer.job_seconds = HELD
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(driver.print, document(), LONG)
        wait_until(lambda: any(job.state == twin_menu.PROCESSING for job in printer.jobs.values()))
        driver.forget()
        printer.job_seconds = 0.01
        assert printing.result(2 * LONG).job == "job-1"
    assert len(printer.printed) == 1


def test_a_page_that_waits_behind_somebody_elses_is_taken_back(
    printer: SimulatedIppPrinter, driver_at: Make, wait_until: Callable[..., None]
) -> None:
    printer.job_seconds = HELD
    other, driver = driver_at("kiosk-2"), driver_at("kiosk-1")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(other.print, document("theirs"), LONG)
        wait_until(lambda: any(job.state == twin_menu.PROCESSING for job in printer.jobs.values()))
        second = pool.submit(driver.print, document("ours"), LONG)
        wait_until(lambda: [job.document is not None for job in printer.jobs.values()] == [True, True])
        driver.forget()
        failed = second.exception(2 * LONG)
        printer.job_seconds = 0.01
        assert first.result(2 * LONG).job == "theirs"
    assert isinstance(failed, DeviceError)
    assert (failed.fault, failed.uncertain) == (Fault.CANCELLED, False)
    assert [job.name for job in printer.printed] == ["theirs"]


def test_a_page_that_waits_for_the_one_before_it_in_the_driver_is_not_even_sent(
    printer: SimulatedIppPrinter, driver: IppPrinter, wait_until: Callable[..., None]
) -> None:
    printer.job_seconds = HELD
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(driver.print, document("job-1"), LONG)
        wait_until(lambda: any(job.state == twin_menu.PROCESSING for job in printer.jobs.values()))
        looked = Looked()
        second = pool.submit(driver.print, document("job-2"), LONG, looked)
        assert looked.times.acquire(timeout=LONG), "it waits"
        driver.forget()
        printer.job_seconds = 0.01
        failed = second.exception(2 * LONG)
        assert first.result(2 * LONG).job == "job-1"
    assert isinstance(failed, DeviceError)
    assert (failed.fault, failed.uncertain) == (Fault.CANCELLED, False)
    assert [job.name for job in printer.jobs.values()] == ["job-1"]


def test_a_page_that_is_held_for_want_of_paper_never_comes_out_for_the_next_person(
    printer: SimulatedIppPrinter, driver: IppPrinter, wait_until: Callable[..., None]
) -> None:
    printer.job_seconds = HELD
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(driver.print, document(), LONG)
        wait_until(lambda: any(job.state == twin_menu.PROCESSING for job in printer.jobs.values()))
        printer.menu.paper_out = True
        assert printing.exception(2 * LONG) is not None
    driver.forget()
    printer.menu.paper_out = False
    printer.job_seconds = 0.01
    driver.print(document("job-2"), LONG)
    assert [job.name for job in printer.printed] == ["job-2"]


def test_paper_that_ends_after_the_visit_ends_holds_nothing_either(
    printer: SimulatedIppPrinter, driver: IppPrinter, wait_until: Callable[..., None]
) -> None:
    printer.job_seconds = HELD
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(driver.print, document(), LONG)
        wait_until(lambda: any(job.state == twin_menu.PROCESSING for job in printer.jobs.values()))
        driver.forget()
        printer.menu.paper_out = True
        failed = printing.exception(2 * LONG)
    assert isinstance(failed, DeviceError)
    assert failed.fault in (Fault.PAPER_OUT, Fault.CANCELLED)
    printer.menu.paper_out = False
    printer.job_seconds = 0.01
    wait_until(lambda: all(job.state == twin_menu.CANCELED for job in printer.jobs.values()))
    assert printer.printed == []


def test_what_cannot_be_reached_is_taken_back_as_soon_as_it_answers(
    printer: SimulatedIppPrinter, driver: IppPrinter, wait_until: Callable[..., None]
) -> None:
    printer.job_seconds = HELD
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(driver.print, document(), LONG)
        wait_until(lambda: any(job.state == twin_menu.PROCESSING for job in printer.jobs.values()))
        printer.menu.paper_out = True
        assert printing.exception(2 * LONG) is not None
    printer.unplug()
    begin = time.monotonic()
    driver.forget()
    assert time.monotonic() - begin < LONG / 2
    printer.plug_in()
    assert driver.probe().state is DeviceState.FAULT
    assert [job.state for job in printer.jobs.values()] == [twin_menu.CANCELED]


def test_an_end_of_a_visit_without_pages_asks_the_printer_nothing(
    printer: SimulatedIppPrinter, driver: IppPrinter
) -> None:
    driver.forget()
    asked = len(printer.heard)
    driver.forget()
    assert len(printer.heard) == asked
    assert isinstance(driver, HoldsVisitData)


def test_other_peoples_jobs_are_left_alone_even_where_everybody_sees_them(
    printer: SimulatedIppPrinter, driver: IppPrinter
) -> None:
    printer.menu.mixes_owners = True
    theirs = printer.add("report.docx", "colleague")
    driver.print(document(), LONG)
    driver.forget()
    assert theirs.state == twin_menu.PENDING


def test_nothing_of_a_page_is_in_a_log_an_error_or_a_word(
    printer: SimulatedIppPrinter, driver: IppPrinter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = [repr(document()), repr(driver.print(document(), LONG))]
    printer.menu.nonsense = PAGE
    said.append(str(failure(lambda: driver.print(document("job-2"), LONG))))
    assert "drivers.seams" in caplog.text
    assert PERSON.decode() not in caplog.text + "".join(said)


# A recording.


def test_a_recording_plays_back_and_holds_nothing_of_the_page(
    printer: SimulatedIppPrinter, driver_at: Make, tmp_path: Path
) -> None:
    path = tmp_path / "a4.jsonl"
    printer.menu.mixes_owners = True
    printer.add("Divorce of Zhang San.pdf", "zhang.san")
    recorded = driver_at("kiosk-1", record=str(path))
    printed = recorded.print(document(), LONG)
    written = path.read_text("utf-8")
    for turn in read_recording(path):
        assert PERSON not in turn.data
        assert b"hang" not in turn.data
        assert b"127.0.0.1" not in turn.data
    assert json.loads(written.splitlines()[0])["device"] == "document-printer"
    replayed = make_device("document_printer", "cups", f"replay://{path}")
    assert isinstance(replayed, IppPrinter)
    replayed.open()
    blank = b"%PDF-".ljust(len(PAGE))
    assert replayed.print(document(content=blank), LONG) == printed


def test_a_driver_that_says_something_else_than_the_recording_is_told(
    printer: SimulatedIppPrinter, driver_at: Make, tmp_path: Path
) -> None:
    path = tmp_path / "a4.jsonl"
    driver_at(record=str(path)).print(document(), LONG)
    replayed = make(DeviceUrl.parse(f"replay://{path}"), {}, SharedPorts(), HURRIED)
    replayed.open()
    assert failure(lambda: replayed.print(document("another"), 3.0)).fault is Fault.BAD_DATA
    assert [turn.side for turn in read_recording(path)][:1] == [HOST]
    missing = make(DeviceUrl.parse(f"replay://{tmp_path}/none"), {}, SharedPorts(), HURRIED)
    assert failure(missing.open).fault is Fault.ABSENT


# A folder in the place of a printer.


def test_a_page_in_a_folder_is_there_whole_with_its_state(spool: FileSpool, tmp_path: Path) -> None:
    printed = spool.print(replace(document(), copies=2), LONG)
    assert (printed.job, printed.proof) == ("job-1", Proof.UNPROVEN)
    assert (tmp_path / "job-1.pdf").read_bytes() == PAGE
    state = json.loads((tmp_path / "job-1.json").read_text("utf-8"))
    assert (state["state"], state["copies"], state["media"]) == ("completed", 2, "iso_a4_210x297mm")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["job-1.json", "job-1.pdf"]
    assert spool.progress("job-1").state is JobState.COMPLETED


def test_a_folder_without_paper_says_so_and_prints_the_waiting_page_afterwards(
    spool: FileSpool, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    reasons = tmp_path / REASONS_FILE
    reasons.write_text("media-empty-error toner-low-warning", "utf-8")
    status = spool.probe()
    assert status.state is DeviceState.FAULT
    assert [(c.code, c.action, c.blocking) for c in status.conditions] == [
        ("paper.out", Action.STAFF, True),
        ("toner.low", Action.STAFF, False),
    ]
    assert failure(lambda: spool.print(document(), LONG)).fault is Fault.PAPER_OUT
    reasons.write_text("toner-low-warning", "utf-8")
    assert spool.probe().state is DeviceState.IMPAIRED
    spool.print(document(), LONG)
    assert (tmp_path / "job-1.pdf").exists()


def test_pages_leave_the_folder_with_their_visit_unless_they_are_to_stay(tmp_path: Path) -> None:
    for keep, left in (("no", []), ("yes", ["job-1.json", "job-1.pdf"])):
        folder = tmp_path / keep
        folder.mkdir()
        spool = make_device("document_printer", "file_spool", f"file://{folder}?keep={keep}")
        assert isinstance(spool, FileSpool)
        spool.open()
        spool.print(document(), LONG)
        (folder / ".job-2.waiting").write_bytes(PAGE)
        spool.forget()
        assert sorted(path.name for path in folder.iterdir()) == left


def test_a_page_in_a_folder_can_be_called_off(
    spool: FileSpool, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    called_off = Cancel()
    called_off.cancel()
    assert failure(lambda: spool.print(document(), LONG, called_off)).fault is Fault.CANCELLED
    assert spool.cancel_job("job-1") is JobState.UNKNOWN
    assert list(tmp_path.iterdir()) == []


def test_a_number_that_leads_out_of_the_folder_is_none(spool: FileSpool, driver: IppPrinter) -> None:
    for ask in (spool.progress, spool.cancel_job, driver.progress, driver.cancel_job):
        assert failure(lambda ask=ask: ask("../job-1")).fault is Fault.BAD_DATA


@pytest.mark.parametrize(
    ("model", "url", "options"),
    [
        ("cups", "cups://", {}),
        ("cups", "cups://host/one/two", {}),
        ("cups", "ipps://host/ipp/print", {}),
        ("cups", "ipp://", {}),
        ("cups", "ipp://host:x/ipp", {}),
        ("cups", "serial:///dev/ttyS0", {}),
        ("cups", "cups://queue", {"papper": "a4"}),
        ("file_spool", "file://relative", {}),
        ("file_spool", "file:///tmp", {"keep": "maybe"}),
        ("file_spool", "cups://queue", {}),
    ],
)
def test_a_wrong_setting_is_said_before_anything_is_opened(model: str, url: str, options: dict[str, str]) -> None:
    assert failure(lambda: make_device("document_printer", model, url, options)).fault is Fault.CONFIGURATION
