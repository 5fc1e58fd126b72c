"""A speaker that writes every sound into a folder: for tests, demos and to hear later what a hall said."""

from __future__ import annotations

import io
import threading
import wave
from collections.abc import Mapping
from pathlib import Path

from drivers.device import Cancel, DeviceError, DeviceState, Fault, Status
from drivers.loading import DeviceUrl, SharedPorts


def check_wav(wav: bytes) -> float:
    """The length in seconds of a 16-bit PCM WAV. Raises BAD_DATA."""
    try:
        with wave.open(io.BytesIO(wav)) as sound:
            frames: int = sound.getnframes()
            rate: int = sound.getframerate()
            size: int = sound.getsampwidth()
            complete = len(sound.readframes(frames)) == frames * size * sound.getnchannels()
    except (wave.Error, EOFError) as error:
        raise DeviceError(Fault.BAD_DATA, f"no WAV: {error}") from None
    if size != 2 or not rate or not complete:
        raise DeviceError(Fault.BAD_DATA, "not a complete 16-bit WAV")
    return frames / rate


class WavFileSpeaker:
    """Plays into ``0001.wav``, ``0002.wav`` … of a folder, whole or not at all, in no time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._open = False

    @property
    def played(self) -> list[Path]:
        """The files so far, in the order in which they were played."""
        return sorted(self._folder.glob("[0-9]*.wav"))

    def open(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DeviceError(Fault.ABSENT, type(error).__name__) from None
        self._open = True

    def close(self) -> None:
        self._open = False

    def probe(self) -> Status:
        return Status(DeviceState.READY if self._open and self._folder.is_dir() else DeviceState.ABSENT)

    def play(self, wav: bytes, cancel: Cancel | None = None) -> None:
        check_wav(wav)
        if cancel is not None:
            cancel.check()
        with self._lock:
            if not self._open:
                raise DeviceError(Fault.ABSENT, "not open")
            number = int(self.played[-1].stem) + 1 if self.played else 1
            path = self._folder / f"{number:04d}.wav"
            try:
                partial = path.with_suffix(".part")
                partial.write_bytes(wav)
                partial.replace(path)
            except OSError as error:
                raise DeviceError(Fault.UNPLUGGED, type(error).__name__) from None


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> WavFileSpeaker:
    """From ``file:///folder``. Raises CONFIGURATION."""
    del options, shared
    if url.scheme != "file" or not url.place:
        raise DeviceError(Fault.CONFIGURATION, "file:///folder is expected")
    return WavFileSpeaker(Path(url.place))
