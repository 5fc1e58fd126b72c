"""Officer's keypad of a foreign make, described in settings (``drivers.seams.foreign`` has the options)."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.device import Cancel, Status
from drivers.keypad.port import TIMEOUT, KeypadCapabilities, KeypadKey, KeyPress
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.bus_line import OPEN_SECONDS, Tenant, Within
from drivers.seams.foreign import ForeignBox, ForeignFrames, foreign_box_of


class ForeignKeypad:
    """Gives out each press as often as the box lets us tell presses apart: not exactly once."""

    def __init__(self, box: ForeignBox, frames: ForeignFrames) -> None:
        self._box = box
        keys = frozenset(KeypadKey(meaning) for meaning in frames.codes.values())
        self.capabilities = KeypadCapabilities(exactly_once=False, keys=keys)
        self._tenant = Tenant()

    def open(self) -> None:
        self._box.open(Within.seconds(OPEN_SECONDS))
        self._tenant.open()

    def close(self) -> None:
        """Ends what is under way; the line belongs to others, too."""
        self._tenant.close()

    def probe(self) -> Status:
        return self._box.probe()

    def poll(self, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> KeyPress | None:
        """The oldest press. A key that the settings do not name does nothing."""
        presses = self._box.poll(self._tenant.within(timeout, cancel))
        if not presses:
            return None
        return KeyPress(KeypadKey(presses[0].meaning), presses[0].sequence, self._box.age(presses[0]))

    def acknowledge(self, press: KeyPress, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> None:
        self._box.acknowledge(press.sequence, self._tenant.within(timeout, cancel))


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> ForeignKeypad:
    """From ``serial:///dev/…?baud=9600`` or ``tcp://host:port``, and options. Raises CONFIGURATION."""
    return ForeignKeypad(*foreign_box_of(url, options, shared, [key.value for key in KeypadKey]))
