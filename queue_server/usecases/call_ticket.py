"""An officer calls a ticket out of order; the reason is kept."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import Because, Called, CallReason, CallTicket, Why
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import window
from queue_server.domain.ticket import STANDINGS, Ticket
from queue_server.domain.window import WindowState
from queue_server.usecases.auditing import note
from queue_server.usecases.floor import call_to, finish_current, queue_today, window_of
from queue_server.usecases.permission import check_at_window
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def call_ticket(work: Work, command: CallTicket, actor: Actor, now: datetime, ids: Ids) -> Called:
    """One that waits for this window's queues or was sent to it, before its turn; audited.

    Raises ``NOT_FOUND``, ``BAD_REQUEST`` (a queue that this window does not serve), ``REASON_REQUIRED`` (``other``
    without a text), ``WINDOW_NOT_OPEN``, ``WINDOW_BUSY``, ``WRONG_STATE``.
    """
    state = window_of(work, command.window)
    check_at_window(actor, state)
    window.must_be_open(state)
    if command.reason is CallReason.OTHER and not command.text.strip():
        raise Refusal(Code.REASON_REQUIRED, "say why this ticket is called before its turn")
    if state.ticket is not None and command.finish_current is not None:
        state = finish_current(work, state, command.finish_current, now, ids).state
    window.must_be_free(state)
    wanted = _wanted(work, command.ticket, state)
    because = Because(
        code=Why.OUT_OF_ORDER,
        waited_seconds=max(0, int((now - wanted.since).total_seconds())),
        standing=STANDINGS[wanted.rank],
    )
    called = call_to(work, state, wanted, queue_today(work, wanted.queue, now), because, now)
    note(work, actor, "call-out-of-order", wanted.id, now, ids, reason=command.reason, text=command.text)
    return called


def _wanted(work: Work, ticket_id: str, state: WindowState) -> Ticket:
    found = work.ticket(ticket_id)
    if found is None:
        raise Refusal(Code.NOT_FOUND, "there is no such ticket")
    if found.to_window != state.window and found.queue not in work.hall.window_by_id[state.window].queues:
        raise Refusal(Code.BAD_REQUEST, f"window {state.window} does not serve queue {found.queue}", queue=found.queue)
    return found
