"""Every device of this kiosk on a worker thread of its own: opened, watched, opened again.

A bay never raises for a device that is missing: it says ``ABSENT`` and tries again, at 0.5 s first and at
30 s in the end; a device with a path of its own (``/dev/serial/by-id/…``) is looked for every second and opened as soon
as it is plugged in again. Every condition is logged once when it comes and once when it goes.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as NotYetError
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import structlog

from drivers.device import (
    Action,
    Condition,
    Device,
    DeviceError,
    DeviceState,
    Fault,
    HoldsVisitData,
    PushesStatus,
    Status,
)

log = structlog.get_logger(__name__)

D = TypeVar("D", bound=Device)
T = TypeVar("T")

FIRST_RETRY = 0.5
LAST_RETRY = 30.0
WATCH = 10.0
WATCH_CLOSER = 2.0
LOOK_FOR_PATH = 1.0
QUEUED = 2
GONE = frozenset({Fault.ABSENT, Fault.UNPLUGGED})

WORTH_A_LOOK = frozenset(
    {Fault.SILENT, Fault.MECHANICAL, Fault.PAPER_OUT, Fault.COVER_OPEN, Fault.NOT_AUTHORISED, Fault.NO_PICTURE}
)
"""Faults of a command after which the device is asked at once how it is."""

WORKING = frozenset({DeviceState.READY, DeviceState.BUSY, DeviceState.IMPAIRED})
"""States in which it is worth asking the device to do something."""

SAID_BY_THE_STATE = {DeviceState.ABSENT: "fault.absent", DeviceState.UNKNOWN: "fault.silent"}
"""What staff read of a device whose driver says no more than that it is not there, or does not answer."""


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """How one device is, for health, staff and the server. Never personal."""

    kind: str
    model: str
    status: Status

    @property
    def works(self) -> bool:
        return self.status.state in WORKING and not any(c.blocking for c in self.status.conditions)


class Bay(Generic[D]):
    """The place of one device. ``run`` and ``call`` hand work to the device's own thread, one after the other."""

    def __init__(
        self,
        kind: str,
        model: str,
        make: Callable[[], D],
        on_change: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
        *,
        plugged: Callable[[], bool] | None = None,
    ) -> None:
        """``plugged`` says whether the device's path is there; None: it has none, so it is tried now and then."""
        self.kind = kind
        self.model = model
        self._make = make
        self._plugged = plugged
        self._was_plugged = True
        self._begun = False
        self._try_at = 0.0
        self._on_change = on_change
        self._monotonic = monotonic
        self._device: D | None = None
        self._open = False
        self._status = Status(DeviceState.CONNECTING)
        self._jobs: queue.Queue[tuple[Callable[[D], Any], Future[Any]] | None] = queue.Queue(QUEUED)
        self._pause = FIRST_RETRY
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._live, name=f"device-{kind}", daemon=True)

    @property
    def report(self) -> DeviceReport:
        return DeviceReport(self.kind, self.model, self._status)

    def start(self) -> None:
        """Begins to look for the device; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ends what is under way and closes the device."""
        self._stopping.set()
        self._close()
        with contextlib.suppress(queue.Full):
            self._jobs.put_nowait(None)
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(3.0)

    def forget(self) -> None:
        """The visit is over: what driver and device still hold of the person is thrown away. From any thread."""
        device: object = self._device
        if isinstance(device, HoldsVisitData):
            device.forget()

    def run(self, work: Callable[[D], T]) -> Future[T]:
        """Queues work. The future fails with ``DeviceError``; BUSY when too much is queued already."""
        future: Future[T] = Future()
        try:
            self._jobs.put_nowait((work, future))
        except queue.Full:
            future.set_exception(DeviceError(Fault.BUSY, "queue"))
        return future

    def call(self, work: Callable[[D], T], timeout: float) -> T:
        """Does work and waits for it. Raises ``DeviceError``; SILENT when the driver did not come back in time."""
        future = self.run(work)
        try:
            return future.result(timeout)
        except NotYetError:
            if not future.cancel():
                self._close()  # ends what hangs; the bay opens it again by itself
            raise DeviceError(Fault.SILENT, "no return", uncertain=True) from None
        except CancelledError:
            raise DeviceError(Fault.CANCELLED) from None

    # --- the device's own thread ---

    def _live(self) -> None:
        self._try_open()
        while not self._stopping.is_set():
            try:
                job = self._jobs.get(timeout=self._until_next_look())
            except queue.Empty:
                self._look()
                continue
            if job is None:
                break
            self._do(*job)
        self._close()
        while not self._jobs.empty():
            job = self._jobs.get_nowait()
            if job is not None and job[1].set_running_or_notify_cancel():  # nobody waits any more for some
                job[1].set_exception(DeviceError(Fault.CANCELLED, "stopping"))

    def _until_next_look(self) -> float:
        if not self._open:
            return self._pause if self._plugged is None else min(self._pause, LOOK_FOR_PATH)
        return WATCH if self._status.state is DeviceState.READY else WATCH_CLOSER

    def _look(self) -> None:
        if not self._open:
            if self._worth_trying():
                self._try_open()
            return
        try:
            found = self._need().probe()
        except DeviceError as error:
            self._failed(error)
        except Exception as error:  # noqa: BLE001  # a broken driver must not take the watch with it
            self._broke(error)
        else:
            self._see(found)
            if found.state is DeviceState.ABSENT:
                self._close()  # it is looked for again, from the start

    def _worth_trying(self) -> bool:
        """A path that is not there need not be opened; one that has come is opened at once."""
        if self._plugged is None:
            return True
        before, self._was_plugged = self._was_plugged, self._plugged()
        if not self._was_plugged:
            return False
        return not before or self._monotonic() >= self._try_at

    def _do(self, work: Callable[[D], Any], future: Future[Any]) -> None:
        if not future.set_running_or_notify_cancel():
            return
        if not self._open:
            self._try_open()
        if not self._open:
            future.set_exception(DeviceError(Fault.ABSENT, "not open"))
            return
        try:
            future.set_result(work(self._need()))
        except DeviceError as error:
            future.set_exception(error)
            self._failed(error)
        except Exception as error:  # noqa: BLE001  # a broken driver is a fault of the device, not of the kiosk
            future.set_exception(DeviceError(Fault.MECHANICAL, type(error).__name__, uncertain=True))
            self._broke(error)

    def _try_open(self) -> None:
        try:
            if self._device is None:
                self._device = self._make()
            self._device.open()
            self._open = True
            self._pause = FIRST_RETRY
            self._begin(self._device)
            self._see(self._device.probe())
        except DeviceError as error:
            self._later()
            self._failed(error)
        except Exception as error:  # noqa: BLE001  # a broken driver must not take the watch with it
            self._later()
            self._broke(error)

    def _begin(self, device: object) -> None:
        """What an earlier run of the program left in it is forgotten; one that speaks by itself is listened to."""
        if not self._begun and isinstance(device, HoldsVisitData):
            device.forget()
        self._begun = True
        if isinstance(device, PushesStatus):
            device.watch(lambda _: self._pushed())

    def _pushed(self) -> None:
        with contextlib.suppress(queue.Full):  # then there is work, and after it the device is looked at anyway
            self._jobs.put_nowait((lambda device: self._see(device.probe()), Future()))

    def _later(self) -> None:
        self._try_at = self._monotonic() + self._pause
        self._pause = min(LAST_RETRY, self._pause * 2)

    def _failed(self, error: DeviceError) -> None:
        if error.fault in GONE or not self._open:
            self._close()
            state = DeviceState.DISABLED if error.fault is Fault.CONFIGURATION else DeviceState.ABSENT
            action = Action.CONFIGURE if error.fault is Fault.CONFIGURATION else Action.STAFF
            code = Fault.ABSENT if error.fault in GONE else error.fault  # once gone it is gone: said once
            told = Status(state, (Condition(f"fault.{code.value}", action, blocking=True),), error.detail)
            self._see(self._own_words() or told)
        elif error.fault in WORTH_A_LOOK:
            self._look_again(error)

    def _own_words(self) -> Status | None:
        """What the driver of a device that is not there says of it, if it says more than that."""
        try:
            status = self._need().probe()
        except Exception:  # noqa: BLE001  # whatever it is, the error that was there first is what counts
            return None
        return status if status.conditions and status.state not in WORKING else None

    def _look_again(self, error: DeviceError) -> None:
        """After a failed command the device itself is asked how it is; silence is unknown, never well."""
        try:
            self._see(self._need().probe())
        except DeviceError:
            condition = Condition(f"fault.{error.fault.value}", Action.STAFF, blocking=True)
            self._see(Status(DeviceState.UNKNOWN, (condition,)))

    def _broke(self, error: Exception) -> None:
        log.error("driver broke", device=self.kind, model=self.model, kind=type(error).__name__)
        self._close()
        self._see(Status(DeviceState.FAULT, (Condition("fault.mechanical", Action.ENGINEER, blocking=True),)))

    def _need(self) -> D:
        if self._device is None:
            raise DeviceError(Fault.ABSENT)
        return self._device

    def _close(self) -> None:
        self._open = False
        device = self._device
        if device is not None:
            with contextlib.suppress(DeviceError):
                device.close()

    def _see(self, status: Status) -> None:
        if status.state in SAID_BY_THE_STATE and not status.conditions:
            condition = Condition(SAID_BY_THE_STATE[status.state], Action.STAFF, blocking=True)
            status = Status(status.state, (condition,), status.detail)
        before, self._status = self._status, status
        if status == before:
            return
        old, new = {c.code for c in before.conditions}, {c.code for c in status.conditions}
        if status.state is not before.state or old != new:
            log.info(
                "device changed",
                device=self.kind,
                model=self.model,
                state=status.state.value,
                came=sorted(new - old),
                went=sorted(old - new),
            )
            self._on_change()


class Bench:
    """All devices of this kiosk, by kind."""

    def __init__(self, bays: Mapping[str, Bay[Any]]) -> None:
        self._bays = dict(bays)

    def start(self) -> None:
        for bay in self._bays.values():
            bay.start()

    def stop(self) -> None:
        for bay in self._bays.values():
            bay.stop()

    def forget(self) -> None:
        """The visit is over: no device keeps anything of it."""
        for bay in self._bays.values():
            bay.forget()

    def bay(self, kind: str) -> Bay[Any] | None:
        """The bay of a kind of device; None when this kiosk has none."""
        return self._bays.get(kind)

    def need(self, kind: str, port: type[D]) -> Bay[D]:  # noqa: ARG002  # the port only tells the type
        """The bay of a kind of device. Raises ``DeviceError(ABSENT)`` when this kiosk has none."""
        bay = self._bays.get(kind)
        if bay is None:
            raise DeviceError(Fault.ABSENT, f"no {kind} in the settings")
        return cast("Bay[D]", bay)

    def reports(self) -> tuple[DeviceReport, ...]:
        return tuple(bay.report for bay in self._bays.values())
