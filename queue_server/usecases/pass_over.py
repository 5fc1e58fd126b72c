"""过号: the person did not come to the window."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import EventType, PassOver, TicketState, WindowDone
from queue_server.domain import ticket, views, window
from queue_server.usecases.floor import current_ticket, leave, tell, window_of
from queue_server.usecases.permission import check_at_window
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Work


def pass_over(work: Work, command: PassOver, actor: Actor, now: datetime) -> WindowDone:
    """May come back today, unless it came back before: then it is void.

    Raises ``NO_CURRENT_TICKET``, ``WRONG_STATE``.
    """
    state = window_of(work, command.window)
    check_at_window(actor, state)
    hall = work.hall
    passed = ticket.pass_over(current_ticket(work, state), command.reason, now, hall.rules.reactivations)
    work.save_ticket(passed)
    state = window.counted(leave(work, state, now), False, hall.supervision.passes_of)
    event = EventType.TICKET_VOIDED if passed.state is TicketState.VOID else EventType.TICKET_PASSED
    view = tell(work, event, state, passed, now, reason=command.reason)
    return WindowDone(window=view, ticket=views.ticket_view(passed))
