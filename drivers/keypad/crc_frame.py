"""Officer's keypad that speaks the documented CRC-16 frame, on an RS-485 bus or alone on an RS-232 line."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.device import Cancel, DeviceError, Status
from drivers.keypad.codec import decode_key
from drivers.keypad.port import TIMEOUT, KeypadCapabilities, KeyPress
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.bus_line import OPEN_SECONDS, Tenant, Within
from drivers.seams.frame_bus import FrameBus, frame_bus_of
from drivers.seams.frame_events import FrameEvents, identify_frame_node, probe_frame_node
from drivers.seams.frames import FrameCommand
from drivers.seams.node_health import NodeClass


class CrcFrameKeypad:
    """Every press is given out until it is acknowledged, and never after."""

    capabilities = KeypadCapabilities(exactly_once=True)

    def __init__(self, bus: FrameBus, address: int) -> None:
        self._bus = bus
        self._address = address
        self._events = FrameEvents(bus, address, FrameCommand.KEY)
        self._tenant = Tenant()

    def open(self) -> None:
        identify_frame_node(self._bus, self._address, NodeClass.KEYPAD, Within.seconds(OPEN_SECONDS))
        self._tenant.open()

    def close(self) -> None:
        """Ends what is under way; the bus belongs to others, too."""
        self._tenant.close()

    def probe(self) -> Status:
        return probe_frame_node(self._bus, self._address, NodeClass.KEYPAD)

    def poll(self, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> KeyPress | None:
        """The oldest press; raises BAD_DATA (and forgets the press) for a key that does not exist."""
        within = self._tenant.within(timeout, cancel)
        event = self._events.poll(within)
        if event is None:
            return None
        try:
            key = decode_key(event.code)
        except DeviceError:
            self._events.acknowledge(event.sequence, within)
            raise
        return KeyPress(key, event.sequence, event.age)

    def acknowledge(self, press: KeyPress, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> None:
        self._events.acknowledge(press.sequence, self._tenant.within(timeout, cancel))


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> CrcFrameKeypad:
    """From ``serial:///dev/…?baud=19200&unit=3`` or ``tcp://host:port?unit=3``. Raises CONFIGURATION."""
    return CrcFrameKeypad(*frame_bus_of(url, options, shared))
