"""The questions that every driver is asked, whatever its kind (device notes, section 6.5)."""

from __future__ import annotations

import gc
import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from drivers.conformance.rig import NotConformingError, Rig
from drivers.device import Cancel, Device, DeviceError, DeviceState, Fault, HoldsVisitData
from drivers.seams.faulty import LineFaults

Check = Callable[[Rig], None]

OPENING_SECONDS = 2.0
CANCEL_SECONDS = 0.5
_WELL = frozenset({DeviceState.READY, DeviceState.IMPAIRED, DeviceState.BUSY})
_GONE = frozenset({DeviceState.ABSENT, DeviceState.UNKNOWN, DeviceState.DISABLED})


def a_device_that_is_not_there_is_absent_and_may_come_later(rig: Rig) -> None:
    if not rig.can_vanish:
        return
    device = rig.driver()
    rig.unplug()
    begin = time.monotonic()
    with _tells(Fault.ABSENT, "open without a device"):
        device.open()
    _demand(time.monotonic() - begin < OPENING_SECONDS + 0.5, "open took longer than two seconds")
    _demand(device.probe().state in _GONE, f"absent, but probe says {device.probe().state.value}")
    rig.plug_in()
    device.open()
    _works(rig, device)


def it_survives_being_unplugged_and_needs_no_restart(rig: Rig) -> None:
    if not rig.can_vanish:
        return
    device = _open(rig)
    _works(rig, device)
    rig.unplug()
    _fails(rig, device, "unplugged")
    _demand(device.probe().state in _GONE, "unplugged, but probe says that it is there")
    rig.plug_in()
    _reopen(device)
    _works(rig, device)


def unplugged_in_the_middle_of_a_command_it_ends_in_time(rig: Rig) -> None:
    if not rig.can_vanish:
        return
    device = _open(rig)
    for after in (0.0, 0.003, 0.01, 0.03, 0.1):
        rig.prepare()
        puller = threading.Timer(after, rig.unplug)
        puller.start()
        _in_time(rig, lambda: rig.act(device, rig.seconds), rig.seconds)
        puller.join()
        rig.plug_in()
        rig.settle()
        _reopen(device)
        _works(rig, device)


def silence_is_unknown_and_ends_in_time(rig: Rig) -> None:
    device = _open(rig)
    rig.prepare()
    rig.silence(True)
    _in_time(rig, lambda: rig.act(device, 0.4), 0.4, may_succeed=False)
    if rig.silence_shows:
        _demand(device.probe().state is not DeviceState.READY, "silent, but probe says ready")
    rig.silence(False)
    rig.settle()
    _reopen(device)
    _works(rig, device)


def bytes_may_come_one_by_one(rig: Rig) -> None:
    if rig.spoils:
        device = _open(rig)
        rig.spoil(LineFaults(split=True))
        _works(rig, device)


def rubbish_around_answers_is_not_taken_for_one(rig: Rig) -> None:
    if not rig.spoils:
        return
    device = _open(rig)
    for seed in range(8):
        rig.spoil(LineFaults(noise=1.0), seed)
        _right_or_refused(rig, device)
    _heals(rig, device)


def a_spoiled_answer_is_never_taken_for_a_good_one(rig: Rig) -> None:
    if not rig.spoils:
        return
    device = _open(rig)
    bad = [LineFaults(flip=0.02), LineFaults(drop=0.02), LineFaults(duplicate=0.02), LineFaults(flip=0.2)]
    for seed in range(12):
        rig.spoil(bad[seed % len(bad)], seed)
        _right_or_refused(rig, device)
    _heals(rig, device)


def an_answer_that_stops_half_way_is_none(rig: Rig) -> None:
    if not rig.spoils:
        return
    device = _open(rig)
    for length in (1, 4, 7, 12, 40):
        rig.spoil(LineFaults(cut_after=length))
        _right_or_refused(rig, device)
        rig.spoil(None)
        rig.settle()
        _reopen(device)
    _works(rig, device)


def a_late_answer_is_not_taken_for_the_next_one(rig: Rig) -> None:
    if not rig.spoils:
        return
    device = _open(rig)
    for seed in range(6):
        rig.spoil(LineFaults(late=0.5), seed)
        _right_or_refused(rig, device)
    _heals(rig, device)


def a_command_can_be_called_off(rig: Rig) -> None:
    if not rig.takes_input:
        return
    device = _open(rig)
    cancel = Cancel()
    stop = threading.Timer(0.15, cancel.cancel)
    stop.start()
    begin = time.monotonic()
    with _tells(Fault.CANCELLED, "cancelled"):
        rig.act(device, 3.0, cancel)
    _demand(time.monotonic() - begin < 0.15 + CANCEL_SECONDS, "cancelling took too long")
    _works(rig, device)
    called_off = Cancel()
    called_off.cancel()
    rig.prepare()
    with _tells(Fault.CANCELLED, "cancelled before it began"):
        rig.act(device, rig.seconds, called_off)


