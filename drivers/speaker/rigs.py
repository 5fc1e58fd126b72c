"""Loudspeakers on the bench."""

from __future__ import annotations

import array
import tempfile
import threading
from abc import abstractmethod
from pathlib import Path
from typing import ClassVar, cast

from drivers.conformance.rig import Rig
from drivers.device import Cancel, Device
from drivers.speaker.alsa import AlsaSpeaker
from drivers.speaker.alsa_twin import PCM, RATE, SimulatedSoundCard
from drivers.speaker.port import Speaker
from drivers.speaker.sound import Sound
from drivers.speaker.wav_file import WavFileSpeaker

BEEP = Sound(array.array("h", [6000, -6000] * (RATE // 200)).tobytes(), RATE, 1)
"""A hundredth of a second."""


class _Loud(Rig):
    spoils: ClassVar[bool] = False

    def prepare(self) -> None:
        """A loudspeaker needs nothing."""

    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        cast("Speaker", device).play(BEEP.to_wav(), timeout, cancel)
        return self.last()

    @abstractmethod
    def last(self) -> bytes:
        """The samples that were heard last."""

    @property
    def expected(self) -> object:
        return BEEP.frames


class Alsa(_Loud):
    """ALSA's player on a sound card that is a file."""

    model: ClassVar[str] = "speaker/alsa"
    cycles: ClassVar[int] = 25
    """Every opening starts a player."""

    def __init__(self) -> None:
        super().__init__()
        self._card = SimulatedSoundCard()

    def start(self) -> None:
        self._card.start()

    def stop(self) -> None:
        self._card.stop()

    def make(self) -> Device:
        return AlsaSpeaker(PCM, environment=self._card.environment, hanging_seconds=2.0, trying_seconds=2.0)

    def last(self) -> bytes:
        heard = self._card.heard
        return heard[-1].samples[: len(BEEP.frames)] if heard else b""

    def silence(self, silent: bool) -> None:
        self._card.hang(silent)

    def unplug(self) -> None:
        self._card.unplug()

    def plug_in(self) -> None:
        self._card.plug_in()

    def effects(self) -> int:
        return len(self._card.heard)


class WavFile(_Loud):
    """A folder of sounds; it vanishes as a network folder does."""

    model: ClassVar[str] = "speaker/wav_file"

    def __init__(self) -> None:
        super().__init__()
        self._home = tempfile.TemporaryDirectory(prefix="hall-sounds-")
        self._folder = Path(self._home.name) / "said"
        self._away = Path(self._home.name) / "away"
        self._moving = threading.Lock()
        """It vanishes from another thread, also while somebody looks what is in it."""

    def start(self) -> None:
        self._folder.mkdir()

    def stop(self) -> None:
        self._home.cleanup()

    def make(self) -> Device:
        return WavFileSpeaker(self._folder)

    def last(self) -> bytes:
        with self._moving:
            files = sorted(self._there().glob("*.wav"))
            return Sound.parse(files[-1].read_bytes()).frames if files else b""

    def silence(self, silent: bool) -> None:
        if silent:
            self.unplug()
        else:
            self.plug_in()

    def unplug(self) -> None:
        with self._moving:
            if not self._away.exists():
                self._folder.rename(self._away)
                self._folder.touch()

    def plug_in(self) -> None:
        with self._moving:
            if self._away.exists():
                self._folder.unlink()
                self._away.rename(self._folder)

    def effects(self) -> int:
        with self._moving:
            return len(list(self._there().glob("*.wav")))

    def _there(self) -> Path:
        return self._away if self._away.exists() else self._folder


RIGS: tuple[type[Rig], ...] = (Alsa, WavFile)
