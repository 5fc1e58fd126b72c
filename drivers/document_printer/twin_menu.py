"""What may be wrong with a simulated A4 printer, and what it knows of a job."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

PRINT_JOB, CREATE_JOB, SEND_DOCUMENT, CANCEL_JOB, GET_JOB, GET_JOBS, GET_PRINTER = 2, 5, 6, 8, 9, 10, 11
PENDING, PROCESSING, STOPPED, CANCELED, ABORTED, COMPLETED = 3, 5, 6, 7, 8, 9


@dataclass(slots=True)
class TwinJob:
    """A job inside of the printer."""

    number: int
    name: str
    owner: str
    copies: int = 1
    sides: str = "one-sided"
    media: str = ""
    document: bytes | None = None
    state: int = PENDING
    reasons: tuple[str, ...] = ("job-incoming",)
    began: int | None = None
    prints_since: float = 0.0
    ended: int = 0
    """Jobs that are over are listed by this, the newest first."""
    pages: int = 0

    def end(self, state: int, reasons: tuple[str, ...]) -> None:
        self.state, self.reasons, self.ended = state, reasons, time.monotonic_ns()


@dataclass(slots=True)
class Menu:
    """What may be wrong; every field may be changed at any time."""

    paper_out: bool = False
    paper_low: bool = False
    toner_out: bool = False
    toner_low: bool = False
    jam: bool = False
    cover_open: bool = False
    offline: bool = False
    paused: bool = False
    refuses: bool = False
    """Takes no jobs, and says so."""
    busy: bool = False
    """Answers every new job with "busy"."""
    silent: bool = False
    """Obeys and does not answer."""
    loses: dict[int, int] = field(default_factory=dict)
    """Operation → how many more of its answers get lost after it was obeyed."""
    deaf: dict[int, int] = field(default_factory=dict)
    """Operation → how many more requests get lost before they are obeyed."""
    wrong_number: bool = False
    """Answers as if to another request."""
    cut_at: int | None = None
    """Every answer ends after so many bytes of its body."""
    garbage: bytes = b""
    """Says this instead of HTTP."""
    nonsense: bytes = b""
    """Says this instead of IPP."""
    http_status: int = 200
    wants_password: bool = False
    drips: float = 0.0
    """Seconds between any two bytes of an answer."""
    hurries: bool = False
    """Says "100 Continue" unasked, as soon as it has read the head of a request."""
    anonymous: bool = False
    """Calls every owner "anonymous", as printers do that ask nobody who he is."""
    cannot_cancel: bool = False
    """Does not let anybody take a job back."""
    spoils_documents: bool = False
    """Aborts every job: its document cannot be printed."""
    only_print_job: bool = False
    """An old printer that cannot make a job first."""
    mixes_owners: bool = False
    """Tells everybody's jobs to everybody, as some printers do."""
    hides_others: bool = False
    """Says of other people's jobs that they are there, and nothing else."""
    ignores_limit: bool = False
    """Lists every job, however few it was asked for."""
    oldest_first: bool = False
    """Lists finished jobs from the wrong end."""
    forgets: bool = False
    """Knows a job no more once it is over."""


REASONS = (
    ("paper_out", "media-empty-error", True),
    ("jam", "media-jam-error", True),
    ("cover_open", "cover-open", True),
    ("toner_out", "toner-empty-error", True),
    ("offline", "offline-report", True),
    ("paused", "paused", True),
    ("paper_low", "media-low-warning", False),
    ("toner_low", "toner-low-warning", False),
)
"""Field of the menu → keyword of ``printer-state-reasons``, and whether nothing comes out meanwhile."""
