"""What booking, moving, giving back and checking in share: whose it is, who may, and what walk-ins are left."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from msgspec.structs import replace

from queue_server.contract.messages import AppointmentView, EventType, PersonRef, QueueView, Role
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import appointment, queue, schedule
from queue_server.domain.appointment import Appointment
from queue_server.domain.events import Happened
from queue_server.domain.hall import QueueRule
from queue_server.domain.queue import QueueState
from queue_server.usecases.auditing import note
from queue_server.usecases.floor import publish_queue
from queue_server.usecases.issuing import who
from queue_server.usecases.ports import Actor
from queue_server.usecases.see_appointments import view
from queue_server.usecases.work import Ids, Work

STAFF = frozenset({Role.OFFICER, Role.WINDOW, Role.ADMIN})
"""They see who stands before them, and may change a booking at any time; that is written down."""


def queue_of(work: Work, queue_id: str) -> QueueRule:
    """Raises ``NOT_FOUND``."""
    rule = work.hall.queue_by_id.get(queue_id)
    if rule is None:
        raise Refusal(Code.NOT_FOUND, f"there is no queue {queue_id!r}", queue=queue_id)
    return rule


def find(work: Work, wanted: str, actor: Actor, person: PersonRef | None, phone: str | None) -> Appointment:
    """The booking, if the actor may have to do with it. Raises ``NOT_FOUND``, ``NOT_YOUR_OWN``.

    At a kiosk stands anybody, so a kiosk shows whose it is; staff and integrators know. Who is shown must be right.
    """
    found = work.appointment(wanted)
    if found is None:
        raise Refusal(Code.NOT_FOUND, "there is no such booking", appointment=wanted)
    shown, _ = who(work, person, phone)
    if (shown is None and actor.role is Role.KIOSK) or (shown is not None and shown != found.person):
        raise Refusal(Code.NOT_YOUR_OWN, "this booking belongs to somebody else")
    return found


def tell(work: Work, event: EventType, one: Appointment, queues: list[QueueView], **more: Any) -> AppointmentView:
    """One event of a booking, with the queues that offer walk-ins more or fewer numbers now."""
    shown = view(work.hall, one)
    data: dict[str, Any] = {"appointment": shown, **more}
    if queues:
        data["queues"] = queues
    work.append(Happened(event, data))
    return shown


def note_staff(work: Work, act: str, one: Appointment, actor: Actor, text: str, now: datetime, ids: Ids) -> None:
    """Staff changed somebody's booking: the audit list says who and why, not whose it was."""
    if actor.role in STAFF:
        note(work, actor, act, one.id, now, ids, text=text)


def published(work: Work, queue_id: str, days: set[date], now: datetime) -> list[QueueView]:
    """Publishes a queue if a change of these days left walk-ins more or fewer numbers today."""
    if queue_id not in work.hall.queue_by_id or _today(work, now) not in days:
        return []
    before = work.queue(queue_id)
    after = with_held(work, before, now)
    return [publish_queue(work, after, now)] if after != before else []


def with_held(work: Work, state: QueueState, now: datetime) -> QueueState:
    """The state with the numbers counted anew that are held for appointments today. Without a quota none need be."""
    rule = work.hall.queue_by_id[state.queue]
    if rule.appointment is None or rule.quota_per_day is None:
        return state
    today = _today(work, now)
    held = appointment.held_for_appointments(
        rule.appointment,
        appointment.slots(work.hall, rule, today),
        work.booked(rule.id, today),
        work.awaited(rule.id, today),
        now,
    )
    return replace(queue.on_day(state, today), held=held)


def _today(work: Work, now: datetime) -> date:
    return schedule.business_day(work.hall.calendar, work.hall.zone_info, now)
