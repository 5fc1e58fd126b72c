"""Printing with proof: one job per number over all attempts, and a mark on every paper that may be a second one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYetError
from dataclasses import dataclass
from enum import StrEnum

import structlog

from drivers.device import Cancel, DeviceError, Fault, Secret
from drivers.document_printer.port import Document, DocumentPrinter
from drivers.ticket_printer.port import Proof, Slip, TicketPrinter
from kiosk.devices.bench import Bench
from kiosk.devices.health import DOCUMENTS, PRINTER
from kiosk.errors import KioskError, Reason, printer_reason
from kiosk.printing.layouts import AnswerSlip, BookingSlip, Layouts, TicketSlip
from kiosk.printing.pages import pdf_of
from kiosk.printing.sheet import Sheet
from kiosk.store.journal import Journal, Stand

log = structlog.get_logger(__name__)

LOOK = 0.1
GRACE = 3.0
REMEMBERED = 32


class PrintState(StrEnum):
    """What the screen says of the paper."""

    PRINTING = "printing"
    PRINTED = "printed"
    UNPROVEN = "unproven"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended; ``reprints`` counts papers that may have come out before."""

    state: PrintState
    fault: Reason | None = None
    reprints: int = 0


class Printing:
    """The printers of this kiosk, as flows see them."""

    def __init__(
        self,
        bench: Bench,
        layouts: Callable[[], Layouts],
        journal: Journal,
        *,
        proof_seconds: float = 12.0,
        page_seconds: float = 90.0,
    ) -> None:
        self._bench = bench
        self._layouts = layouts
        self._journal = journal
        self._seconds = proof_seconds
        self._page_seconds = page_seconds
        self._papers: dict[str, int] = {}
        """How many papers of the latest numbers may be about: a full disk must not take the mark 补打 from them."""

    def ticket(
        self, key: str, make: Callable[[int], TicketSlip], ended: Callable[[Stand], None], cancel: Cancel
    ) -> Outcome:
        """Prints a ticket; ``make`` is told how many papers of it may be about already, ``ended`` what became of it.

        Whoever cancels only stops waiting: the paper of a number that exists still comes out.
        """
        reprints = self._papers.get(key, 0)
        with contextlib.suppress(KioskError):  # a full disk must not keep back the paper
            reprints = max(reprints, self._journal.printing(key))
        self._remember(key, reprints + 1)
        slip = make(reprints)

        def finish(stand: Stand) -> None:
            if stand is Stand.FAILED:
                self._remember(key, self._papers.get(key, 1) - 1)
            with contextlib.suppress(KioskError):
                ended(stand)
                self._journal.finish(key, stand)

        job = self._send(key, lambda layouts: layouts.ticket(slip), slip.url, finish)
        return self._await(job, cancel, reprints)

    def booking(self, key: str, slip: BookingSlip, cancel: Cancel) -> Outcome:
        """Prints the slip of an appointment. Nothing of it is written down."""
        ended = self._send(key, lambda layouts: layouts.booking(slip), "", _no_record)
        return self._await(ended, cancel, 0)

    def page(self, key: str, slip: AnswerSlip, cancel: Cancel) -> Outcome:
        """Prints an answer on A4. Nothing of it is written down; ``key`` stays the same until the page is there.

        Whoever cancels only stops waiting: a page that is coming out still comes; what only waits is taken back when
        the visit ends.
        """
        ended: Future[Outcome] = Future()
        try:
            sheet = self._layouts().on_a4().answer(slip)
            document = Document(key, Secret(pdf_of(sheet.drawn())))
            sheet.wipe()
            bay = self._bench.need(DOCUMENTS, DocumentPrinter)  # type: ignore[type-abstract]  # a port is a Protocol
        except OSError as error:  # no font on this machine
            log.error("paper not drawn", kind=type(error).__name__)
            return Outcome(PrintState.FAILED, Reason.PRINTER_FAULT)
        except DeviceError as error:
            return Outcome(PrintState.FAILED, printer_reason(error.fault))
        seconds = self._page_seconds
        printed = bay.run(lambda printer: printer.print(document, seconds).proof.value)
        printed.add_done_callback(lambda done: ended.set_result(_end(done, _no_record)))
        return self._await(ended, cancel, 0, seconds)

    def answer(self, key: str, slip: AnswerSlip, cancel: Cancel) -> Outcome:
        """Prints the slip of an answer. Nothing of it is written down."""
        ended = self._send(key, lambda layouts: layouts.answer(slip), "", _no_record)
        return self._await(ended, cancel, 0)

    def _remember(self, key: str, papers: int) -> None:
        self._papers[key] = papers
        if len(self._papers) > REMEMBERED:
            del self._papers[next(iter(self._papers))]

    def _send(
        self, job: str, draw: Callable[[Layouts], Sheet], code: str, finish: Callable[[Stand], None]
    ) -> Future[Outcome]:
        ended: Future[Outcome] = Future()
        try:
            sheet = draw(self._layouts())
        except OSError as error:  # no font on this machine
            log.error("paper not drawn", kind=type(error).__name__)
            finish(Stand.FAILED)
            ended.set_result(Outcome(PrintState.FAILED, Reason.PRINTER_FAULT))
            return ended
        slip = Slip(job, sheet.raster(), tuple(sheet.lines), code)
        sheet.wipe()
        try:
            bay = self._bench.need(PRINTER, TicketPrinter)  # type: ignore[type-abstract]  # a port is a Protocol
        except DeviceError as error:
            finish(Stand.FAILED)
            ended.set_result(Outcome(PrintState.FAILED, printer_reason(error.fault)))
            return ended
        seconds = self._seconds
        printed = bay.run(lambda printer: printer.print(slip, seconds))
        printed.add_done_callback(lambda done: ended.set_result(_end(done, finish)))
        return ended

    def _await(self, ended: Future[Outcome], cancel: Cancel, reprints: int, seconds: float | None = None) -> Outcome:
        waited = 0.0
        while waited < (seconds or self._seconds) + GRACE and not cancel.cancelled:
            try:
                outcome = ended.result(LOOK)
            except NotYetError:
                waited += LOOK
            else:
                return Outcome(outcome.state, outcome.fault, reprints)
        return Outcome(PrintState.UNPROVEN, Reason.PRINTER_SILENT, reprints)


def _no_record(stand: Stand) -> None:
    """An answer's slip leaves no trace, not even that there was one."""


def _end(done: Future[Proof] | Future[str], finish: Callable[[Stand], None]) -> Outcome:
    """On the printer's thread: writes down how it ended, whether or not somebody still waits."""
    if done.cancelled():
        finish(Stand.FAILED)
        return Outcome(PrintState.FAILED, Reason.PRINTER_FAULT)
    error = done.exception()
    if error is None:
        proven = done.result() == Proof.PROVEN.value
        finish(Stand.PRINTED if proven else Stand.UNPROVEN)
        return Outcome(PrintState.PRINTED if proven else PrintState.UNPROVEN)
    fault = error.fault if isinstance(error, DeviceError) else Fault.MECHANICAL
    uncertain = isinstance(error, DeviceError) and error.uncertain
    finish(Stand.UNPROVEN if uncertain else Stand.FAILED)
    log.warning("print failed", fault=fault.value, uncertain=uncertain)
    return Outcome(PrintState.FAILED, printer_reason(fault))
