"""Why something at the kiosk did not work, in words that a person gets to read."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from drivers.device import Fault


class Reason(StrEnum):
    """A closed list; the text is the translation ``error.<value>`` in ui/i18n/*/kiosk.json."""

    NO_READER = "no-reader"
    READER_UNPLUGGED = "reader-unplugged"
    NO_CARD = "no-card"
    CARD_REMOVED = "card-removed"
    WRONG_CARD = "wrong-card"
    CARD_CHECKSUM = "card-checksum"
    UNKNOWN_CARD = "unknown-card"
    CARD_UNREADABLE = "card-unreadable"
    CARD_LOCKED = "card-locked"
    READER_SILENT = "reader-silent"
    PRINTER_ABSENT = "printer-absent"
    PRINTER_PAPER_OUT = "printer-paper-out"
    PRINTER_COVER_OPEN = "printer-cover-open"
    PRINTER_SILENT = "printer-silent"
    PRINTER_FAULT = "printer-fault"
    CAMERA_ABSENT = "camera-absent"
    SERVER_UNREACHABLE = "server-unreachable"
    SERVER_SLOW = "server-slow"
    SERVER_ERROR = "server-error"
    SERVER_NONSENSE = "server-nonsense"
    NOT_ENROLLED = "not-enrolled"
    CLOCK_OFF = "clock-off"
    POWER_LOW = "power-low"
    QUEUE_CLOSED = "queue-closed"
    QUEUE_FULL = "queue-full"
    ALREADY_WAITING = "already-waiting"
    LIMIT_REACHED = "limit-reached"
    NO_NUMBERS_LEFT = "no-numbers-left"
    NO_TIME_LEFT = "no-time-left"
    RESTRICTED = "restricted"
    BOOKING_RESTRICTED = "booking-restricted"
    ALREADY_BOOKED = "already-booked"
    SLOT_FULL = "slot-full"
    SLOT_CLOSED = "slot-closed"
    TOO_EARLY = "too-early"
    TOO_LATE_TO_CHANGE = "too-late-to-change"
    BOOKING_GONE = "booking-gone"
    BOOKING_OFFLINE = "booking-offline"
    NOTHING_TO_BOOK = "nothing-to-book"
    PROVIDER_UNAVAILABLE = "provider-unavailable"
    PROVIDER_REFUSED = "provider-refused"
    CODE_WRONG = "code-wrong"
    CODE_UNREADABLE = "code-unreadable"
    FACE_UNSURE = "face-unsure"
    FACE_NO_MATCH = "face-no-match"
    PHONE_INVALID = "phone-invalid"
    FIELD_INVALID = "field-invalid"
    STORAGE_FULL = "storage-full"
    BUSY = "busy"
    UNEXPECTED = "unexpected"


NOT_AGAIN = frozenset(
    {
        Reason.NO_READER,
        Reason.READER_UNPLUGGED,
        Reason.PRINTER_ABSENT,
        Reason.CAMERA_ABSENT,
        Reason.CARD_LOCKED,
        Reason.POWER_LOW,
        Reason.NOT_ENROLLED,
        Reason.QUEUE_CLOSED,
        Reason.QUEUE_FULL,
        Reason.ALREADY_WAITING,
        Reason.LIMIT_REACHED,
        Reason.NO_TIME_LEFT,
        Reason.RESTRICTED,
        Reason.BOOKING_RESTRICTED,
        Reason.ALREADY_BOOKED,
        Reason.TOO_LATE_TO_CHANGE,
        Reason.BOOKING_GONE,
        Reason.STORAGE_FULL,
    }
)


class KioskError(Exception):
    """A step did not work; the visit stays on it and shows the reason.

    ``detail`` is for the technician's log: codes only, never what a card or a person said. ``values`` are what the
    words on the screen need beside the reason, such as until when.
    """

    def __init__(self, reason: Reason, detail: str = "", values: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail
        self.values: Mapping[str, str] = dict(values or {})

    @property
    def retryable(self) -> bool:
        """Whether the same person doing the same again can help."""
        return self.reason not in NOT_AGAIN


READER: dict[Fault, Reason] = {
    Fault.ABSENT: Reason.NO_READER,
    Fault.CONFIGURATION: Reason.NO_READER,
    Fault.UNPLUGGED: Reason.READER_UNPLUGGED,
    Fault.NO_CARD: Reason.NO_CARD,
    Fault.CARD_REMOVED: Reason.CARD_REMOVED,
    Fault.WRONG_CARD: Reason.WRONG_CARD,
    Fault.CHECKSUM: Reason.CARD_CHECKSUM,
    Fault.UNKNOWN_CARD: Reason.UNKNOWN_CARD,
    Fault.BAD_DATA: Reason.CARD_UNREADABLE,
    Fault.NOT_AUTHORISED: Reason.NO_READER,
    Fault.MECHANICAL: Reason.NO_READER,
    Fault.UNSUPPORTED: Reason.NO_READER,
    Fault.SILENT: Reason.READER_SILENT,
    Fault.BUSY: Reason.BUSY,
}
"""What a person reads for each fault of the ID-card reader; what is not named is ``unexpected``."""

CARD_READER: dict[Fault, Reason] = {**READER, Fault.NOT_AUTHORISED: Reason.CARD_LOCKED}
"""The same for the reader of social-security cards: one that asks for a PIN is read at a window."""

PRINTER: dict[Fault, Reason] = {
    Fault.ABSENT: Reason.PRINTER_ABSENT,
    Fault.CONFIGURATION: Reason.PRINTER_ABSENT,
    Fault.UNPLUGGED: Reason.PRINTER_ABSENT,
    Fault.PAPER_OUT: Reason.PRINTER_PAPER_OUT,
    Fault.COVER_OPEN: Reason.PRINTER_COVER_OPEN,
    Fault.SILENT: Reason.PRINTER_SILENT,
    Fault.MECHANICAL: Reason.PRINTER_FAULT,
    Fault.BUSY: Reason.PRINTER_FAULT,
}
"""What a person reads for each fault of the ticket printer; what is not named is ``printer-fault``."""


def reader_reason(fault: Fault) -> Reason:
    """The reason to show for a fault of the ID-card reader."""
    return READER.get(fault, Reason.UNEXPECTED)


def card_reader_reason(fault: Fault) -> Reason:
    """The reason to show for a fault of the reader of social-security cards."""
    return CARD_READER.get(fault, Reason.UNEXPECTED)


def printer_reason(fault: Fault) -> Reason:
    """The reason to show for a fault of the ticket printer."""
    return PRINTER.get(fault, Reason.PRINTER_FAULT)
