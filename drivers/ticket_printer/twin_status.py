"""What a printer hears at once and says of itself, bit by bit as in the manual; for the simulated printer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_REAL_TIME = re.compile(rb"\x10\x04[\x01-\x04]|\x10\x05[\x01\x02]|\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08")
_LONGEST = 10


class RealTimeParser:
    """Finds real-time commands in what comes in, also when they come in pieces."""

    def __init__(self) -> None:
        self._tail = b""

    def feed(self, data: bytes) -> Iterator[tuple[bytes, int]]:
        """Each command that ends in ``data``, with where in ``data`` it ends."""
        seen, before = self._tail + data, len(self._tail)
        for match in _REAL_TIME.finditer(seen):
            if match.end() > before:
                yield match[0], match.end() - before
        self._tail = seen[-(_LONGEST - 1) :]


@dataclass(frozen=True, slots=True)
class Said:
    """The state of a printer, as its status bytes say it."""

    paper_out: bool = False
    near_end: bool = False
    cover_open: bool = False
    cutter: bool = False
    offline: bool = False

    @property
    def stopped(self) -> bool:
        return self.paper_out or self.cover_open or self.cutter or self.offline

    def real_time(self, which: int) -> bytes:
        """The answer to ``DLE EOT which``."""
        value = 0x12
        if which == 1:
            value |= 0x08 if self.stopped else 0
        elif which == 2:
            value |= (0x04 if self.cover_open else 0) | (0x20 if self.paper_out else 0) | (0x40 if self.cutter else 0)
        elif which == 3:
            value |= 0x08 if self.cutter else 0
        else:
            value |= (0x6C if self.paper_out else 0) | (0x0C if self.near_end else 0)
        return bytes([value])

    def automatic(self) -> bytes:
        """The four bytes of automatic status."""
        first = 0x10 | (0x08 if self.stopped else 0) | (0x20 if self.cover_open else 0)
        paper = 0x0F if self.paper_out else 0x03 if self.near_end else 0
        return bytes((first, 0x08 if self.cutter else 0, paper, 0))
