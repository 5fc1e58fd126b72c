"""A speaker that writes every sound into a folder: for tests, demos and to hear later what a hall said."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from drivers.device import Cancel, DeviceError, DeviceState, Fault, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.speaker.port import PLAY_SECONDS, SpeakerCapabilities
from drivers.speaker.sound import Sound, Timetable
from drivers.speaker.turns import Turns, local_time

_SLICE = 0.02
_NUMBER = re.compile(r"[0-9]{4,9}", re.ASCII)


class WavFileSpeaker:
    """Plays into ``0001.wav``, ``0002.wav`` … of a folder, whole or not at all.

    In no time, or (``real_time``) in the time that the sound takes; a sound at volume 0 is not written.
    """

    def __init__(
        self,
        folder: Path,
        volume: Timetable | None = None,
        *,
        real_time: bool = False,
        clock: Callable[[], datetime] = local_time,
    ) -> None:
        self._folder = folder
        self._real_time = real_time
        self._turns = Turns(volume or Timetable.parse("100"), clock)
        self._number = 1

    @property
    def capabilities(self) -> SpeakerCapabilities:
        return SpeakerCapabilities(audible=False, real_time=self._real_time, volume=True)

    @property
    def played(self) -> list[Path]:
        """The files so far, in the order in which they were played; whatever else lies there is not ours."""
        ours = [path for path in self._folder.glob("*.wav") if _NUMBER.fullmatch(path.stem)]
        return sorted(ours, key=lambda path: int(path.stem))

    def open(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DeviceError(Fault.ABSENT, type(error).__name__) from None
        self._number = int(self.played[-1].stem) + 1 if self.played else 1
        self._turns.begin()

    def close(self) -> None:
        self._turns.end()

    def probe(self) -> Status:
        if not self._turns.opened or not self._folder.is_dir():
            return Status(DeviceState.ABSENT)
        return Status(DeviceState.BUSY if self._turns.waiting else DeviceState.READY)

    def play(
        self,
        wav: bytes,
        timeout: float = PLAY_SECONDS,
        cancel: Cancel | None = None,
        *,
        volume: int | None = None,
        valid_until: datetime | None = None,
    ) -> None:
        sound = Sound.parse(wav)
        length = sound.seconds if self._real_time else 0.0
        with self._turns.turn(sound, length, timeout, cancel, valid_until) as check:
            percent = self._turns.volume(volume)
            end = time.monotonic() + length
            while (left := end - time.monotonic()) > 0:
                check()
                time.sleep(min(left, _SLICE))
            check()
            if percent:
                self._write(wav if percent == 100 else sound.at_volume(percent).to_wav())

    def _write(self, wav: bytes) -> None:
        try:
            while (path := self._folder / f"{self._number:04d}.wav").exists():
                self._number += 1
            partial = path.with_suffix(".part")
            partial.write_bytes(wav)
            partial.replace(path)
        except OSError as error:
            raise DeviceError(Fault.UNPLUGGED, type(error).__name__) from None


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> WavFileSpeaker:
    """From ``file:///folder``; options ``volume`` (see ``Timetable``), ``pace`` real or none. Raises CONFIGURATION."""
    del shared
    if url.scheme != "file" or not url.place:
        raise DeviceError(Fault.CONFIGURATION, "file:///folder is expected")
    merged = {**url.options, **options}
    pace = {"real": True, "none": False}.get(merged.get("pace", "none"))
    if pace is None:
        raise DeviceError(Fault.CONFIGURATION, "pace is real or none")
    return WavFileSpeaker(Path(url.place), Timetable.parse(merged.get("volume", "100")), real_time=pace)
