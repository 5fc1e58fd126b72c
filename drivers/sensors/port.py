"""What contacts and power supplies say: doors, cabinets, presence, mains and battery, whatever the maker.

A sensor that is silent is *unknown*. It is never closed, empty or well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from drivers.device import Action, Cancel, Condition, Device

TIMEOUT = 1.0


class SensorState(StrEnum):
    """``ACTIVE`` is what the sensor's name says: the door *is open*, somebody *is present*, the mains *are gone*."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"


DOOR, CABINET, PRESENCE, ON_BATTERY, BATTERY_LOW, REPLACE_BATTERY = (
    "door",
    "cabinet",
    "presence",
    "on-battery",
    "battery-low",
    "replace-battery",
)
"""Names that mean something; settings may give others, which are read and reported all the same."""

CONDITIONS = {
    DOOR: Condition("door.open", Action.STAFF),
    CABINET: Condition("cabinet.open", Action.STAFF),
    ON_BATTERY: Condition("power.battery", Action.WAIT),
    BATTERY_LOW: Condition("power.low", Action.WAIT, blocking=True),
    REPLACE_BATTERY: Condition("power.replace-battery", Action.ENGINEER),
}
"""What an active sensor means for the hall. ``power.low`` is blocking: no more numbers are given out."""


@dataclass(frozen=True, slots=True)
class Change:
    """A sensor says something else than before."""

    name: str
    before: SensorState
    now: SensorState


@dataclass(frozen=True, slots=True)
class SensorCapabilities:
    names: tuple[str, ...]
    debounce_seconds: float = 0.0
    """How long a contact has to stay in its new state before that counts."""


class Sensors(Device, Protocol):
    """Named inputs. ``probe`` reports the conditions of those that are active."""

    @property
    def capabilities(self) -> SensorCapabilities: ...

    def read(self, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> Mapping[str, SensorState]:
        """All states now. Raises SILENT, CHECKSUM, UNPLUGGED, ABSENT, CANCELLED; who catches it knows nothing."""
        ...

    def poll(self, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> tuple[Change, ...]:
        """What changed since the last poll, in the order of the names; the first one tells of everything.

        A device that cannot be read is no error here: all its sensors become unknown, which is told once.
        """
        ...
