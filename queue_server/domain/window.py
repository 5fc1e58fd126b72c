"""A window (窗口): closed, open or paused; who sits there and which ticket is in front."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec.structs import replace

from queue_server.contract.messages import PauseReason, RatingState, WindowMode
from queue_server.contract.refusals import Code, Refusal


class WindowState(msgspec.Struct, frozen=True, kw_only=True):
    """What a window does now. ``rated`` is the finished service that ``rating`` is about.

    ``since`` is when the present condition (closed, free, busy, paused) began, ``serving_queue`` the queue of the
    ticket in front. ``turns`` is how far its queues have come in their turns, ``last_transfer`` the ticket that
    ``UndoTransfer`` takes back. ``recent`` says of the last calls whether the person came (``.``) or not (``p``).
    """

    window: str
    mode: WindowMode = WindowMode.CLOSED
    pause_reason: PauseReason | None = None
    officer: str | None = None
    ticket: str | None = None
    service: str | None = None
    rated: str | None = None
    rating: RatingState = RatingState.NOT_YET
    rating_until: datetime | None = None
    since: datetime | None = None
    serving_queue: str | None = None
    turns: dict[str, int] = {}
    last_transfer: str | None = None
    recent: str = ""


def open_(state: WindowState, officer: str | None, now: datetime) -> WindowState:
    """Takes people again. A window that somebody else occupies is refused."""
    if officer is not None and state.officer is not None and state.officer != officer:
        raise Refusal(Code.WINDOW_TAKEN, f"window {state.window} is occupied", window=state.window)
    since = state.since if state.mode is WindowMode.OPEN else now
    return replace(state, mode=WindowMode.OPEN, pause_reason=None, officer=officer or state.officer, since=since)


def pause(state: WindowState, reason: PauseReason, now: datetime) -> WindowState:
    """暂停服务: nobody is called, the officer stays."""
    if state.mode is WindowMode.CLOSED:
        raise Refusal(Code.WINDOW_NOT_OPEN, f"window {state.window} is closed", window=state.window)
    must_be_free(state)
    since = state.since if state.mode is WindowMode.PAUSED else now
    return replace(state, mode=WindowMode.PAUSED, pause_reason=reason, since=since)


def close(state: WindowState, now: datetime) -> WindowState:
    """Closed, and free for another officer, who begins with nothing of the one before."""
    must_be_free(state)
    return replace(
        state, mode=WindowMode.CLOSED, pause_reason=None, officer=None, since=now, last_transfer=None, recent=""
    )


def must_be_open(state: WindowState) -> None:
    if state.mode is not WindowMode.OPEN:
        raise Refusal(
            Code.WINDOW_NOT_OPEN, f"window {state.window} is {state.mode.value}", window=state.window, mode=state.mode
        )


def must_be_free(state: WindowState) -> None:
    """Raises ``WINDOW_BUSY`` while a ticket is in front."""
    if state.ticket is not None:
        raise Refusal(Code.WINDOW_BUSY, f"window {state.window} has a ticket in front", window=state.window)


def took(state: WindowState, ticket: str, queue: str, now: datetime, service: str | None = None) -> WindowState:
    """A ticket of that queue is in front now; the time of its call stays when its service begins."""
    since = state.since if state.ticket == ticket else now
    return replace(state, ticket=ticket, service=service, serving_queue=queue, since=since)


def released(state: WindowState, now: datetime) -> WindowState:
    """Nobody is in front any more."""
    return replace(state, ticket=None, service=None, serving_queue=None, since=now)


def counted(state: WindowState, came: bool, most: int) -> WindowState:
    """Remembers of the last ``most`` calls whether the person came."""
    return replace(state, recent=(state.recent + ("." if came else "p"))[-most:])


def invited(state: WindowState, service: str, until: datetime) -> WindowState:
    """The pad asks the person who is leaving."""
    return replace(state, rated=service, rating=RatingState.INVITED, rating_until=until)


def rating_ended(state: WindowState, how: RatingState) -> WindowState:
    return replace(state, rating=how, rating_until=None)


def rating_forgotten(state: WindowState) -> WindowState:
    """The next person is being served: what the one before answered is not shown any more."""
    return replace(state, rated=None, rating=RatingState.NOT_YET, rating_until=None)
