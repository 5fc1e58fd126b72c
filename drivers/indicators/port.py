"""What switches lamps, locks and other outputs, whatever its maker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from drivers.device import Cancel, Device

TIMEOUT = 1.0


@dataclass(frozen=True, slots=True)
class IndicatorCapabilities:
    """``names`` are the outputs that the settings name, such as ``card-lamp``, ``call-lamp``, ``door``.

    ``reads_back``: ``states`` asks the device; without it nobody knows what it does. ``flashes``: ``flash`` works.
    """

    names: tuple[str, ...]
    reads_back: bool = True
    flashes: bool = True


class Indicators(Device, Protocol):
    """Named outputs. ``close`` leaves them as the settings say (``safe``); without power the wiring decides.

    ``timeout`` is for the whole command, in seconds. Every method raises CONFIGURATION for a name that does not exist,
    UNSUPPORTED for what the capabilities deny, SILENT, CHECKSUM, UNPLUGGED, ABSENT, CANCELLED. An error with
    ``uncertain`` says that the output may have been switched all the same; switching again does no harm.
    """

    @property
    def capabilities(self) -> IndicatorCapabilities: ...

    def set(self, name: str, on: bool, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> None:
        """Switches an output; it stays so. Ends its flashing."""
        ...

    def flash(self, name: str, period: float = 1.0, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> None:
        """Switches an output on and off for ever, half a ``period`` each, until ``set`` or ``close``."""
        ...

    def states(self, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> Mapping[str, bool]:
        """What the outputs do now, as the device says."""
        ...
