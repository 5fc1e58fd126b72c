"""A window stops to serve and is free for another officer."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import CloseWindow, EventType, WindowDone, WindowMode
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import window
from queue_server.domain.events import Happened
from queue_server.usecases.floor import see_window, staffed_differently, window_of
from queue_server.usecases.permission import check_at_window
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Work


def close_window(work: Work, command: CloseWindow, actor: Actor, now: datetime) -> WindowDone:
    """Raises ``WINDOW_BUSY`` while somebody is in front or on hold here. A closed window stays closed."""
    state = window_of(work, command.window)
    if state.mode is WindowMode.CLOSED and state.officer is None:
        return WindowDone(window=see_window(work, state))
    check_at_window(actor, state)
    closed = window.close(state, now)
    held = work.held_at(state.window)
    if held:
        raise Refusal(Code.WINDOW_BUSY, f"window {state.window} still holds {held[0].number}", held=len(held))
    view = see_window(work, closed)
    queues = staffed_differently(work, state, closed, now)
    work.append(Happened(EventType.WINDOW_CLOSED, {"window": view, "queues": queues, "reason": command.reason}))
    return WindowDone(window=view)
