"""What the checker of histories reads, and what it finds."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from queue_load.mixed import Act


@dataclass
class Event:
    seq: int
    type: str
    at: float
    data: dict[str, Any]
    act: Act | None = None
    along: Act | None = None
    """The act that also did this: call-next, that finished the ticket before."""


@dataclass
class Verdict:
    """What is wrong, by kind; all zero is right."""

    acts: int = 0
    events: int = 0
    duplicate_numbers: int = 0
    called_at_two_windows: int = 0
    lost_writes: int = 0
    gaps: int = 0
    without_act: int = 0
    against_time: int = 0
    unexplained: int = 0
    """Replies that the second opinion would not have given."""
    first: list[str] = field(default_factory=list)
    """The first few, in words."""

    @property
    def linearizable(self) -> bool:
        return not (self.without_act or self.against_time or self.unexplained)

    def wrong(self, what: str) -> None:
        if len(self.first) < 10:
            self.first.append(what)


def changed(act: Act) -> bool:
    """Whether the reply says that something was done."""
    if act.status not in {200, 201}:
        return False
    if act.verb == "call-next":
        reply = json.loads(act.reply)
        return reply.get("ticket") is not None or reply.get("window") is not None
    return True
