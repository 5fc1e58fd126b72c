"""Which number a key has on the bus (map v1). Pure."""

from __future__ import annotations

from drivers.device import DeviceError, Fault
from drivers.keypad.port import KeypadKey

KEYS = {
    1: KeypadKey.CALL_NEXT,
    2: KeypadKey.RECALL,
    3: KeypadKey.START,
    4: KeypadKey.PASS,
    5: KeypadKey.FINISH,
    6: KeypadKey.PAUSE,
    7: KeypadKey.HOLD,
}


def decode_key(code: int) -> KeypadKey:
    """Raises BAD_DATA for a number that no key has."""
    try:
        return KEYS[code]
    except KeyError:
        raise DeviceError(Fault.BAD_DATA, f"key {code}") from None


def encode_key(key: KeypadKey) -> int:
    return next(code for code, known in KEYS.items() if known is key)
