"""预约: one person books one place in a slot."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import (
    AppointmentState,
    AppointmentView,
    BookAppointment,
    EventType,
    RestrictionScope,
)
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import appointment, masks, restriction
from queue_server.domain.appointment import Appointment
from queue_server.usecases import bookings
from queue_server.usecases.issuing import who
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def book_appointment(work: Work, command: BookAppointment, actor: Actor, now: datetime, ids: Ids) -> AppointmentView:
    """A place for whoever shows a card or a phone number.

    Raises ``NOT_FOUND``, ``BAD_REQUEST`` (nobody is named, item of another queue, no slot begins then), ``RESTRICTED``,
    ``SLOT_CLOSED``, ``SLOT_FULL``, ``ALREADY_BOOKED``.
    """
    hall = work.hall
    queue = bookings.queue_of(work, command.queue)
    if command.item is not None:
        item = hall.item_by_id.get(command.item)
        if item is None:
            raise Refusal(Code.NOT_FOUND, f"there is no item {command.item!r}", item=command.item)
        if item.queue != queue.id:
            raise Refusal(Code.BAD_REQUEST, f"item {item.id} is served by queue {item.queue}", queue=item.queue)
    person, phone_hash = who(work, command.person, command.phone)
    if person is None:
        raise Refusal(Code.BAD_REQUEST, "a booking needs a person or a phone number", field="person")
    restriction.check(work.restrictions_of(person), RestrictionScope.BOOKING, now)
    slot = appointment.slot_to_book(hall, queue, command.start, now)
    appointment.check_place(appointment.rule_of(hall, queue.id), slot, work.booked(queue.id, slot.day))
    appointment.check_allowance(work.appointments_of(person, slot.day), queue.id, slot.day, hall.rules.bookings_per_day)
    booked = Appointment(
        id=ids.new(now),
        queue=queue.id,
        day=slot.day,
        start=slot.start,
        end=slot.end,
        state=AppointmentState.BOOKED,
        booked_at=now,
        item=command.item,
        person=person,
        masked_name=command.person.masked_name if command.person else "",
        phone_mask=masks.phone(command.phone) if command.phone else "",
        phone_hash=phone_hash,
        booked_by=actor.name,
    )
    work.add_appointment(booked)
    queues = bookings.published(work, queue.id, {slot.day}, now)
    return bookings.tell(work, EventType.APPOINTMENT_BOOKED, booked, queues)
