"""Somebody may not take numbers, or not book, for some time; who it is stays unknown."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import EventType, RestrictionReason, RestrictionView, RestrictPerson, Role
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import restriction
from queue_server.domain.events import Happened
from queue_server.domain.restriction import Restriction
from queue_server.domain.ticket import Ticket
from queue_server.usecases.auditing import note
from queue_server.usecases.floor import check_today
from queue_server.usecases.issuing import who
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def restrict_person(work: Work, command: RestrictPerson, actor: Actor, now: datetime, ids: Ids) -> RestrictionView:
    """Officers may do it to whom they had in front today, admins to anybody; audited.

    Raises ``BAD_REQUEST`` (not exactly one way to say who, or a time that is over), ``NOT_FOUND`` (no such ticket or
    appointment, or nobody is known by it), ``FORBIDDEN``, ``TOO_LATE`` (an officer, a ticket of another day),
    ``REASON_REQUIRED`` (``other`` without a text).
    """
    if sum(one is not None for one in (command.ticket, command.appointment, command.person)) != 1:
        raise Refusal(Code.BAD_REQUEST, "name either a ticket, an appointment or a person")
    if command.until is not None and command.until <= now:
        raise Refusal(Code.BAD_REQUEST, "the restriction would be over already")
    if command.reason is RestrictionReason.OTHER and not command.text.strip():
        raise Refusal(Code.REASON_REQUIRED, "say why this person is restricted")
    made = Restriction(
        id=ids.new(now),
        person=_person(work, command, actor, now),
        reason=command.reason,
        scope=command.scope,
        made_at=now,
        made_by=actor.name,
        until=command.until,
        text=command.text.strip(),
    )
    work.add_restriction(made)
    work.append(
        Happened(
            EventType.PERSON_RESTRICTED,
            {"restriction": made.id, "reason": made.reason, "scope": made.scope, "until": made.until},
        )
    )
    about = command.ticket or command.appointment or made.id
    note(work, actor, "restrict-person", about, now, ids, reason=made.reason, text=made.text)
    return restriction.view(made)


def _person(work: Work, command: RestrictPerson, actor: Actor, now: datetime) -> str:
    if command.ticket is not None:
        found = work.ticket(command.ticket)
        if found is None:
            raise Refusal(Code.NOT_FOUND, "there is no such ticket")
        _check_met(work, found, actor, now)
        person = found.person
    elif actor.role is Role.OFFICER:
        raise Refusal(Code.FORBIDDEN, "an officer restricts only by a ticket that was at the window today")
    elif command.appointment is not None:
        booked = work.appointment(command.appointment)
        if booked is None:
            raise Refusal(Code.NOT_FOUND, "there is no such appointment")
        person = booked.person
    else:
        person, _ = who(work, command.person, None)
    if person is None:
        raise Refusal(Code.NOT_FOUND, "nobody showed who it was")
    return person


def _check_met(work: Work, found: Ticket, actor: Actor, now: datetime) -> None:
    if actor.role is not Role.OFFICER:
        return
    check_today(work, found, now)
    place = found.window or (found.before_transfer.window if found.before_transfer else None)
    mine = {state.window for state in work.windows() if state.officer == actor.name}
    if place not in mine:
        raise Refusal(Code.FORBIDDEN, "an officer restricts only by a ticket that was at the window today")
