"""What can be seen of bookings: the slots of a day, the days that can be booked, one booking with its times."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from queue_server.contract.messages import AppointmentView, Slots, SlotView, Text
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import appointment
from queue_server.domain.appointment import Appointment
from queue_server.domain.hall import Hall


class Bookings(Protocol):
    """What storage lets a reader see of the bookings of one hall."""

    @property
    def hall(self) -> Hall: ...
    def booked(self, queue: str, day: date) -> dict[datetime, int]: ...


def slots(sight: Bookings, queue_id: str, day: date | None, now: datetime) -> Slots:
    """The slots of one business day, None: of the first that can be booked.

    A slot that is closed has no free places; a day that cannot be booked has no slots. Raises ``NOT_FOUND``.
    """
    hall = sight.hall
    rule = hall.queue_by_id.get(queue_id)
    if rule is None:
        raise Refusal(Code.NOT_FOUND, f"there is no queue {queue_id!r}", queue=queue_id)
    days = tuple(appointment.bookable_days(hall, rule, now))
    wanted = day or (days[0] if days else None)
    if rule.appointment is None or wanted not in days:
        return Slots(slots=(), days=days)
    booked = sight.booked(queue_id, wanted)
    capacity = rule.appointment.capacity
    shown = []
    for slot in appointment.slots(hall, rule, wanted):
        over = not appointment.is_open(rule.appointment, slot, now)
        free = 0 if over else max(0, capacity - booked.get(slot.start, 0))
        shown.append(SlotView(queue=queue_id, start=slot.start, end=slot.end, capacity=capacity, free=free, over=over))
    return Slots(slots=tuple(shown), days=days)


def view(hall: Hall, one: Appointment) -> AppointmentView:
    """A booking with the times at which its person may come and may still change it."""
    queue = hall.queue_by_id.get(one.queue)
    rule = appointment.rule_of(hall, one.queue)
    return AppointmentView(
        id=one.id,
        queue=one.queue,
        queue_name=queue.name if queue is not None else Text(zh=one.queue),
        start=one.start,
        end=one.end,
        state=one.state,
        check_in_from=appointment.check_in_from(rule, one),
        check_in_until=appointment.check_in_until(rule, one),
        change_until=appointment.change_until(rule, one),
        item=one.item,
        ticket=one.ticket,
        masked_name=one.masked_name,
        masked_phone=one.phone_mask,
    )
