"""From an event to what is shown and said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from queue_server.contract.codec import plain
from queue_server.contract.messages import (
    CallView,
    Event,
    EventType,
    Text,
    TicketState,
    TicketView,
    WindowMode,
    WindowView,
)
from queue_server.relay.announcements import SignKey, announcement_of, sign_of, signs_of

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def ticket(state: TicketState) -> TicketView:
    return TicketView(id="T" * 32, number="A012", queue="A", state=state, issued_at=NOON, window="3")


def window(mode: WindowMode, current: TicketView | None = None) -> WindowView:
    return WindowView(id="3", name=Text(zh="3号窗口", en="Window 3"), zone="Z1", mode=mode, ticket=current)


def called(kind: EventType = EventType.TICKET_CALLED, **more: Any) -> Event:
    call = CallView(
        ticket="T" * 32,
        number="A012",
        window="3",
        window_name=Text(zh="3号窗口", en="Window 3"),
        zone="Z1",
        at=NOON,
        calls=1,
        valid_until=NOON + timedelta(seconds=20),
    )
    data = {"call": plain(call), "window": plain(window(WindowMode.OPEN, ticket(TicketState.CALLING))), **more}
    return Event(seq=7, type=kind.value, at=NOON, data=data)


def test_a_call_is_two_segments_number_and_window() -> None:
    announcement = announcement_of(called())
    assert announcement is not None
    assert [segment.key for segment in announcement.segments] == ["call.number", "call.window"]
    assert announcement.segments[0].params == {"number": "A012"}
    assert announcement.segments[1].params["zh"] == "3号窗口"
    assert (announcement.number, announcement.window, announcement.zone) == ("A012", "3", "Z1")


def test_a_recall_is_announced_like_a_call() -> None:
    assert announcement_of(called(EventType.TICKET_RECALLED)) is not None


@pytest.mark.parametrize("kind", [k for k in EventType if k not in {"ticket.called", "ticket.recalled"}])
def test_no_other_event_is_ever_spoken(kind: EventType) -> None:
    assert announcement_of(called(kind)) is None


def test_a_call_is_spoken_only_while_it_is_fresh() -> None:
    announcement = announcement_of(called())
    assert announcement is not None
    assert announcement.is_fresh(NOON + timedelta(seconds=20))
    assert not announcement.is_fresh(NOON + timedelta(seconds=21))


@pytest.mark.parametrize(
    ("view", "key"),
    [
        (window(WindowMode.CLOSED), SignKey.CLOSED),
        (window(WindowMode.PAUSED), SignKey.PAUSED),
        (window(WindowMode.OPEN), SignKey.WELCOME),
        (window(WindowMode.OPEN, ticket(TicketState.CALLING)), SignKey.CALL),
        (window(WindowMode.OPEN, ticket(TicketState.SERVING)), SignKey.SERVING),
        (window(WindowMode.PAUSED, ticket(TicketState.SERVING)), SignKey.SERVING),
    ],
)
def test_the_bar_above_a_window_says_what_happens_there(view: WindowView, key: SignKey) -> None:
    sign = sign_of(view)
    assert sign.key is key
    assert sign.blink is (key is SignKey.CALL)
    assert sign.params.get("number") == ("A012" if key in {SignKey.CALL, SignKey.SERVING} else None)


def test_an_event_changes_every_sign_that_it_carries() -> None:
    event = called(windows=[plain(window(WindowMode.PAUSED))])
    assert [sign.key for sign in signs_of(event)] == [SignKey.PAUSED, SignKey.CALL]
