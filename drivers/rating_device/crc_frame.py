"""Rating box that speaks the documented CRC-16 frame, on an RS-485 bus or alone on an RS-232 line."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping

from drivers.device import Cancel, DeviceError, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.rating_device.codec import IDLE, checked_session, decode_level
from drivers.rating_device.port import TIMEOUT, RatingCapabilities, RatingPress
from drivers.seams.bus_line import OPEN_SECONDS, Tenant, Within
from drivers.seams.frame_bus import FrameBus, frame_bus_of
from drivers.seams.frame_events import FrameEvent, FrameEvents, identify_frame_node, probe_frame_node
from drivers.seams.frames import FrameCommand
from drivers.seams.node_health import NodeClass


class CrcFrameRater:
    """Invites for one service at a time.

    A box that does not say in which session a key was pressed is asked whenever the invitation changes, so that a press
    for the person before never counts for the next one.
    """

    capabilities = RatingCapabilities(exactly_once=True)

    def __init__(self, bus: FrameBus, address: int) -> None:
        self._bus = bus
        self._address = address
        self._events = FrameEvents(bus, address, FrameCommand.RATING)
        self._tenant = Tenant()
        self._lock = threading.Lock()
        self._session = IDLE
        self._first_seen: tuple[int, int] = (0, IDLE)
        """An event without a session, and the session that ran when it was seen first."""
        self._left_over = False
        """Presses waited when another session began: what stands behind them belongs to nobody, until all are gone."""

    def open(self) -> None:
        identify_frame_node(self._bus, self._address, NodeClass.RATER, Within.seconds(OPEN_SECONDS))
        self._tenant.open()

    def close(self) -> None:
        """Ends what is under way; the bus belongs to others, too."""
        self._tenant.close()

    def probe(self) -> Status:
        return probe_frame_node(self._bus, self._address, NodeClass.RATER)

    def invite(self, session: int, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> None:
        self._become(checked_session(session), self._tenant.within(timeout, cancel))

    def withdraw(self, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> None:
        self._become(IDLE, self._tenant.within(timeout, cancel))

    def poll(self, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> RatingPress | None:
        """The oldest press; raises BAD_DATA (and forgets the press) for what is no level.

        A box that was without power is invited again for the running session.
        """
        within = self._tenant.within(timeout, cancel)
        with self._lock:
            event = self._events.poll(within)
            if event is None:
                self._left_over = False
                if self._events.session not in (None, self._session):
                    self._tell(within)
                return None
            session = self._session_of(event)
            try:
                level = decode_level(event.code)
            except DeviceError:
                self._events.acknowledge(event.sequence, within)
                raise
        return RatingPress(level, event.sequence, session, event.age)

    def acknowledge(self, press: RatingPress, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> None:
        within = self._tenant.within(timeout, cancel)
        with self._lock:
            self._events.acknowledge(press.sequence, within)
            if self._left_over:
                with contextlib.suppress(DeviceError):  # the next poll will see what waits behind it
                    self._look_behind(within)

    def _become(self, session: int, within: Within) -> None:
        with self._lock:
            if session != self._session:
                self._look_behind(within)
            self._session = session
            self._tell(within)

    def _look_behind(self, within: Within) -> None:
        """Sees at once what waits now, before somebody else can have pressed it."""
        event = self._events.poll(within)
        if event is not None:
            self._session_of(event)
        self._left_over = event is not None

    def _tell(self, within: Within) -> None:
        self._bus.ask(self._address, FrameCommand.INVITE, self._session.to_bytes(2, "little"), within)

    def _session_of(self, event: FrameEvent) -> int:
        if event.session is not None:
            return event.session
        if self._first_seen[0] != event.sequence:
            self._first_seen = (event.sequence, IDLE if self._left_over else self._session)
        return self._first_seen[1]


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> CrcFrameRater:
    """From ``serial:///dev/…?baud=19200&unit=18`` or ``tcp://host:port?unit=18``. Raises CONFIGURATION."""
    return CrcFrameRater(*frame_bus_of(url, options, shared))
