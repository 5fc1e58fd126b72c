"""What a camera can do, whatever its maker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from drivers.device import Cancel, Device, HoldsVisitData
from drivers.picture import FrameSource


@dataclass(frozen=True, slots=True)
class CameraCapabilities:
    """What is true of this camera as it is set up."""

    width: int = 0
    """Pixels that are asked for; a camera may give other ones. 0: as the files have it."""
    height: int = 0
    real: bool = True
    """What it shows is before the kiosk now; False for files."""


class Camera(Device, FrameSource, HoldsVisitData, Protocol):
    """Gives the newest frame; old ones are dropped, none is kept after ``stop``."""

    @property
    def capabilities(self) -> CameraCapabilities: ...

    def start(self, timeout: float = 4.0, cancel: Cancel | None = None) -> None:
        """Begins to deliver and waits for the first picture; only called after the citizen's consent.

        Raises ``DeviceError``: ABSENT, NO_PICTURE, UNPLUGGED, BAD_DATA, CANCELLED. Nothing runs then.
        """
        ...

    def stop(self) -> None:
        """Ends delivering and overwrites what is buffered. A ``frame`` that is waited for ends with CANCELLED."""
        ...
