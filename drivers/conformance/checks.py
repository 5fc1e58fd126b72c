"""The questions that every driver is asked, whatever its kind (device notes, section 6.5)."""

from __future__ import annotations

import gc
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from drivers.conformance.asking import (
    demand,
    everything_logged,
    fails,
    heals,
    in_time,
    opened,
    reopen,
    resources,
    right_or_refused,
    tells,
    within,
    works,
)
from drivers.conformance.rig import Rig
from drivers.conformance.stopwatch import Stopwatch
from drivers.device import Cancel, DeviceError, DeviceState, Fault, HoldsVisitData
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
    watch = Stopwatch()
    with tells(Fault.ABSENT, "open without a device"):
        device.open()
    demand(watch.seconds < OPENING_SECONDS + 0.5, "open took longer than two seconds")
    demand(device.probe().state in _GONE, f"absent, but probe says {device.probe().state.value}")
    rig.plug_in()
    device.open()
    works(rig, device)


def it_survives_being_unplugged_and_needs_no_restart(rig: Rig) -> None:
    if not rig.can_vanish:
        return
    device = opened(rig)
    works(rig, device)
    rig.unplug()
    fails(rig, device, "unplugged")
    demand(device.probe().state in _GONE, "unplugged, but probe says that it is there")
    rig.plug_in()
    reopen(device)
    works(rig, device)


def unplugged_in_the_middle_of_a_command_it_ends_in_time(rig: Rig) -> None:
    if not rig.can_vanish:
        return
    device = opened(rig)
    for after in (0.0, 0.003, 0.01, 0.03, 0.1):
        rig.prepare()
        puller = threading.Timer(after, rig.unplug)
        puller.start()
        in_time(rig, lambda: rig.act(device, rig.seconds), rig.seconds)
        puller.join()
        rig.plug_in()
        rig.settle()
        reopen(device)
        works(rig, device)


def silence_is_unknown_and_ends_in_time(rig: Rig) -> None:
    device = opened(rig)
    rig.prepare()
    rig.silence(True)
    in_time(rig, lambda: rig.act(device, 0.4), 0.4, may_succeed=False)
    if rig.silence_shows:
        demand(device.probe().state is not DeviceState.READY, "silent, but probe says ready")
    rig.silence(False)
    rig.settle()
    reopen(device)
    works(rig, device)


def bytes_may_come_one_by_one(rig: Rig) -> None:
    if rig.spoils:
        device = opened(rig)
        rig.spoil(LineFaults(split=True))
        works(rig, device)


def rubbish_around_answers_is_not_taken_for_one(rig: Rig) -> None:
    if not rig.spoils:
        return
    device = opened(rig)
    for seed in range(8):
        rig.spoil(LineFaults(noise=1.0), seed)
        right_or_refused(rig, device)
    heals(rig, device)


def a_spoiled_answer_is_never_taken_for_a_good_one(rig: Rig) -> None:
    if not rig.spoils:
        return
    device = opened(rig)
    bad = [LineFaults(flip=0.02), LineFaults(drop=0.02), LineFaults(duplicate=0.02), LineFaults(flip=0.2)]
    for seed in range(12):
        rig.spoil(bad[seed % len(bad)], seed)
        right_or_refused(rig, device)
    heals(rig, device)


def an_answer_that_stops_half_way_is_none(rig: Rig) -> None:
    if not rig.spoils:
        return
    device = opened(rig)
    for length in (1, 4, 7, 12, 40):
        rig.spoil(LineFaults(cut_after=length))
        right_or_refused(rig, device)
        rig.spoil(None)
        rig.settle()
        reopen(device)
    works(rig, device)


def a_late_answer_is_not_taken_for_the_next_one(rig: Rig) -> None:
    if not rig.spoils:
        return
    device = opened(rig)
    for seed in range(6):
        rig.spoil(LineFaults(late=0.5), seed)
        right_or_refused(rig, device)
    heals(rig, device)


def who_talks_without_end_does_not_hold_it_up(rig: Rig) -> None:
    if not rig.spoils:
        return
    device = opened(rig)
    rig.spoil(LineFaults(babble=True))
    rig.prepare()
    within(rig, lambda: rig.act(device, 0.5), 0.5)
    within(rig, device.probe, OPENING_SECONDS)
    within(rig, device.close, 0.5)
    within(rig, device.open, OPENING_SECONDS)
    heals(rig, device)


def a_command_can_be_called_off(rig: Rig) -> None:
    if not rig.takes_input:
        return
    device = opened(rig)
    cancel = Cancel()
    stop = threading.Timer(0.15, cancel.cancel)
    stop.start()
    watch = Stopwatch()
    with tells(Fault.CANCELLED, "cancelled"):
        rig.act(device, 3.0, cancel)
    demand(watch.seconds < 0.15 + CANCEL_SECONDS, "cancelling took too long")
    works(rig, device)
    called_off = Cancel()
    called_off.cancel()
    rig.prepare()
    with tells(Fault.CANCELLED, "cancelled before it began"):
        rig.act(device, rig.seconds, called_off)


