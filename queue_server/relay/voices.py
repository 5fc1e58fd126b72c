"""The loudspeakers on a wire: every call of their zone is said once, one after the other, and none of them late.

The sound is asked for when the call is made, so that it is there when its turn comes. What is withdrawn is not said,
or broken off; a call that is called again while it waits is said once; one whose time is over is dropped.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field

from drivers.device import Cancel, DeviceError, DeviceState, Fault, Status
from drivers.speaker.port import TROUBLES, Speaker
from queue_server.contract.messages import CallView, WindowView
from queue_server.contract.refusals import Refusal
from queue_server.contract.words import Language
from queue_server.domain.hall import Device as WiredDevice
from queue_server.relay.announcements import Announcement
from queue_server.relay.stations import Station

Fetch = Callable[[Announcement, Language], "Future[bytes]"]
"""Asks for a call in a language as a WAV; the future ends with it, ``Refusal`` (final) or another error (again)."""

PROBE_SECONDS = 15.0
RETRY_SECONDS = 0.5
_REPEATABLE = frozenset({Fault.ABSENT, Fault.UNPLUGGED, Fault.BUSY, Fault.SILENT, Fault.CONFIGURATION})


@dataclass(slots=True, eq=False)
class _Waiting:
    """A call in one language on its way to the loudspeaker; ``until`` on the thread's clock."""

    call: Announcement
    language: Language
    until: float
    sound: Future[bytes] | None
    again_at: float = 0.0
    cancel: Cancel = field(default_factory=Cancel)

    def due(self, now: float) -> float:
        """When there is something to do about it: it is there, too late, or has to be asked for again."""
        if self.sound is None:
            return min(self.again_at, self.until)
        return now if self.sound.done() else self.until


class Voice(Station):
    """One loudspeaker; ``zone`` None is the whole hall. ``say`` and ``withdraw`` may be called from any thread."""

    interval = PROBE_SECONDS

    def __init__(
        self,
        device_id: str,
        zone: str | None,
        speaker: Speaker,
        fetch: Fetch,
        languages: tuple[Language, ...] = (Language.ZH,),
    ) -> None:
        super().__init__(device_id, "", speaker)
        self._speaker = speaker
        self._zone = zone
        self._fetch = fetch
        self._languages = languages
        self._lock = threading.Lock()
        self._queue: deque[_Waiting] = deque()
        self._playing: _Waiting | None = None
        self._heard = 0
        self._stopping = False
        self._probed_at = -PROBE_SECONDS
        self._found = Status(DeviceState.READY)

    def see(self, view: WindowView) -> None:
        """A loudspeaker belongs to no window."""

    def say(self, call: Announcement, now: float, seconds: float) -> None:
        """A call was made and may be said for so many seconds. One that was seen before changes nothing."""
        if self._zone not in (None, call.zone) or seconds <= 0:
            return
        with self._lock:
            if call.seq <= self._heard or self._stopping:
                return
            self._heard = call.seq
        new = [_Waiting(call, language, now + seconds, self._fetch(call, language)) for language in self._languages]
        with self._lock:
            kept = [one for one in self._queue if one.call.number != call.number]
            self._queue = deque([*kept, *new])

    def withdraw(self, call: CallView) -> None:
        """Nobody may go there any more: what waits is dropped, what is being said breaks off."""
        with self._lock:
            self._queue = deque(one for one in self._queue if one.call.number != call.number)
            if self._playing is not None and self._playing.call.number == call.number:
                self._playing.cancel.cancel()

    def ask_to_stop(self) -> None:
        with self._lock:
            self._stopping = True
            self._queue.clear()
            if self._playing is not None:
                self._playing.cancel.cancel()

    def due(self, now: float) -> float:
        with self._lock:
            head = self._queue[0] if self._queue and self.is_open else None
        return super().due(now) if head is None else min(super().due(now), head.due(now))

    def work(self, now: float) -> Status | None:
        """Says the next call, or looks how the loudspeaker is. Raises ``DeviceError``."""
        waiting = self._head(now)
        if waiting is not None:
            self._play(waiting)
            self._found = Status(DeviceState.READY)
        elif not self._queue and now - self._probed_at >= PROBE_SECONDS:
            self._probed_at = now
            self._found = self._speaker.probe()
            if self._found.state is DeviceState.ABSENT:
                raise DeviceError(Fault.ABSENT)
        return self._found

    def trouble(self, error: DeviceError) -> Status:
        state = DeviceState.FAULT if error.fault is Fault.CONFIGURATION else DeviceState.UNKNOWN
        if error.fault in (Fault.ABSENT, Fault.UNPLUGGED, Fault.CANCELLED):
            state = DeviceState.ABSENT
        return Status(state, (TROUBLES.get(error.fault, TROUBLES[Fault.ABSENT]),), error.detail)

    def _head(self, now: float) -> _Waiting | None:
        """The call whose turn it is, once its sound is there; what is too late or has no sound is dropped."""
        while True:
            with self._lock:
                if not self._queue:
                    return None
                head = self._queue[0]
            if head.until <= now:
                self._drop(head, "voice.too-late", "")
            elif head.sound is None:
                if now >= head.again_at:
                    head.sound = self._fetch(head.call, head.language)
                return None
            elif not head.sound.done():
                return None
            else:
                error = CancelledError() if head.sound.cancelled() else head.sound.exception()
                if error is None:
                    return self._take(head)
                if not isinstance(error, Refusal):
                    head.sound, head.again_at = None, now + RETRY_SECONDS
                    return None
                self._drop(head, "voice.no-sound", error.code.value)

    def _take(self, head: _Waiting) -> _Waiting | None:
        """From the queue to what is being said, in one go: whoever withdraws it finds it in one of the two."""
        with self._lock:
            if head not in self._queue or self._stopping:
                return None
            self._queue.remove(head)
            self._playing = head
            return head

    def _drop(self, head: _Waiting, why: str, reason: str) -> None:
        with self._lock:
            if head not in self._queue:
                return
            self._queue.remove(head)
        self._log.warning(why, device=self.device_id, number=head.call.number, reason=reason)

    def _play(self, waiting: _Waiting) -> None:
        try:
            if waiting.sound is not None and not waiting.cancel.cancelled:
                self._speaker.play(waiting.sound.result(), cancel=waiting.cancel)
        except DeviceError as error:
            with self._lock:
                if waiting.cancel.cancelled:
                    return
                if not error.uncertain and error.fault in _REPEATABLE:
                    self._queue.appendleft(waiting)  # nothing was heard of it: it is said if the card returns in time
            raise
        finally:
            with self._lock:
                self._playing = None


def languages_of(text: str) -> tuple[Language, ...]:
    """``zh``, ``en`` or ``zh, en``: every call is said in each of them, in this order. Raises ``ValueError``."""
    languages = tuple(Language(part.strip().split("_")[0]) for part in text.split(","))
    if len(set(languages)) != len(languages):
        raise ValueError(f"a language twice: {text!r}")
    return languages


def languages_in(devices: Iterable[WiredDevice]) -> tuple[Language, ...]:
    """What the loudspeakers of a hall speak, and Chinese in any case, since the call screens do."""
    spoken = [Language.ZH]
    for device in devices:
        if device.kind == "speaker":
            with contextlib.suppress(ValueError):  # a wrong one is told when the device is made
                spoken += languages_of(str(device.options.get("language", "zh")))
    return tuple(dict.fromkeys(spoken))
