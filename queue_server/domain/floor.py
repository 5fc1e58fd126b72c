"""The whole floor of a hall at one instant: every queue, every window, and what was learned of their pace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from queue_server.domain.pace import Pace
from queue_server.domain.queue import QueueState
from queue_server.domain.window import WindowState


@dataclass(frozen=True)
class Floor:
    """Keys are ids of queues and windows; ``paces`` holds those hours of a queue in which something was learned."""

    queues: Mapping[str, QueueState]
    windows: Mapping[str, WindowState]
    paces: Mapping[str, tuple[Pace, ...]]
