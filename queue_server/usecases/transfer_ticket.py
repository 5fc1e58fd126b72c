"""转移: the person goes on to another queue or window under the same number."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from queue_server.contract.messages import EventType, Position, TransferTicket, WindowDone
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import queue, transfer, views
from queue_server.domain.queue import QueueState
from queue_server.domain.ticket import JUST_AFTER, ORDINARY_RANK
from queue_server.usecases.floor import current_ticket, leave, queue_today, tell, window_of
from queue_server.usecases.permission import check_at_window
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Work


def transfer_ticket(work: Work, command: TransferTicket, actor: Actor, now: datetime) -> WindowDone:
    """Waits again: at its old place by time, in the middle, or last. A service under way ends without an outcome.

    Raises ``BAD_REQUEST`` (not exactly one aim, or the same window), ``NOT_FOUND``, ``NO_CURRENT_TICKET``,
    ``WRONG_STATE``.
    """
    state = window_of(work, command.window)
    check_at_window(actor, state)
    _check_aim(work, command)
    before = current_ticket(work, state)
    freed = leave(work, state, now)
    line = queue_today(work, command.queue or before.queue, now)
    middle = _middle(work, command, line) if command.position is Position.MIDDLE else None
    moved = transfer.transfer(before, now, command.position, command.queue, command.to_window, middle)
    work.save_ticket(moved)
    if before.service is not None:
        service = work.service(before.service)
        if service is not None:
            work.save_service(replace(service, finished_at=now))
    view = tell(
        work,
        EventType.TICKET_TRANSFERRED,
        replace(freed, last_transfer=moved.id),
        moved,
        now,
        queues=[queue.joined(line, moved.rank, now)],
        fromWindow=state.window,
        fromQueue=before.queue,
    )
    return WindowDone(window=view, ticket=views.ticket_view(moved))


def _middle(work: Work, command: TransferTicket, line: QueueState) -> datetime | None:
    """The time just before the ticket that would be the first of the second half; None when nobody waits there."""
    if command.to_window is not None:
        times = sorted(ticket.since for ticket in work.sent_to(command.to_window))
        place = (len(times) + 1) // 2
        since = times[place] if place < len(times) else None
    else:
        others = line.first + line.returned + line.transferred + line.appointments
        # Whoever was sent to one window is counted with the queue, but does not stand in its line.
        sent = [ticket for window in work.hall.windows for ticket in work.sent_to(window.id)]
        away = sum(ticket.queue == line.queue and ticket.rank == ORDINARY_RANK for ticket in sent)
        since = work.since_of_place(line.queue, (line.waiting - others - away + 1) // 2)
    return None if since is None else since - JUST_AFTER


def _check_aim(work: Work, command: TransferTicket) -> None:
    if (command.queue is None) == (command.to_window is None):
        raise Refusal(Code.BAD_REQUEST, "a transfer names either a queue or a window")
    if command.queue is not None and command.queue not in work.hall.queue_by_id:
        raise Refusal(Code.NOT_FOUND, f"there is no queue {command.queue!r}", queue=command.queue)
    if command.to_window is not None:
        if command.to_window not in work.hall.window_by_id:
            raise Refusal(Code.NOT_FOUND, f"there is no window {command.to_window!r}", window=command.to_window)
        if command.to_window == command.window:
            raise Refusal(Code.BAD_REQUEST, "the ticket is at this window already", window=command.window)
