"""Which number a level has on the bus (map v1). Pure.

The number runs the other way than in GB/T 39046-2020 A.8 (1 = very satisfied). This is the one place
where the boxes' order is known; it is tested by a table.
"""

from __future__ import annotations

from drivers.device import DeviceError, Fault
from drivers.rating_device.port import RatingKey

LEVELS = {
    5: RatingKey.VERY_SATISFIED,
    4: RatingKey.SATISFIED,
    3: RatingKey.BASICALLY_SATISFIED,
    2: RatingKey.DISSATISFIED,
    1: RatingKey.VERY_DISSATISFIED,
}


IDLE = 0
"""The session that is no invitation."""


def checked_session(session: int) -> int:
    """Raises BAD_DATA for what is no session."""
    if not 1 <= session <= 0xFFFF:
        raise DeviceError(Fault.BAD_DATA, "a session is 1..65535")
    return session


def decode_level(code: int) -> RatingKey:
    """Raises BAD_DATA for a number that is no level: a rating is never guessed."""
    try:
        return LEVELS[code]
    except KeyError:
        raise DeviceError(Fault.BAD_DATA, f"level {code}") from None


def encode_level(level: RatingKey) -> int:
    return next(code for code, known in LEVELS.items() if known is level)
