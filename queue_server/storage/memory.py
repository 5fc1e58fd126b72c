"""What the office keeps of each hall between transactions, so that it need not be read again for every one.

Every transaction of a hall adds one to the hall's ``turn``. What was known after turn 7 is still true for the
transaction that makes turn 8; if another process made that one, nothing fits any more and all is read anew. Values are
replaced, never changed: a reader in another thread may hold them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from queue_server.domain.pace import Pace
from queue_server.domain.queue import QueueState
from queue_server.domain.rating import Service
from queue_server.domain.ticket import Ticket
from queue_server.domain.window import WindowState
from queue_server.storage.lines import Line, Place


class Unwritten(NamedTuple):
    """States that changed in the transaction under way; each is written once, before the commit."""

    queues: frozenset[str] = frozenset()
    windows: frozenset[str] = frozenset()
    paces: frozenset[tuple[str, int]] = frozenset()


NOTHING = Unwritten()


class Kept(msgspec.Struct, frozen=True):
    """A hall after a turn. None is what nobody has asked for yet.

    ``seq`` is the number of its last event, ``stored`` what the hall's row says of it while the transaction goes on.
    ``near`` are the tickets that are called, served, held or sent to one window, by their ids; ``lines`` are the first
    of some classes of some queues; ``services`` are some of the last services.
    """

    turn: int
    version: str
    seq: int = 0
    stored: int = 0
    queues: Mapping[str, QueueState] | None = None
    windows: Mapping[str, WindowState] | None = None
    paces: Mapping[str, tuple[Pace, ...]] | None = None
    near: Mapping[str, Ticket] | None = None
    lines: Mapping[Place, Line] = {}
    services: Mapping[str, Service] = {}
    unwritten: Unwritten = NOTHING


@dataclass
class Memory:
    """One for each engine, shared by its threads."""

    _halls: dict[str, Kept] = field(default_factory=dict)

    def of(self, hall: str) -> Kept | None:
        return self._halls.get(hall)

    def keep(self, learned: Mapping[str, Kept]) -> None:
        """After a commit; what is older than what is known changes nothing."""
        for hall, kept in learned.items():
            known = self._halls.get(hall)
            if known is None or known.turn <= kept.turn:
                self._halls[hall] = kept


def fitting(kept: Kept | None, turn: int, version: str) -> Kept:
    """What is known, if it is how the hall is after ``turn`` under this version of its description."""
    if kept is not None and kept.turn == turn and kept.version == version:
        return kept
    return Kept(turn, version)
