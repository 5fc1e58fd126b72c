"""Appointments as a list: the part of the second opinion that knows who booked which slot."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from queue_load.model_lines import OWED, Lines, No, Ticket

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOLDS_A_PLACE = {"booked", "checked-in"}


@dataclass(eq=False)
class Booking:
    id: str
    queue: str
    start: datetime
    phone: str
    state: str = "booked"


@dataclass
class Bookings(Lines):
    """Slots are half hours of a hall that never closes; nobody is late or stays away in so short a time."""

    bookings: list[Booking] = field(default_factory=list)

    def may_book(self, queue: str, start: datetime, phone: str, now: datetime, old: Booking | None = None) -> None:
        """``old`` is the booking that moves."""
        if now >= start - self.rules.closes:
            raise No("slot_closed")
        held = [one for one in self.bookings if one.state in HOLDS_A_PLACE]
        if sum((one.queue, one.start) == (queue, start) for one in held) >= self.rules.places:
            raise No("slot_full")
        day = start.astimezone(SHANGHAI).date()
        theirs = [one for one in held if one.phone == phone and one is not old]
        that_day = [one for one in theirs if one.start.astimezone(SHANGHAI).date() == day]
        if any(one.queue == queue for one in that_day) or len(that_day) >= self.rules.bookings_per_day:
            raise No("already_booked")

    def book(self, queue: str, start: datetime, phone: str, now: datetime) -> Booking:
        self.may_book(queue, start, phone, now)
        self.bookings.append(Booking("", queue, start, phone))
        return self.bookings[-1]

    def may_move(self, booking: Booking, start: datetime, now: datetime) -> None:
        self.may_give_back(booking, now)
        if start == booking.start:
            raise No("already_booked")
        self.may_book(booking.queue, start, booking.phone, now, booking)

    def move(self, booking: Booking, start: datetime, now: datetime) -> Booking:
        self.may_move(booking, start, now)
        booking.state = "rescheduled"
        self.bookings.append(Booking("", booking.queue, start, booking.phone))
        return self.bookings[-1]

    def may_give_back(self, booking: Booking, now: datetime) -> None:
        if booking.state != "booked":
            raise No("wrong_state")
        if now > booking.start - self.rules.change:
            raise No("too_late_to_change")

    def give_back(self, booking: Booking, now: datetime) -> None:
        self.may_give_back(booking, now)
        booking.state = "cancelled"

    def may_arrive(self, booking: Booking, now: datetime) -> None:
        if booking.state != "booked":
            raise No("wrong_state")
        if now < booking.start - self.rules.early:
            raise No("too_early")
        theirs = [one for one in self.tickets if one.person == booking.phone and one.state in OWED]
        if any(one.queue == booking.queue for one in theirs):
            raise No("already_waiting")
        if len(theirs) >= self.rules.active_per_hall:
            raise No("limit_reached")

    def not_here_already(self, ticket: Ticket) -> None:
        """Who took another number meanwhile does not get the old one back too."""
        if ticket.person is None:
            return
        theirs = [one for one in self.tickets if one.person == ticket.person and one is not ticket]
        if any(one.queue == ticket.queue and one.state in OWED for one in theirs):
            raise No("already_waiting")
