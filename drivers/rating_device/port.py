"""What a rating box at a window can do, whatever its maker."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from drivers.device import Cancel, Device

TIMEOUT = 1.0
"""Seconds that a command may take, all in all."""


class RatingKey(StrEnum):
    """The five official levels; how a device numbers them is the codec's business and is tested by a table."""

    VERY_SATISFIED = "very-satisfied"
    SATISFIED = "satisfied"
    BASICALLY_SATISFIED = "basically-satisfied"
    DISSATISFIED = "dissatisfied"
    VERY_DISSATISFIED = "very-dissatisfied"


@dataclass(frozen=True, slots=True)
class RatingPress:
    """One press by a citizen; ``sequence`` makes it count exactly once."""

    level: RatingKey
    sequence: int
    session: int
    age: float


@dataclass(frozen=True, slots=True)
class RatingCapabilities:
    """``exactly_once``: a press is neither lost nor doubled, whatever the line loses, until the box loses power.

    ``invites``: the box is told when to take presses; of one that is not, presses outside an invitation are dropped.
    """

    exactly_once: bool
    invites: bool = True
    levels: frozenset[RatingKey] = frozenset(RatingKey)


class RatingDevice(Device, Protocol):
    """``timeout`` is for the whole command, in seconds. Commands raise ABSENT while it is not open, CANCELLED."""

    @property
    def capabilities(self) -> RatingCapabilities: ...

    def invite(self, session: int, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> None:
        """Asks the citizen to rate; ``session`` is 1..65535 and stands for one service."""
        ...

    def withdraw(self, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> None:
        """Ends the invitation; presses after this are not taken."""
        ...

    def poll(self, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> RatingPress | None:
        """The oldest press that was not acknowledged yet, with its session, or None. Raises SILENT, UNPLUGGED."""
        ...

    def acknowledge(self, press: RatingPress, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> None:
        """Says that the press was carried out; the device then forgets it."""
        ...
