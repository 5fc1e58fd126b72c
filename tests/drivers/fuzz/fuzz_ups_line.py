"""One line of upsd."""

from __future__ import annotations

from drivers.device import DeviceError
from drivers.sensors.nut import decode_status


def fuzz(data: bytes) -> None:
    """What the UPS says, or a refusal with a reason."""
    try:
        states = decode_status(data[:1024].decode("ascii", errors="replace"), "hall")
    except DeviceError:
        return
    if set(states) != {"on-battery", "battery-low", "replace-battery"}:
        raise AssertionError("something is missing")
