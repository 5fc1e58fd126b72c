"""A printer that has finished hundreds of jobs: ours is found among them, and a page costs no more than before."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from drivers.device import DeviceError, Fault, Secret
from drivers.document_printer.address import Address, Check
from drivers.document_printer.codec import Message, Tag
from drivers.document_printer.cups import make
from drivers.document_printer.exchange import HttpExchange, nobody_waits
from drivers.document_printer.history import LOOK_BACK, NEWEST, FinishedJobs
from drivers.document_printer.ipp_printer import IppPrinter, Settings
from drivers.document_printer.operations import Job, Requests
from drivers.document_printer.port import Document, JobState
from drivers.document_printer.print_queue import Patience, PrintQueue
from drivers.document_printer.twin import SimulatedIppPrinter
from drivers.document_printer.twin_menu import COMPLETED, PRINT_JOB
from drivers.loading import DeviceUrl, SharedPorts

PAGE = b"%PDF-1.4\n1 0 obj<</Type /Page>>endobj\n%%EOF\n"
OURS, OTHERS = "kiosk-1", "colleague"
LONG = 60.0
"""Seconds for what has to come: a slow machine may take them, nothing waits for them."""
HURRIED = Settings(Patience(LONG, LONG), open_seconds=LONG, poll_seconds=0.01, take_back_seconds=LONG)


@pytest.fixture
def printer() -> Iterator[SimulatedIppPrinter]:
    with SimulatedIppPrinter(quiet=True) as twin:
        yield twin
        assert twin.complaints == []


@pytest.fixture
def driver(printer: SimulatedIppPrinter) -> Iterator[IppPrinter]:
    made = make(DeviceUrl.parse(printer.url), {"owner": OURS}, SharedPorts(), HURRIED)
    made.open()
    yield made
    made.close()


def finished(printer: SimulatedIppPrinter, *names: str, owner: str = OURS) -> None:
    """Jobs that came out before, or beside us; the last one ended last."""
    for name in names:
        job = printer.add(name, owner)
        job.document = PAGE
        job.end(COMPLETED, ("job-completed-successfully",))


def many(count: int, what: str = "old") -> list[str]:
    return [f"{what}-{number}" for number in range(count)]


def document(job: str = "job-1") -> Document:
    return Document(job, Secret(PAGE))


@pytest.mark.parametrize("only_print_job", [False, True])
def test_the_list_of_finished_jobs_is_read_once_and_afterwards_only_its_newest_end(
    printer: SimulatedIppPrinter, driver: IppPrinter, only_print_job: bool
) -> None:
    printer.menu.only_print_job = only_print_job
    finished(printer, *many(400))
    driver.print(document("first"), LONG)
    assert sorted(printer.listed) == [0, NEWEST, 400]
    printer.listed.clear()
    for number in range(20):
        driver.print(document(f"next-{number}"), LONG)
    assert max(printer.listed) == NEWEST
    assert len(printer.listed) == 40, "what waits, and what ended last"
    assert len(printer.printed) == 21


@pytest.mark.parametrize("place", [0, 200, 399])
def test_a_job_of_an_earlier_run_is_found_wherever_it_stands(
    printer: SimulatedIppPrinter, driver: IppPrinter, place: int
) -> None:
    names = many(400)
    finished(printer, *names)
    assert driver.print(document(names[place]), LONG).job == names[place]
    assert printer.printed == []
    assert driver.progress(names[399 - place], LONG).state is JobState.COMPLETED


def test_a_job_behind_more_than_a_thousand_newer_ones_is_unknown_and_the_one_before_it_is_not(
    printer: SimulatedIppPrinter, driver: IppPrinter
) -> None:
    names = many(LOOK_BACK + 1)
    finished(printer, *names)
    assert driver.progress(names[0], LONG).state is JobState.UNKNOWN
    assert driver.progress(names[1], LONG).state is JobState.COMPLETED


@pytest.mark.parametrize("newer", [0, NEWEST - 1, NEWEST, 300])
def test_a_page_whose_answer_was_lost_is_found_behind_what_others_printed_meanwhile(
    printer: SimulatedIppPrinter, driver: IppPrinter, newer: int
) -> None:
    printer.menu.mixes_owners = True
    finished(printer, *many(50), owner=OTHERS)
    driver.print(document("before"), LONG)
    finished(printer, "job-1")
    finished(printer, *many(newer, "theirs"), owner=OTHERS)
    assert driver.print(document("job-1"), LONG).job == "job-1"
    assert [job.name for job in printer.printed] == ["before"]


def test_an_old_printer_that_prints_and_does_not_answer_is_asked_for_its_newest_jobs(
    printer: SimulatedIppPrinter, driver: IppPrinter
) -> None:
    printer.menu.only_print_job = True
    finished(printer, *many(200))
    driver.print(document("before"), LONG)
    printer.listed.clear()
    printer.menu.loses[PRINT_JOB] = 1
    assert driver.print(document(), LONG).job == "job-1"
    assert [job.name for job in printer.printed] == ["before", "job-1"]
    assert max(printer.listed) == NEWEST


@pytest.mark.parametrize("whim", ["ignores_limit", "oldest_first"])
def test_a_printer_that_lists_its_jobs_its_own_way_costs_more_and_loses_nothing(
    printer: SimulatedIppPrinter, driver: IppPrinter, whim: str
) -> None:
    setattr(printer.menu, whim, True)
    names = many(100)
    finished(printer, *names)
    assert driver.progress(names[50], LONG).state is JobState.COMPLETED
    finished(printer, "job-1", *many(30, "newer"))
    driver.print(document(), LONG)
    assert printer.printed == []
    driver.print(document("job-2"), LONG)
    assert [job.name for job in printer.printed] == ["job-2"]
    assert max(printer.listed) >= 131


def test_a_printer_that_begins_again_at_one_is_not_taken_for_the_old_one(
    printer: SimulatedIppPrinter, driver: IppPrinter
) -> None:
    names = many(40)
    finished(printer, *names)
    assert driver.progress(names[3], LONG).state is JobState.COMPLETED
    printer.switch_off_and_on()
    finished(printer, *many(40, "new"))
    assert driver.progress(names[3], LONG).state is JobState.UNKNOWN
    assert driver.progress("new-3", LONG).state is JobState.COMPLETED


def test_a_job_that_the_printer_forgot_is_no_longer_there(printer: SimulatedIppPrinter, driver: IppPrinter) -> None:
    finished(printer, *many(3))
    assert driver.progress("old-1", LONG).state is JobState.COMPLETED
    del printer.jobs[2]
    assert driver.progress("old-1", LONG).state is JobState.UNKNOWN


class BreaksOff:
    """Lets short lists pass; the long one fails as long as it is to."""

    def __init__(self, printer: SimulatedIppPrinter) -> None:
        url = urlsplit(printer.url)
        self._real = HttpExchange(Address(url.hostname or "", url.port or 0, url.path))
        self.breaks = False

    def ask(self, request: Message, document: bytes, deadline: float, check: Check) -> Message:
        if self.breaks and request.group(Tag.OPERATION).number("limit") == LOOK_BACK:
            raise DeviceError(Fault.UNPLUGGED, "broke off")
        return self._real.ask(request, document, deadline, check)


def test_a_look_back_that_broke_off_leaves_no_gap(printer: SimulatedIppPrinter) -> None:
    exchange = BreaksOff(printer)
    queue = PrintQueue(exchange, Requests(printer.url, OURS), Patience(), spooler=False)
    deadline = time.monotonic() + LONG
    finished(printer, *many(100))
    assert queue.named("old-3", deadline, nobody_waits)
    finished(printer, *many(60, "newer"))
    exchange.breaks = True
    with pytest.raises(DeviceError, match="broke off"):
        queue.named("newer-3", deadline, nobody_waits)
    exchange.breaks = False
    assert [job.name for job in queue.named("newer-3", deadline, nobody_waits)] == ["newer-3"]


def test_jobs_of_which_nothing_is_told_count_as_told(printer: SimulatedIppPrinter, driver: IppPrinter) -> None:
    """A.9 of RFC 8010: a printer may say nothing at all of a job that is not ours."""
    printer.menu.mixes_owners = printer.menu.hides_others = True
    finished(printer, "job-1")
    finished(printer, *many(2 * NEWEST, "theirs"), owner=OTHERS)
    assert driver.progress("job-1", LONG).state is JobState.COMPLETED


# What is remembered. Pure.


def page(*numbers: int, name: str = "job") -> list[Job]:
    return [Job(number, f"{name}-{number}", OURS, JobState.COMPLETED) for number in numbers]


def test_one_known_job_at_the_end_of_a_page_does_not_tell_that_nothing_was_missed() -> None:
    known = FinishedJobs()
    known.learn(page(4, 3, 2, 1))
    assert known.joins(page(6, 5, 4, 3))
    assert not known.joins(page(8, 7, 6, 4)), "6 and 4 ended in the same second: 5 may have, too"
    assert not known.joins(page(1, 2, 3, 4)), "the wrong end of the list"
    assert not known.joins(page(4, 3, 2, 1, name="of another printer"))


def test_what_is_remembered_does_not_grow_for_ever_and_the_newest_stay() -> None:
    known = FinishedJobs()
    for begin in range(0, 20 * LOOK_BACK, LOOK_BACK):
        known.learn(page(*range(begin + LOOK_BACK, begin, -1)))
    assert known.numbers(f"job-{20 * LOOK_BACK}") == (20 * LOOK_BACK,)
    assert known.numbers("job-1") == ()
    assert known.joins(page(*range(20 * LOOK_BACK, 18 * LOOK_BACK, -1)))
    assert not known.joins(page(*range(20 * LOOK_BACK, 17 * LOOK_BACK, -1)))


def test_the_names_of_other_peoples_documents_are_not_remembered() -> None:
    known = FinishedJobs()
    known.learn([Job(1, "Divorce of Zhang San.pdf", OTHERS, JobState.COMPLETED)])
    assert known.numbers("Divorce of Zhang San.pdf") == (1,)
    assert "Zhang" not in repr(vars(known))
