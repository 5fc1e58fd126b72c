"""A bad line: wraps a port and spoils what comes in, the same way for the same seed."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from drivers.device import DeviceError, Fault
from drivers.seams.bytes_port import BytesPort, seconds_left


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
    cut_after: int | None = None
    """The line breaks (UNPLUGGED) once so many bytes have come in."""


class FaultyPort:
    """A port with the faults of ``faults``; writing is left alone."""

    def __init__(self, port: BytesPort, faults: LineFaults, seed: int = 0) -> None:
        self._port = port
        self._faults = faults
        self._random = random.Random(seed)  # noqa: S311  # because the same seed has to spoil the same bytes
        self._waiting = bytearray()
        self._arrived = 0

    def open(self) -> None:
        self._waiting.clear()
        self._arrived = 0
        self._port.open()

    def close(self) -> None:
        self._port.close()

    def write(self, data: bytes, deadline: float) -> None:
        self._port.write(data, deadline)

    def read_some(self, deadline: float) -> bytes:
        while not self._waiting:
            data = self._port.read_some(deadline)
            if not data:
                return b""
            if self._random.random() < self._faults.delay:
                time.sleep(min(self._faults.delay_seconds, seconds_left(deadline)))
            self._waiting += self._spoil(data)
        size = 1 if self._faults.split else len(self._waiting)
        chunk = bytes(self._waiting[:size])
        del self._waiting[:size]
        return chunk

    def purge(self) -> None:
        self._waiting.clear()
        self._port.purge()

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
