"""Rating box of a foreign make, described in settings (``drivers.seams.foreign`` has the options)."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping

from drivers.device import Cancel, DeviceError, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.rating_device.codec import IDLE, checked_session
from drivers.rating_device.port import TIMEOUT, RatingCapabilities, RatingKey, RatingPress
from drivers.seams.bus_line import OPEN_SECONDS, Tenant, Within
from drivers.seams.foreign import ForeignBox, ForeignFrames, ForeignPress, foreign_box_of

_MOST_AT_ONCE = 16
"""So many presses that are nobody's are dropped at once; a box does not keep more."""


class ForeignRater:
    """Takes presses only while it invites, whether or not the box can be told; a press counts for its invitation.

    What was pressed before an invitation began is heard before it begins, and belongs to the one before or to nobody.
    """

    def __init__(self, box: ForeignBox, frames: ForeignFrames) -> None:
        self._box = box
        self.capabilities = RatingCapabilities(
            exactly_once=False,
            invites=frames.invite is not None,
            levels=frozenset(RatingKey(meaning) for meaning in frames.codes.values()),
        )
        self._tenant = Tenant()
        self._lock = threading.Lock()
        self._session = IDLE
        self._sessions: dict[int, int] = {}
        """The session of each press that waits."""
        self._left_over = False
        """Presses waited when another session began: what stands behind them belongs to nobody, until all are gone."""

    def open(self) -> None:
        self._box.open(Within.seconds(OPEN_SECONDS))
        self._tenant.open()

    def close(self) -> None:
        """Ends what is under way; the line belongs to others, too."""
        self._tenant.close()

    def probe(self) -> Status:
        return self._box.probe()

    def invite(self, session: int, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> None:
        within = self._tenant.within(timeout, cancel)
        with self._lock:
            if checked_session(session) != self._session:
                self._look_behind(within)
            self._session = session
            self._box.invite(session, within)

    def withdraw(self, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> None:
        within = self._tenant.within(timeout, cancel)
        with self._lock:
            if self._session != IDLE:
                self._look_behind(within)
            self._session = IDLE
            self._box.invite(None, within)

    def poll(self, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> RatingPress | None:
        """The oldest press that belongs to an invitation. A code that the settings do not name is nothing."""
        within = self._tenant.within(timeout, cancel)
        with self._lock:
            presses = self._hear(within)
            if not presses:
                return None
            press = presses[0]
            return RatingPress(
                RatingKey(press.meaning), press.sequence, self._sessions[press.sequence], self._box.age(press)
            )

    def acknowledge(self, press: RatingPress, timeout: float = TIMEOUT, cancel: Cancel | None = None) -> None:
        within = self._tenant.within(timeout, cancel)
        with self._lock:
            self._box.acknowledge(press.sequence, within)
            if self._left_over:
                with contextlib.suppress(DeviceError):  # the next poll will hear what waits behind it
                    self._look_behind(within)

    def _look_behind(self, within: Within) -> None:
        """Hears at once what waits now, before somebody else can have pressed it."""
        self._left_over = bool(self._hear(within))

    def _hear(self, within: Within) -> list[ForeignPress]:
        """The presses that wait, each with the session that ran when it was heard first; nobody's are dropped."""
        for _ in range(_MOST_AT_ONCE):
            presses = self._box.poll(within)
            session = IDLE if self._left_over else self._session
            self._sessions = {press.sequence: self._sessions.get(press.sequence, session) for press in presses}
            nobodys = [press for press in presses if self._sessions[press.sequence] == IDLE]
            if not nobodys:
                break
            self._box.acknowledge(nobodys[0].sequence, within)
            self._box.drop({press.sequence for press in nobodys})
            if presses[0] is not nobodys[0]:
                break  # what comes behind it is heard when it is gone
        self._left_over = self._left_over and bool(presses)
        return [press for press in presses if self._sessions[press.sequence] != IDLE]


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> ForeignRater:
    """From ``serial:///dev/…?baud=9600`` or ``tcp://host:port``, and options. Raises CONFIGURATION."""
    return ForeignRater(*foreign_box_of(url, options, shared, [level.value for level in RatingKey]))
