"""What happened, in the past tense: a type and the changed things as they are afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from queue_server.contract.messages import EventType


@dataclass(frozen=True)
class Happened:
    """One event before it has a number. ``data`` holds messages of the contract or plain values."""

    type: EventType
    data: dict[str, Any]
