"""Events of a keyboard: the first byte picks what Alt and a number mean, then come events as the kernel writes them.

So that small inputs reach far, an event takes three bytes here (type, code, value) unless the first byte is 128 or
more: then the rest is taken as it is.
"""

from __future__ import annotations

from drivers.code_scanner.keys import KEY, Alt, Typewriter
from drivers.code_scanner.redaction import redact_events
from drivers.seams.input_port import EVENT
from drivers.seams.recording import DEVICE, Turn

_TYPES = (KEY, 0, 4, KEY, 17, KEY, 200, KEY)


def fuzz(data: bytes) -> None:
    """Bytes or reasons, whole as in pieces; a recording keeps as many events and no key's own code of Alt numbers."""
    settings, rest = (data[0], data[1:]) if data else (0, b"")
    events = rest if settings >= 128 else spread(rest)
    alt = list(Alt)[settings % 3]
    whole = list(Typewriter(alt).translate(events))
    cut = Typewriter(alt)
    pieces = [piece for start in range(0, len(events), 7) for piece in cut.translate(events[start : start + 7])]
    if whole != pieces:
        raise AssertionError("it matters how the line cuts an event")
    if not all(pieces):
        raise AssertionError("nothing was typed, and said so")
    try:
        (turn,) = redact_events([Turn(0.0, DEVICE, events)])
    except ValueError:
        return
    if len(turn.data) != len(events):
        raise AssertionError("a recording of another length")


def spread(data: bytes) -> bytes:
    """Three bytes for each event."""
    return b"".join(
        EVENT.pack(0, 0, _TYPES[data[place] % 8], data[place + 1], data[place + 2] % 4)
        for place in range(0, len(data) - 2, 3)
    )
