"""The words of the hall: every closed list that a message may use."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a token or a login may do."""

    KIOSK = "kiosk"
    WINDOW = "window"
    SCREEN = "screen"
    PAD = "pad"
    GATEWAY = "gateway"
    INTEGRATOR = "integrator"
    OFFICER = "officer"
    ADMIN = "admin"


class Channel(StrEnum):
    """Where a ticket was taken."""

    KIOSK = "kiosk"
    STAFF = "staff"
    MOBILE = "mobile"


class Priority(StrEnum):
    """Who goes before others (domain: 绿色通道/爱心号)."""

    NONE = "none"
    ELDER = "elder"
    DISABLED = "disabled"
    PREGNANT = "pregnant"
    MILITARY = "military"
    GREEN = "green"


class TicketState(StrEnum):
    """Where a ticket stands (the state machine is in queue_server.domain.ticket)."""

    WAITING = "waiting"
    CALLING = "calling"
    SERVING = "serving"
    HELD = "held"
    PASSED = "passed"
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class WindowMode(StrEnum):
    """What a window says about itself."""

    CLOSED = "closed"
    OPEN = "open"
    PAUSED = "paused"


class PauseReason(StrEnum):
    LUNCH = "lunch"
    MEETING = "meeting"
    FAULT = "fault"
    OTHER = "other"


class PassReason(StrEnum):
    """Why a called ticket was passed over (过号)."""

    ABSENT = "absent"
    WRONG_PERSON = "wrong-person"
    WRONG_QUEUE = "wrong-queue"
    LEFT = "left"
    OTHER = "other"


class Outcome(StrEnum):
    """How a service ended."""

    ACCEPTED = "accepted"
    CONSULT = "consult"
    COLLECT = "collect"
    WRONG_ITEM = "wrong-item"
    REFUSED = "refused"
    OTHER = "other"


class Position(StrEnum):
    """Where a transferred ticket stands in its new line."""

    ORIGINAL = "original"
    LAST = "last"


class Level(StrEnum):
    """The five official levels (国办发〔2019〕51号). Numbers exist only in adapters."""

    VERY_SATISFIED = "very-satisfied"
    SATISFIED = "satisfied"
    BASICALLY_SATISFIED = "basically-satisfied"
    DISSATISFIED = "dissatisfied"
    VERY_DISSATISFIED = "very-dissatisfied"


class RatingChannel(StrEnum):
    PAD = "pad"
    DEVICE = "device"
    QR = "qr"
    KIOSK = "kiosk"


class RatingState(StrEnum):
    """What became of the invitation to rate one service."""

    NOT_YET = "not-yet"
    INVITED = "invited"
    SUBMITTED = "submitted"
    TIMED_OUT = "timed-out"


class ClosedReason(StrEnum):
    """Why a queue takes nobody now."""

    NO_WINDOW = "no-window"
    OUT_OF_HOURS = "out-of-hours"
    DAY_OFF = "day-off"
    FULL = "full"
    SUSPENDED = "suspended"


class EventType(StrEnum):
    """Every word that may stand in ``Event.type``."""

    TICKET_ISSUED = "ticket.issued"
    TICKET_CANCELLED = "ticket.cancelled"
    TICKET_CALLED = "ticket.called"
    TICKET_RECALLED = "ticket.recalled"
    TICKET_PASSED = "ticket.passed"
    TICKET_STARTED = "ticket.started"
    TICKET_HELD = "ticket.held"
    TICKET_RESUMED = "ticket.resumed"
    TICKET_TRANSFERRED = "ticket.transferred"
    TICKET_FINISHED = "ticket.finished"
    TICKET_EXPIRED = "ticket.expired"
    TICKET_RENUMBERED = "ticket.renumbered"
    WINDOW_OPENED = "window.opened"
    WINDOW_PAUSED = "window.paused"
    WINDOW_CLOSED = "window.closed"
    RATING_INVITED = "rating.invited"
    RATING_SUBMITTED = "rating.submitted"
    RATING_TIMED_OUT = "rating.timed-out"
    NUMBERS_LENT = "numbers.lent"
    OFFLINE_PARKED = "offline.parked"
    HALL_CHANGED = "hall.changed"
