"""What the officer's call keypad can do, whatever its maker."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from drivers.device import Cancel, Device

TIMEOUT = 1.0
"""Seconds that a command may take, all in all."""


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


@dataclass(frozen=True, slots=True)
class KeypadCapabilities:
    """``exactly_once``: a press is neither lost nor doubled, whatever the line loses, until the keypad loses power.

    A keypad that says a press once and forgets it cannot promise that.
    """

    exactly_once: bool
    keys: frozenset[KeypadKey] = frozenset(KeypadKey)


class Keypad(Device, Protocol):
    """``timeout`` is for the whole command, in seconds. Commands raise ABSENT while it is not open, CANCELLED."""

    @property
    def capabilities(self) -> KeypadCapabilities: ...

    def poll(self, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> KeyPress | None:
        """The oldest press that was not acknowledged yet, or None. Raises SILENT, CHECKSUM, UNPLUGGED, BUSY."""
        ...

    def acknowledge(self, press: KeyPress, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> None:
        """Says that the press was carried out; the device then forgets it."""
        ...
