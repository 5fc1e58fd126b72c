"""What the hall says of itself to terminals: the catalogue, who they are, what they asked an outside system."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.commands import DeviceCondition
from queue_server.contract.replies import (
    Message,
    QueueView,
    Text,
    WindowView,
)
from queue_server.contract.words import (
    Level,
    Role,
)


class TerminalReply(Message):
    server_time: datetime
    clock_off_seconds: float
    catalogue_version: str


class Enrolled(Message):
    name: str
    role: Role
    hall: str
    token: str


class Me(Message):
    """Who the server thinks is asking."""

    name: str
    role: Role
    hall: str
    hall_name: Text
    window: str | None = None


class ItemView(Message):
    """A service item (事项) as it is searched on the kiosk."""

    id: str
    name: Text
    queue: str
    department: Text
    initials: str = ""
    pinyin: str = ""
    hot: bool = False


class ZoneView(Message):
    id: str
    name: Text
    floor: Text


class ReasonView(Message):
    """``hide_on`` names channels (``kiosk`` …) at which the reason makes no sense; its code stays valid."""

    code: str
    text: Text
    hide_on: tuple[str, ...] = ()


class LevelView(Message):
    level: Level
    text: Text
    bad: bool
    reasons: tuple[ReasonView, ...] = ()


class Levels(Message):
    """``GET /levels``: the official words of rating, open to everybody (a phone has no token of the hall)."""

    levels: tuple[LevelView, ...]


class ScreenView(Message):
    """Which zones a call screen shows, and whether it is the one that speaks there."""

    id: str
    zones: tuple[str, ...] = ()
    speaks: bool = False


class SurfaceWindow(Message):
    id: str
    name: Text


class Surfaces(Message):
    """``GET /surfaces``: what anybody standing in the hall can read on its signs, for the index page."""

    hall_name: Text
    demo: bool = False
    screens: tuple[str, ...] = ()
    windows: tuple[SurfaceWindow, ...] = ()
    pads: tuple[str, ...] = ()
    kiosks: tuple[str, ...] = ()


class ProviderView(Message):
    """Whether an outside system answers now."""

    provider: str
    available: bool
    since: datetime | None = None


class Catalogue(Message):
    """All that a terminal keeps of the hall. ``person_key`` turns a document number into a token."""

    version: str
    hall: str
    name: Text
    notice: Text
    hours: Text
    time_zone: str
    zones: tuple[ZoneView, ...]
    queues: tuple[QueueView, ...]
    windows: tuple[WindowView, ...]
    items: tuple[ItemView, ...]
    levels: tuple[LevelView, ...]
    providers: tuple[ProviderView, ...] = ()
    person_key: str = ""
    public_url: str = ""
    demo: bool = False
    screens: tuple[ScreenView, ...] = ()
    undo_transfer_seconds: int = 0
    """For how long consoles offer to take a transfer back; 0: as long as nobody called the ticket."""


class TerminalView(Message):
    name: str
    role: Role
    last_seen: datetime | None = None
    clock_off_seconds: float = 0.0
    conditions: tuple[DeviceCondition, ...] = ()
    waiting_uploads: int = 0


class Answer(Message):
    """What an outside system said, already masked: rows of label key → text, to show and to print."""

    provider: str
    reference: str
    rows: tuple[dict[str, str], ...]
    demo: bool = False
