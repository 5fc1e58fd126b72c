"""What the officer's call keypad can do, whatever its maker."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from drivers.device import Device


class KeypadKey(StrEnum):
    """What a key means; the number on the bus is the codec's business."""

    CALL_NEXT = "call-next"
    RECALL = "recall"
    START = "start"
    PASS = "pass"  # noqa: S105  # because it is a key that passes a ticket over
    FINISH = "finish"
    PAUSE = "pause"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class KeyPress:
    """One press. ``sequence`` grows with every press, so that a press counts exactly once."""

    key: KeypadKey
    sequence: int
    age: float


class Keypad(Device, Protocol):
    def poll(self) -> KeyPress | None:
        """The oldest press that was not acknowledged yet, or None. Raises SILENT, UNPLUGGED."""
        ...

    def acknowledge(self, press: KeyPress) -> None:
        """Says that the press was carried out; the device then forgets it."""
        ...
