"""A folder in the place of an A4 printer (``file:///folder``): for the demo, for tests, and for a program that fetches.

Every document becomes ``<job>.pdf`` at once or not at all, with its state beside it in ``<job>.json``. A file
``printer-state-reasons`` in the folder holds keywords of RFC 8011 (``media-empty-error``): the spooler then behaves as
a printer that says so, and jobs wait until they are gone. Nothing of this is paper, and each start says so loudly.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from drivers.device import Action, Cancel, Condition, DeviceError, DeviceState, Fault, Status
from drivers.document_printer.errand import SLICE, Errand
from drivers.document_printer.operations import unsupported
from drivers.document_printer.port import (
    A4,
    PDF,
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
from drivers.document_printer.reasons import IDLE, Finding, finding
from drivers.loading import DeviceUrl, SharedPorts

REASONS_FILE = "printer-state-reasons"
OPTIONS = ("keep",)
_WAITING = ".waiting"


class FileSpool:
    """Pages as files. ``keep`` leaves finished ones where they are when a visit ends, as paper would stay."""

    def __init__(self, folder: Path, *, keep: bool = False, poll_seconds: float = 0.1) -> None:
        self._folder = folder
        self._keep = keep
        self._poll_seconds = poll_seconds
        self._lock = threading.Lock()
        self._opened = False
        self._told = False
        self._era = 0
        self._visit = 0
        self._owed = False

    @property
    def capabilities(self) -> DocumentPrinterCapabilities:
        return DocumentPrinterCapabilities(
            known=True, formats=(PDF,), media=(A4,), duplex=True, colour=True, copies=99, reports_status=True
        )

    def open(self) -> None:
        """Raises ABSENT without the folder, CONFIGURATION when it cannot be written."""
        if not self._folder.is_dir():
            raise DeviceError(Fault.ABSENT, "no such folder")
        if not os.access(self._folder, os.W_OK | os.X_OK):
            raise DeviceError(Fault.CONFIGURATION, "the folder cannot be written")
        if not self._told:
            logging.getLogger("drivers.twins").warning("SIMULATED A4 printer: pages are files in a folder")
        self._told = self._opened = True
        self._pay()

    def close(self) -> None:
        self._opened = False
        self._era += 1

    def forget(self) -> None:
        self._visit += 1
        self._owed = True
        self._pay()

    def probe(self) -> Status:
        if not self._opened:
            return Status(DeviceState.ABSENT, detail="not open")
        try:
            found = self._finding()
        except DeviceError as error:
            missing = Condition("spooler.folder", Action.ENGINEER, blocking=True)
            return Status(DeviceState.ABSENT, (missing,), error.detail)
        self._pay()
        return Status(found.device_state, found.conditions, "SIMULATED A4 printer")

    def print(self, document: Document, timeout: float = SECONDS, cancel: Cancel | None = None) -> Printed:
        errand = self._errand(timeout, cancel)
        check_document(document)
        missing = unsupported(document, self.capabilities)
        if missing:
            raise DeviceError(Fault.UNSUPPORTED, missing)
        while not self._lock.acquire(timeout=SLICE):
            errand.check()
            if errand.over:
                raise DeviceError(Fault.BUSY, "another document is being written")
        try:
            return self._print(document, errand)
        except OSError as error:
            raise DeviceError(Fault.UNPLUGGED, type(error).__name__) from None
        finally:
            with contextlib.suppress(OSError):  # the folder is gone
                self._waiting(document.job).unlink(missing_ok=True)
            self._lock.release()

    def progress(self, job: str, timeout: float = 5.0, cancel: Cancel | None = None) -> JobProgress:
        check_job(job)
        self._errand(timeout, cancel).check()
        if self._page(job).exists():
            return JobProgress(JobState.COMPLETED)
        if self._waiting(job).exists():
            return JobProgress(JobState.STOPPED, None, self._finding().conditions)
        return JobProgress(JobState.UNKNOWN)

    def cancel_job(self, job: str, timeout: float = 5.0, cancel: Cancel | None = None) -> JobState:
        check_job(job)
        self._errand(timeout, cancel).check()
        if self._page(job).exists():
            return JobState.COMPLETED
        waited = self._waiting(job).exists()
        self._waiting(job).unlink(missing_ok=True)
        return JobState.CANCELLED if waited else JobState.UNKNOWN

    # One document. Called with the lock held.

    def _print(self, document: Document, errand: Errand) -> Printed:
        errand.check()
        done = Printed(document.job, Proof.UNPROVEN)
        if self._page(document.job).exists():
            return done
        visit = self._visit
        self._finding().refuse(uncertain=False)
        self._write(self._waiting(document.job), document.content.reveal())
        while (found := self._finding()).fault is not None or not self._waiting(document.job).exists():
            if visit != self._visit or not self._waiting(document.job).exists():
                raise DeviceError(Fault.CANCELLED, "the visit is over, or the job was taken back")
            if errand.over:
                found.refuse(uncertain=False)
            errand.pause(self._poll_seconds)
        errand.check()
        stands = {
            "state": JobState.COMPLETED.value,
            "copies": document.copies,
            "sides": document.sides.value,
            "media": document.media,
            "colour": document.colour,
            "completed": round(time.time()),
        }
        self._write(self._folder / f"{document.job}.json", json.dumps(stands).encode())
        self._waiting(document.job).replace(self._page(document.job))
        return done

    def _write(self, path: Path, data: bytes) -> None:
        part = path.with_name(f".{path.name}.part")
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    def _finding(self) -> Finding:
        try:
            text = (self._folder / REASONS_FILE).read_text("utf-8")
        except FileNotFoundError:
            text = ""
        except (OSError, UnicodeDecodeError) as error:
            raise DeviceError(Fault.UNPLUGGED, type(error).__name__) from None
        if not self._folder.is_dir():
            raise DeviceError(Fault.UNPLUGGED, "the folder is gone")
        return finding(IDLE, text.split())

    def _pay(self) -> None:
        """What a visit leaves: everything, or with ``keep`` what has not come out."""
        if not self._owed:
            return
        patterns = (f".*{_WAITING}", ".*.part", *(() if self._keep else ("*.pdf", "*.json")))
        try:
            if not self._folder.is_dir():
                return
            for pattern in patterns:
                for path in self._folder.glob(pattern):
                    path.unlink(missing_ok=True)
        except OSError:
            return
        self._owed = False

    # The rest.

    def _errand(self, timeout: float, cancel: Cancel | None) -> Errand:
        if not self._opened:
            raise DeviceError(Fault.ABSENT, "not open")
        era = self._era
        return Errand(time.monotonic() + timeout, lambda: self._era == era, cancel)

    def _page(self, job: str) -> Path:
        return self._folder / f"{job}.pdf"

    def _waiting(self, job: str) -> Path:
        return self._folder / f".{job}{_WAITING}"


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> FileSpool:
    """The driver for ``file:///folder``; ``keep=yes`` leaves finished pages there when a visit ends."""
    del shared
    merged = {**url.options, **options}
    unknown = sorted(set(merged) - set(OPTIONS))
    if unknown or merged.get("keep", "no") not in ("yes", "no"):
        raise DeviceError(Fault.CONFIGURATION, "a folder of pages has one setting: keep=yes or keep=no")
    if url.scheme != "file" or not url.place.startswith("/"):
        raise DeviceError(Fault.CONFIGURATION, "a folder of pages is file:///folder")
    return FileSpool(Path(url.place), keep=merged.get("keep") == "yes")
