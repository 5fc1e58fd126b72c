"""Tickets whose paper nobody spoke of: time decides for the person, who may hold it."""

from __future__ import annotations

from datetime import datetime, timedelta

from queue_server.contract.messages import PaperState, ReportPaper, Role, TicketState
from queue_server.domain.ticket import Ticket
from queue_server.usecases.ports import Actor
from queue_server.usecases.report_paper import report_paper
from queue_server.usecases.work import Work


def paper_due(work: Work, ticket: Ticket) -> datetime:
    """When this ticket is settled without a word of its kiosk."""
    rules = work.hall.rules
    if ticket.state is TicketState.ISSUING:
        return ticket.issued_at + timedelta(seconds=rules.paper_confirm_seconds)
    return ticket.issued_at + timedelta(minutes=rules.paper_void_minutes)


def settle_paper(work: Work, now: datetime) -> None:
    """Issuing for too long counts as printed, failed for too long as given up."""
    time = Actor(work.hall.id, Role.INTEGRATOR, "time")
    for ticket in work.awaiting_paper():
        if paper_due(work, ticket) <= now:
            how = PaperState.PRINTED if ticket.state is TicketState.ISSUING else PaperState.ABANDONED
            report_paper(work, ReportPaper(ticket=ticket.id, state=how), time, now)
