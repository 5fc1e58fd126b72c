"""What a rating box at a window can do, whatever its maker."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from drivers.device import Device


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


class RatingDevice(Device, Protocol):
    def invite(self, session: int) -> None:
        """Asks the citizen to rate; ``session`` is 1..65535 and stands for one service."""
        ...

    def withdraw(self) -> None:
        """Ends the invitation; presses after this are not taken."""
        ...

    def poll(self) -> RatingPress | None:
        """The press of the running invitation that was not acknowledged yet, or None. Raises SILENT, UNPLUGGED."""
        ...

    def acknowledge(self, press: RatingPress) -> None: ...
