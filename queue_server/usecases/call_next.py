"""叫号: a window calls whoever is next."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import Called, CallNext, EventType
from queue_server.domain import queue, ticket, views, window
from queue_server.usecases.floor import finish_current, publish_queue, tell, window_of
from queue_server.usecases.permission import check_at_window
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work, all_heads


def call_next(work: Work, command: CallNext, actor: Actor, now: datetime, ids: Ids) -> Called:
    """The next ticket, and why this one; null when nobody waits.

    Raises ``WINDOW_NOT_OPEN``, ``WINDOW_BUSY`` (somebody is in front and ``finish_current`` does not say how it ended).
    """
    state = window_of(work, command.window)
    check_at_window(actor, state)
    window.must_be_open(state)
    view = None
    if state.ticket is not None and command.finish_current is not None:
        view, state, _ = finish_current(work, state, command.finish_current, now, ids)
    window.must_be_free(state)
    rule = work.hall.window_by_id[state.window]
    choice = queue.next_for(rule, all_heads(work, rule.id, rule.queues), now)
    if choice is None:
        return Called(ticket=None, window=view)
    called = ticket.call(choice.ticket, rule.id, choice.why, now)
    work.save_ticket(called)
    shown = publish_queue(work, queue.left(work.queue(called.queue), called.rank), now)
    call = views.call_view(work.hall, called, now)
    work.save_call(call)
    view = tell(
        work,
        EventType.TICKET_CALLED,
        window.took(state, called.id),
        called,
        queues=[shown],
        call=call,
        waitedSeconds=choice.waited_seconds,
    )
    return Called(ticket=views.ticket_view(called), window=view)
