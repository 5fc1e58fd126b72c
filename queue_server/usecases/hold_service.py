"""挂起: the person fetches a paper and comes back to this window."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import EventType, HoldService, WindowDone
from queue_server.domain import ticket, views
from queue_server.usecases.floor import current_ticket, leave, tell, window_of
from queue_server.usecases.permission import check_at_window
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Work


def hold_service(work: Work, command: HoldService, actor: Actor, now: datetime) -> WindowDone:
    """The window is free for the next one. Raises ``NO_CURRENT_TICKET``, ``WRONG_STATE``."""
    state = window_of(work, command.window)
    check_at_window(actor, state)
    held = ticket.hold(current_ticket(work, state))
    work.save_ticket(held)
    view = tell(work, EventType.TICKET_HELD, leave(work, state, now), held, now, heldAt=now)
    return WindowDone(window=view, ticket=views.ticket_view(held), service=held.service)
