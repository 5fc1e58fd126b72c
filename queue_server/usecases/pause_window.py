"""暂停服务: a break, with its reason on the window sign."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import EventType, PauseWindow, WindowDone
from queue_server.domain import window
from queue_server.domain.events import Happened
from queue_server.usecases.floor import see_window, staffed_differently, window_of
from queue_server.usecases.permission import check_at_window
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Work


def pause_window(work: Work, command: PauseWindow, actor: Actor, now: datetime) -> WindowDone:
    """Raises ``WINDOW_NOT_OPEN``, ``WINDOW_BUSY``."""
    state = window_of(work, command.window)
    check_at_window(actor, state)
    paused = window.pause(state, command.reason, now)
    view = see_window(work, paused)
    queues = staffed_differently(work, state, paused, now)
    work.append(Happened(EventType.WINDOW_PAUSED, {"window": view, "queues": queues, "reason": command.reason}))
    return WindowDone(window=view)
