"""A window begins to serve, and an officer occupies it."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import EventType, OpenWindow, Role, WindowDone
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import window
from queue_server.domain.events import Happened
from queue_server.domain.window import WindowState
from queue_server.usecases.floor import see_window, staffed_differently, window_of
from queue_server.usecases.permission import check_at_window
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Work


def open_window(work: Work, command: OpenWindow, actor: Actor, now: datetime) -> WindowDone:
    """One officer, one window. Opening an open window again changes nothing.

    Raises ``FORBIDDEN`` (not one of his windows, or reception staff), ``WINDOW_TAKEN`` (by somebody else, or he sits
    elsewhere).
    """
    state = window_of(work, command.window)
    officer = _occupant(work, actor, state)
    opened = window.open_(state, officer, now)
    if opened == state:
        return WindowDone(window=see_window(work, state))
    view = see_window(work, opened)
    queues = staffed_differently(work, state, opened, now)
    work.append(Happened(EventType.WINDOW_OPENED, {"window": view, "queues": queues, "reason": command.reason}))
    return WindowDone(window=view)


def _occupant(work: Work, actor: Actor, state: WindowState) -> str | None:
    if actor.role is not Role.OFFICER:
        check_at_window(actor, state)
        return None
    officer = work.hall.officer_by_id.get(actor.name)
    if officer is None or officer.reception or (officer.windows and state.window not in officer.windows):
        raise Refusal(Code.FORBIDDEN, f"{actor.name} does not work at window {state.window}", window=state.window)
    elsewhere = next((w for w in work.windows() if w.officer == officer.id and w.window != state.window), None)
    if elsewhere is not None:
        raise Refusal(Code.WINDOW_TAKEN, f"{officer.id} occupies window {elsewhere.window}", window=elsewhere.window)
    return officer.id
