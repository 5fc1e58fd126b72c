"""One lane for each hall: one transaction at a time, the jobs that came meanwhile go together in the next.

So a hall whose lock somebody else holds keeps one thread at most, however many jobs wait for it, and all halls with
something to do take turns on the threads there are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

J = TypeVar("J")


@dataclass
class Lanes(Generic[J]):
    """Used on one thread only, the event loop's. ``go`` hands a lane with its jobs to the threads."""

    go: Callable[[str, list[J]], None]
    at_once: int
    _waiting: dict[str, deque[J]] = field(default_factory=dict)
    count: int = 0
    """Jobs that wait or are under way."""

    def put(self, lane: str, job: J) -> None:
        """Starts the lane unless it is under way."""
        self.count += 1
        waiting = self._waiting.get(lane)
        if waiting is not None:
            waiting.append(job)
            return
        self._waiting[lane] = deque()
        self.go(lane, [job])

    def done(self, lane: str, jobs: int) -> None:
        """So many jobs of a lane were answered: the next ones go, behind the lanes that wait for a thread."""
        self.count -= jobs
        waiting = self._waiting[lane]
        if not waiting:
            del self._waiting[lane]
            return
        self.go(lane, [waiting.popleft() for _ in range(min(len(waiting), self.at_once))])