def waiting_ends_when_its_time_is_over(rig: Rig) -> None:
    if rig.takes_input:
        device = _open(rig)
        _in_time(rig, lambda: rig.act(device, 0.3), 0.3, may_succeed=False)
        _works(rig, device)


def closing_ends_a_command_that_is_under_way(rig: Rig) -> None:
    device = _open(rig)
    if rig.takes_input:
        closer = threading.Timer(0.1, device.close)
    else:
        rig.prepare()
        rig.silence(True)
        closer = threading.Timer(0.02, device.close)
    closer.start()
    _in_time(rig, lambda: rig.act(device, rig.seconds), rig.seconds)
    closer.join()
    rig.silence(False)
    rig.settle()
    device.close()
    with _tells(None, "closed"):
        rig.prepare()
        rig.act(device, 0.3)
    device.open()
    rig.settle()
    _works(rig, device)


def opening_and_closing_leaves_nothing_behind(rig: Rig) -> None:
    device = _open(rig)
    _works(rig, device)
    device.close()
    for _ in range(3):
        device.open()
        device.close()
    gc.collect()
    before = _resources()
    for _ in range(rig.cycles):
        device.open()
        device.close()
        device.close()
    gc.collect()
    after = _resources()
    _demand(after[0] <= before[0] + 2 and after[1] <= before[1] + 1, f"descriptors, threads: {before} became {after}")
    device.open()
    _works(rig, device)


def callers_from_several_threads_take_turns(rig: Rig) -> None:
    device = _open(rig)
    refused: list[DeviceError] = []

    def ask() -> bool:
        try:
            return rig.act(device, 4 * rig.seconds) == rig.expected
        except DeviceError as error:
            refused.append(error)
            return True

    rig.prepare()
    with ThreadPoolExecutor(3) as pool:
        answers = [asked.result() for asked in [pool.submit(ask) for _ in range(1 if rig.takes_input else 3)]]
        probes = [asked.result() for asked in [pool.submit(device.probe) for _ in range(3)]]
    _demand(all(answers), "two callers at once gave a wrong answer")
    _demand(all(found.state in _WELL for found in probes), "a probe beside a command says that the device is not well")
    rig.settle()
    _works(rig, device)


def a_probe_does_not_disturb_a_command(rig: Rig) -> None:
    device = _open(rig)
    done = threading.Event()
    states: list[DeviceState] = []

    def look() -> None:
        while not done.wait(0.005):
            states.append(device.probe().state)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for _ in range(5):
            _works(rig, device)
    finally:
        done.set()
        looking.join()
    _demand(all(state in _WELL for state in states), "a probe said that a working device is not well")


def conditions_come_once_and_go(rig: Rig) -> None:
    device = _open(rig)
    _works(rig, device)
    well = device.probe()
    _demand(well == device.probe(), "two probes of an untouched device differ")
    rig.silence(True)
    silent = [device.probe(), device.probe()]
    codes = [tuple(condition.code for condition in status.conditions) for status in silent]
    _demand(codes[0] == codes[1] and len(set(codes[0])) == len(codes[0]), f"conditions change without cause: {codes}")
    if rig.silence_shows:
        _demand(silent[0].state is not well.state or bool(codes[0]), "silence changes nothing in what probe says")
    rig.silence(False)
    rig.settle()
    _reopen(device)
    _works(rig, device)
    again = device.probe()
    _demand(again.conditions == well.conditions, "a condition stayed after its cause had gone")


def nothing_personal_is_in_logs_or_errors(rig: Rig) -> None:
    if not rig.personal:
        return
    with _everything_logged() as lines:
        device = _open(rig)
        _works(rig, device)
        said: list[str] = []  # answers are not looked at: a rig reveals them to compare them
        for faults in (LineFaults(flip=0.05), LineFaults(cut_after=200), LineFaults(drop=0.02), None):
            rig.spoil(faults, 3)
            rig.prepare()
            try:
                rig.act(device, rig.seconds)
            except DeviceError as error:
                said.append("".join(traceback.format_exception(error)))
            rig.spoil(None)
            _reopen(device)
        device.close()
    everything = "\n".join(lines + said)
    _demand(not any(word in everything for word in rig.personal), "something personal was logged or said")


def what_came_before_it_was_asked_for_is_forgotten(rig: Rig) -> None:
    device = _open(rig)
    if isinstance(device, HoldsVisitData):
        _works(rig, device)
        begin = time.monotonic()
        device.forget()
        device.forget()
        _demand(time.monotonic() - begin < 2.0, "forgetting took longer than a second")
        _works(rig, device)
        device.close()
        device.forget()
    _demand(not rig.personal or isinstance(device, HoldsVisitData), "it carries personal data and cannot forget")


