"""What officers press on keypads and citizens on rating boxes becomes commands, each press exactly once.

A press is carried out under a key made of device and sequence, and acknowledged to the device only after
the hall has said yes or a final no. Whatever is lost in between (a reply on the bus, the network) leads to the
same command under the same key. A press that got old on the way is not carried out: a call
that nobody wants any more must not happen.
"""

from __future__ import annotations

import secrets
import threading
import zlib
from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from drivers.device import Status
from drivers.keypad.port import Keypad, KeypadKey, KeyPress
from drivers.rating_device.port import RatingDevice, RatingPress
from queue_server.contract.messages import (
    CallNext,
    Command,
    FinishService,
    HoldService,
    Level,
    OpenWindow,
    Outcome,
    PassOver,
    PauseWindow,
    RateService,
    RatingChannel,
    RatingState,
    Recall,
    ResumeService,
    StartService,
    TicketState,
    WindowMode,
    WindowView,
)
from queue_server.contract.refusals import Refusal
from queue_server.relay.stations import Station

Press = TypeVar("Press", KeyPress, RatingPress)

CarryOut = Callable[[Command, str], "Future[None]"]
"""Hands a command and its key to the hall; the future ends with None, ``Refusal`` (final) or another error (again)."""

POLL_SECONDS = 0.1
IDLE_SECONDS = 0.9
"""A rating box that does not invite is asked so much more rarely."""
PROBE_SECONDS = 10.0
RETRY_SECONDS = 1.0
STALE_KEY_SECONDS = 5.0
"""An officer's press that is older is forgotten."""
STALE_RATING_SECONDS = 300.0
FIRST_VIEW_SECONDS = 10.0
"""So long a rating box is left as it is while the hall cannot be reached at the start."""
_SESSIONS_KEPT = 16


def command_of(key: KeypadKey, window: str, view: WindowView | None) -> Command:
    """What a key means at a window in this state. Pure.

    *Next* finishes the service that is running (accepted); a ticket that was called and not begun stays, so that nobody
    absent counts as served. *Pause* opens a window that is not open. *Hold* resumes when nobody is in front.
    """
    ticket = view.ticket if view is not None else None
    serving = ticket is not None and ticket.state is TicketState.SERVING
    is_open = view is None or view.mode is WindowMode.OPEN
    commands: dict[KeypadKey, Callable[[], Command]] = {
        KeypadKey.CALL_NEXT: lambda: CallNext(window=window, finish_current=Outcome.ACCEPTED if serving else None),
        KeypadKey.RECALL: lambda: Recall(window=window),
        KeypadKey.START: lambda: StartService(window=window),
        KeypadKey.PASS: lambda: PassOver(window=window),
        KeypadKey.FINISH: lambda: FinishService(window=window),
        KeypadKey.PAUSE: lambda: PauseWindow(window=window) if is_open else OpenWindow(window=window),
        KeypadKey.HOLD: lambda: HoldService(window=window) if ticket is not None else ResumeService(window=window),
    }
    return commands[key]()


def session_of(service: str) -> int:
    """The 16-bit number under which a rating box knows a service; the same after a restart. Never 0 (idle)."""
    return 1 + zlib.crc32(service.encode()) % 0xFFFF


@dataclass(slots=True)
class _Waiting(Generic[Press]):
    """A press on its way to the hall; the command stays the same over all attempts."""

    press: Press
    command: Command
    key: str
    pressed_at: float
    answer: Future[None] | None = None
    again_at: float = 0.0


