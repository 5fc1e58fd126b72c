"""Networks and printers that are not as a driver would like them: names, addresses, hurried words, nobody's jobs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from drivers.device import Action, Cancel, DeviceError, DeviceState, Fault, Secret
from drivers.document_printer import twin_menu
from drivers.document_printer.address import Address
from drivers.document_printer.cups import make
from drivers.document_printer.exchange import HttpExchange, nobody_waits
from drivers.document_printer.ipp_printer import IppPrinter, Settings
from drivers.document_printer.operations import Requests
from drivers.document_printer.port import Document
from drivers.document_printer.print_queue import Patience
from drivers.document_printer.twin import SimulatedIppPrinter
from drivers.loading import DeviceUrl, SharedPorts

PAGE = b"%PDF-1.4\n1 0 obj<</Type /Page>>endobj\n%%EOF\n"
LONG, HELD = 60.0, 3600.0
ASKED = Requests("ipp://printer/ipp/print", "kiosk-1").get_printer(1)


@pytest.fixture
def printer() -> Iterator[SimulatedIppPrinter]:
    with SimulatedIppPrinter(quiet=True) as twin:
        yield twin
        assert twin.complaints == []


@pytest.fixture
def driver(printer: SimulatedIppPrinter) -> Iterator[IppPrinter]:
    settings = Settings(Patience(LONG, LONG), LONG, 0.01, stuck_seconds=0.1, take_back_seconds=LONG)
    made = make(DeviceUrl.parse(printer.url), {"owner": "kiosk-1"}, SharedPorts(), settings)
    made.open()
    yield made
    made.close()


@pytest.fixture
def black_hole() -> Iterator[int]:
    """A port that takes no more connections and does not say so: whoever connects waits."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        before = [socket.socket() for _ in range(3)]
        for one in before:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield int(listener.getsockname()[1])
        for one in before:
            one.close()


def port_of(printer: SimulatedIppPrinter) -> int:
    return urlsplit(printer.url).port or 0


def document(job: str, content: bytes = PAGE) -> Document:
    return Document(job, Secret(content))


def failure(act: Callable[[], object]) -> DeviceError:
    with pytest.raises(DeviceError) as failed:
        act()
    return failed.value


# The way there.


def test_connecting_to_a_printer_that_swallows_everything_is_called_off_at_once(black_hole: int) -> None:
    exchange = HttpExchange(Address("127.0.0.1", black_hole, "/ipp/print"), connect_seconds=LONG)
    cancel, looked = Cancel(), threading.Semaphore(0)

    def check() -> None:
        looked.release()
        cancel.check()

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(exchange.ask, ASKED, b"", time.monotonic() + LONG, check)
        for _ in range(4):
            assert looked.acquire(timeout=LONG)
        cancel.cancel()
        begin = time.monotonic()
        failed = asking.exception(LONG)
        assert time.monotonic() - begin < LONG / 2
    assert isinstance(failed, DeviceError)
    assert (failed.fault, failed.uncertain) == (Fault.CANCELLED, False)


def test_a_printer_that_swallows_everything_is_absent_when_the_time_is_over(black_hole: int) -> None:
    exchange = HttpExchange(Address("127.0.0.1", black_hole, "/ipp/print"), connect_seconds=0.2)
    failed = failure(lambda: exchange.ask(ASKED, b"", time.monotonic() + LONG, nobody_waits))
    assert (failed.fault, failed.uncertain) == (Fault.ABSENT, False)


def test_a_name_whose_first_address_is_dead_is_reached_at_its_second(
    printer: SimulatedIppPrinter, black_hole: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def two(_host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, 0, 0, "", ("127.0.0.1", one)) for one in (black_hole, port)]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    exchange = HttpExchange(Address("printer", port_of(printer), "/ipp/print"), connect_seconds=2.0)
    answer = exchange.ask(ASKED, b"", time.monotonic() + LONG, nobody_waits)
    assert answer.code == 0


