"""What a loudspeaker of a zone can do, whatever drives it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from drivers.device import Action, Cancel, Condition, Device, Fault

PLAY_SECONDS = 60.0
TROUBLES = {
    Fault.ABSENT: Condition("sound.absent", Action.ENGINEER, blocking=True),
    Fault.UNPLUGGED: Condition("sound.absent", Action.ENGINEER, blocking=True),
    Fault.BUSY: Condition("sound.busy", Action.WAIT),
    Fault.SILENT: Condition("sound.hanging", Action.ENGINEER, blocking=True),
    Fault.CONFIGURATION: Condition("sound.settings", Action.CONFIGURE, blocking=True),
}
"""What a fault of a loudspeaker means for whoever looks after it."""


@dataclass(frozen=True, slots=True)
class SpeakerCapabilities:
    """``audible``: somebody hears it. ``real_time``: a sound takes as long as it is. ``volume``: it can be quieter."""

    audible: bool
    real_time: bool
    volume: bool


class Speaker(Device, Protocol):
    """Plays one sound after the other, never two at once, in the order in which they were asked for."""

    @property
    def capabilities(self) -> SpeakerCapabilities: ...

    def play(
        self,
        wav: bytes,
        timeout: float = PLAY_SECONDS,
        cancel: Cancel | None = None,
        *,
        volume: int | None = None,
        valid_until: datetime | None = None,
    ) -> None:
        """Plays 16-bit PCM WAV to its end, within ``timeout`` seconds including the wait for other sounds.

        ``volume`` in percent of the full swing; None: as the settings say for this hour. A sound that cannot be whole
        in its time is not begun (BUSY), and one whose turn comes after ``valid_until`` is dropped (CANCELLED): nothing
        is ever said late. Raises BAD_DATA, ABSENT, UNPLUGGED, BUSY, SILENT (the player hangs), CANCELLED, UNSUPPORTED.
        """
        ...
