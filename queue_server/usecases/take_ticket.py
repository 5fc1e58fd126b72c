"""取号: one person gets one number."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import ClosedReason, TakeTicket, TicketIssued, TicketState
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import masks, queue, ticket, waiting_time
from queue_server.domain.hall import Hall, QueueRule
from queue_server.domain.queue import QueueState
from queue_server.domain.ticket import Ticket
from queue_server.usecases.floor import queue_today
from queue_server.usecases.issuing import Wish, check_may_take, issue, issued, who
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def take_ticket(
    work: Work, command: TakeTicket, actor: Actor, now: datetime, ids: Ids, key: str | None
) -> TicketIssued:
    """A ticket for whoever stands at a kiosk, at the reception or has a phone.

    Raises ``NOT_FOUND``, ``BAD_REQUEST`` (identity needed, an item of another queue or twice), ``QUEUE_CLOSED``,
    ``QUEUE_FULL``, ``RESTRICTED``, ``ALREADY_WAITING``, ``LIMIT_REACHED``, ``NO_NUMBERS_LEFT``.
    """
    hall = work.hall
    known = work.ticket_taken(actor.name, key) if key else None
    if known is not None and known.queue in hall.queue_by_id:
        return _again(work, known, now)
    rule = hall.queue_by_id.get(command.queue)
    if rule is None:
        raise Refusal(Code.NOT_FOUND, f"there is no queue {command.queue!r}", queue=command.queue)
    _check_items(hall, command)
    state = queue_today(work, rule.id, now)
    _check_open(work, rule, state, ticket.rank_of(command.priority), now)
    person, phone_hash = who(work, command.person, command.phone)
    check_may_take(work, person, rule.id, state.day, now)
    wish = Wish(
        rule=rule,
        channel=command.channel,
        priority=command.priority,
        items=command.items,
        item=command.item,
        person=person,
        masked_name=command.person.masked_name if command.person else "",
        phone_mask=masks.phone(command.phone) if command.phone else "",
        phone_hash=phone_hash,
        taken_by=actor.name,
        key=key,
        awaits_paper=command.awaits_paper,
    )
    return issue(work, wish, now, ids)


def _again(work: Work, known: Ticket, now: datetime) -> TicketIssued:
    """The kiosk printed it offline and reported it before this request came through: still one ticket."""
    state = queue_today(work, known.queue, now)
    ahead = queue.ahead_of_newcomer(state, known.rank)
    if known.state is TicketState.WAITING:
        ahead = max(0, ahead - 1)
    wait = waiting_time.for_ticket(work.hall, work.floor(), known, ahead, now)
    return issued(work, known, ahead, wait, state.warning)


def _check_items(hall: Hall, command: TakeTicket) -> None:
    """All are known, each stands once, and the first belongs to the queue."""
    items = command.items or (() if command.item is None else (command.item,))
    for wanted in items:
        if wanted not in hall.item_by_id:
            raise Refusal(Code.NOT_FOUND, f"there is no item {wanted!r}", item=wanted)
    if len(set(items)) < len(items):
        raise Refusal(Code.BAD_REQUEST, "an item stands on a ticket once")
    if items and hall.item_by_id[items[0]].queue != command.queue:
        first = hall.item_by_id[items[0]]
        raise Refusal(Code.BAD_REQUEST, f"item {first.id} is served by queue {first.queue}", queue=first.queue)
    if command.item is not None and command.item != items[0]:
        raise Refusal(Code.BAD_REQUEST, "the item is the first of the items", item=command.item)


def _check_open(work: Work, rule: QueueRule, state: QueueState, rank: int, now: datetime) -> None:
    reason = queue.closed_reason(work.hall, rule, state, work.floor(), rank, now)
    if reason is None:
        return
    code = Code.QUEUE_FULL if reason is ClosedReason.FULL else Code.QUEUE_CLOSED
    raise Refusal(code, f"queue {rule.id} takes nobody now: {reason.value}", queue=rule.id, reason=reason.value)
