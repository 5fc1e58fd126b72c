"""Pictures on their way from a camera to whoever looks at them; never to a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from drivers.device import Cancel

if TYPE_CHECKING:  # numpy costs a kiosk 80 ms at start; it is needed only once a camera runs
    import numpy as np
    import numpy.typing as npt

    Picture = npt.NDArray[np.uint8]
    """Height × width × 3, blue-green-red, as OpenCV has it."""


@dataclass(frozen=True, slots=True, repr=False)
class Frame:
    """One picture; ``number`` counts up, ``taken_at`` is ``time.monotonic()`` in seconds."""

    picture: Picture
    number: int
    taken_at: float

    def __repr__(self) -> str:
        return f"Frame(number={self.number})"

    def wipe(self) -> None:
        """Overwrites the picture in memory."""
        self.picture.fill(0)


class FrameSource(Protocol):
    """Something that gives the newest frame."""

    def frame(self, timeout: float, cancel: Cancel | None = None) -> Frame:
        """The next frame that was not given out yet. Raises NO_PICTURE, UNPLUGGED, CANCELLED."""
        ...
