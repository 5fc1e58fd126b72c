"""A bad line: wraps a port and spoils what comes in, the same way for the same seed."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from drivers.device import DeviceError, Fault
from drivers.seams.bytes_port import BytesPort, seconds_left

_BABBLE_SECONDS = 0.002


@dataclass(frozen=True, slots=True)
class LineFaults:
    """How bad the line is; probabilities are per byte (flip, drop, duplicate) or per chunk (delay)."""

    split: bool = False
    """Every byte arrives in a chunk of its own."""
    flip: float = 0.0
    drop: float = 0.0
    duplicate: float = 0.0
    delay: float = 0.0
    delay_seconds: float = 0.02
    noise: float = 0.0
    """Per chunk: some bytes of rubbish come before or after it."""
    late: float = 0.0
    """Per chunk: it is held back until something else comes in, as an answer that missed its deadline."""
    deaf: float = 0.0
    """Per write: the bytes never reach the device."""
    babble: bool = False
    """Somebody else talks without end: who listens always hears something, and never an answer."""
    cut_after: int | None = None
    """The line breaks (UNPLUGGED) once so many bytes have come in."""

    @classmethod
    def drawn(cls, chance: random.Random) -> LineFaults:
        """A line with some faults, none of them so bad that nothing can ever pass; for random schedules."""

        def maybe(most: float) -> float:
            return chance.uniform(0, most) if chance.random() < 0.3 else 0.0

        return cls(
            split=chance.random() < 0.3,
            flip=maybe(0.01),
            drop=maybe(0.01),
            duplicate=maybe(0.01),
            delay=maybe(0.3),
            delay_seconds=0.005,
            noise=maybe(0.3),
            late=maybe(0.2),
            deaf=maybe(0.2),
            cut_after=chance.randrange(1, 600) if chance.random() < 0.15 else None,
        )


class FaultyPort:
    """A port with the faults of ``faults``. A cut line stays cut until it is opened again."""

    def __init__(self, port: BytesPort, faults: LineFaults, seed: int = 0) -> None:
        self._port = port
        self._faults = faults
        self._random = random.Random(seed)  # noqa: S311  # because the same seed has to spoil the same bytes
        self._waiting = bytearray()
        self._held = bytearray()
        self._arrived = 0

    def become(self, faults: LineFaults, seed: int = 0) -> None:
        """From now on the line has these faults; what it held back is lost."""
        self._faults = faults
        self._random = random.Random(seed)  # noqa: S311  # because the same seed has to spoil the same bytes
        self._held.clear()
        self._arrived = 0

    def open(self) -> None:
        self._waiting.clear()
        self._held.clear()
        self._arrived = 0
        self._port.open()

    def close(self) -> None:
        self._port.close()

    def write(self, data: bytes, deadline: float) -> None:
        if self._random.random() >= self._faults.deaf:
            self._port.write(data, deadline)

    def read_some(self, deadline: float) -> bytes:
        while not self._waiting:
            until = min(deadline, time.monotonic() + _BABBLE_SECONDS) if self._faults.babble else deadline
            data = self._port.read_some(until)
            if self._faults.babble:
                data = self._random.randbytes(3)
            if not data:
                return b""
            if self._random.random() < self._faults.delay:
                time.sleep(min(self._faults.delay_seconds, seconds_left(deadline)))
            spoiled = self._surrounded(self._spoil(data))
            if self._random.random() < self._faults.late:
                self._held += spoiled
                continue
            self._waiting += bytes(self._held) + spoiled
            self._held.clear()
        size = 1 if self._faults.split else len(self._waiting)
        chunk = bytes(self._waiting[:size])
        del self._waiting[:size]
        return chunk

    def purge(self) -> None:
        self._waiting.clear()
        self._port.purge()

    def _surrounded(self, data: bytes) -> bytes:
        if self._random.random() >= self._faults.noise:
            return data
        rubbish = self._random.randbytes(self._random.randrange(1, 6))
        return rubbish + data if self._random.random() < 0.5 else data + rubbish

    def _spoil(self, data: bytes) -> bytes:
        faults, chance = self._faults, self._random.random
        spoiled = bytearray()
        for byte in data:
            if faults.cut_after is not None and self._arrived >= faults.cut_after:
                raise DeviceError(Fault.UNPLUGGED, "the line was cut")
            self._arrived += 1
            if chance() < faults.drop:
                continue
            value = byte ^ (1 << self._random.randrange(8)) if chance() < faults.flip else byte
            spoiled.append(value)
            if chance() < faults.duplicate:
                spoiled.append(value)
        return bytes(spoiled)
