"""The bars above the windows: what they say, in how many cells, and when it has to be said again.

``SignTexts`` is pure. ``Bar`` is one bar's life on the gateway's bus thread: it sends what changed at once,
everything again after the bar was away or without power, and every 60 seconds in any case. Of changes that come faster
than the bar takes lines, the newest one is sent.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from drivers.device import Action, Condition, DeviceError, DeviceState, Fault, Status
from drivers.window_display.port import Style, WindowDisplay
from queue_server.contract.messages import WindowView
from queue_server.relay.announcements import WindowSign, sign_of
from queue_server.relay.stations import Station

REFRESH_SECONDS = 60.0
PROBE_SECONDS = 5.0
NOBODY_KNOWS = Status(DeviceState.UNKNOWN, (Condition("status.unknown", Action.NONE),))
"""A bar that never answers: it is told its lines like any other, and never said to be well."""
BLANK = "display.blank"
"""The condition of a bar that was without power: it shows nothing."""


def cells(text: str) -> int:
    """How many Latin cells a text takes on a bar: two for a Chinese character."""
    return sum(1 if sign.isascii() else 2 for sign in text)


class SignTexts:
    """The words of a bar in one language (``sign.*`` of ``voice.json``: the longest first, then ``….1``, ``….2``)."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def fit(self, sign: WindowSign, columns: int) -> str:
        """The longest wording that fits; when none does, the shortest one, which then scrolls."""
        params = dict(sign.params)
        wordings = []
        for suffix in ("", ".1", ".2", ".3"):
            template = self._texts.get(sign.key.value + suffix)
            if template is None:
                break
            if "{window}" not in template or params.get("window", "").isdigit():
                wordings.append(template.format(**params))
        return next((text for text in wordings if cells(text) <= columns), wordings[-1])


class Bar(Station):
    """One bar. ``wish`` may be called from any thread, everything else from the bus thread."""

    interval = PROBE_SECONDS

    def __init__(self, device_id: str, window: str, display: WindowDisplay, texts: SignTexts) -> None:
        super().__init__(device_id, window, display)
        self._display = display
        self._texts = texts
        self._lock = threading.Lock()
        self._wanted: WindowSign | None = None
        self._shown: WindowSign | None = None
        self._shown_at = -REFRESH_SECONDS
        self._probed_at = -PROBE_SECONDS

    def see(self, view: WindowView) -> None:
        with self._lock:
            self._wanted = sign_of(view)

    def due(self, now: float) -> float:
        with self._lock:
            if self._wanted is not None and self._wanted != self._shown and self.is_open:
                return max(now, self._takes_a_line_at)
        return super().due(now)

    @property
    def _takes_a_line_at(self) -> float:
        return self._shown_at + self._display.capabilities.refresh_seconds

    def opened(self) -> None:
        with self._lock:
            self._shown = None  # whatever it shows now is old

    def work(self, now: float) -> Status | None:
        """Sends what is due. Raises ``DeviceError`` when the bar does not take it."""
        with self._lock:
            wanted = self._wanted
            fresh = wanted == self._shown and now - self._shown_at < REFRESH_SECONDS
        status = None if self._display.capabilities.answers else NOBODY_KNOWS
        if fresh or wanted is None:
            status = status or self._probe(now)
            if status is None or BLANK not in {condition.code for condition in status.conditions}:
                return status
        if now < self._takes_a_line_at:
            return status  # its turn comes when the bar takes a line again, and then with what is true by then
        if wanted is not None:
            try:
                self._show(wanted)
            finally:
                with self._lock:  # also what it refuses, which it would refuse again; a silent bar is opened anew
                    self._shown, self._shown_at = wanted, now
        return status

    def _probe(self, now: float) -> Status | None:
        if now - self._probed_at < PROBE_SECONDS:
            return None
        self._probed_at = now
        return self.look()

    def _show(self, sign: WindowSign) -> None:
        text = self._texts.fit(sign, self._display.capabilities.columns)
        try:
            self._display.show(text, Style.BLINK if sign.blink else Style.STEADY)
        except DeviceError as error:
            if error.fault is not Fault.BAD_DATA or not sign.params.get("number"):
                raise
            self._display.show(sign.params["number"])  # better the bare number than an old line
