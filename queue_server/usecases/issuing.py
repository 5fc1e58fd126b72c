"""Every way to a ticket ends here: who may have one, its number, its place in the line, and what the paper says."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from queue_server.contract.messages import (
    Caution,
    Channel,
    Estimate,
    EventType,
    PersonRef,
    Priority,
    RestrictionScope,
    TicketIssued,
    TicketState,
)
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import numbering, queue, restriction, schedule, ticket, views, waiting_time
from queue_server.domain.appointment import Appointment
from queue_server.domain.events import Happened
from queue_server.domain.hall import QueueRule
from queue_server.domain.numbering import Series
from queue_server.domain.queue import QueueState
from queue_server.domain.ticket import Ticket
from queue_server.usecases.floor import publish_queue
from queue_server.usecases.work import Ids, Work


class Wish(msgspec.Struct, frozen=True):
    """What is known of a new ticket before it has a number. ``person`` and ``phone_hash`` are hashes, see ``who``.

    With an ``appointment`` (checked in in time) it waits from the booked time on. ``issued_at`` is the old time of a
    ticket that a kiosk printed offline.
    """

    rule: QueueRule
    channel: Channel
    priority: Priority = Priority.NONE
    items: tuple[str, ...] = ()
    item: str | None = None
    person: str | None = None
    masked_name: str = ""
    phone_mask: str = ""
    phone_hash: str | None = None
    taken_by: str = ""
    key: str | None = None
    awaits_paper: bool = False
    appointment: Appointment | None = None
    issued_at: datetime | None = None
    offline: bool = False
    status_token: str | None = None


def issue(work: Work, wish: Wish, now: datetime, ids: Ids, **event_data: Any) -> TicketIssued:
    """Gives out the next number, adds the ticket to its line and tells the hall. Raises ``NO_NUMBERS_LEFT``."""
    hall, rule = work.hall, wish.rule
    state = queue.on_day(work.queue(rule.id), schedule.business_day(hall.calendar, hall.zone_info, now))
    number, state = numbering.take(state, rule, hall.numbering, _series(wish))
    rank = _rank(wish)
    issued_at = wish.issued_at or now
    stops = ticket.stops_of(hall, wish.items)
    taken = Ticket(
        id=ids.new(now),
        number=number,
        queue=rule.id,
        business_day=state.day,
        state=TicketState.ISSUING if wish.awaits_paper else TicketState.WAITING,
        issued_at=issued_at,
        since=_since(wish, rank, issued_at),
        status_token=wish.status_token or ids.secret(),
        rank=rank,
        priority=wish.priority,
        channel=wish.channel,
        item=wish.item or (wish.items[0] if wish.items else None),
        person=wish.person,
        masked_name=wish.masked_name,
        phone_mask=wish.phone_mask,
        phone_hash=wish.phone_hash,
        offline=wish.offline,
        taken_by=wish.taken_by,
        take_key=wish.key,
        appointment=None if wish.appointment is None else wish.appointment.id,
        booked_for=None if wish.appointment is None else wish.appointment.start,
        stops=stops,
    )
    ahead = queue.ahead_of_newcomer(state, rank)
    wait, following = _waits(work, wish, state, rank, now)
    warning = queue.caution_before(hall, schedule.closes_at(hall, rule, state, now), wait, now)
    work.add_ticket(taken)
    state = replace(state, issued_today=state.issued_today + 1)
    joined = state if wish.awaits_paper else queue.joined(state, rank, now)
    shown = publish_queue(work, joined, now, following)
    work.append(
        Happened(EventType.TICKET_ISSUED, {"ticket": views.ticket_view(taken), "queues": [shown], **event_data})
    )
    return issued(work, taken, ahead, wait, warning)


def issued(work: Work, taken: Ticket, ahead: int, wait: Estimate, warning: Caution | None) -> TicketIssued:
    """What the kiosk prints."""
    hall = work.hall
    rule = hall.queue_by_id[taken.queue]
    return TicketIssued(
        id=taken.id,
        number=taken.number,
        queue=rule.id,
        ahead=ahead,
        estimated_wait_seconds=wait,
        issued_at=taken.issued_at,
        status_url=f"{work.public_url}/t/{taken.status_token}",
        queue_name=rule.name,
        windows=views.places(hall, hall.windows_of_queue[rule.id]),
        priority=taken.priority,
        items=tuple(item for stop in taken.stops for item in stop.items),
        state=taken.state,
        warning=warning,
        appointment_start=taken.booked_for,
    )


def check_not_there_already(work: Work, person: str | None, queue_id: str, day: date) -> None:
    """Raises ``ALREADY_WAITING``: somebody who took another number meanwhile does not get the old one back too."""
    if person is None:
        return
    here = [one for one in work.tickets_of_person(person, day) if one.state in ticket.OWED and one.queue == queue_id]
    if len(here) >= work.hall.rules.active_per_queue:
        raise Refusal(Code.ALREADY_WAITING, f"this person has {here[0].number}", number=here[0].number, queue=queue_id)


def check_may_take(work: Work, person: str | None, queue_id: str, day: date, now: datetime) -> None:
    """A person's limits in this hall and on this day.

    Raises ``BAD_REQUEST`` (nobody showed who comes, and the hall asks), ``RESTRICTED``, ``ALREADY_WAITING``,
    ``LIMIT_REACHED``.
    """
    rules = work.hall.rules
    if person is None:
        if rules.require_identity:
            raise Refusal(Code.BAD_REQUEST, "this hall gives numbers only to people who show a card or a phone number")
        return
    restriction.check(work.restrictions_of(person), RestrictionScope.TICKETS, now)
    today = work.tickets_of_person(person, day)
    active = [one for one in today if one.state in ticket.OWED]
    here = [one for one in active if one.queue == queue_id]
    if len(here) >= rules.active_per_queue:
        raise Refusal(Code.ALREADY_WAITING, f"this person has {here[0].number}", number=here[0].number, queue=queue_id)
    if len(active) >= rules.active_per_hall:
        raise Refusal(
            Code.LIMIT_REACHED, "this person has as many numbers as the hall allows", limit=rules.active_per_hall
        )
    if sum(one.queue == queue_id for one in today) >= rules.per_queue_and_day:
        raise Refusal(Code.LIMIT_REACHED, "this person took enough numbers here today", limit=rules.per_queue_and_day)


def who(work: Work, person: PersonRef | None, phone: str | None) -> tuple[str | None, str | None]:
    """Keyed hashes of the person and of the phone; without a card the phone stands for the person."""
    phone_hash = work.keyed_hash("phone", phone) if phone else None
    if person is not None:
        return work.keyed_hash("person", person.token), phone_hash
    return phone_hash, phone_hash


def _series(wish: Wish) -> Series:
    if wish.appointment is not None:
        return Series.APPOINTMENT
    return Series.ORDINARY if wish.priority is Priority.NONE else Series.PRIORITY


def _rank(wish: Wish) -> int:
    if wish.priority is Priority.NONE and wish.appointment is not None:
        return ticket.APPOINTMENT_RANK
    return ticket.rank_of(wish.priority)


def _since(wish: Wish, rank: int, issued_at: datetime) -> datetime:
    """The clock of the line: a booked time, except that whoever goes first anyway need not wait for it."""
    if wish.appointment is None:
        return issued_at
    return min(issued_at, wish.appointment.start) if rank == ticket.FIRST_RANK else wish.appointment.start


def _waits(work: Work, wish: Wish, state: QueueState, rank: int, now: datetime) -> tuple[Estimate, Estimate | None]:
    """The wait of this person, and of the next one when that is known by the way."""
    hall, floor, queue_id = work.hall, work.floor(), wish.rule.id
    if rank != ticket.ORDINARY_RANK:
        return waiting_time.for_newcomer(hall, floor, queue_id, rank, now, state), None
    if wish.awaits_paper:  # nobody more waits as yet
        alone = waiting_time.for_newcomer(hall, floor, queue_id, rank, now, state)
        return alone, alone
    return waiting_time.for_two_newcomers(hall, floor, queue_id, now, state)
