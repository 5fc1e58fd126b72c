"""The service is done; the pad asks how it was."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import FinishService, WindowDone
from queue_server.domain import views
from queue_server.usecases.floor import finish_current, window_of
from queue_server.usecases.permission import check_at_window
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def finish_service(work: Work, command: FinishService, actor: Actor, now: datetime, ids: Ids) -> WindowDone:
    """A ticket with items left waits for the next of them. Raises ``NO_CURRENT_TICKET``."""
    state = window_of(work, command.window)
    check_at_window(actor, state)
    view, _, finished, service = finish_current(work, state, command.outcome, now, ids)
    return WindowDone(window=view, ticket=views.ticket_view(finished), service=service.id)
