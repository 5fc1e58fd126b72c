"""过号: the person did not come to the window."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import EventType, PassOver, WindowDone
from queue_server.domain import ticket, views, window
from queue_server.usecases.floor import current_ticket, tell, window_of
from queue_server.usecases.permission import check_at_window
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Work


def pass_over(work: Work, command: PassOver, actor: Actor, now: datetime) -> WindowDone:
    """Raises ``NO_CURRENT_TICKET``, ``WRONG_STATE``."""
    state = window_of(work, command.window)
    check_at_window(actor, state)
    passed = ticket.pass_over(current_ticket(work, state), command.reason, now)
    work.save_ticket(passed)
    view = tell(work, EventType.TICKET_PASSED, window.released(state), passed, reason=command.reason)
    return WindowDone(window=view, ticket=views.ticket_view(passed))
