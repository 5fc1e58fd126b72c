"""改约: a booking moves to another slot; its old place is free at once."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import AppointmentView, EventType, RescheduleAppointment, RestrictionScope
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import appointment, restriction
from queue_server.usecases import bookings
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def reschedule_appointment(
    work: Work, command: RescheduleAppointment, actor: Actor, now: datetime, ids: Ids
) -> AppointmentView:
    """The new booking; the old one says where it went. Either both change or neither.

    Raises ``NOT_FOUND``, ``NOT_YOUR_OWN``, ``WRONG_STATE``, ``TOO_LATE_TO_CHANGE`` (not for staff), ``RESTRICTED``,
    ``BAD_REQUEST``, ``SLOT_CLOSED``, ``SLOT_FULL``, ``ALREADY_BOOKED`` (another booking that day, or the same slot).
    """
    hall = work.hall
    old = bookings.find(work, command.appointment, actor, command.person, command.phone)
    appointment.check_can_move(old)
    if actor.role not in bookings.STAFF:
        appointment.check_change(appointment.rule_of(hall, old.queue), old, now)
    queue = bookings.queue_of(work, old.queue)
    if command.start == old.start:
        raise Refusal(
            Code.ALREADY_BOOKED,
            "the booking is in this slot already",
            queue=old.queue,
            start=old.start.isoformat(),
            appointment=old.id,
        )
    slot = appointment.slot_to_book(hall, queue, command.start, now)
    appointment.check_place(appointment.rule_of(hall, queue.id), slot, work.booked(queue.id, slot.day))
    if old.person is not None:
        restriction.check(work.restrictions_of(old.person), RestrictionScope.BOOKING, now)
        others = [one for one in work.appointments_of(old.person, slot.day) if one.id != old.id]
        appointment.check_allowance(others, queue.id, slot.day, hall.rules.bookings_per_day)
    old, new = appointment.reschedule(old, ids.new(now), slot, now)
    work.save_appointment(old)
    work.add_appointment(new)
    bookings.note_staff(work, "reschedule-appointment", old, actor, "", now, ids)
    queues = bookings.published(work, queue.id, {old.day, new.day}, now)
    return bookings.tell(work, EventType.APPOINTMENT_RESCHEDULED, new, queues, movedFrom=old.id)
