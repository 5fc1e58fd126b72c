"""The person came to the window."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import EventType, StartService, WindowDone
from queue_server.domain import ticket, views
from queue_server.usecases.floor import begin_service, current_ticket, tell, window_of
from queue_server.usecases.permission import check_at_window
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def start_service(work: Work, command: StartService, actor: Actor, now: datetime, ids: Ids) -> WindowDone:
    """Begins the service that may be rated later. Raises ``NO_CURRENT_TICKET``, ``WRONG_STATE``."""
    state = window_of(work, command.window)
    check_at_window(actor, state)
    called = current_ticket(work, state)
    ticket.check_can_start(called)
    state, served = begin_service(work, state, called, now, now, ids)
    work.save_ticket(served)
    view = tell(work, EventType.TICKET_STARTED, state, served, now, service=served.service)
    return WindowDone(window=view, ticket=views.ticket_view(served), service=served.service)
