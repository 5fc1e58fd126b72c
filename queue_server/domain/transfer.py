"""A ticket goes on to another queue or window (转移), and the way back."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from queue_server.contract.messages import Position, TicketState
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain.ticket import (
    JUST_AFTER,
    TRANSFERRED_RANK,
    BeforeTransfer,
    Ticket,
    back_in_line,
    must_be,
    rank_of,
)


def transfer(
    ticket: Ticket,
    now: datetime,
    position: Position,
    queue: str | None = None,
    window: str | None = None,
    middle: datetime | None = None,
) -> Ticket:
    """转移 to a queue or to a window: waits again under the same number.

    At its old place it is in the class of transferred people; in the ``middle`` (the time of that place; None: nobody
    waits there) and last it is in its own. Priority people keep theirs everywhere.
    """
    must_be(ticket, "transfer", TicketState.CALLING, TicketState.SERVING)
    own = rank_of(ticket.priority)
    last = now + JUST_AFTER
    if position is Position.ORIGINAL:
        rank, since = min(own, TRANSFERRED_RANK), min(ticket.since, now)
    elif position is Position.MIDDLE:
        rank, since = own, min(middle or last, last)
    else:
        rank, since = own, last
    return replace(
        back_in_line(ticket),
        queue=queue or ticket.queue,
        to_window=window,
        rank=rank,
        since=since,
        before_transfer=BeforeTransfer(
            window=ticket.window or "",
            at=now,
            state=ticket.state,
            queue=ticket.queue,
            since=ticket.since,
            rank=ticket.rank,
            called_at=ticket.called_at,
            last_called_at=ticket.last_called_at,
            started_at=ticket.started_at,
            service=ticket.service,
            calls=ticket.calls,
            why=ticket.why,
        ),
    )


def undo(ticket: Ticket, window: str, now: datetime, within_seconds: int) -> Ticket:
    """As it was before its last transfer, if that was from this window, not long ago, and nobody called it since.

    ``within_seconds`` 0: however long ago. Raises ``NOTHING_TO_UNDO``.
    """
    before = ticket.before_transfer
    if ticket.state is not TicketState.WAITING or before is None or before.window != window:
        raise Refusal(Code.NOTHING_TO_UNDO, f"{ticket.number} does not wait after a transfer from window {window}")
    if within_seconds and now - before.at > timedelta(seconds=within_seconds):
        raise Refusal(Code.NOTHING_TO_UNDO, f"a transfer is undone within {within_seconds} s", seconds=within_seconds)
    return replace(
        ticket,
        state=before.state,
        queue=before.queue,
        window=before.window,
        to_window=None,
        rank=before.rank,
        since=before.since,
        called_at=before.called_at,
        last_called_at=before.last_called_at,
        started_at=before.started_at,
        service=before.service,
        calls=before.calls,
        why=before.why,
        before_transfer=None,
    )
