"""What a ticket printer can do, whatever its maker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from drivers.device import Cancel, Device, HoldsVisitData, Status


@dataclass(frozen=True, slots=True, repr=False)
class Raster:
    """A black-and-white picture: ``width`` dots by ``height`` rows, eight dots a byte, 1 = black.

    The most significant bit is the leftmost dot; ``len(data) == (width + 7) // 8 * height``.
    """

    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Slip:
    """One job. ``job`` stays the same over all attempts; ``picture`` is what the paper shows.

    ``lines`` and ``qr`` say the same as text, for printers too slow for pictures; a line that begins with ``# ``
    is set three times as large, with ``## `` twice, and one that is too long for the paper is broken between words.
    Whether it is a reprint is for picture and lines to say.
    """

    job: str
    picture: Raster
    lines: tuple[str, ...] = ()
    qr: str = ""


class Proof(StrEnum):
    """How sure it is that paper came out."""

    PROVEN = "proven"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True)
class PrinterCapabilities:
    """What the model honestly can; ``reports_status`` False means that silence is normal."""

    width_dots: int
    dots_per_mm: float
    cuts: bool
    reports_status: bool
    native_qr: bool = False
    text: bool = False
    """Whether slips go as the printer's own text; otherwise as pictures."""
    pushes_status: bool = False
    """Whether it has been seen to tell changes by itself (ASB)."""
    knows_near_end: bool | None = None
    """Whether it has a sensor for the end of the roll coming near; None while nobody can tell."""


class TicketPrinter(Device, HoldsVisitData, Protocol):
    """Prints slips, one at a time."""

    @property
    def capabilities(self) -> PrinterCapabilities: ...

    def print(self, slip: Slip, timeout: float, cancel: Cancel | None = None) -> Proof:
        """Prints and waits for the printer's word that everything was processed.

        ``timeout`` covers everything, also waiting for another slip; what was not sent by then is never sent.
        Raises ``DeviceError``: PAPER_OUT, COVER_OPEN, MECHANICAL, SILENT, UNPLUGGED, ABSENT, BUSY, CANCELLED; with
        ``uncertain=True`` when bytes had been sent (paper may come out later: reprint only marked as such).
        """
        ...

    def watch(self, changed: Callable[[Status], None] | None) -> None:
        """Has ``changed`` called, from a thread of the driver, when the printer tells by itself how it is.

        None ends it. Only printers with ``pushes_status`` ever do it; everybody else is asked with ``probe``.
        """
        ...