class Buttons(Station, Generic[Press]):
    """Takes presses from one device, one after the other. ``nonce`` makes keys unique over restarts of the gateway."""

    interval = POLL_SECONDS
    stale_seconds = STALE_KEY_SECONDS

    def __init__(
        self, device_id: str, window: str, device: Keypad | RatingDevice, carry_out: CarryOut, nonce: str
    ) -> None:
        super().__init__(device_id, window, device)
        self._carry_out = carry_out
        self._nonce = nonce
        self._waiting: _Waiting[Press] | None = None
        self._done: Press | None = None
        self._probed_at = -PROBE_SECONDS
        self._view: WindowView | None = None
        self._lock = threading.Lock()

    @property
    def view(self) -> WindowView | None:
        with self._lock:
            return self._view

    def see(self, view: WindowView) -> None:
        with self._lock:
            self._view = view

    def work(self, now: float) -> Status | None:
        """One step: acknowledge what was carried out, else look after what is on its way, else poll."""
        self.keep_in_step(now)
        if self._done is not None:
            self._acknowledge(self._done)
            self._done = None
        elif self._waiting is not None:
            self._look_after(self._waiting, now)
        else:
            press = self._poll()
            if press is not None:
                self._take(press, now)
            elif now - self._probed_at >= PROBE_SECONDS:
                self._probed_at = now
                return self.look()
        return None

    def keep_in_step(self, now: float) -> None:
        """What the device has to be told before it is asked."""

    @abstractmethod
    def _poll(self) -> Press | None: ...

    @abstractmethod
    def _acknowledge(self, press: Press) -> None: ...

    @abstractmethod
    def _command(self, press: Press) -> Command | None: ...

    def _take(self, press: Press, now: float) -> None:
        command = self._command(press) if press.age <= self.stale_seconds else None
        if command is None:
            self._log.warning("press.dropped", device=self.device_id, window=self.window, seconds=press.age)
            self._done = press
            return
        key = f"{self.device_id}-{self._nonce}-{press.sequence}"[-64:]
        self._waiting = _Waiting(press, command, key, now - press.age)
        self._look_after(self._waiting, now)

    def _look_after(self, waiting: _Waiting[Press], now: float) -> None:
        if waiting.answer is None:
            if now < waiting.again_at:
                return
            waiting.answer = self._carry_out(waiting.command, waiting.key)
        if not waiting.answer.done():
            return
        error = CancelledError() if waiting.answer.cancelled() else waiting.answer.exception()
        if error is None or (isinstance(error, Refusal) and not error.retryable):
            if isinstance(error, Refusal):
                self._log.info("press.refused", device=self.device_id, window=self.window, code=error.code.value)
            self._finish(waiting)
        elif now - waiting.pressed_at > self.stale_seconds:
            self._log.warning("press.given-up", device=self.device_id, window=self.window, error=type(error).__name__)
            self._finish(waiting)
        else:
            waiting.answer, waiting.again_at = None, now + RETRY_SECONDS

    def _finish(self, waiting: _Waiting[Press]) -> None:
        self._waiting, self._done = None, waiting.press


class KeypadButtons(Buttons[KeyPress]):
    """An officer's keypad. What was pressed before the gateway started is not carried out: it may have been already."""

    def __init__(self, device_id: str, window: str, keypad: Keypad, carry_out: CarryOut, nonce: str) -> None:
        super().__init__(device_id, window, keypad, carry_out, nonce)
        self._keypad = keypad
        self._first = True

    def _poll(self) -> KeyPress | None:
        press = self._keypad.poll()
        first, self._first = self._first, False
        if press is None or not first:
            return press
        self._log.warning("press.before-start", device=self.device_id, window=self.window)
        self._done = press
        return None

    def _acknowledge(self, press: KeyPress) -> None:
        self._keypad.acknowledge(press)

    def _command(self, press: KeyPress) -> Command:
        return command_of(press.key, self.window, self.view)


class RaterButtons(Buttons[RatingPress]):
    """A rating box: invites while the hall invites at its window, and hands on what was pressed for that service."""

    stale_seconds = STALE_RATING_SECONDS

    def __init__(
        self,
        device_id: str,
        window: str,
        rater: RatingDevice,
        carry_out: CarryOut,
        nonce: str,
        wall_clock: Callable[[], datetime],
    ) -> None:
        super().__init__(device_id, window, rater, carry_out, nonce)
        self._rater = rater
        self._wall_clock = wall_clock
        self._services: OrderedDict[int, str] = OrderedDict()
        self._invited: int | None = None
        """The session that the box was told; None: not known."""
        self._patient_until: float | None = None

    def due(self, now: float) -> float:
        if self.view is None and (self._patient_until is None or now < self._patient_until):
            return super().due(now)
        if self.is_open and self._wanted() != self._invited:
            return now
        idle = self._invited == 0 and self._waiting is None and self._done is None
        return super().due(now) + (IDLE_SECONDS if idle else 0.0)

    def opened(self) -> None:
        self._invited = None

    def work(self, now: float) -> Status | None:
        """Leaves the box alone until the hall is known: somebody may have rated while no gateway ran."""
        if self._patient_until is None:
            self._patient_until = now + FIRST_VIEW_SECONDS
        if self.view is None and now < self._patient_until:
            return None
        return super().work(now)

    def keep_in_step(self, now: float) -> None:
        """Invites or withdraws as the window's state says."""
        del now
        wanted = self._wanted()
        if wanted == self._invited:
            return
        if wanted:
            self._rater.invite(wanted)
        else:
            self._rater.withdraw()
        self._invited = wanted

    def _wanted(self) -> int:
        view = self.view
        if view is None or view.rating is not RatingState.INVITED or view.service is None:
            return 0
        if view.rating_until is not None and self._wall_clock() >= view.rating_until:
            return 0
        session = session_of(view.service)
        self._services[session] = view.service
        while len(self._services) > _SESSIONS_KEPT:
            self._services.popitem(last=False)
        return session

    def _poll(self) -> RatingPress | None:
        return self._rater.poll()

    def _acknowledge(self, press: RatingPress) -> None:
        self._rater.acknowledge(press)

    def _command(self, press: RatingPress) -> Command | None:
        service = self._services.get(press.session)
        if service is None:
            return None  # pressed for a service that nobody here knows: never given to another one
        return RateService(service=service, level=Level(press.level.value), channel=RatingChannel.DEVICE)


def new_nonce() -> str:
    """Differs between two starts of a gateway; short, because keys are."""
    return secrets.token_hex(5)
