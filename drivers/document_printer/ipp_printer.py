"""An A4 printer that is spoken to by IPP: CUPS, or the printer itself.

Before anything is sent the printer is asked whether it has a job of this name already. While it prints, a spooler that
dies and comes back is waited for; what cannot be known is said to be ``uncertain``, never printed again unasked. What a
visit leaves behind is taken back, and CUPS is told to throw the documents away that it would keep for a day.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field, replace

from drivers.device import Action, Cancel, Condition, DeviceError, DeviceState, Fault, Status
from drivers.document_printer import operations
from drivers.document_printer.address import Check
from drivers.document_printer.delivery import Delivery, EndedError
from drivers.document_printer.errand import SLICE, Errand
from drivers.document_printer.exchange import Exchange, nobody_waits
from drivers.document_printer.operations import Job, Requests
from drivers.document_printer.port import (
    SECONDS,
    Document,
    DocumentPrinterCapabilities,
    JobProgress,
    JobState,
    Printed,
    Proof,
    check_document,
    check_job,
)
from drivers.document_printer.print_queue import Patience, PrintQueue
from drivers.document_printer.reasons import IDLE

REMEMBERED = 64
_PASSING = frozenset({Fault.SILENT, Fault.UNPLUGGED, Fault.ABSENT, Fault.BAD_DATA, Fault.BUSY})
"""What a spooler that is restarted, or a bad network, does for a while."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How one printer is used; times in seconds."""

    patience: Patience = field(default_factory=Patience)
    open_seconds: float = 1.9
    poll_seconds: float = 0.5
    stuck_seconds: float = 3.0
    """How long paper or cover may be missing under way before it is said; reasons flicker while a printer wakes up."""
    stale_seconds: float = 20.0
    """The same for what a spooler said already before the job was sent: it repeats what the printer said at the job
    before, and needs up to 5 s to ask it again (measured with CUPS 2.4.2)."""
    nudge_seconds: float = 3.0
    """How long a job may wait at an idle spooler before it is woken: CUPS that was killed forgets to begin."""
    resend_seconds: float = 2.0
    """A job that still has no document after so long gets it again."""
    take_back_seconds: float = 0.8
    purge_seconds: float = 5.0
    """How long CUPS is left alone with a job that was cancelled: it tells the printer behind it, and throwing the job
    away in the middle of that would leave the pages there (measured with CUPS 2.4.2)."""


