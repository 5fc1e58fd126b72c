"""Events of a node that speaks the CRC-16 frame, taken exactly once under lost frames, repetitions and power cuts.

The node shows its oldest event until the master acknowledged its sequence. That sequence is one byte and begins again
at 1 after a power cut; the numbers that are given out here go on growing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from drivers.device import Condition, DeviceError, Fault, Status
from drivers.seams.bus_line import Within
from drivers.seams.frame_bus import FrameBus
from drivers.seams.frames import Frame, FrameCommand
from drivers.seams.node_health import BUS_NOISY, NodeClass, conditions_of, gone_status, status_of

_CLOCKS_DIFFER = 3.0
"""Seconds by which the age of an event may differ from what we expect: its clock counts whole seconds."""
_OLDEST = 65_535.0
"""An age that does not grow any more."""
_SESSION_BYTES = 2
_CODE_ONLY, _WITH_AGE, _WITH_SESSION = 1, 3, 5


@dataclass(frozen=True, slots=True)
class FrameEvent:
    """One event. ``sequence`` grows with every event; ``session`` is None when the node does not say it.

    ``aged``: the node says how old it is, by which a press after a power cut is told from the one before.
    """

    sequence: int
    code: int
    age: float
    session: int | None
    aged: bool


@dataclass(slots=True)
class _Shown:
    """The event that the node shows, or showed last."""

    own: int
    code: int
    born: float
    sequence: int
    done: bool = False


class FrameEvents:
    """The events of one node. Every method raises what the bus raises."""

    def __init__(
        self, bus: FrameBus, address: int, event: FrameCommand, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._bus = bus
        self._address = address
        self._event = event
        self._clock = clock
        self._lock = threading.Lock()
        self._shown: _Shown | None = None
        self._given = 0
        self._session: int | None = None

    @property
    def session(self) -> int | None:
        """The invitation of which the node spoke when nothing waited; None when it does not tell."""
        return self._session

    def poll(self, within: Within | None = None) -> FrameEvent | None:
        """The oldest event that was not acknowledged, or None. Raises BAD_DATA for what is no event."""
        with self._lock:
            frame = self._bus.ask(self._address, FrameCommand.POLL, b"", within, events=True)
            if frame.command != self._event:
                if frame.command in (FrameCommand.KEY, FrameCommand.RATING):
                    raise DeviceError(Fault.CONFIGURATION, f"node {self._address} is another device")
                self._shown = None
                whole = len(frame.payload) == _SESSION_BYTES
                self._session = int.from_bytes(frame.payload, "little") if whole else None
                return None
            try:
                code, age, session = _parsed(frame)
            except DeviceError:
                self._forget(frame.sequence, within)  # or it would stand before all others for ever
                raise
            shown = self._recognised(frame.sequence, code, age)
            if shown.done:
                self._forget(shown.own, within)  # it should have forgotten it
                return None
            return FrameEvent(shown.sequence, code, age or 0.0, session, age is not None)

    def acknowledge(self, sequence: int, within: Within | None = None) -> None:
        """Says that an event was dealt with; of one that is no longer shown there is nothing left to say."""
        with self._lock:
            shown = self._shown
            if shown is None or shown.sequence != sequence:
                return
            self._forget(shown.own, within)
            shown.done = True

    def _forget(self, own: int, within: Within | None) -> None:
        reply = self._bus.ask(self._address, FrameCommand.ACKNOWLEDGE, bytes((own,)), within)
        if reply.payload != bytes((own,)):
            raise DeviceError(Fault.BAD_DATA, f"node {self._address} confirmed another event", uncertain=True)

    def _recognised(self, own: int, code: int, age: float | None) -> _Shown:
        """The event as one we know, or a new one: other number, other code, or born at another time."""
        born = self._clock() - (age or 0.0)
        shown = self._shown
        known = shown is not None and (shown.own, shown.code) == (own, code)
        younger = False
        if shown is not None and age is not None and age < _OLDEST:
            younger = born > shown.born + _CLOCKS_DIFFER + 0.002 * age
        if shown is None or not known or younger:
            self._given += 1
            shown = self._shown = _Shown(own, code, born, self._given)
        return shown


def _parsed(frame: Frame) -> tuple[int, float | None, int | None]:
    payload = frame.payload
    if len(payload) not in (_CODE_ONLY, _WITH_AGE, _WITH_SESSION):
        raise DeviceError(Fault.BAD_DATA, f"an event of {len(payload)} bytes")
    age = float(int.from_bytes(payload[1:3], "little")) if len(payload) >= _WITH_AGE else None
    session = int.from_bytes(payload[3:5], "little") if len(payload) == _WITH_SESSION else None
    return payload[0], age, session


def identify_frame_node(
    bus: FrameBus, address: int, expected: NodeClass, within: Within | None = None
) -> tuple[str, tuple[Condition, ...]]:
    """Firmware and conditions of a node. Raises CONFIGURATION when it is of another class, and what the bus raises."""
    identity = bus.identify(address, within)
    if identity.node_class != expected:
        raise DeviceError(
            Fault.CONFIGURATION, f"node {address} is of class {identity.node_class}, not {expected.value}"
        )
    return f"firmware {identity.firmware >> 8}.{identity.firmware & 0xFF}", conditions_of(identity.faults)


def probe_frame_node(bus: FrameBus, address: int, expected: NodeClass) -> Status:
    """How a node is; a silent one is unknown, never ok. Does not raise."""
    try:
        detail, conditions = identify_frame_node(bus, address, expected)
    except DeviceError as error:
        return gone_status(error)
    noise = (BUS_NOISY,) if bus.counts(address).is_noisy else ()
    return status_of((*conditions, *noise), detail)
