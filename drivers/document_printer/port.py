"""What a printer of A4 pages can do, whatever its maker: forms, certificates, receipts.

A page is printed once per job: ``Document.job`` stays the same over all attempts, and an attempt that was not answered
is looked for before anything is sent again. What is printed is a visit's: a driver is a ``HoldsVisitData`` too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from drivers.device import Cancel, Condition, Device, DeviceError, Fault, Secret

PDF = "application/pdf"
A4 = "iso_a4_210x297mm"
"""The name of A4 paper in PWG 5101.1."""

SECONDS = 120.0
"""For one document: a cold laser printer needs 30 s for the first page, and 20 pages at 20 a minute another 60."""


class Sides(StrEnum):
    """How the sheets are used; the words of RFC 8011."""

    ONE = "one-sided"
    LONG_EDGE = "two-sided-long-edge"
    SHORT_EDGE = "two-sided-short-edge"


@dataclass(frozen=True, slots=True)
class Document:
    """One job. ``job`` is our own number (letters, digits, ``-``, ``_``, ``.``; at most 64), nothing personal.

    It is the only name under which a spooler or a printer sees the document.
    """

    job: str
    content: Secret[bytes]
    format: str = PDF
    copies: int = 1
    sides: Sides = Sides.ONE
    media: str = A4
    colour: bool = False


_JOB = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")


def check_job(job: str) -> None:
    """Raises ``DeviceError(BAD_DATA)`` for what may say something of a person, or lead out of a folder."""
    if not _JOB.fullmatch(job):
        raise DeviceError(Fault.BAD_DATA, "a job's number has 1 to 64 letters, digits, dots and dashes")


def check_document(document: Document) -> None:
    """Raises ``DeviceError(BAD_DATA)`` for what no printer is to be given, before anything is sent."""
    check_job(document.job)
    content = document.content.reveal()
    if not content or (document.format == PDF and not content.startswith(b"%PDF-")):
        raise DeviceError(Fault.BAD_DATA, "not a PDF")


class JobState(StrEnum):
    """Where a job is. UNKNOWN: the printer knows no such job (any more), or does not answer."""

    WAITING = "waiting"
    PRINTING = "printing"
    STOPPED = "stopped"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    ABORTED = "aborted"
    UNKNOWN = "unknown"


class Proof(StrEnum):
    """Whose word it is that the pages came out.

    PROVEN: the printer's own. UNPROVEN: a spooler's, which has given everything away to a printer that says nothing.
    """

    PROVEN = "proven"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True)
class Printed:
    """A job that is completed. ``pages`` are sides of sheets, over all copies, when the printer counts them."""

    job: str
    proof: Proof
    pages: int | None = None


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a job is, and what keeps it."""

    state: JobState
    pages: int | None = None
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentPrinterCapabilities:
    """What the printer says of itself; ``known`` is False (and nothing promised) before it was asked by ``open``.

    ``formats`` are MIME types, ``media`` PWG names (empty: it does not say). ``reports_status`` False means that
    paper and toner are not seen; ``proves`` that "completed" is the printer's own word.
    """

    known: bool = False
    formats: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    duplex: bool = False
    colour: bool = False
    copies: int = 1
    reports_status: bool = False
    proves: bool = False


class DocumentPrinter(Device, Protocol):
    """Prints documents, one at a time. ``forget`` (HoldsVisitData) takes back whatever has not come out yet."""

    @property
    def capabilities(self) -> DocumentPrinterCapabilities: ...

    def print(self, document: Document, timeout: float = SECONDS, cancel: Cancel | None = None) -> Printed:
        """Prints and waits until the job is completed.

        Raises ``DeviceError``: UNSUPPORTED (copies, sides, format, media that the printer does not have: nothing was
        sent), PAPER_OUT, COVER_OPEN, MECHANICAL (jam, toner), BUSY (stopped by a person, or full), NOT_AUTHORISED,
        BAD_DATA (the document cannot be printed), SILENT, ABSENT, UNPLUGGED, CANCELLED, CONFIGURATION.

        With ``uncertain=True`` the job is at the printer and may come out later. The same job asked for again is
        waited for, not printed twice; another job, ``cancel_job`` or ``forget`` takes it back first. Cancelling takes
        it back at once.
        """
        ...

    def progress(self, job: str, timeout: float = 5.0, cancel: Cancel | None = None) -> JobProgress:
        """How far a job is; may be asked while ``print`` waits. Raises SILENT, ABSENT, UNPLUGGED, CANCELLED."""
        ...

    def cancel_job(self, job: str, timeout: float = 5.0, cancel: Cancel | None = None) -> JobState:
        """Takes a job back if it has not come out, and says how it ended. Raises as ``progress``."""
        ...

    def forget(self) -> None:
        """Takes back every job of this kiosk that has not come out, also those of an earlier run of the program.

        What cannot be reached now is taken back as soon as the printer answers again, before anything is printed.
        """
        ...