def test_a_name_server_that_does_not_answer_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = threading.Event()

    def silent(host: str, port: int, type: int = 0, flags: int = 0) -> list[object]:  # noqa: A002  # as the original
        if flags == socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "a name")
        assert answers.wait(LONG)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    exchange = HttpExchange(Address("printer.hall", 631, "/ipp/print"))
    begin = time.monotonic()
    failed = failure(lambda: exchange.ask(ASKED, b"", time.monotonic() + 0.3, nobody_waits))
    assert time.monotonic() - begin < LONG / 2
    assert (failed.fault, failed.uncertain) == (Fault.ABSENT, False)
    cancel = Cancel()
    cancel.cancel()
    assert failure(lambda: exchange.ask(ASKED, b"", time.monotonic() + LONG, cancel.check)).fault is Fault.CANCELLED
    answers.set()


def test_a_name_that_nobody_knows_is_an_absent_printer() -> None:
    exchange = HttpExchange(Address("printer.invalid", 631, "/ipp/print"))
    assert failure(lambda: exchange.ask(ASKED, b"", time.monotonic() + LONG, nobody_waits)).fault is Fault.ABSENT


# What printers say.


def test_a_document_goes_on_behind_a_hurried_continue(printer: SimulatedIppPrinter, driver: IppPrinter) -> None:
    printer.menu.hurries = True
    large = PAGE + b" " * 24_000_000  # more than all buffers between the two hold
    driver.print(document("job-1", large), LONG)
    assert [job.document for job in printer.printed] == [large]


def test_a_page_that_waits_leaves_with_its_visit_also_where_nobody_has_a_name(
    printer: SimulatedIppPrinter, driver: IppPrinter, wait_until: Callable[..., None]
) -> None:
    printer.menu.anonymous = True
    printer.job_seconds = HELD
    theirs = printer.add("report", "anonymous")
    theirs.document = PAGE
    wait_until(lambda: theirs.state == twin_menu.PROCESSING)
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(driver.print, document("ours"), LONG)
        wait_until(lambda: any(job.name == "ours" and job.document for job in printer.jobs.values()))
        driver.forget()
        failed = printing.exception(2 * LONG)
    assert isinstance(failed, DeviceError)
    assert failed.fault is Fault.CANCELLED
    printer.job_seconds = 0.01
    wait_until(lambda: theirs.state == twin_menu.COMPLETED)
    assert printer.rest()
    assert [job.name for job in printer.printed] == ["report"]


def test_a_printer_from_which_nothing_can_be_taken_back_says_so_and_prints_nothing_for_the_next_person(
    printer: SimulatedIppPrinter, driver: IppPrinter, wait_until: Callable[..., None]
) -> None:
    printer.menu.cannot_cancel = True
    printer.job_seconds = HELD
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(driver.print, document("job-1"), LONG)
        wait_until(lambda: any(job.state == twin_menu.PROCESSING for job in printer.jobs.values()))
        printer.menu.paper_out = True
        assert printing.exception(2 * LONG) is not None
    driver.forget()
    printer.menu.paper_out = False
    printer.menu.paused = True
    wait_until(lambda: any(job.state == twin_menu.STOPPED for job in printer.jobs.values()))
    status = driver.probe()
    assert status.state is DeviceState.FAULT
    refused = [one for one in status.conditions if one.code == "printer.unauthorised"]
    assert [(one.action, one.blocking) for one in refused] == [(Action.CONFIGURE, True)]
    assert failure(lambda: driver.print(document("job-2"), LONG)).fault is Fault.NOT_AUTHORISED
    printer.menu = twin_menu.Menu()
    printer.settle()
    assert driver.probe().state is DeviceState.READY
    printer.job_seconds = 0.01
    driver.print(document("job-3"), LONG)
    assert [job.name for job in printer.printed] == ["job-3"]
