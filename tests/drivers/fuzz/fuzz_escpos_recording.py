"""Conversations with a printer as a recorder sees them: redacted in the same length, or refused."""

from __future__ import annotations

from drivers.seams.recording import DEVICE, HOST, Turn
from drivers.ticket_printer.redacting import redact, synthetic_slips


def fuzz(data: bytes) -> None:
    """What was redacted once does not change any more, and what the printer said never does."""
    cut = len(data) // 2
    turns = (Turn(0.0, HOST, data[:cut]), Turn(0.1, DEVICE, b"\x12"), Turn(0.2, HOST, data[cut:]))
    try:
        redacted = redact(turns)
    except ValueError:
        return
    if [(len(turn.data), turn.side) for turn in redacted] != [(len(turn.data), turn.side) for turn in turns]:
        raise AssertionError("lengths changed")
    if [turn.data for turn in redact(redacted)] != [turn.data for turn in redacted]:
        raise AssertionError("redacting again changed something")
    try:
        synthetic_slips(redacted)
    except ValueError:
        return