def waiting_ends_when_its_time_is_over(rig: Rig) -> None:
    if rig.takes_input:
        device = opened(rig)
        in_time(rig, lambda: rig.act(device, 0.3), 0.3, may_succeed=False)
        works(rig, device)


def closing_ends_a_command_that_is_under_way(rig: Rig) -> None:
    device = opened(rig)
    if rig.takes_input:
        closer = threading.Timer(0.1, device.close)
    else:
        rig.prepare()
        rig.silence(True)
        closer = threading.Timer(0.02, device.close)
    closer.start()
    in_time(rig, lambda: rig.act(device, rig.seconds), rig.seconds)
    closer.join()
    rig.silence(False)
    rig.settle()
    device.close()
    with tells(None, "closed"):
        rig.prepare()
        rig.act(device, 0.3)
    device.open()
    rig.settle()
    works(rig, device)


def opening_and_closing_leaves_nothing_behind(rig: Rig) -> None:
    device = opened(rig)
    works(rig, device)
    device.close()
    for _ in range(3):
        device.open()
        device.close()
    gc.collect()
    before = resources()
    for _ in range(rig.cycles):
        device.open()
        device.close()
        device.close()
    gc.collect()
    after = resources()
    demand(after[0] <= before[0] + 2 and after[1] <= before[1] + 1, f"descriptors, threads: {before} became {after}")
    device.open()
    works(rig, device)


def callers_from_several_threads_take_turns(rig: Rig) -> None:
    device = opened(rig)
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
    demand(all(answers), "two callers at once gave a wrong answer")
    demand(all(found.state in _WELL for found in probes), "a probe beside a command says that the device is not well")
    rig.settle()
    works(rig, device)


def a_probe_does_not_disturb_a_command(rig: Rig) -> None:
    device = opened(rig)
    done = threading.Event()
    states: list[DeviceState] = []

    def look() -> None:
        while not done.wait(0.005):
            states.append(device.probe().state)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for _ in range(5):
            works(rig, device)
    finally:
        done.set()
        looking.join()
    demand(all(state in _WELL for state in states), "a probe said that a working device is not well")


def conditions_come_once_and_go(rig: Rig) -> None:
    device = opened(rig)
    works(rig, device)
    well = device.probe()
    demand(well == device.probe(), "two probes of an untouched device differ")
    rig.silence(True)
    silent = [device.probe(), device.probe()]
    codes = [tuple(condition.code for condition in status.conditions) for status in silent]
    demand(codes[0] == codes[1] and len(set(codes[0])) == len(codes[0]), f"conditions change without cause: {codes}")
    if rig.silence_shows:
        demand(silent[0].state is not well.state or bool(codes[0]), "silence changes nothing in what probe says")
    rig.silence(False)
    rig.settle()
    reopen(device)
    works(rig, device)
    again = device.probe()
    demand(again.conditions == well.conditions, "a condition stayed after its cause had gone")


def nothing_personal_is_in_logs_or_errors(rig: Rig) -> None:
    if not rig.personal:
        return
    with everything_logged() as lines:
        device = opened(rig)
        works(rig, device)
        said: list[str] = []  # answers are not looked at: a rig reveals them to compare them
        for faults in (LineFaults(flip=0.05), LineFaults(cut_after=200), LineFaults(drop=0.02), None):
            rig.spoil(faults, 3)
            rig.prepare()
            try:
                rig.act(device, rig.seconds)
            except DeviceError as error:
                said.append("".join(traceback.format_exception(error)))
            rig.spoil(None)
            reopen(device)
        device.close()
    everything = "\n".join(lines + said)
    demand(not any(word in everything for word in rig.personal), "something personal was logged or said")


def what_came_before_it_was_asked_for_is_forgotten(rig: Rig) -> None:
    device = opened(rig)
    if isinstance(device, HoldsVisitData):
        works(rig, device)
        watch = Stopwatch()
        device.forget()
        device.forget()
        demand(watch.seconds < 2.0, "forgetting took longer than a second")
        works(rig, device)
        device.close()
        device.forget()
    demand(not rig.personal or isinstance(device, HoldsVisitData), "it carries personal data and cannot forget")


def two_of_a_kind_do_not_know_each_other(rig: Rig) -> None:
    with type(rig)() as other:
        first, second = opened(rig), opened(other)
        works(rig, first)
        if other.can_vanish:
            other.unplug()
            works(rig, first)
            other.plug_in()
            reopen(second)
        works(other, second)
        works(rig, first)


CHECKS: tuple[Check, ...] = (
    a_device_that_is_not_there_is_absent_and_may_come_later,
    it_survives_being_unplugged_and_needs_no_restart,
    unplugged_in_the_middle_of_a_command_it_ends_in_time,
    silence_is_unknown_and_ends_in_time,
    bytes_may_come_one_by_one,
    rubbish_around_answers_is_not_taken_for_one,
    a_spoiled_answer_is_never_taken_for_a_good_one,
    an_answer_that_stops_half_way_is_none,
    who_talks_without_end_does_not_hold_it_up,
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
