"""What happened, in the past tense: a type and the changed things as they are afterwards."""

from __future__ import annotations

from typing import Any

import msgspec

from queue_server.contract.messages import EventType


class Happened(msgspec.Struct, frozen=True):
    """One event before it has a number. ``data`` holds messages of the contract or plain values."""

    type: EventType
    data: dict[str, Any]
