"""叫号: a window calls whoever is next."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from queue_server.contract.messages import Called, CallNext
from queue_server.domain import window
from queue_server.domain.next import Waiting, next_for
from queue_server.usecases.floor import call_to, finish_current, queue_today, window_of
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
        view, state, _, _ = finish_current(work, state, command.finish_current, now, ids)
    window.must_be_free(state)
    rule = work.hall.window_by_id[state.window]
    heads = tuple(all_heads(work, rule.id, rule.queues))
    queues = {queue: queue_today(work, queue, now) for queue in {head.queue for head in heads}}
    choice = next_for(rule, Waiting(heads, queues, state.turns), work.hall.rules, now)
    if choice is None:
        return Called(ticket=None, window=view)
    queue = replace(queues[choice.ticket.queue], turns=choice.queue_turns)
    return call_to(work, replace(state, turns=choice.window_turns), choice.ticket, queue, choice.because, now)
