"""What a printer of A4 pages has to survive, asked of the real driver and the simulated printer on the network."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from drivers.device import Action, Cancel, DeviceError, DeviceState, Fault, Secret
from drivers.document_printer import twin_menu
from drivers.document_printer.cups import make
from drivers.document_printer.ipp_printer import IppPrinter, Settings
from drivers.document_printer.port import Document, JobState, Proof, Sides
from drivers.document_printer.print_queue import Patience
from drivers.document_printer.twin import SimulatedIppPrinter
from drivers.loading import DeviceUrl, SharedPorts

PAGE = b"%PDF-1.4\n1 0 obj<</Type /Page>>endobj\n%%EOF\n"
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
IMPATIENT = replace(HURRIED, patience=Patience(answer=1.0, document=1.0))
Make = Callable[..., IppPrinter]


@pytest.fixture
def printer() -> Iterator[SimulatedIppPrinter]:
    with SimulatedIppPrinter(quiet=True) as twin:
        yield twin
        assert twin.complaints == []


@pytest.fixture
def driver_at(printer: SimulatedIppPrinter) -> Iterator[Make]:
    made: list[IppPrinter] = []

    def one(settings: Settings = HURRIED) -> IppPrinter:
        made.append(make(DeviceUrl.parse(printer.url), {"owner": "kiosk-1"}, SharedPorts(), settings))
        made[-1].open()
        return made[-1]

    yield one
    for driver in made:
        driver.close()


@pytest.fixture
def driver(driver_at: Make) -> IppPrinter:
    return driver_at()


def document(job: str = "job-1", content: bytes = PAGE) -> Document:
    return Document(job, Secret(content))


def failure(act: Callable[[], object]) -> DeviceError:
    with pytest.raises(DeviceError) as failed:
        act()
    return failed.value


def test_a_page_comes_out_as_it_was_sent(printer: SimulatedIppPrinter, driver: IppPrinter) -> None:
    sheet = Document("job-1", Secret(PAGE), copies=2, sides=Sides.LONG_EDGE)
    printed = driver.print(sheet, LONG)
    assert (printed.job, printed.proof, printed.pages) == ("job-1", Proof.PROVEN, 2)
    (came_out,) = printer.printed
    assert came_out.document == PAGE
    assert (came_out.copies, came_out.sides, came_out.media) == (2, "two-sided-long-edge", "iso_a4_210x297mm")


def test_nothing_but_our_number_names_a_job(printer: SimulatedIppPrinter, driver: IppPrinter) -> None:
    driver.print(document("4F2K-7"), LONG)
    said = {name: values for asked in printer.heard for name, values in asked.said.items() if "name" in name}
    assert said == {"job-name": [b"4F2K-7"], "requesting-user-name": [b"kiosk-1"]}


@pytest.mark.parametrize("job", ["", "with space", "a/b", "x" * 65, "离婚证明", ".hidden", "a\r\nb"])
def test_a_job_number_that_may_say_something_is_refused(driver: IppPrinter, job: str) -> None:
    failed = failure(lambda: driver.print(document(job), LONG))
    assert failed.fault is Fault.BAD_DATA
    assert not job or job not in str(failed)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a PDF", b"\x00" * 10])
def test_what_is_no_pdf_is_not_sent(printer: SimulatedIppPrinter, driver: IppPrinter, content: bytes) -> None:
    assert failure(lambda: driver.print(document(content=content), LONG)).fault is Fault.BAD_DATA
    assert printer.jobs == {}


@pytest.mark.parametrize(
    ("wish", "missing"),
    [
        ({"colour": True}, "colour"),
        ({"copies": 100}, "100 copies"),
        ({"copies": 0}, "0 copies"),
        ({"media": "iso_a3_297x420mm"}, "media iso_a3_297x420mm"),
        ({"format": "image/png"}, "format image/png"),
    ],
)
def test_what_the_printer_does_not_have_is_said_and_not_sent(
    printer: SimulatedIppPrinter, driver: IppPrinter, wish: dict[str, object], missing: str
) -> None:
    failed = failure(lambda: driver.print(replace(document(), **wish), LONG))
    assert (failed.fault, failed.detail, failed.uncertain) == (Fault.UNSUPPORTED, missing, False)
    assert printer.jobs == {}


@pytest.mark.parametrize(
    ("field", "fault", "code", "action"),
    [
        ("paper_out", Fault.PAPER_OUT, "paper.out", Action.STAFF),
        ("jam", Fault.MECHANICAL, "paper.jam", Action.STAFF),
        ("cover_open", Fault.COVER_OPEN, "cover.open", Action.STAFF),
        ("toner_out", Fault.MECHANICAL, "toner.out", Action.STAFF),
        ("offline", Fault.ABSENT, "printer.offline", Action.STAFF),
        ("paused", Fault.BUSY, "printer.paused", Action.STAFF),
        ("refuses", Fault.BUSY, "printer.refuses", Action.STAFF),
    ],
)
def test_a_fault_is_named_nothing_is_sent_and_it_goes_away_by_itself(
    printer: SimulatedIppPrinter, driver: IppPrinter, field: str, fault: Fault, code: str, action: Action
) -> None:
    setattr(printer.menu, field, True)
    status = driver.probe()
    assert status.state is DeviceState.FAULT
    assert [(c.code, c.action, c.blocking) for c in status.conditions] == [(code, action, True)]
    failed = failure(lambda: driver.print(document(), LONG))
    assert (failed.fault, failed.uncertain) == (fault, False)
    assert printer.jobs == {}
    setattr(printer.menu, field, False)
    assert driver.probe().state is DeviceState.READY
    driver.print(document(), LONG)
    assert len(printer.printed) == 1


@pytest.mark.parametrize(("field", "code"), [("paper_low", "paper.low"), ("toner_low", "toner.low")])
def test_what_ends_soon_is_said_and_stops_nothing(
    printer: SimulatedIppPrinter, driver: IppPrinter, field: str, code: str
) -> None:
    setattr(printer.menu, field, True)
    status = driver.probe()
    assert status.state is DeviceState.IMPAIRED
    assert [(c.code, c.blocking) for c in status.conditions] == [(code, False)]
    assert driver.print(document(), LONG).job == "job-1"


@pytest.mark.parametrize(
    ("field", "fault"),
    [("paper_out", Fault.PAPER_OUT), ("jam", Fault.MECHANICAL), ("cover_open", Fault.COVER_OPEN)],
)
def test_a_job_that_stops_half_way_is_kept_and_comes_out_once(
    printer: SimulatedIppPrinter, driver: IppPrinter, wait_until: Callable[..., None], field: str, fault: Fault
) -> None:
    printer.job_seconds = HELD
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(driver.print, document(), LONG)
        wait_until(lambda: any(job.state == twin_menu.PROCESSING for job in printer.jobs.values()))
        setattr(printer.menu, field, True)
        failed = printing.exception(2 * LONG)
    assert isinstance(failed, DeviceError)
    assert (failed.fault, failed.uncertain) == (fault, True)
    wait_until(lambda: driver.progress("job-1").state is JobState.STOPPED)
    assert driver.progress("job-1").conditions[0].blocking
    assert failure(lambda: driver.print(document(), LONG)).fault is fault
    printer.job_seconds = 0.01
    setattr(printer.menu, field, False)
    driver.print(document(), LONG)
    assert [job.name for job in printer.printed] == ["job-1"]


def test_another_document_never_pushes_out_the_one_that_was_given_up(
    printer: SimulatedIppPrinter, driver: IppPrinter, wait_until: Callable[..., None]
) -> None:
    printer.job_seconds = HELD
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(driver.print, document("job-1"), LONG)
        wait_until(lambda: any(job.state == twin_menu.PROCESSING for job in printer.jobs.values()))
        printer.menu.paper_out = True
        failed = printing.exception(2 * LONG)
        assert isinstance(failed, DeviceError)
        assert failed.uncertain
        printer.menu.paper_out = False
        printing = pool.submit(driver.print, document("job-2"), LONG)
        wait_until(lambda: any(job.name == "job-2" for job in printer.jobs.values()))
        printer.job_seconds = 0.01
        printing.result(2 * LONG)
    assert [job.name for job in printer.printed] == ["job-2"]


OPERATIONS = (twin_menu.CREATE_JOB, twin_menu.SEND_DOCUMENT, twin_menu.GET_JOB, twin_menu.GET_PRINTER)


@pytest.mark.parametrize("lost", ["loses", "deaf"])
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("times", [1, 2])
def test_an_answer_or_a_request_that_gets_lost_never_doubles_or_loses_a_page(
    printer: SimulatedIppPrinter, driver: IppPrinter, lost: str, operation: int, times: int
) -> None:
    if operation == twin_menu.GET_PRINTER:
        driver.print(document("before"), LONG)  # it is asked before anything is sent, too: there it is simply an error
        printer.printed.clear()
    getattr(printer.menu, lost)[operation] = times
    with ThreadPoolExecutor(1) as pool:
        error = pool.submit(driver.print, document(), LONG).exception(2 * LONG)
    if error is not None:
        assert isinstance(error, DeviceError)
        assert not error.uncertain
        assert operation == twin_menu.GET_PRINTER
        printer.menu = twin_menu.Menu()
        driver.print(document(), LONG)
    assert [job.name for job in printer.printed] == ["job-1"]


def test_a_job_without_a_document_prints_nothing_and_is_not_left_behind(
    printer: SimulatedIppPrinter, driver: IppPrinter, wait_until: Callable[..., None]
) -> None:
    printer.menu.deaf[twin_menu.SEND_DOCUMENT] = 100
    failed = failure(lambda: driver.print(document(), 0.8))
    assert failed.fault in (Fault.SILENT, Fault.UNPLUGGED)
    driver.forget()
    wait_until(lambda: all(job.state == twin_menu.CANCELED for job in printer.jobs.values()))
    assert printer.printed == []


def test_an_old_printer_whose_answer_was_lost_is_asked_for_the_job_and_never_sent_it_again(
    printer: SimulatedIppPrinter, driver_at: Make
) -> None:
    printer.menu.only_print_job = True
    printer.menu.loses[twin_menu.PRINT_JOB] = 1
    driver = driver_at()
    driver.print(document(), LONG)
    assert [job.name for job in printer.printed] == ["job-1"]
    printer.menu.deaf[twin_menu.PRINT_JOB] = 1
    failed = failure(lambda: driver.print(document("job-2"), LONG))
    assert (failed.fault, failed.uncertain) == (Fault.SILENT, True)
    assert len([asked for asked in printer.heard if asked.operation == twin_menu.PRINT_JOB]) == 2


def test_a_job_that_was_printed_before_the_kiosk_was_started_again_is_not_printed_twice(
    printer: SimulatedIppPrinter, driver_at: Make
) -> None:
    driver_at().print(document(), LONG)
    assert driver_at().print(document(), LONG).job == "job-1"
    assert len(printer.printed) == 1


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("wrong_number", True, Fault.BAD_DATA),
        ("cut_at", 20, Fault.BAD_DATA),
        ("garbage", b"220 ftp.example.org ready\r\n\r\n", Fault.BAD_DATA),
        ("garbage", b"\x00" * 4000, Fault.BAD_DATA),
        ("nonsense", b"<html>Welcome</html>", Fault.BAD_DATA),
        ("nonsense", b"\x01\x01\x00\x00\x00\x00\x00\x01\x04\x23\xff\xff", Fault.BAD_DATA),
        ("http_status", 500, Fault.BAD_DATA),
        ("http_status", 503, Fault.BUSY),
        ("http_status", 404, Fault.CONFIGURATION),
        ("http_status", 426, Fault.CONFIGURATION),
        ("wants_password", True, Fault.NOT_AUTHORISED),
        ("silent", True, Fault.SILENT),
        ("drips", 0.05, Fault.SILENT),
    ],
)
def test_what_is_no_answer_is_not_taken_for_one(
    printer: SimulatedIppPrinter, driver_at: Make, field: str, value: object, fault: Fault
) -> None:
    driver = driver_at(IMPATIENT)
    setattr(printer.menu, field, value)
    begin = time.monotonic()
    failed = failure(lambda: driver.print(document(), 1.0 if fault is Fault.SILENT else LONG))
    assert (failed.fault, failed.uncertain) == (fault, False)
    assert driver.probe().state not in (DeviceState.READY, DeviceState.BUSY)
    assert time.monotonic() - begin < 20.0, "two seconds, and what a slow machine needs"
    printer.menu = twin_menu.Menu()
    driver.print(document(), LONG)
    assert len(printer.printed) == 1


def test_garbage_while_it_prints_is_waited_over(
    printer: SimulatedIppPrinter, driver: IppPrinter, wait_until: Callable[..., None]
) -> None:
    printer.job_seconds = HELD
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(driver.print, document(), LONG)
        wait_until(lambda: any(job.document for job in printer.jobs.values()))
        printer.menu.http_status = 500
        printer.job_seconds = 0.01
        wait_until(lambda: len(printer.printed) == 1)
        printer.menu.http_status = 200
        assert printing.result(2 * LONG).pages == 1


def test_a_printer_that_is_busy_with_another_job_is_asked_again(
    printer: SimulatedIppPrinter, driver: IppPrinter, wait_until: Callable[..., None]
) -> None:
    printer.menu.busy = True
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(driver.print, document(), LONG)
        asked = [twin_menu.CREATE_JOB] * 3
        wait_until(lambda: [a.operation for a in printer.heard if a.operation == asked[0]][:3] == asked)
        printer.menu.busy = False
        assert printing.result(2 * LONG).job == "job-1"
    assert len(printer.printed) == 1


def test_a_document_that_the_printer_cannot_read_is_bad_data(printer: SimulatedIppPrinter, driver: IppPrinter) -> None:
    printer.menu.spoils_documents = True
    failed = failure(lambda: driver.print(document(), LONG))
    assert failed.fault is Fault.BAD_DATA
    assert "document-format-error" in failed.detail


def test_a_job_cancelled_at_the_printer_ends_the_waiting(
    printer: SimulatedIppPrinter, driver: IppPrinter, wait_until: Callable[..., None]
) -> None:
    printer.job_seconds = HELD
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(driver.print, document(), LONG)
        wait_until(lambda: any(job.began for job in printer.jobs.values()))
        printer.settle()
        failed = printing.exception(2 * LONG)
    assert isinstance(failed, DeviceError)
    assert (failed.fault, failed.uncertain) == (Fault.CANCELLED, True)


def test_a_power_cut_inside_of_the_printer_leaves_a_doubt_that_is_said(
    printer: SimulatedIppPrinter, driver: IppPrinter, wait_until: Callable[..., None]
) -> None:
    printer.job_seconds = HELD
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(driver.print, document(), LONG)
        wait_until(lambda: any(job.began for job in printer.jobs.values()))
        printer.switch_off_and_on()
        failed = printing.exception(2 * LONG)
    assert isinstance(failed, DeviceError)
    assert (failed.fault, failed.uncertain) == (Fault.SILENT, True)


def test_a_cable_that_was_out_for_a_while_is_waited_for(
    printer: SimulatedIppPrinter, driver: IppPrinter, wait_until: Callable[..., None]
) -> None:
    printer.job_seconds = HELD
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(driver.print, document(), LONG)
        wait_until(lambda: any(job.began for job in printer.jobs.values()))
        printer.unplug()
        printer.job_seconds = 0.01
        wait_until(lambda: len(printer.printed) == 1)
        assert driver.probe().state is DeviceState.ABSENT
        printer.plug_in()
        assert printing.result(2 * LONG).job == "job-1"
    assert len(printer.printed) == 1


def test_calling_off_takes_back_what_waits(
    printer: SimulatedIppPrinter, driver: IppPrinter, wait_until: Callable[..., None]
) -> None:
    printer.job_seconds = HELD
    cancel = Cancel()
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(driver.print, document(), LONG, cancel)
        wait_until(lambda: any(job.document for job in printer.jobs.values()))
        cancel.cancel()
        failed = printing.exception(2 * LONG)
    assert isinstance(failed, DeviceError)
    assert failed.fault is Fault.CANCELLED
    assert [job.state for job in printer.jobs.values()] == [twin_menu.CANCELED]
    assert printer.printed == []


def test_one_job_can_be_taken_back_from_beside(
    printer: SimulatedIppPrinter, driver: IppPrinter, wait_until: Callable[..., None]
) -> None:
    printer.job_seconds = HELD
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(driver.print, document(), LONG)
        wait_until(lambda: any(job.document for job in printer.jobs.values()))
        assert driver.cancel_job("job-1", LONG) is JobState.CANCELLED
        assert isinstance(printing.exception(2 * LONG), DeviceError)
    assert driver.cancel_job("never-sent") is JobState.UNKNOWN
    assert driver.progress("never-sent").state is JobState.UNKNOWN
    assert printer.printed == []
