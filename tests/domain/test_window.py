"""A window opens, takes people, and remembers what estimates and supervision ask of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from queue_server.contract.messages import PauseReason, WindowMode
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import window
from queue_server.domain.window import WindowState


def test_a_window_opens_pauses_and_closes(now: datetime) -> None:
    opened = window.open_(WindowState(window="1"), "officer1", now)
    assert (opened.mode, opened.officer) == (WindowMode.OPEN, "officer1")
    paused = window.pause(opened, PauseReason.LUNCH, now)
    assert (paused.mode, paused.pause_reason, paused.officer) == (WindowMode.PAUSED, PauseReason.LUNCH, "officer1")
    assert window.open_(paused, None, now).pause_reason is None
    assert window.close(paused, now) == WindowState(window="1", since=now)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda w, now: window.open_(replace(w, officer="a"), "b", now), Code.WINDOW_TAKEN),
        (lambda w, now: window.pause(w, PauseReason.OTHER, now), Code.WINDOW_NOT_OPEN),
        (
            lambda w, now: window.pause(replace(w, mode=WindowMode.OPEN, ticket="t"), PauseReason.OTHER, now),
            Code.WINDOW_BUSY,
        ),
        (lambda w, now: window.close(replace(w, mode=WindowMode.OPEN, ticket="t"), now), Code.WINDOW_BUSY),
        (lambda w, _: window.must_be_open(w), Code.WINDOW_NOT_OPEN),
    ],
)
def test_a_window_refuses_what_does_not_fit(act: object, code: Code, now: datetime) -> None:
    with pytest.raises(Refusal) as refused:
        act(WindowState(window="1"), now)  # type: ignore[operator]  # one of the functions above
    assert refused.value.code is code


def test_a_window_knows_since_when_it_is_as_it_is(now: datetime) -> None:
    minute = timedelta(minutes=1)
    state = window.open_(WindowState(window="1"), None, now)
    assert window.open_(state, "officer1", now + minute).since == now
    state = window.took(state, "t1", "A", now + minute)
    assert (state.since, state.serving_queue) == (now + minute, "A")
    state = window.took(state, "t1", "A", now + 2 * minute, "s1")
    assert (state.since, state.service) == (now + minute, "s1")
    state = window.released(state, now + 5 * minute)
    assert (state.since, state.serving_queue, state.ticket) == (now + 5 * minute, None, None)
    state = window.pause(state, PauseReason.LUNCH, now + 6 * minute)
    assert window.pause(state, PauseReason.OTHER, now + 7 * minute).since == now + 6 * minute
    assert window.close(state, now + 8 * minute).since == now + 8 * minute


def test_a_window_remembers_its_last_calls_and_forgets_them_when_it_closes(now: datetime) -> None:
    state = WindowState(window="1", mode=WindowMode.OPEN, last_transfer="t1")
    for came in (True, False, False, True):
        state = window.counted(state, came, 3)
    assert state.recent == "pp."
    closed = window.close(state, now)
    assert (closed.recent, closed.last_transfer) == ("", None)
