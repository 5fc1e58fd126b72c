"""预约取号: the person of a booking is in the hall and gets a number."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import AppointmentState, CheckedIn, CheckIn, ClosedReason, EventType
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import appointment, queue, ticket
from queue_server.domain.appointment import Appointment
from queue_server.domain.hall import QueueRule
from queue_server.usecases import bookings
from queue_server.usecases.floor import queue_today
from queue_server.usecases.issuing import Wish, check_may_take, issue
from queue_server.usecases.no_shows import forgive_no_show
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def check_in(work: Work, command: CheckIn, actor: Actor, now: datetime, ids: Ids, key: str | None) -> CheckedIn:
    """A ticket that waits from the booked time on; whoever is late gets an ordinary one and is not turned away.

    Neither a full queue nor a lunch break refuses who is in time: the place was kept. Raises ``NOT_FOUND``,
    ``NOT_YOUR_OWN``, ``TOO_EARLY``, ``WRONG_STATE``, ``QUEUE_CLOSED``, ``QUEUE_FULL`` (only the late), ``RESTRICTED``,
    ``ALREADY_WAITING``, ``LIMIT_REACHED``, ``NO_NUMBERS_LEFT``.
    """
    before = bookings.find(work, command.appointment, actor, command.person, command.phone)
    state = appointment.arrived(work.hall, before, now)
    rule = bookings.queue_of(work, before.queue)
    in_time = state is AppointmentState.CHECKED_IN
    _check_open(work, rule, now, in_time=in_time)
    check_may_take(work, before.person, rule.id, queue_today(work, rule.id, now).day, now)
    # From here on the place is taken and no longer held; what the ticket changes is published with the ticket.
    work.save_appointment(appointment.checked_in(before, state, None, now))
    counted = work.queue(rule.id)
    fresh = bookings.with_held(work, counted, now)
    if fresh != counted:
        work.save_queue(fresh)
    issued = issue(work, _wish(before, rule, command, actor, key, in_time=in_time), now, ids)
    after = appointment.checked_in(before, state, issued.id, now)
    work.save_appointment(after)
    if before.state is AppointmentState.NO_SHOW and before.person is not None:
        forgive_no_show(work, before.person, now)
    shown = bookings.tell(work, EventType.APPOINTMENT_CHECKED_IN, after, [])
    return CheckedIn(appointment=shown, ticket=issued)


def _check_open(work: Work, rule: QueueRule, now: datetime, *, in_time: bool) -> None:
    rank = ticket.APPOINTMENT_RANK if in_time else ticket.ORDINARY_RANK
    reason = queue.closed_reason(work.hall, rule, queue_today(work, rule.id, now), work.floor(), rank, now)
    if reason is None or (in_time and reason is not ClosedReason.DAY_OFF):
        return  # a slot lies within the hours; who comes for it at lunch or before the doors open waits for it
    code = Code.QUEUE_FULL if reason is ClosedReason.FULL else Code.QUEUE_CLOSED
    raise Refusal(code, f"queue {rule.id} takes nobody now: {reason.value}", queue=rule.id, reason=reason.value)


def _wish(one: Appointment, rule: QueueRule, command: CheckIn, actor: Actor, key: str | None, *, in_time: bool) -> Wish:
    return Wish(
        rule=rule,
        channel=command.channel,
        priority=command.priority,
        item=one.item,
        person=one.person,
        masked_name=one.masked_name,
        phone_mask=one.phone_mask,
        phone_hash=one.phone_hash,
        taken_by=actor.name,
        key=key,
        awaits_paper=command.awaits_paper,
        appointment=one if in_time else None,
    )
