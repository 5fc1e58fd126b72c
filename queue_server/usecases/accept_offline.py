"""Tickets that a kiosk printed by itself while it had no network."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from queue_server.contract.messages import (
    Channel,
    EventType,
    OfflineResult,
    OfflineResults,
    OfflineTicket,
    ParkedTicket,
    ReportOfflineTickets,
    TicketState,
)
from queue_server.domain import lease, masks, queue, ticket, views
from queue_server.domain.events import Happened
from queue_server.domain.lease import Parked, ParkedReason
from queue_server.domain.ticket import Ticket
from queue_server.usecases.floor import publish_queue, see_window
from queue_server.usecases.issuing import who
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work

ACCEPTED = "accepted"
ALREADY_KNOWN = "already-known"
PARKED = "parked"
AT_A_WINDOW = frozenset({TicketState.CALLING, TicketState.SERVING, TicketState.HELD})


def accept_offline(work: Work, command: ReportOfflineTickets, actor: Actor, now: datetime, ids: Ids) -> OfflineResults:
    """One result for each: nothing is refused as a whole and nothing is dropped.

    They stand in the line by their time of issue; a kiosk whose clock is wrong is corrected and its tickets say so.
    """
    off = command.clock - now if command.clock is not None else timedelta()
    return OfflineResults(results=tuple(_accept(work, one, actor, off, now, ids) for one in command.tickets))


def _accept(
    work: Work, printed: OfflineTicket, actor: Actor, clock_off: timedelta, now: datetime, ids: Ids
) -> OfflineResult:
    known = work.ticket_taken(actor.name, printed.key)
    if known is not None and known.number == printed.number:
        return OfflineResult(key=printed.key, result=ALREADY_KNOWN, ticket=known.id)
    parked = work.parked_reason(actor.name, printed.key)
    if parked is not None:
        return OfflineResult(key=printed.key, result=PARKED, reason=parked.value)
    loan = work.loan(printed.lease)
    limit = timedelta(seconds=work.hall.rules.clock_off_seconds)
    issued_at, wrong = lease.time_of_issue(loan, printed, clock_off, now, limit)
    fault = lease.fault(work.hall, loan, replace(printed, issued_at=issued_at) if wrong else printed, actor.name)
    if fault is None and loan is not None and work.number_is_used(loan.business_day, printed.number):
        fault = ParkedReason.DUPLICATE_NUMBER
    if fault is None and work.link_is_used(printed.status_token, known.id if known else None):
        fault = ParkedReason.DUPLICATE_LINK
    if fault is not None or loan is None:
        return _park(work, printed, actor, fault or ParkedReason.UNKNOWN_LEASE, now)
    if known is not None:
        return _renumber(work, known, printed, now)
    person, phone_hash = who(work, printed.person, printed.phone)
    taken = Ticket(
        id=ids.new(now),
        number=printed.number,
        queue=printed.queue,
        business_day=loan.business_day,
        state=TicketState.WAITING,
        issued_at=issued_at,
        since=issued_at,
        status_token=printed.status_token,
        rank=ticket.rank_of(printed.priority),
        priority=printed.priority,
        channel=Channel.KIOSK,
        item=printed.item if printed.item in work.hall.item_by_id else None,
        person=person,
        masked_name=printed.person.masked_name if printed.person else "",
        phone_mask=masks.phone(printed.phone) if printed.phone else "",
        phone_hash=phone_hash,
        offline=True,
        clock_off=wrong,
        taken_by=actor.name,
        take_key=printed.key,
        lease=loan.id,
    )
    work.add_ticket(taken)
    shown = publish_queue(work, queue.joined(work.queue(taken.queue), taken.rank, now), now)
    work.append(Happened(EventType.TICKET_ISSUED, {"ticket": views.ticket_view(taken), "queues": [shown]}))
    return OfflineResult(key=printed.key, result=ACCEPTED, ticket=taken.id)


def _renumber(work: Work, known: Ticket, printed: OfflineTicket, now: datetime) -> OfflineResult:
    """The first request had arrived although its answer was lost: one ticket, and the paper is right."""
    renumbered = ticket.renumber(known, printed.number, printed.lease, printed.status_token)
    data: dict[str, Any] = {"formerNumber": known.number}
    if known.state in ticket.AWAITING_PAPER:  # here is the paper
        renumbered = ticket.paper_came(renumbered)
        data["queues"] = [publish_queue(work, queue.joined(work.queue(known.queue), known.rank, now), now)]
    work.save_ticket(renumbered)
    data["ticket"] = views.ticket_view(renumbered)
    if known.state in AT_A_WINDOW and known.window in work.hall.window_by_id:
        data["window"] = see_window(work, work.window(known.window or ""))
    work.append(Happened(EventType.TICKET_RENUMBERED, data))
    return OfflineResult(key=printed.key, result=ACCEPTED, ticket=known.id)


def _park(work: Work, printed: OfflineTicket, actor: Actor, reason: ParkedReason, now: datetime) -> OfflineResult:
    person, phone_hash = who(work, printed.person, printed.phone)
    work.park(
        Parked(
            kiosk=actor.name,
            key=printed.key,
            queue=printed.queue,
            number=printed.number,
            issued_at=printed.issued_at,
            reason=reason,
            parked_at=now,
            status_token=printed.status_token,
            priority=printed.priority,
            item=printed.item,
            person=person,
            masked_name=printed.person.masked_name if printed.person else "",
            phone_mask=masks.phone(printed.phone) if printed.phone else "",
            phone_hash=phone_hash,
        )
    )
    parked = ParkedTicket(
        key=printed.key,
        kiosk=actor.name,
        queue=printed.queue,
        number=printed.number,
        issued_at=printed.issued_at,
        reason=reason.value,
    )
    work.append(Happened(EventType.OFFLINE_PARKED, {"parked": parked}))
    return OfflineResult(key=printed.key, result=PARKED, reason=reason.value)
