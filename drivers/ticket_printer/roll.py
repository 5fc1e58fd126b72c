"""How much of a roll is left, for printers that have no sensor for its end coming near. Pure: no I/O."""

from __future__ import annotations

from drivers.ticket_printer.status import Finding

LOW_FROM = 0.9
"""Used up to here, a roll is low: 3 m of 30, thirty slips."""

CUT_MM = 12.0
"""White paper from the head to the knife, on every slip."""


class Roll:
    """Counts what was printed since the roll was changed, which is when there was no paper or the cover was open.

    It counts from the start of the driver: a restart in the middle of a roll lets it say so too late, never too early.
    """

    def __init__(self, metres: float, dots_per_mm: float) -> None:
        """``metres`` of paper on a fresh roll; 0 when nobody has said how much."""
        self._metres = metres
        self._dots_per_mm = dots_per_mm
        self._changing = False
        self.used_metres = 0.0

    def printed(self, dots: int) -> None:
        """A slip of so many rows came out."""
        self.used_metres += (dots / self._dots_per_mm + CUT_MM) / 1000

    def judge(self, found: Finding) -> Finding:
        """What the printer says of itself, and that the paper is low when that much was used."""
        if found & (Finding.PAPER_OUT | Finding.COVER_OPEN):
            self._changing = True
        elif self._changing:
            self._changing = False
            self.used_metres = 0.0
        low = self._metres and self.used_metres >= LOW_FROM * self._metres
        return found | Finding.PAPER_LOW if low else found
