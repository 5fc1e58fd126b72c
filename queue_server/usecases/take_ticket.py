"""取号: one person gets one number."""

from __future__ import annotations

from datetime import date, datetime

from msgspec.structs import replace

from queue_server.contract.messages import ClosedReason, EventType, PersonRef, TakeTicket, TicketIssued, TicketState
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import masks, numbering, queue, schedule, ticket, views, waiting_time
from queue_server.domain.events import Happened
from queue_server.domain.hall import Hall, QueueRule
from queue_server.domain.queue import QueueState
from queue_server.domain.ticket import Ticket
from queue_server.usecases.floor import publish_queue
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def take_ticket(
    work: Work, command: TakeTicket, actor: Actor, now: datetime, ids: Ids, key: str | None
) -> TicketIssued:
    """A ticket for whoever stands at a kiosk, at the reception or has a phone.

    Raises ``NOT_FOUND``, ``QUEUE_CLOSED``, ``QUEUE_FULL``, ``BAD_REQUEST`` (identity needed, item of another
    queue), ``ALREADY_WAITING``, ``LIMIT_REACHED``.
    """
    hall = work.hall
    known = work.ticket_taken(actor.name, key) if key else None
    if known is not None and known.queue in hall.queue_by_id:
        # The kiosk printed it offline and reported it before this request came through: still one ticket.
        state = work.queue(known.queue)
        return issued(work, hall.queue_by_id[known.queue], state, known, queue.ahead_of_newcomer(state, known.rank))
    rule = hall.queue_by_id.get(command.queue)
    if rule is None:
        raise Refusal(Code.NOT_FOUND, f"there is no queue {command.queue!r}", queue=command.queue)
    _check_item(hall, command)
    day = schedule.business_day(hall.calendar, hall.zone_info, now)
    state = queue.on_day(work.queue(rule.id), day)
    _check_open(hall, rule, state, now)
    person, phone_hash = who(work, command.person, command.phone)
    if person is None and hall.rules.require_identity:
        raise Refusal(Code.BAD_REQUEST, "this hall gives numbers only to people who show a card or a phone number")
    if person is not None:
        _check_limits(work, person, rule.id, state.day)
    last = numbering.after(state.last_number, hall.numbering)
    rank = ticket.rank_of(command.priority)
    taken = Ticket(
        id=ids.new(now),
        number=numbering.written(rule.prefix, last, hall.numbering),
        queue=rule.id,
        business_day=state.day,
        state=TicketState.WAITING,
        issued_at=now,
        since=now,
        status_token=ids.secret(),
        rank=rank,
        priority=command.priority,
        channel=command.channel,
        item=command.item,
        person=person,
        masked_name=command.person.masked_name if command.person else "",
        phone_mask=masks.phone(command.phone) if command.phone else "",
        phone_hash=phone_hash,
        taken_by=actor.name,
        take_key=key,
    )
    work.add_ticket(taken)
    ahead = queue.ahead_of_newcomer(state, rank)
    state = replace(queue.joined(state, rank), last_number=last, issued_today=state.issued_today + 1)
    shown = publish_queue(work, state, now)
    work.append(Happened(EventType.TICKET_ISSUED, {"ticket": views.ticket_view(taken), "queues": [shown]}))
    return issued(work, rule, state, taken, ahead)


def who(work: Work, person: PersonRef | None, phone: str | None) -> tuple[str | None, str | None]:
    """Keyed hashes of the person and of the phone; without a card the phone stands for the person."""
    phone_hash = work.keyed_hash("phone", phone) if phone else None
    if person is not None:
        return work.keyed_hash("person", person.token), phone_hash
    return phone_hash, phone_hash


def issued(work: Work, rule: QueueRule, state: QueueState, taken: Ticket, ahead: int) -> TicketIssued:
    """What the kiosk prints."""
    return TicketIssued(
        id=taken.id,
        number=taken.number,
        queue=rule.id,
        ahead=ahead,
        estimated_wait_seconds=waiting_time.estimate(
            ahead, state.servers or queue.PRIMARY_WEIGHT * state.staffed, rule.expected_service_seconds
        ),
        issued_at=taken.issued_at,
        status_url=f"{work.public_url}/t/{taken.status_token}",
        queue_name=rule.name,
        windows=views.places(work.hall, work.hall.windows_of_queue[rule.id]),
        priority=taken.priority,
    )


def _check_item(hall: Hall, command: TakeTicket) -> None:
    if command.item is None:
        return
    item = hall.item_by_id.get(command.item)
    if item is None:
        raise Refusal(Code.NOT_FOUND, f"there is no item {command.item!r}", item=command.item)
    if item.queue != command.queue:
        raise Refusal(Code.BAD_REQUEST, f"item {item.id} is served by queue {item.queue}", queue=item.queue)


def _check_open(hall: Hall, rule: QueueRule, state: QueueState, now: datetime) -> None:
    reason = queue.closed_reason(hall, rule, state, now)
    if reason is None:
        return
    code = Code.QUEUE_FULL if reason is ClosedReason.FULL else Code.QUEUE_CLOSED
    raise Refusal(code, f"queue {rule.id} takes nobody now: {reason.value}", queue=rule.id, reason=reason.value)


def _check_limits(work: Work, person: str, queue_id: str, day: date) -> None:
    rules = work.hall.rules
    today = work.tickets_of_person(person, day)
    active = [one for one in today if one.state in ticket.ACTIVE]
    here = [one for one in active if one.queue == queue_id]
    if len(here) >= rules.active_per_queue:
        raise Refusal(Code.ALREADY_WAITING, f"this person has {here[0].number}", number=here[0].number, queue=queue_id)
    if len(active) >= rules.active_per_hall:
        raise Refusal(
            Code.LIMIT_REACHED, "this person has as many numbers as the hall allows", limit=rules.active_per_hall
        )
    if sum(one.queue == queue_id for one in today) >= rules.per_queue_and_day:
        raise Refusal(Code.LIMIT_REACHED, "this person took enough numbers here today", limit=rules.per_queue_and_day)
