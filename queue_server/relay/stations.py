"""One wired device on the thread of its bus: open it, let it work, see it go and come back.

A station never raises into the thread; what goes wrong becomes its status, told once when it changes.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

import structlog

from drivers.device import Action, Condition, Device, DeviceError, DeviceState, Fault, Status
from queue_server.contract.messages import WindowView

REOPEN_SECONDS = 1.0
_GONE = frozenset({Fault.ABSENT, Fault.UNPLUGGED, Fault.CANCELLED})
_WRONG = frozenset({Fault.CONFIGURATION, Fault.UNSUPPORTED, Fault.BAD_DATA})
_MANY = 5
"""So many answers in a row that make no sense are no accident: it is another device, or none of ours."""
_USABLE = frozenset({DeviceState.READY, DeviceState.BUSY, DeviceState.IMPAIRED})


class Station(ABC):
    """What all devices at a window have in common. Subclasses say in ``work`` what there is to do."""

    interval = 1.0
    """Seconds between two turns when nothing else makes it due."""

    def __init__(self, device_id: str, window: str, device: Device) -> None:
        self.device_id = device_id
        self.window = window
        self._device = device
        self._open = False
        self._next = 0.0
        self._status = Status(DeviceState.CONNECTING)
        self._lost_it = True
        """Since it went, or from the beginning, no turn went well."""
        self._senseless = 0
        self._guard = threading.Lock()
        self._log = structlog.get_logger("gateway")

    @property
    def status(self) -> Status:
        with self._guard:
            return self._status

    @property
    def is_open(self) -> bool:
        return self._open

    @abstractmethod
    def see(self, view: WindowView) -> None:
        """The window changed; what the device should do follows from it. From any thread, returns at once."""

    def due(self, now: float) -> float:
        """When it wants its next turn (seconds of the thread's clock); ``now`` or earlier: at once."""
        del now
        return self._next

    def turn(self, now: float) -> None:
        """One turn: opens the device when needed, then works."""
        self._next = now + self.interval
        try:
            if not self._open:
                self._device.open()
                self._open = True
                self.opened()
            status = self.work(now)
        except DeviceError as error:
            self._lost(error, now)
            return
        except Exception as error:  # noqa: BLE001  # because a driver with a mistake must not take the line from the others
            self._failed(error, now)
            return
        self._senseless = 0
        lost, self._lost_it = self._lost_it, False
        if status is not None or lost:
            self._tell(status or Status(DeviceState.READY))

    def opened(self) -> None:  # noqa: B027  # because most devices have nothing to do here
        """The device is there, for the first time or again."""

    @abstractmethod
    def work(self, now: float) -> Status | None:
        """What there is to do; a status when it was asked for. Raises ``DeviceError``."""

    def ask_to_stop(self) -> None:  # noqa: B027  # because most devices are never long under way
        """The thread is about to end: what takes long breaks off. From any thread, returns at once."""

    def close(self) -> None:
        """Lets the device go. Does not raise."""
        self._open = False
        try:
            self._device.close()
        except Exception as error:  # noqa: BLE001  # because the others of the line have to be closed, too
            self._log.error("device.failed", device=self.device_id, window=self.window, error=type(error).__name__)

    def look(self) -> Status:
        """Asks the device how it is. Raises ``DeviceError`` when it is not there or says nothing."""
        status = self._device.probe()
        if status.state is DeviceState.ABSENT:
            raise DeviceError(Fault.ABSENT)
        if status.state is not DeviceState.FAULT and not self.usable(status):
            raise DeviceError(Fault.SILENT)
        return status

    @staticmethod
    def usable(status: Status) -> bool:
        return status.state in _USABLE

    def _lost(self, error: DeviceError, now: float) -> None:
        if error.fault is Fault.BAD_DATA and self._open:
            self._senseless += 1
            if self._senseless == 1:
                self._log.warning("device.bad-data", device=self.device_id, reason=error.detail)
            if self._senseless < _MANY:
                return
        self._let_go(now)
        self._tell(self.trouble(error))

    def _failed(self, error: Exception, now: float) -> None:
        """The driver did what no driver may do; said once, and tried again like anything else."""
        self._let_go(now)
        name = type(error).__name__
        if self.status.detail != name:
            self._log.error("device.failed", device=self.device_id, window=self.window, error=name)
        internal = Condition("node.internal", Action.ENGINEER, blocking=True)
        self._tell(Status(DeviceState.FAULT, (internal,), name))

    def _let_go(self, now: float) -> None:
        self._open = False
        self._lost_it = True
        self._next = now + REOPEN_SECONDS

    def trouble(self, error: DeviceError) -> Status:
        """What a fault of the device looks like from outside."""
        if error.fault in _GONE:
            return Status(DeviceState.ABSENT, (Condition("bus.absent", Action.ENGINEER, blocking=True),))
        if error.fault in _WRONG:
            wrong = Condition("node.wrong", Action.CONFIGURE, blocking=True)
            return Status(DeviceState.FAULT, (wrong,), error.detail)
        return Status(DeviceState.UNKNOWN, (Condition("node.silent", Action.ENGINEER, blocking=True),))

    def _tell(self, status: Status) -> None:
        with self._guard:
            before, self._status = self._status, status
        if self.usable(before) != self.usable(status) or before.state is DeviceState.CONNECTING:
            say = self._log.info if self.usable(status) else self._log.warning
            say("device.state", device=self.device_id, window=self.window, state=status.state.value)
