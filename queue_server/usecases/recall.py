"""重呼: the same number once more."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import EventType, Recall, WindowDone
from queue_server.domain import ticket, views
from queue_server.usecases.floor import current_ticket, tell, window_of
from queue_server.usecases.permission import check_at_window
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Work


def recall(work: Work, command: Recall, actor: Actor, now: datetime) -> WindowDone:
    """Raises ``NO_CURRENT_TICKET``, ``WRONG_STATE``, ``RECALL_LIMIT``, ``RECALL_TOO_SOON``."""
    state = window_of(work, command.window)
    check_at_window(actor, state)
    rules = work.hall.rules
    called = ticket.recall(current_ticket(work, state), now, rules.recall_limit, rules.recall_spacing_seconds)
    work.save_ticket(called)
    call = views.call_view(work.hall, called, now)
    work.save_call(call)
    view = tell(work, EventType.TICKET_RECALLED, state, called, now, call=call)
    return WindowDone(window=view, ticket=views.ticket_view(called))
