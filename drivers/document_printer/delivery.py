"""One document on its way to the printer, step by step."""

from __future__ import annotations

import time

from drivers.device import DeviceError, Fault
from drivers.document_printer.errand import Errand
from drivers.document_printer.operations import Job
from drivers.document_printer.port import Document, JobState
from drivers.document_printer.print_queue import PrintQueue


class EndedError(DeviceError):
    """The job is over, and no pages or not all of them are known to have come out."""


class Delivery:
    """Makes a job, gives it its document, looks how far it is. Every step may fail and be taken again.

    The order makes it safe: a job whose number was never heard (``lost``) has no document and is looked for by its
    name before another one is made; the document goes to one job only. Only a printer that knows nothing but Print-Job
    gets both at once, and then never a second time.
    """

    def __init__(
        self, queue: PrintQueue, document: Document, known: Job | None, resend_seconds: float, nudge_seconds: float
    ) -> None:
        self._queue = queue
        self._document = document
        self._resend_seconds = resend_seconds
        self._nudge_seconds = nudge_seconds
        self._nudge_at = time.monotonic() + nudge_seconds
        self._number = known.number if known else None
        self._lost = False
        self._sent = known is not None and not known.wants_document
        self._send_at = 0.0
        self.job = known

    @property
    def over(self) -> bool:
        return self.job is not None and not self.job.active

    @property
    def may_come_out(self) -> bool:
        """Whether there may be paper, as far as is known here."""
        if self.job is not None and self.over:
            return self.job.may_have_come_out
        return self._sent

    def advance(self, errand: Errand) -> None:
        """The next step. Raises ``EndedError`` when there is none, otherwise as the queue does."""
        if self._number is None and self._lost:
            self._look_for_it(errand)
        if self._number is None:
            self._make(errand)
        elif self._sent:
            self._look(self._number, errand)
        if self._number is not None and self._has_no_document and time.monotonic() >= self._send_at:
            self._send_at = time.monotonic() + self._resend_seconds
            self._sent = True
            self._queue.send(self._number, self._document, errand.deadline, errand.check)

    @property
    def _has_no_document(self) -> bool:
        return not self._sent or (self.job is not None and self.job.wants_document)

    def nudge(self, errand: Errand, *, idle: bool) -> None:
        """Wakes a job that waits at an idle printer: killed at a bad moment, CUPS waits 300 s for more documents."""
        waits = self.job is not None and self.job.state is JobState.WAITING and not self.job.wants_document
        if not (idle and waits and self._queue.keeps_documents):
            self._nudge_at = time.monotonic() + self._nudge_seconds
        elif time.monotonic() >= self._nudge_at and self._number is not None:
            self._nudge_at = time.monotonic() + self._nudge_seconds
            self._queue.nudge(self._number, errand.deadline, errand.check)

    def _look_for_it(self, errand: Errand) -> None:
        found = self._queue.named(self._document.job, errand.deadline, errand.check)
        if found:
            self.job, self._number = found[0], found[0].number
            self._sent = self._sent or not found[0].wants_document
        elif self._sent:
            raise EndedError(Fault.SILENT, "no answer to Print-Job, and no such job")

    def _make(self, errand: Errand) -> None:
        self._lost = True
        if self._queue.creates:
            self._number = self._queue.create(self._document, errand.deadline, errand.check)
            return
        self._sent = True
        try:
            self._number = self._queue.print(self._document, errand.deadline, errand.check)
        except DeviceError as error:
            self._sent = error.uncertain
            raise

    def _look(self, number: int, errand: Errand) -> None:
        found = self._queue.job(number, self._document.job, errand.deadline, errand.check)
        if found is None:
            raise EndedError(Fault.SILENT, "the printer knows the job no more")
        self.job = found
        if found.active or found.state is JobState.COMPLETED:
            return
        if found.state is JobState.CANCELLED:
            raise EndedError(Fault.CANCELLED, "cancelled at the printer")
        if found.state is JobState.ABORTED:
            about_the_document = any("document" in reason for reason in found.reasons)
            raise EndedError(Fault.BAD_DATA if about_the_document else Fault.MECHANICAL, ", ".join(found.reasons))
        raise EndedError(Fault.BAD_DATA, "a job in a state that is none")
