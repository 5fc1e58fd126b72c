"""The jobs of one printer: what is asked of it, one exchange each. No policy, no waiting."""

from __future__ import annotations

import contextlib
import itertools
import time
from dataclasses import dataclass

from drivers.device import DeviceError, Fault
from drivers.document_printer import operations
from drivers.document_printer.address import Check
from drivers.document_printer.codec import Message, Tag
from drivers.document_printer.exchange import Exchange
from drivers.document_printer.history import LOOK_BACK, NEWEST, FinishedJobs
from drivers.document_printer.operations import Job, Operation, Printer, Requests
from drivers.document_printer.port import Document, JobState


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one answer is waited for, in seconds; a document takes longer than a question."""

    answer: float = 5.0
    document: float = 30.0


class PrintQueue:
    """Questions and answers; from several threads at once. Every method raises ``DeviceError``."""

    def __init__(self, exchange: Exchange, requests: Requests, patience: Patience, *, spooler: bool) -> None:
        self._exchange = exchange
        self._requests = requests
        self._patience = patience
        self._spooler = spooler
        self._numbers = itertools.count(1)
        self._creates = True
        self._finished = FinishedJobs()

    def printer(self, deadline: float, check: Check) -> Printer:
        """How the printer is and what it can."""
        answer = self._ask(self._requests.get_printer(next(self._numbers)), deadline, check)
        found = operations.printer_of(answer, spooler=self._spooler)
        self._spooler = found.spooler
        self._creates = {Operation.CREATE_JOB, Operation.SEND_DOCUMENT} <= found.operations
        return found

    @property
    def creates(self) -> bool:
        """Whether a job can be made first and get its document afterwards: only then is nothing ever doubled."""
        return self._creates

    def mine(self, deadline: float, check: Check, *, finished: bool) -> tuple[Job, ...]:
        """The jobs of this kiosk; of a printer that does not keep them apart, those of others, too."""
        found: list[Job] = []
        for which in ("not-completed", "completed") if finished else ("not-completed",):
            answer = self._ask(self._requests.get_jobs(next(self._numbers), which), deadline, check)
            found += operations.jobs_of(answer)
        return tuple(found)

    def owns(self, job: Job) -> bool:
        return job.owner == self._requests.owner

    def named(self, name: str, deadline: float, check: Check) -> tuple[Job, ...]:
        """Every job of that name, the one that says most about its fate first."""
        found = {job.number: job for job in self.mine(deadline, check, finished=False) if job.name == name}
        # Afterwards, so that a job that ends between the two questions is in one of the answers.
        self._look_back(deadline, check)
        for number in self._finished.numbers(name):
            job = self.job(number, name, deadline, check)
            if job is not None:
                found[number] = job
        return tuple(sorted(found.values(), key=_telling, reverse=True))

    def again(self, jobs: tuple[Job, ...], deadline: float, check: Check) -> tuple[Job, ...]:
        """The same jobs as they are now, those that the printer knows no more left out; sorted as ``named``."""
        found = [self.job(job.number, job.name, deadline, check) for job in jobs]
        return tuple(sorted((job for job in found if job is not None), key=_telling, reverse=True))

    def _look_back(self, deadline: float, check: Check) -> None:
        """Learns which jobs have ended since the last time."""
        for limit in (NEWEST, LOOK_BACK):
            answer = self._ask(self._requests.get_jobs(next(self._numbers), "completed", limit), deadline, check)
            page = operations.jobs_of(answer)
            # Another number of jobs than the limit: it is the whole list, or the limit was not obeyed.
            if len(answer.all(Tag.JOB)) != limit or self._finished.joins(page):
                break
        self._finished.learn(page)

    def job(self, number: int, name: str, deadline: float, check: Check) -> Job | None:
        """One job; None when the printer does not know it, or has given its number to another one."""
        try:
            answer = self._ask(self._requests.get_job(next(self._numbers), number), deadline, check)
        except _NotFoundError:
            return None
        found = operations.jobs_of(answer)
        if not found or (found[0].name and found[0].name != name):
            return None
        return found[0]

    def create(self, document: Document, deadline: float, check: Check) -> int:
        """Makes a job without its document and says its number."""
        return self._number(self._ask(self._requests.create_job(next(self._numbers), document), deadline, check))

    def send(self, number: int, document: Document, deadline: float, check: Check) -> None:
        """Gives a job its document."""
        request = self._requests.send_document(next(self._numbers), number, document)
        self._ask(request, deadline, check, document.content.reveal())

    def print(self, document: Document, deadline: float, check: Check) -> int:
        """Job and document at once, for printers that know nothing better."""
        request = self._requests.print_job(next(self._numbers), document)
        return self._number(self._ask(request, deadline, check, document.content.reveal()))

    def cancel(self, number: int, deadline: float, check: Check, *, purge: bool = False) -> None:
        """Takes a job back; that it is over already is no error."""
        request = self._requests.cancel_job(next(self._numbers), number, purge=purge and self._spooler)
        try:
            self._ask(request, deadline, check)
        except (_NotFoundError, _NotPossibleError):
            return

    def nudge(self, number: int, deadline: float, check: Check) -> None:
        """Makes CUPS look at a job that waits; one that prints meanwhile is not touched."""
        with contextlib.suppress(_NotFoundError, _NotPossibleError):
            self._ask(self._requests.close_job(next(self._numbers), number), deadline, check)

    @property
    def keeps_documents(self) -> bool:
        """Whether jobs that are over have to be thrown away by ``cancel(purge=True)``."""
        return self._spooler

    def _ask(self, request: Message, deadline: float, check: Check, document: bytes = b"") -> Message:
        until = min(deadline, time.monotonic() + (self._patience.document if document else self._patience.answer))
        answer = self._exchange.ask(request, document, until, check)
        if operations.succeeded(answer):
            return answer
        refusal = operations.refusal(answer)
        kind = _NotFoundError if answer.code in operations.NOT_FOUND else DeviceError
        if answer.code == operations.NOT_POSSIBLE:
            kind = _NotPossibleError
        raise kind(refusal.fault, refusal.detail, uncertain=refusal.uncertain)

    @staticmethod
    def _number(answer: Message) -> int:
        number = answer.group(Tag.JOB).number("job-id")
        if number is None:
            raise DeviceError(Fault.BAD_DATA, "a job without job-id", uncertain=True)
        return number


class _NotFoundError(DeviceError):
    """No such job, no such printer."""


class _NotPossibleError(DeviceError):
    """Not in the state in which it is."""


def _telling(job: Job) -> tuple[bool, bool, int, int]:
    return job.state is JobState.COMPLETED, job.active, job.documents or 0, job.number
