"""What became of the paper of a ticket: the second phase of issuing it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from queue_server.contract.messages import EventType, PaperState, ReportPaper, Role, TicketState, TicketStatus
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import queue, ticket, views
from queue_server.domain.events import Happened
from queue_server.domain.ticket import Ticket
from queue_server.usecases.floor import publish_queue, queue_today
from queue_server.usecases.issuing import check_not_there_already
from queue_server.usecases.look import status_without_place
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Work

_REACHED = {
    PaperState.FAILED: frozenset({TicketState.PRINT_FAILED}),
    PaperState.ABANDONED: frozenset({TicketState.VOID}),
}
"""Where a ticket is after such a report. After the others it waits, and may have been called since."""

_HELD_BY_NOBODY = ticket.AWAITING_PAPER | {TicketState.VOID}


def report_paper(work: Work, command: ReportPaper, actor: Actor, now: datetime) -> TicketStatus:
    """Printed or shown: it waits since it was issued. Failed: it may be shown or given up. The same again is no error.

    Raises ``NOT_FOUND``, ``FORBIDDEN`` (another kiosk's ticket), ``WRONG_STATE``, ``ALREADY_WAITING`` (the print failed
    and the person took a number elsewhere).
    """
    found = work.ticket(command.ticket)
    if found is None:
        raise Refusal(Code.NOT_FOUND, "there is no such ticket")
    if actor.role is Role.KIOSK and found.taken_by != actor.name:
        raise Refusal(Code.FORBIDDEN, f"{actor.name} did not issue this ticket")
    if _is_known(found, command.state):
        return status_without_place(work.hall, found)
    if command.state is PaperState.FAILED:
        after = _tell(work, EventType.TICKET_PRINT_FAILED, ticket.paper_failed(found))
    elif command.state is PaperState.ABANDONED:
        after = _tell(work, EventType.TICKET_VOIDED, ticket.abandon(found, now), paper=command.state)
    else:
        after = ticket.paper_came(found)
        if found.state is TicketState.PRINT_FAILED:
            check_not_there_already(work, found.person, found.queue, found.business_day)
        joined = queue.joined(queue_today(work, after.queue, now), after.rank, now)
        shown = publish_queue(work, joined, now)
        _tell(work, EventType.TICKET_PRINTED, after, queues=[shown], paper=command.state)
    return status_without_place(work.hall, after)


def _is_known(found: Ticket, state: PaperState) -> bool:
    if state in _REACHED:
        return found.state in _REACHED[state]
    return found.state not in _HELD_BY_NOBODY


def _tell(work: Work, event: EventType, after: Ticket, **more: Any) -> Ticket:
    work.save_ticket(after)
    work.append(Happened(event, {"ticket": views.ticket_view(after), **more}))
    return after
