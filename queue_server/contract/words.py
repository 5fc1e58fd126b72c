"""The words of the hall: every closed list that a message may use."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """What a hall can say its calls in."""

    ZH = "zh"
    EN = "en"


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
    WINDOW = "window"
    """Nobody took a number: the officer served somebody who stood there."""


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

    ISSUING = "issuing"
    """The number exists, the paper does not yet."""
    PRINT_FAILED = "print-failed"
    WAITING = "waiting"
    CALLING = "calling"
    SERVING = "serving"
    HELD = "held"
    PASSED = "passed"
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    VOID = "void"
    """The paper never came, or the person missed the number twice."""


class Standing(StrEnum):
    """The class in which a ticket waits, as people call it; the order is in queue_server.domain.ticket."""

    PRIORITY = "priority"
    RETURNED = "returned"
    TRANSFERRED = "transferred"
    APPOINTMENT = "appointment"
    ORDINARY = "ordinary"


class Why(StrEnum):
    """Why this ticket was called; pages translate ``why.<code>``."""

    FIRST_IN_LINE = "first-in-line"
    PRIORITY = "priority"
    SENT_HERE = "sent-here"
    OTHER_QUEUE_EMPTY = "other-queue-empty"
    WAITED_LONG = "waited-long"
    """Ageing lifted it into a class above its own."""
    RETURNED = "returned"
    TRANSFERRED = "transferred"
    APPOINTMENT_DUE = "appointment-due"
    APPOINTMENT_EARLY = "appointment-early"
    """Before its time, because nobody else waits."""
    WALK_INS_TURN = "walk-ins-turn"
    """An appointment is due too, but so many appointments go before so many walk-ins."""
    QUEUES_TURN = "queues-turn"
    """The window serves several queues by turns, and it is this one's."""
    OUT_OF_ORDER = "out-of-order"
    PASSED_BEFORE = "passed-before"
    """A passed ticket that came back to the window."""
    WITHOUT_TICKET = "without-ticket"


class Behind(StrEnum):
    """Why a head of a line was not called this time; pages translate ``behind.<code>``."""

    CAME_LATER = "came-later"
    LOWER_CLASS = "lower-class"
    NOT_DUE = "not-due"
    OTHERS_FIRST = "others-first"
    """A returned ticket lets so many others go first."""
    OTHER_TURN = "other-turn"
    """Appointments and walk-ins, or the queues of the window, go by turns."""
    SECONDARY_QUEUE = "secondary-queue"
    NOT_SENT_HERE = "not-sent-here"


class CallReason(StrEnum):
    """Why an officer called a ticket out of order; audited."""

    SPECIAL_NEED = "special-need"
    CORRECTION = "correction"
    QUICK_MATTER = "quick-matter"
    INSTRUCTED = "instructed"
    OTHER = "other"


class PaperState(StrEnum):
    """What became of the paper of a ticket."""

    PRINTED = "printed"
    FAILED = "failed"
    SHOWN = "shown"
    """No paper, but the person keeps the number (from the screen, the QR code or by heart)."""
    ABANDONED = "abandoned"


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


class ForceReason(StrEnum):
    """Why an admin closed a window whose officer did not (强制关窗); audited."""

    OFFICER_LEFT = "officer-left"
    FAULT = "fault"
    EMERGENCY = "emergency"
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
    MIDDLE = "middle"
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
    NO_TIME_LEFT = "no-time-left"
    """Whoever takes a number now would not be served before the hall closes."""


class Caution(StrEnum):
    """What a person should know before taking a number; pages and paper translate ``warning.<code>``."""

    MAY_NOT_BE_SERVED = "may-not-be-served"


class AppointmentState(StrEnum):
    """What became of a booking (预约)."""

    BOOKED = "booked"
    CHECKED_IN = "checked-in"
    LATE = "late"
    """Came after the check-in time and became a walk-in."""
    CANCELLED = "cancelled"
    RESCHEDULED = "rescheduled"
    NO_SHOW = "no-show"


class RestrictionReason(StrEnum):
    """Why a person may not take numbers or book for some time."""

    SCALPING = "scalping"
    ABUSE = "abuse"
    FALSE_IDENTITY = "false-identity"
    NO_SHOWS = "no-shows"
    OTHER = "other"


class RestrictionScope(StrEnum):
    TICKETS = "tickets"
    BOOKING = "booking"
    ALL = "all"


class SettleHow(StrEnum):
    """What staff do with an offline ticket that the server could not take."""

    ISSUE = "issue"
    DISMISS = "dismiss"


class AlertRule(StrEnum):
    """What the hall watches while people wait (domain: 电子监察)."""

    WAITING_LONG = "waiting-long"
    WINDOW_IDLE = "window-idle"
    SHORT_SERVICE = "short-service"
    MANY_PASSES = "many-passes"
    QUICK_RATING = "quick-rating"


class AlertLevel(StrEnum):
    NOTE = "note"
    YELLOW = "yellow"
    RED = "red"


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
    TICKET_PRINTED = "ticket.printed"
    TICKET_PRINT_FAILED = "ticket.print-failed"
    TICKET_VOIDED = "ticket.voided"
    TICKET_REACTIVATED = "ticket.reactivated"
    TICKET_MOVED_ON = "ticket.moved-on"
    """One item of several is done; the ticket waits for the next."""
    TICKET_TRANSFER_UNDONE = "ticket.transfer-undone"
    TICKET_CALL_WITHDRAWN = "ticket.call-withdrawn"
    """The window that called it was closed by force; the ticket waits at its old place."""
    WINDOW_OPENED = "window.opened"
    WINDOW_PAUSED = "window.paused"
    WINDOW_CLOSED = "window.closed"
    RATING_INVITED = "rating.invited"
    RATING_SUBMITTED = "rating.submitted"
    RATING_TIMED_OUT = "rating.timed-out"
    NUMBERS_LENT = "numbers.lent"
    NUMBERS_RETURNED = "numbers.returned"
    OFFLINE_PARKED = "offline.parked"
    OFFLINE_SETTLED = "offline.settled"
    APPOINTMENT_BOOKED = "appointment.booked"
    APPOINTMENT_RESCHEDULED = "appointment.rescheduled"
    APPOINTMENT_CANCELLED = "appointment.cancelled"
    APPOINTMENT_CHECKED_IN = "appointment.checked-in"
    APPOINTMENT_NO_SHOW = "appointment.no-show"
    PERSON_RESTRICTED = "person.restricted"
    RESTRICTION_LIFTED = "restriction.lifted"
    SUPERVISION_RAISED = "supervision.raised"
    SUPERVISION_CLEARED = "supervision.cleared"
    HALL_CHANGED = "hall.changed"
