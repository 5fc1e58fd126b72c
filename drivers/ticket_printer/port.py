"""What a ticket printer can do, whatever its maker."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from drivers.device import Device


@dataclass(frozen=True, slots=True)
class Raster:
    """A black-and-white picture: ``width`` dots by ``height`` rows, eight dots a byte, 1 = black.

    The most significant bit is the leftmost dot; ``len(data) == (width + 7) // 8 * height``.
    """

    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Slip:
    """One job. ``job`` stays the same over all attempts; ``picture`` is what the paper shows.

    ``lines`` and ``qr`` say the same as text, for printers too slow for pictures; a line that begins with ``# ``
    is set three times as large, with ``## `` twice.
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


class TicketPrinter(Device, Protocol):
    """Prints slips, one at a time."""

    @property
    def capabilities(self) -> PrinterCapabilities: ...

    def print(self, slip: Slip, timeout: float) -> Proof:
        """Prints and waits for the printer's word that everything was processed.

        Raises ``DeviceError``: PAPER_OUT, COVER_OPEN, MECHANICAL, SILENT, UNPLUGGED, ABSENT, BUSY; with
        ``uncertain=True`` when bytes had been sent (paper may come out later: reprint only marked 补打).
        """
        ...
