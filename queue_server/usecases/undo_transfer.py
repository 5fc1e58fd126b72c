"""The last transfer from a window is taken back."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from queue_server.contract.messages import EventType, TicketState, UndoTransfer, WindowDone
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import queue, transfer, views, window
from queue_server.domain.ticket import Ticket
from queue_server.domain.window import WindowState
from queue_server.usecases.auditing import note
from queue_server.usecases.floor import end_invitation, queue_today, tell, window_of
from queue_server.usecases.permission import check_at_window
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def undo_transfer(work: Work, command: UndoTransfer, actor: Actor, now: datetime, ids: Ids) -> WindowDone:
    """The ticket is in front of the window again as it was, and its service goes on; audited.

    Raises ``WINDOW_NOT_OPEN``, ``WINDOW_BUSY``, ``NOTHING_TO_UNDO`` (no transfer, too long ago, or called since).
    """
    state = window_of(work, command.window)
    check_at_window(actor, state)
    window.must_be_open(state)
    window.must_be_free(state)
    moved = work.ticket(state.last_transfer) if state.last_transfer else None
    if moved is None:
        raise Refusal(Code.NOTHING_TO_UNDO, f"nothing was transferred from window {state.window}")
    back = transfer.undo(moved, state.window, now, work.hall.rules.undo_transfer_seconds)
    work.save_ticket(back)
    left = queue.left(queue_today(work, moved.queue, now), moved.rank)
    if back.state is TicketState.SERVING:
        state = _goes_on(work, state, back)
    view = tell(
        work,
        EventType.TICKET_TRANSFER_UNDONE,
        replace(window.took(state, back.id, back.queue, now, back.service), last_transfer=None),
        back,
        now,
        queues=[left],
        service=back.service,
    )
    note(work, actor, "undo-transfer", back.id, now, ids)
    return WindowDone(window=view, ticket=views.ticket_view(back), service=back.service)


def _goes_on(work: Work, state: WindowState, back: Ticket) -> WindowState:
    """The service was not at its end after all, and whoever left meanwhile can no longer answer the pad."""
    service = work.service(back.service or "")
    if service is not None:
        work.save_service(replace(service, finished_at=None))
    return window.rating_forgotten(end_invitation(work, state))
