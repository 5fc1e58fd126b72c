"""A line made of an expected dialogue, for tests that quote a manual byte by byte."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.device import DeviceError, Fault
from drivers.seams.bytes_port import seconds_left


@dataclass(frozen=True, slots=True)
class Say:
    """One turn: the driver writes ``expect``, the device answers with these chunks (none: it stays silent)."""

    expect: bytes
    answers: tuple[bytes, ...] = ()
    breaks: Fault | None = None
    """The line breaks with this fault after the chunks."""


class DialogueError(AssertionError):
    """The driver said something else than the manual; bytes are shown because dialogues are synthetic."""


class MemoryPort:
    """Plays a dialogue. Leaving the ``with`` block (or ``finish``) fails when a turn or a byte is left over."""

    def __init__(self, dialogue: Sequence[Say]) -> None:
        self._turns = list(dialogue)
        self._written = bytearray()
        self._chunks: list[bytes] = []
        self._breaks: Fault | None = None
        self._open = False
        self.baud = 115200
        self.bauds: list[int] = []

    def load(self, dialogue: Sequence[Say]) -> None:
        """Begins another dialogue; what was left of the one before is dropped."""
        self._turns = list(dialogue)
        self._written.clear()
        self._chunks.clear()
        self._breaks = None

    def __enter__(self) -> MemoryPort:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.finish()

    def finish(self) -> None:
        """Raises ``DialogueError`` when anything of the dialogue did not happen."""
        if self._written or self._turns or self._chunks:
            raise DialogueError(
                f"left over: {len(self._turns)} turns, {len(self._chunks)} unread chunks, "
                f"written but not expected: {self._written.hex(' ')}"
            )

    def open(self) -> None:
        self._open = True

    def close(self) -> None:
        self._open = False

    def set_baud(self, baud: int) -> None:
        self.baud = baud
        self.bauds.append(baud)

    def write(self, data: bytes, deadline: float) -> None:
        del deadline
        self._check()
        self._written += data
        if not self._turns:
            raise DialogueError(f"nothing more is expected, but written: {data.hex(' ')}")
        turn = self._turns[0]
        if bytes(self._written) == turn.expect:
            self._turns.pop(0)
            self._written.clear()
            self._chunks += turn.answers
            self._breaks = turn.breaks
        elif not turn.expect.startswith(bytes(self._written)):
            raise DialogueError(f"expected {turn.expect.hex(' ')}, written {self._written.hex(' ')}")

    def read_some(self, deadline: float) -> bytes:
        self._check()
        if self._chunks:
            return self._chunks.pop(0)
        if self._breaks is not None:
            raise DeviceError(self._breaks, "the line broke")
        time.sleep(seconds_left(deadline))
        return b""

    def purge(self) -> None:
        self._check()

    def _check(self) -> None:
        if not self._open:
            raise DeviceError(Fault.ABSENT, "not open")
