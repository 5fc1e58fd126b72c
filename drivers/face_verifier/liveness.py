"""Is it a living person? A challenge that a still picture cannot answer. Pure: sees geometry, not pictures.

It stops printed and shown photographs. It does not stop a replayed video of a turning head, a mask or a real-time
swap, and it shuts out some disabled and elderly people: there is always another way than the face.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from drivers.face_verifier.port import Hint


class Verdict(StrEnum):
    """What is known so far."""

    PENDING = "pending"
    LIVE = "live"
    SPOOF = "spoof"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What one frame of the track tells about life; ``at`` in seconds, ``openness`` of the eyes if it was measured."""

    at: float
    yaw: float
    openness: float | None
    frontal: bool


class Liveness(Protocol):
    """One attempt of one person."""

    name: str

    @property
    def hint(self) -> Hint | None:
        """What the person is asked to do now."""
        ...

    def observe(self, glimpse: Glimpse) -> Verdict: ...


class NoLiveness:
    """Asks nothing. Only for demos and for queries that show nothing sensitive: the result says so."""

    name = "none"
    hint: Hint | None = None

    def observe(self, glimpse: Glimpse) -> Verdict:
        del glimpse
        return Verdict.LIVE


CHALLENGES = (Hint.TURN_LEFT, Hint.TURN_RIGHT, Hint.BLINK)
TURNED = 0.25
STILL = 0.012
"""A spread of yaw below this over a whole attempt is a picture on a stand: nobody holds the head that still."""

BEFORE, AFTER = 3, 2
"""Frontal frames before the challenge (they give the person's own open eyes) and after it."""


@dataclass
class Challenge:
    """Turn the head to a side, or blink: chosen at random, in one unbroken track, then look here again.

    No answer within ``seconds`` is UNSURE, or SPOOF when nothing of the face moved at all. A turn to the wrong
    side (people mix them up) gives one other challenge.
    """

    choose: Callable[[Sequence[Hint]], Hint]
    seconds: float = 10.0
    name: str = "challenge"
    _wanted: Hint | None = None
    _asked_at: float = 0.0
    _done: bool = False
    _mistakes: int = 0
    _frontal: int = 0
    _closed: bool = False
    _yaws: list[float] = field(default_factory=list)
    _open: list[float] = field(default_factory=list)

    @property
    def hint(self) -> Hint | None:
        if self._done or self._wanted is None:
            return Hint.LOOK_HERE
        return self._wanted

    def observe(self, glimpse: Glimpse) -> Verdict:
        self._yaws.append(glimpse.yaw)
        if self._wanted is None:
            self._before(glimpse)
            return Verdict.PENDING
        if not self._done and self._answered(glimpse):
            self._done, self._frontal = True, 0
            return Verdict.PENDING
        if self._done:
            self._frontal += glimpse.frontal
            return Verdict.LIVE if self._frontal >= AFTER else Verdict.PENDING
        if self._mistakes > 1:
            return Verdict.UNSURE
        if glimpse.at - self._asked_at > self.seconds:
            return Verdict.SPOOF if statistics.pstdev(self._yaws) < STILL and not self._closed else Verdict.UNSURE
        return Verdict.PENDING

    def _before(self, glimpse: Glimpse) -> None:
        if not glimpse.frontal:
            return
        self._frontal += 1
        if glimpse.openness is not None:
            self._open.append(glimpse.openness)
        if self._frontal >= BEFORE:
            self._ask(CHALLENGES if self._open and statistics.median(self._open) > 0.05 else CHALLENGES[:2], glimpse.at)

    def _ask(self, challenges: Sequence[Hint], at: float) -> None:
        self._wanted = self.choose(challenges)
        self._asked_at = at

    def _answered(self, glimpse: Glimpse) -> bool:
        if self._wanted is Hint.BLINK:
            return self._blinked(glimpse)
        towards = glimpse.yaw if self._wanted is Hint.TURN_LEFT else -glimpse.yaw
        if towards < -TURNED:
            self._mistakes += 1
            self._ask([hint for hint in CHALLENGES[:2] if hint is not self._wanted], glimpse.at)
            return False
        return towards > TURNED

    def _blinked(self, glimpse: Glimpse) -> bool:
        """Eyes clearly more closed than this person's open ones, then open again."""
        if glimpse.openness is None:
            return False
        usual = statistics.median(self._open)
        if glimpse.openness < 0.6 * usual:
            self._closed = True
            return False
        return self._closed and glimpse.openness > 0.8 * usual
