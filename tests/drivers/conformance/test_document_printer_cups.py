"""The driver at a real CUPS, whose queue turns documents into files."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from drivers.device import Cancel, DeviceError, DeviceState, Fault, Secret
from drivers.document_printer.address import Address, Check
from drivers.document_printer.codec import Message, Tag
from drivers.document_printer.cups import make
from drivers.document_printer.exchange import HttpExchange, nobody_waits
from drivers.document_printer.history import NEWEST
from drivers.document_printer.ipp_printer import IppPrinter, Settings
from drivers.document_printer.operations import Operation, Requests
from drivers.document_printer.port import Document, JobState, Proof, Sides
from drivers.document_printer.print_queue import Patience, PrintQueue
from drivers.document_printer.twin import SimulatedIppPrinter
from drivers.document_printer.twin_menu import CANCELED, PROCESSING
from drivers.loading import DeviceUrl, SharedPorts, make_device

sys.path.insert(0, str(Path(__file__).parent))  # the neighbour below is a module of no package

from running_cups import RunningCups, running_cups

LONG = 60.0
"""Seconds for what has to come: a slow machine may take them, nothing waits for them."""
PAGE = b"%PDF-1.4\n1 0 obj<</Type /Page>>endobj\n%%EOF\n"


@pytest.fixture(scope="module")
def cups(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCups]:
    with running_cups(tmp_path_factory.mktemp("cups")) as running:
        yield running


def at(cups: RunningCups, queue: str = "pages") -> IppPrinter:
    """The real driver; it asks more often than in a hall and says sooner what keeps a job."""
    url = DeviceUrl.parse(f"cups://{queue}")
    hurried = Settings(
        Patience(LONG, LONG),
        open_seconds=LONG,
        poll_seconds=0.05,
        stuck_seconds=0.5,
        purge_seconds=0.3,
        nudge_seconds=0.3,
        take_back_seconds=LONG,
    )
    return make(url, {"socket": cups.socket, "owner": "kiosk-1"}, SharedPorts(), hurried)


class Counted(HttpExchange):
    """Says how many jobs each list had."""

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self.listed: list[int] = []

    def ask(self, request: Message, document: bytes, deadline: float, check: Check) -> Message:
        answer = super().ask(request, document, deadline, check)
        if request.code == Operation.GET_JOBS:
            self.listed.append(len(answer.all(Tag.JOB)))
        return answer


def queue_of(exchange: HttpExchange) -> PrintQueue:
    """What the driver says to CUPS, without what it does at the end of a job."""
    return PrintQueue(exchange, Requests("ipp://localhost:631/printers/pages", "kiosk-1"), Patience(), spooler=True)


def exchange_of(cups: RunningCups) -> Counted:
    return Counted(Address("localhost", 631, "/printers/pages", cups.socket))


def sent(cups: RunningCups, *jobs: str) -> None:
    """Sends documents and goes away, as a kiosk whose power is cut."""
    queue, deadline = queue_of(exchange_of(cups)), time.monotonic() + LONG
    for job in jobs:
        queue.send(queue.create(document(job), deadline, nobody_waits), document(job), deadline, nobody_waits)


@pytest.fixture
def printer(cups: RunningCups) -> Iterator[IppPrinter]:
    """The driver on the queue, over the local socket; the queue is whole before and after."""
    driver = at(cups)
    driver.open()
    yield driver
    for name in ("paper-out", "hold", "broken"):
        (cups.out / name).unlink(missing_ok=True)
    if not cups.answers():
        cups.start()
    driver.forget()
    driver.close()


def document(job: str, content: bytes = PAGE) -> Document:
    return Document(job, Secret(content))


def failure(act: Callable[[], object]) -> DeviceError:
    with pytest.raises(DeviceError) as failed:
        act()
    return failed.value


def test_the_queue_says_what_it_can(printer: IppPrinter) -> None:
    found = printer.capabilities
    assert "application/pdf" in found.formats
    assert found.media == ("iso_a4_210x297mm",)
    assert not found.duplex
    assert not found.colour
    assert not found.proves, "a backend that writes files proves nothing"
    assert printer.probe().state is DeviceState.READY
    assert printer.probe().detail == "Pages as files"


def test_a_page_comes_out_as_it_was_sent_and_the_spool_keeps_nothing(cups: RunningCups, printer: IppPrinter) -> None:
    printed = printer.print(document("a-1"), LONG)
    assert printed.proof is Proof.UNPROVEN
    assert cups.pages("a-1") == [PAGE]
    assert printer.progress("a-1").state is JobState.COMPLETED
    assert cups.kept() == []


def test_over_tcp_it_is_the_same_queue(cups: RunningCups) -> None:
    driver = make_device("document_printer", "cups", f"cups://127.0.0.1:{cups.port}/pages")
    assert isinstance(driver, IppPrinter)
    driver.open()
    driver.print(document("b-1"), LONG)
    driver.close()
    assert cups.pages("b-1") == [PAGE]


def test_a_queue_that_does_not_exist_is_a_wrong_setting(cups: RunningCups) -> None:
    driver = make_device("document_printer", "cups", "cups://nothing", {"socket": cups.socket})
    assert failure(driver.open).fault is Fault.CONFIGURATION


def test_what_the_queue_does_not_have_is_not_sent(cups: RunningCups, printer: IppPrinter) -> None:
    both_sides = Document("c-1", Secret(PAGE), sides=Sides.LONG_EDGE)
    assert failure(lambda: printer.print(both_sides, LONG)).fault is Fault.UNSUPPORTED
    assert cups.begun("c-1") == 0


def test_a_stopped_queue_is_said_and_nothing_is_sent_to_it(cups: RunningCups, printer: IppPrinter) -> None:
    cups.admin("cupsdisable", "pages")
    status = printer.probe()
    assert status.state is DeviceState.FAULT
    assert [condition.code for condition in status.conditions] == ["printer.paused"]
    failed = failure(lambda: printer.print(document("d-1"), LONG))
    assert failed.fault is Fault.BUSY
    assert not failed.uncertain
    cups.admin("cupsenable", "pages")
    assert printer.probe().state is DeviceState.READY
    printer.print(document("d-1"), LONG)
    assert cups.pages("d-1") == [PAGE]


def test_a_queue_that_takes_no_jobs_is_said(cups: RunningCups, printer: IppPrinter) -> None:
    cups.admin("cupsreject", "pages")
    assert "printer.refuses" in [condition.code for condition in printer.probe().conditions]
    assert failure(lambda: printer.print(document("e-1"), LONG)).fault is Fault.BUSY
    cups.admin("cupsaccept", "pages")
    assert printer.probe().conditions == ()


def test_paper_that_ends_is_said_and_the_same_job_comes_out_once_after_the_refill(
    cups: RunningCups, printer: IppPrinter
) -> None:
    (cups.out / "paper-out").touch()
    failed = failure(lambda: printer.print(document("f-1"), LONG))
    assert failed.fault is Fault.PAPER_OUT
    assert failed.uncertain, "CUPS keeps the job and prints it when there is paper"
    assert "paper.out" in [condition.code for condition in printer.progress("f-1").conditions]
    (cups.out / "paper-out").unlink()
    printer.print(document("f-1"), LONG)
    assert cups.pages("f-1") == [PAGE]
    assert printer.probe().conditions == ()


def test_at_the_end_of_a_visit_what_is_held_never_comes_out(
    cups: RunningCups, printer: IppPrinter, wait_until: Callable[..., None]
) -> None:
    (cups.out / "paper-out").touch()
    assert failure(lambda: printer.print(document("g-1"), LONG)).fault is Fault.PAPER_OUT
    printer.forget()
    (cups.out / "paper-out").unlink()
    printer.print(document("g-2"), LONG)
    assert cups.pages("g-1") == []
    assert cups.pages("g-2") == [PAGE]
    wait_until(lambda: printer.probe().state is DeviceState.READY and cups.kept() == [])


def test_calling_off_takes_the_job_back(
    cups: RunningCups, printer: IppPrinter, wait_until: Callable[..., None]
) -> None:
    (cups.out / "hold").touch()
    cancel = Cancel()
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(printer.print, document("h-1"), LONG, cancel)
        wait_until(lambda: cups.begun("h-1") == 1)
        assert printer.progress("h-1").state is JobState.PRINTING
        cancel.cancel()
        failed = printing.exception(2 * LONG)
    assert isinstance(failed, DeviceError)
    assert failed.fault is Fault.CANCELLED
    (cups.out / "hold").unlink()
    wait_until(lambda: printer.probe().state is DeviceState.READY and cups.kept() == [])
    assert cups.pages("h-1") == []


def test_a_job_that_the_backend_cannot_print_is_an_error_and_not_a_page(cups: RunningCups, printer: IppPrinter) -> None:
    cups.admin("lpadmin", "-p", "pages", "-o", "printer-error-policy=abort-job")
    (cups.out / "broken").touch()
    failed = failure(lambda: printer.print(document("i-1"), LONG))
    assert failed.fault is Fault.MECHANICAL
    assert failed.uncertain, "CUPS does not know how far it came"
    assert cups.pages("i-1") == []


def test_cups_killed_in_the_middle_of_a_job_and_started_again_prints_it_once(
    cups: RunningCups, printer: IppPrinter, wait_until: Callable[..., None]
) -> None:
    (cups.out / "hold").touch()
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(printer.print, document("k-1"), LONG)
        wait_until(lambda: cups.begun("k-1") == 1)
        cups.kill()
        assert printer.probe().state is DeviceState.ABSENT
        (cups.out / "hold").unlink()
        cups.start()
        assert printing.result(2 * LONG).job == "k-1"
    assert cups.pages("k-1") == [PAGE]
    assert cups.begun("k-1") == 2, "the first attempt was killed"
    wait_until(lambda: printer.probe().state is DeviceState.READY and cups.kept() == [])


def test_a_kiosk_that_starts_again_finds_the_job_that_it_sent_before(
    cups: RunningCups, printer: IppPrinter, wait_until: Callable[..., None]
) -> None:
    (cups.out / "hold").touch()
    sent(cups, "l-1")
    wait_until(lambda: cups.begun("l-1") == 1)
    (cups.out / "hold").unlink()
    printer.print(document("l-1"), LONG)
    assert cups.pages("l-1") == [PAGE]


def test_a_job_among_many_that_cups_has_finished_is_found(
    cups: RunningCups, printer: IppPrinter, wait_until: Callable[..., None]
) -> None:
    jobs = [f"o-{number}" for number in range(NEWEST + 4)]
    sent(cups, *jobs)
    wait_until(lambda: all(cups.pages(job) for job in jobs) and printer.probe().state is DeviceState.READY, LONG)
    exchange, deadline = exchange_of(cups), time.monotonic() + LONG
    queue = queue_of(exchange)
    for job in (jobs[0], jobs[-1]):
        (found,) = queue.named(job, deadline, nobody_waits)
        assert found.state is JobState.COMPLETED
    assert exchange.listed[:5] == [0, NEWEST, len(jobs), 0, NEWEST]
    printer.print(document(jobs[0]), LONG)
    assert cups.begun(jobs[0]) == 1
    printer.forget()
    wait_until(lambda: printer.probe().state is DeviceState.READY and cups.kept() == [])


def test_a_job_of_an_earlier_run_is_taken_back_at_the_first_visits_end(
    cups: RunningCups, printer: IppPrinter, wait_until: Callable[..., None]
) -> None:
    (cups.out / "paper-out").touch()
    assert failure(lambda: printer.print(document("m-1"), LONG)).uncertain
    printer.close()
    again = at(cups)
    again.open()
    again.forget()
    (cups.out / "paper-out").unlink()
    again.print(document("m-2"), LONG)
    assert cups.pages("m-1") == []
    wait_until(lambda: again.probe().state is DeviceState.READY and cups.kept() == [])
    again.close()
    printer.open()


def test_a_printer_behind_cups_gives_its_own_word_and_what_a_visit_leaves_goes_from_it_too(
    cups: RunningCups, wait_until: Callable[..., None]
) -> None:
    with SimulatedIppPrinter(0.3, quiet=True) as twin:
        cups.add("network", twin.url)
        driver = at(cups, "network")
        driver.open()
        assert driver.capabilities.proves
        assert driver.print(document("n-1"), LONG).proof is Proof.PROVEN
        assert [job.document for job in twin.printed] == [PAGE]
        twin.job_seconds = 3600.0
        with ThreadPoolExecutor(1) as pool:
            printing = pool.submit(driver.print, document("n-2"), LONG)
            wait_until(lambda: any(job.state == PROCESSING for job in twin.jobs.values()), LONG)
            twin.menu.paper_out = True
            failed = printing.exception(2 * LONG)
        assert isinstance(failed, DeviceError)
        assert (failed.fault, failed.uncertain) == (Fault.PAPER_OUT, True)
        driver.forget()
        wait_until(lambda: all(job.state >= CANCELED for job in twin.jobs.values()))
        twin.menu.paper_out = False
        twin.job_seconds = 0.01
        assert twin.rest()
        assert [job.name for job in twin.printed] == ["n-1"]
        driver.close()
