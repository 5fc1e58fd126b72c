"""Clips: short recordings of one text each, in packs that come with the program and in a cache that grows.

A pack is a folder with ``manifest.json`` (``clips``: ``language/text`` → file) and sound files (WAV, or
Ogg through libsndfile). A hall that has its own recordings puts a folder of the same form first.
"""

from __future__ import annotations

import array
import hashlib
import importlib
import io
import math
import os
import sys
import wave
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from queue_server.relay.voice.spoken import clip_key

RATE = 24_000
"""Samples per second of everything that we speak; 16 bit, one channel."""

Samples = array.array
"""``array('h')`` of 16-bit samples."""


class ClipError(Exception):
    """A clip file that is damaged or not sound."""


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """What a pack says about itself."""

    format: int
    name: str
    sample_rate: int
    engine: str
    voices: dict[str, str]
    licence: str
    clips: dict[str, str]


def to_wav(samples: Samples[int]) -> bytes:
    """A complete WAV file of 16-bit mono samples."""
    data = array.array("h", samples)
    if sys.byteorder == "big":
        data.byteswap()
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(data.tobytes())
    return out.getvalue()


def from_wav(data: bytes) -> Samples[int]:
    """The samples of a 24 kHz, 16-bit mono WAV. Raises ``ClipError``."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, RATE):
                raise ClipError("not 24 kHz, 16 bit, mono")
            samples = array.array("h", file.readframes(file.getnframes()))
    except (wave.Error, EOFError, ValueError) as error:
        raise ClipError(str(error)) from error
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def from_file(path: Path) -> Samples[int]:
    """The samples of a clip file, WAV or Ogg. Raises ``ClipError``, ``OSError``."""
    data = path.read_bytes()
    if data[:4] == b"RIFF":
        return from_wav(data)
    soundfile: Any = importlib.import_module("soundfile")  # lazily: it loads libsndfile and numpy
    try:
        sound, rate = soundfile.read(io.BytesIO(data), dtype="int16", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise ClipError(str(error)) from error
    if rate != RATE:
        raise ClipError(f"{rate} samples a second instead of {RATE}")
    return array.array("h", sound[:, 0].tobytes())


def silence(seconds: float) -> Samples[int]:
    return array.array("h", bytes(2 * int(seconds * RATE)))


def joined(parts: Iterable[Samples[int]]) -> Samples[int]:
    out = array.array("h")
    for part in parts:
        out.extend(part)
    return out


def chime() -> Samples[int]:
    """Our two-note gong (E5, C5) of 0.9 s; made by arithmetic, so nobody else has rights in it."""
    out = array.array("h", bytes(2 * int(0.95 * RATE)))
    for start, pitch in ((0.0, 659.26), (0.28, 523.25)):
        first = int(start * RATE)
        for index in range(len(out) - first):
            t = index / RATE
            envelope = min(t / 0.006, 1.0) * math.exp(-5.0 * t) * min((len(out) - first - index) / 1200, 1.0)
            tone = math.sin(2 * math.pi * pitch * t) + 0.35 * math.sin(4 * math.pi * pitch * t) * math.exp(-6 * t)
            out[first + index] += int(7600 * envelope * tone)
    return out


def checked(samples: Samples[int], shortest: float = 0.3, longest: float = 8.0) -> Samples[int]:
    """The same samples when they can be speech: long enough, audible, not clipped. Raises ``ClipError``."""
    seconds = len(samples) / RATE
    if not shortest <= seconds <= longest:
        raise ClipError(f"{seconds:.2f} s long")
    peak = max(max(samples), -min(samples))
    if peak < 3000:
        raise ClipError(f"peak of {peak} is silence")
    if sum(1 for sample in samples if abs(sample) >= 32767) > 8:
        raise ClipError("clipped")
    energy = math.sqrt(sum(sample * sample for sample in samples[::7]) / max(1, len(samples[::7])))
    if energy < 500:
        raise ClipError(f"energy of {energy:.0f} is silence")
    return samples


class ClipStore:
    """Finds the clip of a text in the packs, then in the cache. Reads manifests when first asked."""

    def __init__(self, packs: Sequence[Path], cache: Path | None = None) -> None:
        self._folders = tuple(packs)
        self._cache = cache
        self._manifests: list[tuple[Path, Manifest]] | None = None

    def find(self, language: str, text: str, engine: str = "") -> Samples[int] | None:
        """The samples, or None. A damaged file counts as none. ``engine`` names the cache's voice."""
        key = clip_key(language, text)
        for folder, manifest in self._packs():
            name = manifest.clips.get(key)
            if name is not None:
                try:
                    return from_file(folder / name)
                except (ClipError, OSError):
                    continue
        if self._cache is not None:
            try:
                return from_file(self._cached(key, engine))
            except (ClipError, OSError):
                return None
        return None

    def keep(self, language: str, text: str, engine: str, samples: Samples[int]) -> None:
        """Puts a new clip into the cache, whole or not at all. Raises ``OSError``."""
        if self._cache is None:
            return
        self._cache.mkdir(parents=True, exist_ok=True)
        path = self._cached(clip_key(language, text), engine)
        partial = path.with_suffix(f".{os.getpid()}.part")
        partial.write_bytes(to_wav(samples))
        partial.replace(path)

    def _cached(self, key: str, engine: str) -> Path:
        digest = hashlib.sha256(f"{engine}\n{key}".encode()).hexdigest()[:32]
        return (self._cache or Path()) / f"{digest}.wav"

    def _packs(self) -> list[tuple[Path, Manifest]]:
        if self._manifests is None:
            found = []
            for folder in self._folders:
                try:
                    manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)
                except (OSError, msgspec.MsgspecError):
                    continue
                if manifest.format == 1 and manifest.sample_rate == RATE:
                    found.append((folder, manifest))
            self._manifests = found
        return self._manifests
