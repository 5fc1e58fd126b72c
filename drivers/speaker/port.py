"""What a loudspeaker of a zone can do, whatever drives it."""

from __future__ import annotations

from typing import Protocol

from drivers.device import Cancel, Device


class Speaker(Device, Protocol):
    """Plays one sound after the other, never two at once."""

    def play(self, wav: bytes, cancel: Cancel | None = None) -> None:
        """Plays 16-bit PCM WAV to its end. Raises UNPLUGGED, ABSENT, BAD_DATA, CANCELLED."""
        ...
