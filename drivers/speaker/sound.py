"""Sounds and how loud they are at which hour. Pure."""

from __future__ import annotations

import array
import io
import re
import struct
import sys
import wave
from dataclasses import dataclass
from datetime import time

from drivers.device import DeviceError, Fault

MAX_SECONDS = 300.0
MAX_BYTES = 64_000_000
_MINUTES = 24 * 60
_NO_WAV = (wave.Error, EOFError, RuntimeError, ValueError, OverflowError, MemoryError, struct.error)
"""What the standard library raises for bytes that are no WAV; RuntimeError for a chunk with a wrong length."""
_RANGE = re.compile(r"(\d{2}):(\d{2})\s*-\s*(\d{2}):(\d{2})\s*=\s*(\d{1,3})", re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class Sound:
    """16-bit PCM samples, channels interleaved, little-endian."""

    frames: bytes
    rate: int
    channels: int

    def __repr__(self) -> str:
        return f"Sound({self.seconds:.2f} s)"

    @classmethod
    def parse(cls, wav: bytes) -> Sound:
        """From a WAV. Raises BAD_DATA when it is none, not 16-bit PCM, not whole, or longer than five minutes."""
        if len(wav) > MAX_BYTES:
            raise DeviceError(Fault.BAD_DATA, f"{len(wav)} bytes are too many for a sound")
        try:
            with wave.open(io.BytesIO(wav)) as file:
                count, size = file.getnframes(), file.getsampwidth()
                sound = cls(file.readframes(count), file.getframerate(), file.getnchannels())
        except _NO_WAV as error:
            raise DeviceError(Fault.BAD_DATA, f"no WAV: {type(error).__name__}") from None
        if size != 2 or not 4000 <= sound.rate <= 192_000 or not 1 <= sound.channels <= 8:
            raise DeviceError(Fault.BAD_DATA, "not a 16-bit WAV of a usual rate")
        if len(sound.frames) != count * size * sound.channels:
            raise DeviceError(Fault.BAD_DATA, "not a complete WAV")
        if sound.seconds > MAX_SECONDS:
            raise DeviceError(Fault.BAD_DATA, f"a sound of {sound.seconds:.0f} s is no announcement")
        return sound

    @property
    def seconds(self) -> float:
        return len(self.frames) / (2 * self.channels * self.rate)

    def at_volume(self, percent: int) -> Sound:
        """So much of the full swing (50 is 6 dB less); it can never be louder than it was, so nothing is clipped."""
        if percent >= 100:
            return self
        samples = array.array("h")
        samples.frombytes(self.frames)
        if sys.byteorder == "big":
            samples.byteswap()
        factor = max(0, percent) * 65536 // 100
        quieter = array.array("h", (sample * factor >> 16 for sample in samples))
        if sys.byteorder == "big":
            quieter.byteswap()
        return Sound(quieter.tobytes(), self.rate, self.channels)

    def to_wav(self) -> bytes:
        out = io.BytesIO()
        with wave.open(out, "wb") as file:
            file.setnchannels(self.channels)
            file.setsampwidth(2)
            file.setframerate(self.rate)
            file.writeframes(self.frames)
        return out.getvalue()


@dataclass(frozen=True, slots=True)
class Timetable:
    """The volume in percent for every minute of the day."""

    minutes: bytes

    @classmethod
    def parse(cls, text: str) -> Timetable:
        """``80``, or ``08:00-20:00=80, 20:00-08:00=30``; 0 is quiet. Every minute has to be named, once.

        Raises CONFIGURATION and says which minute is not, or twice.
        """
        if re.fullmatch(r" *\d{1,3} *", text, re.ASCII):
            return cls(bytes((_percent(text),)) * _MINUTES)
        minutes: list[int | None] = [None] * _MINUTES
        for part in text.split(","):
            found = _RANGE.fullmatch(part.strip())
            if found is None:
                raise DeviceError(Fault.CONFIGURATION, f"volume is like 08:00-20:00=80, not {part.strip()!r}")
            begin, end = _minute(found[1], found[2]), _minute(found[3], found[4])
            for offset in range((end - begin) % _MINUTES or _MINUTES):
                minute = (begin + offset) % _MINUTES
                if minutes[minute] is not None:
                    raise DeviceError(Fault.CONFIGURATION, f"volume: {_clock(minute)} is named twice")
                minutes[minute] = _percent(found[5])
        if None in minutes:
            raise DeviceError(Fault.CONFIGURATION, f"volume: {_clock(minutes.index(None))} is not named")
        return cls(bytes(percent or 0 for percent in minutes))

    def at(self, moment: time) -> int:
        """The volume at a time of the hall's own clock."""
        return self.minutes[moment.hour * 60 + moment.minute]


def _minute(hours: str, minutes: str) -> int:
    if int(hours) > 24 or int(minutes) > 59:
        raise DeviceError(Fault.CONFIGURATION, f"volume: {hours}:{minutes} is no time")
    return (int(hours) * 60 + int(minutes)) % _MINUTES


def _percent(text: str) -> int:
    if int(text) > 100:
        raise DeviceError(Fault.CONFIGURATION, "volume is 0 to 100 percent")
    return int(text)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
