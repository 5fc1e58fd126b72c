"""过号受理: the person of a passed ticket stands at a window and is served at once."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import EventType, ServePassed, Why, WindowDone
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import ticket, views, window
from queue_server.usecases.floor import begin_service, check_today, tell, window_of
from queue_server.usecases.issuing import check_not_there_already
from queue_server.usecases.permission import check_at_window
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def serve_passed(work: Work, command: ServePassed, actor: Actor, now: datetime, ids: Ids) -> WindowDone:
    """At a window of its queue, or at the one that called it. It counts as coming back.

    Raises ``WINDOW_NOT_OPEN``, ``WINDOW_BUSY``, ``NOT_FOUND``, ``BAD_REQUEST`` (another window's ticket), ``TOO_LATE``
    (not of today), ``WRONG_STATE``, ``REACTIVATION_LIMIT``, ``ALREADY_WAITING`` (took another number meanwhile).
    """
    state = window_of(work, command.window)
    check_at_window(actor, state)
    window.must_be_open(state)
    window.must_be_free(state)
    found = work.ticket(command.ticket)
    if found is None:
        raise Refusal(Code.NOT_FOUND, "there is no such ticket")
    if found.window != state.window and found.queue not in work.hall.window_by_id[state.window].queues:
        raise Refusal(Code.BAD_REQUEST, f"window {state.window} does not serve queue {found.queue}", queue=found.queue)
    check_today(work, found, now)
    here = ticket.come_back(found, state.window, Why.PASSED_BEFORE, now, work.hall.rules.reactivations)
    check_not_there_already(work, found.person, found.queue, found.business_day)
    state, served = begin_service(work, state, here, now, now, ids)
    work.save_ticket(served)
    view = tell(work, EventType.TICKET_STARTED, state, served, now, service=served.service)
    return WindowDone(window=view, ticket=views.ticket_view(served), service=served.service)
