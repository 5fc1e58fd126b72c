"""What the questions are made of: open, let it work, spoil, heal, and what may come of it."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from drivers.conformance.rig import NotConformingError, Rig
from drivers.conformance.stopwatch import Stopwatch
from drivers.device import Device, DeviceError, Fault


def opened(rig: Rig) -> Device:
    """A driver of a whole device, open. Silence is borne twice: a busy machine may be slow to start what answers."""
    device = rig.driver()
    for left in (2, 1, 0):
        try:
            device.open()
        except DeviceError as error:
            if error.fault is not Fault.SILENT or not left:
                raise
        else:
            break
    return device


def reopen(device: Device) -> None:
    """As whoever watches a device does after a fault; three times, since a bad line may fail once more."""
    for left in (2, 1, 0):
        device.close()
        try:
            device.open()
        except DeviceError:
            if not left:
                raise
            time.sleep(0.05)
        else:
            return


def answer(rig: Rig, device: Device) -> object:
    rig.prepare()
    return rig.act(device, rig.seconds)


def works(rig: Rig, device: Device) -> None:
    before = rig.effects()
    try:
        said = answer(rig, device)
    except DeviceError as error:
        raise NotConformingError(f"it should work, but says {error}") from None
    demand(said == rig.expected, "it gave something else than the device has")
    after = rig.effects()
    if before is not None and after is not None:
        demand(after == before + 1, f"one command had {after - before} effects")


def right_or_refused(rig: Rig, device: Device) -> None:
    """On a bad line there is the right answer or an error, in time; never another answer, never two effects."""
    rig.prepare()
    before = rig.effects()
    seconds = rig.spoiled_seconds or rig.seconds
    watch = Stopwatch()
    allowed = {0, 1}
    try:
        said = rig.act(device, seconds)
        demand(said == rig.expected, "a spoiled line gave a wrong answer")
        allowed = {1}
    except DeviceError as error:
        if not error.uncertain:
            allowed = {0}
    demand(watch.seconds < seconds + rig.grace, "a spoiled line kept it beyond its time")
    after = rig.effects()
    if before is not None and after is not None:
        demand(after - before in allowed, f"{after - before} effects, allowed: {sorted(allowed)}")
    heal(rig, device)


def heal(rig: Rig, device: Device) -> None:
    rig.spoil(None)
    rig.settle()
    reopen(device)


def heals(rig: Rig, device: Device) -> None:
    heal(rig, device)
    works(rig, device)


def fails(rig: Rig, device: Device, when: str) -> None:
    with tells(None, when):
        rig.prepare()
        rig.act(device, 1.0)


def in_time(rig: Rig, action: Callable[[], object], seconds: float, *, may_succeed: bool = True) -> None:
    watch = Stopwatch()
    try:
        action()
        demand(may_succeed, "it succeeded although it could not")
    except DeviceError:
        pass  # an error in time is what is asked for
    demand(watch.seconds < seconds + rig.grace, "it did not end in time")


def within(rig: Rig, action: Callable[[], object], seconds: float) -> None:
    """The action ends in time, well or with an error; one that never ends is left behind on its thread."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            action()
        except DeviceError:
            pass  # an error in time is what is asked for
        except BaseException as error:  # noqa: BLE001  # because it belongs to the thread that asked
            raised.append(error)

    thread = threading.Thread(target=run, name="within", daemon=True)
    watch = Stopwatch()
    thread.start()
    while thread.is_alive() and watch.seconds < seconds + rig.grace:
        thread.join(0.05)
    demand(not thread.is_alive(), "it did not end in time")
    for error in raised:
        raise error


@contextmanager
def tells(fault: Fault | None, when: str) -> Iterator[None]:
    try:
        yield
    except DeviceError as error:
        told = fault is None or error.fault in {fault, *_SAME.get(fault, ())}
        demand(told, f"{when}: {error.fault.value} instead of {fault.value if fault else ''}")
    else:
        raise NotConformingError(f"{when}: no error")


_SAME = {Fault.ABSENT: (Fault.UNPLUGGED, Fault.SILENT)}


@contextmanager
def everything_logged() -> Iterator[list[str]]:
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())
            if record.exc_info:
                lines.append("".join(traceback.format_exception(*record.exc_info)))

    root, keep = logging.getLogger(), Keep(logging.NOTSET)
    level = root.level
    root.addHandler(keep)
    root.setLevel(logging.NOTSET)
    try:
        yield lines
    finally:
        root.setLevel(level)
        root.removeHandler(keep)


def resources() -> tuple[int, int]:
    """Open descriptors and threads of this process."""
    folder = Path("/proc/self/fd")
    return (sum(1 for _ in folder.iterdir()) if folder.exists() else 0), threading.active_count()


def demand(so: bool, otherwise: str) -> None:
    if not so:
        raise NotConformingError(otherwise)
