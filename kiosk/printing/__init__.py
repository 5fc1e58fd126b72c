"""Lay out tickets and forms; print; make sure that paper came out."""

from __future__ import annotations

from kiosk.printing.fonts import Fonts, find_fonts
from kiosk.printing.jobs import Outcome, Printing, PrintState
from kiosk.printing.layouts import AnswerSlip, BookingSlip, Layouts, SlipRow, TicketSlip
from kiosk.printing.sheet import Sheet

__all__ = [
    "AnswerSlip",
    "BookingSlip",
    "Fonts",
    "Layouts",
    "Outcome",
    "PrintState",
    "Printing",
    "Sheet",
    "SlipRow",
    "TicketSlip",
    "find_fonts",
]
