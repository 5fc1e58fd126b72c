"""What a camera can do, whatever its maker."""

from __future__ import annotations

from typing import Protocol

from drivers.device import Device
from drivers.picture import FrameSource


class Camera(Device, FrameSource, Protocol):
    """Gives the newest frame; old ones are dropped, none is kept after ``stop``."""

    def start(self) -> None:
        """Begins to deliver. Raises ``DeviceError(ABSENT)``; only called after the citizen's consent."""
        ...

    def stop(self) -> None:
        """Ends delivering and overwrites what is buffered."""
        ...
