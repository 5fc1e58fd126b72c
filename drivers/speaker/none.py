"""No speaker: a hall whose call screens speak by themselves says so with this model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from drivers.device import Cancel, DeviceState, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.speaker.port import PLAY_SECONDS, SpeakerCapabilities


class NoSpeaker:
    """Takes every sound and plays none; honest about it: its state is ``disabled``, and nobody hears it."""

    @property
    def capabilities(self) -> SpeakerCapabilities:
        return SpeakerCapabilities(audible=False, real_time=False, volume=False)

    def open(self) -> None:
        """There is nothing to open."""

    def close(self) -> None:
        """There is nothing to close."""

    def probe(self) -> Status:
        return Status(DeviceState.DISABLED)

    def play(
        self,
        wav: bytes,
        timeout: float = PLAY_SECONDS,
        cancel: Cancel | None = None,
        *,
        volume: int | None = None,
        valid_until: datetime | None = None,
    ) -> None:
        del wav, timeout, volume, valid_until
        if cancel is not None:
            cancel.check()


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> NoSpeaker:
    """From any URL, for example ``none:``."""
    del url, options, shared
    return NoSpeaker()
