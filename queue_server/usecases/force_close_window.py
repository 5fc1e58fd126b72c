"""强制关窗: an admin closes a window that its officer left open, with whoever is in front of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from queue_server.contract.messages import (
    EventType,
    ForceCloseWindow,
    ForceReason,
    Outcome,
    RatingState,
    TicketState,
    WindowDone,
    WindowMode,
)
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import queue, ticket, views, window
from queue_server.domain.events import Happened
from queue_server.domain.ticket import Ticket
from queue_server.domain.window import WindowState
from queue_server.usecases.auditing import note
from queue_server.usecases.floor import queue_today, see_window, staffed_differently, tell, window_of
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def force_close_window(work: Work, command: ForceCloseWindow, actor: Actor, now: datetime, ids: Ids) -> WindowDone:
    """Closed in every condition; audited. Whom it called waits at the old place, as if the call had not been.

    A service under way is closed as at the end of the day, and says so: nobody knows how it ended. With items left the
    ticket goes on to the next of them. Whoever is on hold here stays so for the officer who opens the window next.
    Neither the length of this service nor the call count for anything. Raises ``NOT_FOUND``, ``REASON_REQUIRED``
    (``other`` without a text), ``WINDOW_NOT_OPEN`` (it is closed already).
    """
    state = window_of(work, command.window)
    if command.reason is ForceReason.OTHER and not command.text.strip():
        raise Refusal(Code.REASON_REQUIRED, "say why this window is closed by force")
    if state.mode is WindowMode.CLOSED and state.officer is None and state.ticket is None:
        raise Refusal(Code.WINDOW_NOT_OPEN, f"window {state.window} is closed", window=state.window)
    in_front = work.ticket(state.ticket) if state.ticket else None
    after = None
    if in_front is not None:
        state, after = _send_away(work, state, in_front, now)
    closed = window.close(state, now)
    view = see_window(work, closed)
    queues = staffed_differently(work, state, closed, now)
    data = {"window": view, "queues": queues, "reason": command.reason, "forced": True}
    work.append(Happened(EventType.WINDOW_CLOSED, data))
    note(work, actor, "force-close-window", state.window, now, ids, reason=command.reason, text=command.text)
    return WindowDone(window=view, ticket=None if after is None else views.ticket_view(after))


def _send_away(work: Work, state: WindowState, one: Ticket, now: datetime) -> tuple[WindowState, Ticket]:
    joined = []
    more: dict[str, Any] = {}
    if one.state is TicketState.CALLING:
        event, after = EventType.TICKET_CALL_WITHDRAWN, ticket.withdraw_call(one)
        more["call"] = views.withdrawn_call(work.hall, one, now)
        work.save_call(more["call"])
        joined = [queue.joined(queue_today(work, after.queue, now), after.rank)]
    else:
        _close_service(work, one, now)
        if ticket.has_more_stops(one) and one.stops[one.stop + 1].queue in work.hall.queue_by_id:
            event = EventType.TICKET_MOVED_ON
            after = ticket.move_on(one, now, keeps_time=work.hall.rules.next_item_keeps_time)
            joined = [queue.joined(queue_today(work, after.queue, now), after.rank, now)]
        else:
            event, after = EventType.TICKET_FINISHED, ticket.close_forgotten(one, now, ticket.FORCED_NOTE)
    work.save_ticket(after)
    state = window.released(state, now)
    tell(work, event, state, after, now, queues=joined, service=one.service, outcome=after.outcome, **more)
    return state, after


def _close_service(work: Work, one: Ticket, now: datetime) -> None:
    """The person was not asked at the window, but may still rate with the code on the paper."""
    service = work.service(one.service or "")
    if service is not None:
        closed = replace(service, finished_at=now, outcome=Outcome.OTHER, rating=RatingState.TIMED_OUT)
        work.save_service(closed)
