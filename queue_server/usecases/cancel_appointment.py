"""取消预约: a booking is given back, and somebody else may have the place."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import AppointmentView, CancelAppointment, EventType
from queue_server.domain import appointment
from queue_server.usecases import bookings
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def cancel_appointment(
    work: Work, command: CancelAppointment, actor: Actor, now: datetime, ids: Ids
) -> AppointmentView:
    """The booking as it is afterwards.

    Raises ``NOT_FOUND``, ``NOT_YOUR_OWN``, ``WRONG_STATE``, ``TOO_LATE_TO_CHANGE`` (not for staff).
    """
    one = bookings.find(work, command.appointment, actor, command.person, command.phone)
    cancelled = appointment.cancel(one, now)
    if actor.role not in bookings.STAFF:
        appointment.check_change(appointment.rule_of(work.hall, one.queue), one, now)
    work.save_appointment(cancelled)
    bookings.note_staff(work, "cancel-appointment", one, actor, command.text, now, ids)
    queues = bookings.published(work, one.queue, {one.day}, now)
    return bookings.tell(work, EventType.APPOINTMENT_CANCELLED, cancelled, queues)
