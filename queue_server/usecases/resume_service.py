"""A held ticket is taken up again at its window."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import EventType, ResumeService, WindowDone
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import ticket, views, window
from queue_server.domain.ticket import Ticket
from queue_server.usecases.floor import end_invitation, tell, window_of
from queue_server.usecases.permission import check_at_window
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Work


def resume_service(work: Work, command: ResumeService, actor: Actor, now: datetime) -> WindowDone:
    """The one named, else the one that was held last here.

    Raises ``WINDOW_NOT_OPEN``, ``WINDOW_BUSY``, ``NO_CURRENT_TICKET``, ``NOT_FOUND``.
    """
    state = window_of(work, command.window)
    check_at_window(actor, state)
    window.must_be_open(state)
    window.must_be_free(state)
    resumed = ticket.resume(_held(work.held_at(state.window), command.ticket))
    work.save_ticket(resumed)
    state = window.rating_forgotten(end_invitation(work, state))
    state = window.took(state, resumed.id, resumed.queue, now, resumed.service)
    view = tell(work, EventType.TICKET_RESUMED, state, resumed, now, resumedAt=now)
    return WindowDone(window=view, ticket=views.ticket_view(resumed), service=resumed.service)


def _held(held: list[Ticket], wanted: str | None) -> Ticket:
    if wanted is not None:
        found = next((one for one in held if one.id == wanted), None)
        if found is None:
            raise Refusal(Code.NOT_FOUND, "this window holds no such ticket")
        return found
    if not held:
        raise Refusal(Code.NO_CURRENT_TICKET, "this window holds no ticket")
    return held[-1]