def two_of_a_kind_do_not_know_each_other(rig: Rig) -> None:
    with type(rig)() as other:
        first, second = _open(rig), _open(other)
        _works(rig, first)
        if other.can_vanish:
            other.unplug()
            _works(rig, first)
            other.plug_in()
            _reopen(second)
        _works(other, second)
        _works(rig, first)


CHECKS: tuple[Check, ...] = (
    a_device_that_is_not_there_is_absent_and_may_come_later,
    it_survives_being_unplugged_and_needs_no_restart,
    unplugged_in_the_middle_of_a_command_it_ends_in_time,
    silence_is_unknown_and_ends_in_time,
    bytes_may_come_one_by_one,
    rubbish_around_answers_is_not_taken_for_one,
    a_spoiled_answer_is_never_taken_for_a_good_one,
    an_answer_that_stops_half_way_is_none,
    a_late_answer_is_not_taken_for_the_next_one,
    a_command_can_be_called_off,
    waiting_ends_when_its_time_is_over,
    closing_ends_a_command_that_is_under_way,
    opening_and_closing_leaves_nothing_behind,
    callers_from_several_threads_take_turns,
    a_probe_does_not_disturb_a_command,
    conditions_come_once_and_go,
    nothing_personal_is_in_logs_or_errors,
    what_came_before_it_was_asked_for_is_forgotten,
    two_of_a_kind_do_not_know_each_other,
)


def _open(rig: Rig) -> Device:
    device = rig.driver()
    device.open()
    return device


def _reopen(device: Device) -> None:
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


def _answer(rig: Rig, device: Device) -> object:
    rig.prepare()
    return rig.act(device, rig.seconds)


def _works(rig: Rig, device: Device) -> None:
    before = rig.effects()
    try:
        answer = _answer(rig, device)
    except DeviceError as error:
        raise NotConformingError(f"it should work, but says {error}") from None
    _demand(answer == rig.expected, "it gave something else than the device has")
    after = rig.effects()
    if before is not None and after is not None:
        _demand(after == before + 1, f"one command had {after - before} effects")


def _right_or_refused(rig: Rig, device: Device) -> None:
    """On a bad line there is the right answer or an error, in time; never another answer, never two effects."""
    rig.prepare()
    before = rig.effects()
    begin = time.monotonic()
    allowed = {0, 1}
    try:
        answer = rig.act(device, rig.seconds)
        _demand(answer == rig.expected, "a spoiled line gave a wrong answer")
        allowed = {1}
    except DeviceError as error:
        if not error.uncertain:
            allowed = {0}
    _demand(time.monotonic() - begin < rig.seconds + rig.grace, "a spoiled line kept it beyond its time")
    after = rig.effects()
    if before is not None and after is not None:
        _demand(after - before in allowed, f"{after - before} effects, allowed: {sorted(allowed)}")
    _heal(rig, device)


def _heal(rig: Rig, device: Device) -> None:
    rig.spoil(None)
    rig.settle()
    _reopen(device)


def _heals(rig: Rig, device: Device) -> None:
    _heal(rig, device)
    _works(rig, device)


def _fails(rig: Rig, device: Device, when: str) -> None:
    with _tells(None, when):
        rig.prepare()
        rig.act(device, 1.0)


def _in_time(rig: Rig, action: Callable[[], object], seconds: float, *, may_succeed: bool = True) -> None:
    begin = time.monotonic()
    try:
        action()
        _demand(may_succeed, "it succeeded although it could not")
    except DeviceError:
        pass  # an error in time is what is asked for
    _demand(time.monotonic() - begin < seconds + rig.grace, "it did not end in time")


@contextmanager
def _tells(fault: Fault | None, when: str) -> Iterator[None]:
    try:
        yield
    except DeviceError as error:
        told = fault is None or error.fault in {fault, *_SAME.get(fault, ())}
        _demand(told, f"{when}: {error.fault.value} instead of {fault.value if fault else ''}")
    else:
        raise NotConformingError(f"{when}: no error")


_SAME = {Fault.ABSENT: (Fault.UNPLUGGED, Fault.SILENT)}


@contextmanager
def _everything_logged() -> Iterator[list[str]]:
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


def _resources() -> tuple[int, int]:
    """Open descriptors and threads of this process."""
    folder = Path("/proc/self/fd")
    return (sum(1 for _ in folder.iterdir()) if folder.exists() else 0), threading.active_count()


def _demand(so: bool, otherwise: str) -> None:
    if not so:
        raise NotConformingError(otherwise)
