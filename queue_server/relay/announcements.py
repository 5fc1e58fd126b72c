"""From an event to what the hall shows and says. Pure: no clock, no text, no device.

Texts are keys with parameters; whoever shows or speaks them looks the words up
(``ui/i18n/*/voice.json`` for what is said and for the short words of a window's bar).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from queue_server.contract.codec import convert
from queue_server.contract.messages import CallView, EventType, Text, TicketState, WindowMode, WindowView
from queue_server.usecases.ports import News


@dataclass(frozen=True)
class Segment:
    """One piece of speech that is made ahead of need and cached: a text key and its parameters."""

    key: str
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Announcement:
    """One call for the whole hall: shown large on the screens of its zone and, while it is fresh, spoken.

    ``spoken`` says that the event is of a kind that is spoken; whether it still may be is
    :meth:`is_fresh`, because a receiver that reconnects must never shout old numbers.
    """

    seq: int
    key: str
    params: dict[str, str]
    number: str
    window: str
    window_name: Text
    zone: str
    calls: int
    at: datetime
    valid_until: datetime
    spoken: bool
    segments: tuple[Segment, ...]

    def is_fresh(self, now: datetime) -> bool:
        """True while the call may be spoken."""
        return self.spoken and now <= self.valid_until


class SignKey(StrEnum):
    """What the bar above a window can say (translation keys)."""

    CALL = "sign.call"
    SERVING = "sign.serving"
    WELCOME = "sign.welcome"
    PAUSED = "sign.paused"
    CLOSED = "sign.closed"


@dataclass(frozen=True)
class WindowSign:
    """What stands above one window after an event; ``blink`` while somebody is called."""

    window: str
    key: SignKey
    params: dict[str, str]
    blink: bool = False


_SPOKEN = frozenset({EventType.TICKET_CALLED.value, EventType.TICKET_RECALLED.value})


def announcement_of(event: News) -> Announcement | None:
    """The call that an event makes, or None. Two segments: number and window (joined by a short pause)."""
    if event.type not in _SPOKEN or "call" not in event.data:
        return None
    call = convert(event.data["call"], CallView)
    params = {"number": call.number, "window": call.window}
    return Announcement(
        seq=event.seq,
        key="call.please",
        params=params,
        number=call.number,
        window=call.window,
        window_name=call.window_name,
        zone=call.zone,
        calls=call.calls,
        at=call.at,
        valid_until=call.valid_until,
        spoken=True,
        segments=(
            Segment("call.number", {"number": call.number}),
            Segment("call.window", {"window": call.window, "zh": call.window_name.zh, "en": call.window_name.en}),
        ),
    )


def sign_of(window: WindowView) -> WindowSign:
    """What stands above a window in this state."""
    if window.mode is WindowMode.CLOSED:
        return WindowSign(window.id, SignKey.CLOSED, {})
    ticket = window.ticket
    if ticket is not None and ticket.state is TicketState.CALLING:
        return WindowSign(window.id, SignKey.CALL, {"number": ticket.number, "window": window.id}, blink=True)
    if ticket is not None and ticket.state is TicketState.SERVING:
        return WindowSign(window.id, SignKey.SERVING, {"number": ticket.number, "window": window.id})
    if window.mode is WindowMode.PAUSED:
        return WindowSign(window.id, SignKey.PAUSED, {})
    return WindowSign(window.id, SignKey.WELCOME, {})


def signs_of(event: News) -> tuple[WindowSign, ...]:
    """The signs of all windows that an event carries."""
    rows: list[Any] = [*event.data.get("windows", ())]
    if "window" in event.data:
        rows.append(event.data["window"])
    return tuple(sign_of(convert(row, WindowView)) for row in rows)
