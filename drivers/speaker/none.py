"""No speaker: a hall whose call screens speak by themselves says so with this model."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.device import Cancel, DeviceState, Status
from drivers.loading import DeviceUrl, SharedPorts


class NoSpeaker:
    """Takes every sound and plays none; honest about it: its state is ``disabled``."""

    def open(self) -> None:
        """There is nothing to open."""

    def close(self) -> None:
        """There is nothing to close."""

    def probe(self) -> Status:
        return Status(DeviceState.DISABLED)

    def play(self, wav: bytes, cancel: Cancel | None = None) -> None:
        del wav
        if cancel is not None:
            cancel.check()


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> NoSpeaker:
    """From any URL, for example ``none:``."""
    del url, options, shared
    return NoSpeaker()