class IppPrinter:
    """One printer. Questions go out beside a document that is being printed; documents take turns."""

    def __init__(
        self, exchange: Exchange, requests: Requests, settings: Settings | None = None, *, spooler: bool = False
    ) -> None:
        self._settings = settings or Settings()
        self._queue = PrintQueue(exchange, requests, self._settings.patience, spooler=spooler)
        self._spooler = spooler
        self._lock = threading.Lock()
        self._opened = False
        self._era = 0
        """Goes up when everything that is under way has to end."""
        self._visit = 0
        """Goes up when a visit ends: what is held back then never comes out."""
        self._current: str | None = None
        """The job for which somebody waits in ``print``."""
        self._capabilities = DocumentPrinterCapabilities()
        self._printed: dict[str, Printed] = {}
        self._left: str | None = None
        """The job that may still come out although nobody waits for it."""
        self._unsettled = True
        """Whether jobs of this kiosk may be at the printer: from an earlier run, or sent since the last forgetting."""
        self._owed = False
        """Whether a visit's end could not be carried out yet."""
        self._stale: frozenset[str] = frozenset()
        """What a spooler said already before the job was sent."""
        self._over: dict[int, float] = {}
        """Jobs that were cancelled, and when: CUPS still has their documents."""

    @property
    def capabilities(self) -> DocumentPrinterCapabilities:
        return self._capabilities

    def open(self) -> None:
        """Asks the printer what it can. Raises ABSENT, SILENT, CONFIGURATION (no such queue), NOT_AUTHORISED."""
        deadline = time.monotonic() + self._settings.open_seconds
        try:
            self._capabilities = self._queue.printer(deadline, nobody_waits).capabilities
        except DeviceError as error:
            self._opened = False
            raise DeviceError(error.fault, error.detail) from None
        self._opened = True
        self._pay(deadline)

    def close(self) -> None:
        self._opened = False
        self._era += 1

    def forget(self) -> None:
        """A page that is coming out still comes; what waits, or is held for want of paper, never does."""
        self._visit += 1
        self._owed = self._owed or self._unsettled
        if self._opened:
            self._pay(time.monotonic() + self._settings.take_back_seconds)

    def probe(self) -> Status:
        """How the printer is, also while it prints. What a visit's end still owes is paid here when it answers.

        One that lets nothing be taken back is a fault: nothing is printed on it for the next person.
        """
        if not self._opened:
            return Status(DeviceState.ABSENT, detail="not open")
        deadline = time.monotonic() + self._settings.patience.answer
        try:
            printer = self._queue.printer(deadline, nobody_waits)
        except DeviceError as error:
            return self._unwell(error)
        refused = self._pay(deadline)
        if refused is not None and refused.fault is Fault.NOT_AUTHORISED:
            return self._unwell(refused)
        found = printer.finding
        return Status(found.device_state, found.conditions, printer.model)

    def print(self, document: Document, timeout: float = SECONDS, cancel: Cancel | None = None) -> Printed:
        errand, visit = self._errand(timeout, cancel), self._visit
        check_document(document)
        while not self._lock.acquire(timeout=SLICE):
            errand.check()
            if errand.over:
                raise DeviceError(Fault.BUSY, "another document is being printed")
        try:
            errand.check()
            self._current = document.job
            return self._printed.get(document.job) or self._print(document, errand, visit)
        finally:
            self._current = None
            self._lock.release()

    def progress(self, job: str, timeout: float = 5.0, cancel: Cancel | None = None) -> JobProgress:
        check_job(job)
        errand = self._errand(timeout, cancel)
        if job in self._printed:
            return JobProgress(JobState.COMPLETED, self._printed[job].pages)
        found = self._queue.named(job, errand.deadline, errand.check)
        if not found:
            return JobProgress(JobState.UNKNOWN)
        conditions: tuple[Condition, ...] = ()
        if found[0].active:
            conditions = self._queue.printer(errand.deadline, errand.check).finding.conditions
        return JobProgress(found[0].state, found[0].pages, conditions)

    def cancel_job(self, job: str, timeout: float = 5.0, cancel: Cancel | None = None) -> JobState:
        check_job(job)
        errand = self._errand(timeout, cancel)
        if job in self._printed:
            return JobState.COMPLETED
        fate = self._take_back(job, errand.deadline, errand.check)
        if self._left == job:
            self._left = None
        return fate.state if fate else JobState.UNKNOWN

    # One document. Called with the lock held.

    def _print(self, document: Document, errand: Errand, visit: int) -> Printed:
        try:
            known = self._known(document, errand)
        except DeviceError as error:
            raise DeviceError(error.fault, error.detail, uncertain=self._left == document.job) from None
        if known is not None and known.state is JobState.COMPLETED:
            return self._done(document, known)
        if visit != self._visit:
            raise DeviceError(Fault.CANCELLED, "the visit was over before it began")
        # From here on only the printer knows what came out.
        self._unsettled = True
        delivery = Delivery(self._queue, document, known, self._settings.resend_seconds, self._settings.nudge_seconds)
        try:
            return self._done(document, self._deliver(delivery, errand, visit))
        except DeviceError as error:
            self._left = document.job
            uncertain = delivery.may_come_out
            if delivery.over or error.fault is Fault.CANCELLED or visit != self._visit:
                uncertain = self._withdraw(document.job) and uncertain
            raise DeviceError(error.fault, error.detail, uncertain=uncertain) from None

    def _known(self, document: Document, errand: Errand) -> Job | None:
        """What the printer has of the job already, active or completed; nothing is sent yet."""
        self._pay(errand.deadline, errand.check, must=True)
        self._stale = frozenset()
        # 1. Of an earlier document nothing may come out behind this one.
        if self._left not in (None, document.job):
            self._take_back(self._left or "", errand.deadline, errand.check)
            self._left = None
        # 2. An attempt that nobody saw the end of is taken up where it is.
        for job in self._queue.named(document.job, errand.deadline, errand.check)[:1]:
            if job.active or job.state is JobState.COMPLETED:
                return job
        # 3. Nothing is sent to a printer that cannot print it.
        printer = self._queue.printer(errand.deadline, errand.check)
        self._capabilities = printer.capabilities
        missing = operations.unsupported(document, printer.capabilities)
        if missing:
            raise DeviceError(Fault.UNSUPPORTED, missing)
        printer.finding.refuse(uncertain=False)
        self._stale = frozenset(condition.code for condition in printer.finding.conditions)
        return None

    def _deliver(self, delivery: Delivery, errand: Errand, visit: int) -> Job:
        """Waits until the job is completed; a printer that does not answer for a while is waited for."""
        stuck_since: float | None = None
        stale = self._stale
        trouble = late = DeviceError(Fault.SILENT, "not completed in time")
        while True:
            try:
                delivery.advance(errand)
                if delivery.job is not None and delivery.over:
                    return delivery.job
                found = self._queue.printer(errand.deadline, errand.check).finding
                delivery.nudge(errand, idle=found.state == IDLE)
            except EndedError:
                raise
            except DeviceError as error:
                if error.fault not in _PASSING:
                    raise
                if not errand.over:
                    trouble = error
            else:
                trouble = late
                now = time.monotonic()
                stuck_since = (stuck_since or now) if found.fault else None
                if found.fault is not None and stuck_since is not None:
                    trouble = DeviceError(found.fault, found.detail)
                    is_old = found.blocking <= stale
                    patience = self._settings.stale_seconds if is_old else self._settings.stuck_seconds
                    if visit != self._visit or now - stuck_since >= patience:
                        raise trouble
                stale &= {condition.code for condition in found.conditions}
            if errand.over:
                raise trouble
            errand.pause(self._settings.poll_seconds)

    def _done(self, document: Document, job: Job) -> Printed:
        proof = Proof.PROVEN if self._capabilities.proves else Proof.UNPROVEN
        printed = Printed(document.job, proof, job.pages)
        self._printed[document.job] = printed
        while len(self._printed) > REMEMBERED:
            self._printed.pop(next(iter(self._printed)))
        self._left = None
        until = time.monotonic() + self._settings.take_back_seconds
        with contextlib.suppress(DeviceError):  # forget() does it again
            self._throw_away(job, until, nobody_waits)
        return printed

    # Taking back.

    def _withdraw(self, name: str) -> bool:
        """Takes a job back that nobody waits for any more; whether it may come out all the same."""
        until = time.monotonic() + self._settings.take_back_seconds
        try:
            fate = self._take_back(name, until, nobody_waits)
        except DeviceError:
            self._owed = True
            return True
        self._left = None
        return fate is None or fate.may_have_come_out

    def _take_back(self, name: str, deadline: float, check: Check) -> Job | None:
        """Cancels every job of that name; the one that says most about its fate, None when there is none."""
        found = self._queue.named(name, deadline, check)
        for job in found:
            if job.active:
                self._queue.cancel(job.number, deadline, check)
        fate = self._queue.again(found, deadline, check)
        for job in fate:
            self._throw_away(job, deadline, check)
        return fate[0] if fate else None

    def _pay(self, deadline: float, check: Check = nobody_waits, *, must: bool = False) -> DeviceError | None:
        """Does what a visit's end still owes: nothing stays at the printer but what is coming out just now.

        Gives, or with ``must`` raises, why it could not.
        """
        try:
            for number, since in tuple(self._over.items()):
                if time.monotonic() - since >= self._settings.purge_seconds:
                    self._queue.cancel(number, deadline, check, purge=True)
                    self._over.pop(number, None)
            if self._owed:
                coming_out = self._sweep(deadline, check)
                self._left = None
                self._owed = coming_out
                self._unsettled = coming_out or self._current is not None
        except DeviceError as error:
            if must:
                raise
            return error
        return None

    def _sweep(self, deadline: float, check: Check) -> bool:
        """Takes back what waits or is held; whether a page is still coming out."""
        stuck = self._queue.printer(deadline, check).finding.fault is not None
        coming_out = False
        for job in self._queue.mine(deadline, check, finished=self._queue.keeps_documents):
            if not self._queue.owns(job) and job.name not in (self._left, self._current):
                continue
            if job.state is JobState.PRINTING and not stuck:
                coming_out = True
            elif job.active:
                self._queue.cancel(job.number, deadline, check)
                self._throw_away(replace(job, state=JobState.CANCELLED), deadline, check)
            elif job.name != self._current:  # of that one print() has not seen the end yet
                self._throw_away(job, deadline, check)
        return coming_out

    def _throw_away(self, job: Job, deadline: float, check: Check) -> None:
        """Lets CUPS forget a job that is over; one that was cancelled only some time later."""
        if not self._queue.keeps_documents or job.active:
            return
        if job.state in (JobState.COMPLETED, JobState.ABORTED):
            self._queue.cancel(job.number, deadline, check, purge=True)
        else:
            self._over.setdefault(job.number, time.monotonic())

    # The rest.

    def _errand(self, timeout: float, cancel: Cancel | None) -> Errand:
        if not self._opened:
            raise DeviceError(Fault.ABSENT, "not open")
        era = self._era
        return Errand(time.monotonic() + timeout, lambda: self._era == era, cancel)

    def _unwell(self, error: DeviceError) -> Status:
        if error.fault in (Fault.CONFIGURATION, Fault.UNSUPPORTED):
            settings = Condition("device.settings", Action.CONFIGURE, blocking=True)
            return Status(DeviceState.FAULT, (settings,), error.detail)
        if error.fault is Fault.NOT_AUTHORISED:
            refused = Condition("printer.unauthorised", Action.CONFIGURE, blocking=True)
            return Status(DeviceState.FAULT, (refused,), error.detail)
        if error.fault in (Fault.ABSENT, Fault.UNPLUGGED):
            code, action = ("spooler.down", Action.ENGINEER) if self._spooler else ("printer.absent", Action.STAFF)
            return Status(DeviceState.ABSENT, (Condition(code, action, blocking=True),), error.detail)
        return Status(DeviceState.UNKNOWN, (Condition("status.unknown", Action.STAFF, blocking=True),), error.detail)
