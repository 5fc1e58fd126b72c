"""What the hall says of its records: lent numbers, bookings, restrictions, alerts, the audit list."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from queue_server.contract.replies import (
    Message,
    QueueView,
    Text,
    TicketIssued,
)
from queue_server.contract.words import (
    AlertLevel,
    AlertRule,
    AppointmentState,
    RestrictionReason,
    RestrictionScope,
)


class Lease(Message):
    """Numbers lent to one kiosk for one queue and one business day, both ends included."""

    id: str
    queue: str
    prefix: str
    digits: int
    from_: int = msgspec.field(name="from")
    to: int
    business_day: date
    expires_at: datetime


class OfflineResult(Message):
    """``accepted``, ``already-known`` (same key again) or ``parked`` with a reason for staff."""

    key: str
    result: str
    ticket: str | None = None
    reason: str = ""


class OfflineResults(Message):
    results: tuple[OfflineResult, ...]


class LeaseReturned(Message):
    lease: str
    returned: int


class Settled(Message):
    """``issued`` with the new ticket, or ``dismissed``."""

    key: str
    result: str
    ticket: TicketIssued | None = None


class ParkedTicket(Message):
    """An offline ticket that the server could not take, for staff to settle."""

    key: str
    kiosk: str
    queue: str
    number: str
    issued_at: datetime
    reason: str


class SlotView(Message):
    """One slot of a queue and how many places it still has; none when it is ``over``: too late to book it."""

    queue: str
    start: datetime
    end: datetime
    capacity: int
    free: int
    over: bool = False


class Slots(Message):
    """``GET /slots?queue=A&date=…``; ``days`` are all days that can be booked now, in order."""

    slots: tuple[SlotView, ...]
    days: tuple[date, ...] = ()


class AppointmentView(Message):
    """A booking. ``masked_name`` and ``masked_phone`` only reach staff."""

    id: str
    queue: str
    queue_name: Text
    start: datetime
    end: datetime
    state: AppointmentState
    check_in_from: datetime
    check_in_until: datetime
    change_until: datetime
    item: str | None = None
    ticket: str | None = None
    masked_name: str = ""
    masked_phone: str = ""


class Appointments(Message):
    appointments: tuple[AppointmentView, ...]


class CheckedIn(Message):
    """Reply to check-in: the ticket to print; a late one is a walk-in, and its appointment says ``late``."""

    appointment: AppointmentView
    ticket: TicketIssued


class RestrictionView(Message):
    """Nobody's name: staff know whom they meant by the text, the server by a keyed hash."""

    id: str
    reason: RestrictionReason
    scope: RestrictionScope
    made_at: datetime
    made_by: str
    until: datetime | None = None
    lifted_at: datetime | None = None
    text: str = ""


class HoursExtended(Message):
    queues: tuple[QueueView, ...]


class AlertView(Message):
    """One thing that the hall should look at. ``value`` passed ``limit`` (seconds, people or percent)."""

    id: str
    rule: AlertRule
    level: AlertLevel
    raised_at: datetime
    value: int
    limit: int
    queue: str | None = None
    window: str | None = None
    ticket: str | None = None
    cleared_at: datetime | None = None


class AuditRow(Message):
    """Who did something that somebody may ask about later."""

    id: str
    at: datetime
    by: str
    act: str
    about: str
    reason: str = ""
    text: str = ""
