"""What a loudspeaker is given: a WAV, and the hours of its volume in the settings."""

from __future__ import annotations

import contextlib

from drivers.device import DeviceError
from drivers.speaker.sound import Sound, Timetable


def fuzz(data: bytes) -> None:
    """A whole sound or a refusal; a timetable for every minute or a refusal."""
    with contextlib.suppress(DeviceError):
        sound = Sound.parse(data)
        if Sound.parse(sound.at_volume(50).to_wav()).seconds != sound.seconds:
            raise AssertionError("a quieter sound is as long")
    with contextlib.suppress(DeviceError):
        if len(Timetable.parse(data.decode("utf-8", errors="replace")).minutes) != 24 * 60:
            raise AssertionError("a minute without a volume")
