"""The questions catch what they ask for: a toy that does everything right, and toys with one defect each."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import Any, ClassVar

import pytest

from drivers.conformance import checks, schedules, stopwatch
from drivers.conformance.rig import NotConformingError, Rig
from drivers.device import Action, Cancel, Condition, Device, DeviceError, DeviceState, Fault, Status

NUMBER = "110105199001020032"


class Box:
    """The far end: one word lies in it at most."""

    def __init__(self) -> None:
        self.plugged = True
        self.silent = False
        self.word: str | None = None
        self.taken = 0


class Toy:
    """A driver that waits for a word in the box and takes it out."""

    def __init__(self, box: Box, defect: str = "") -> None:
        self.box = box
        self.defect = defect
        self._open = False
        self._epoch = 0
        self._turn = threading.Lock()
        self._kept: str | None = None

    def open(self) -> None:
        if not self.box.plugged:
            if self.defect == "blocks":
                time.sleep(3)
            raise DeviceError(Fault.ABSENT)
        if self.defect == "leaks":
            threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
        self._open = True

    def close(self) -> None:
        if self.defect != "cannot close":
            self._open = False
        self._epoch += 1

    def forget(self) -> None:
        self._epoch += 1
        if self.defect != "remembers":
            self._kept = None

    def probe(self) -> Status:
        if not self._open or not self.box.plugged:
            return Status(DeviceState.ABSENT)
        if self.box.silent and self.defect != "says ready":
            return Status(DeviceState.UNKNOWN, (Condition("toy.silent", Action.STAFF, blocking=True),))
        return Status(DeviceState.READY)

    def read(self, timeout: float, cancel: Cancel | None = None) -> str:
        deadline = time.monotonic() + (timeout + 1.5 if self.defect == "overruns" else timeout)
        cancel = cancel or Cancel()
        epoch = self._epoch
        while not self._turn.acquire(timeout=0.01):
            cancel.check()
            if time.monotonic() > deadline:
                raise DeviceError(Fault.BUSY)
        try:
            while time.monotonic() < deadline:
                if self.defect != "deaf to cancel":
                    cancel.check()
                self._check(epoch)
                if self.box.word and not self.box.silent:
                    return self._take()
                time.sleep(0.002)
            raise DeviceError(Fault.NO_CODE)
        finally:
            self._turn.release()

    def _check(self, epoch: int) -> None:
        if not self._open:
            raise DeviceError(Fault.CANCELLED if epoch != self._epoch else Fault.ABSENT)
        if not self.box.plugged:
            if self.defect == "crashes":
                raise OSError("no such box")
            raise DeviceError(Fault.UNPLUGGED)
        if epoch != self._epoch:
            raise DeviceError(Fault.CANCELLED)

    def _take(self) -> str:
        word, self.box.word = self.box.word or "", None
        self.box.taken += 2 if self.defect == "doubles" else 1
        logging.getLogger("toy").debug("took %s", word if self.defect == "gossips" else "something")
        return word[::-1] if self.defect == "garbles" else word


class ToyRig(Rig):
    model: ClassVar[str] = "toy/toy"
    takes_input: ClassVar[bool] = True
    spoils: ClassVar[bool] = False
    personal: ClassVar[tuple[str, ...]] = (NUMBER,)
    seconds: ClassVar[float] = 1.0
    cycles: ClassVar[int] = 30
    defect: ClassVar[str] = ""

    def start(self) -> None:
        self.box = Box()

    def stop(self) -> None:
        """There is nothing to stop."""

    def make(self) -> Device:
        return Toy(self.box, self.defect)

    def prepare(self) -> None:
        self.box.word = NUMBER

    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        toy: Any = device
        return toy.read(timeout, cancel)

    @property
    def expected(self) -> object:
        return NUMBER

    def silence(self, silent: bool) -> None:
        self.box.silent = silent

    def unplug(self) -> None:
        self.box.plugged = False

    def plug_in(self) -> None:
        self.box.plugged = True

    def settle(self) -> None:
        self.box.word = None

    def effects(self) -> int:
        return self.box.taken


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
def test_a_good_driver_passes(check: checks.Check) -> None:
    with ToyRig() as rig:
        check(rig)


def test_a_good_driver_has_good_evenings() -> None:
    tally = schedules.Tally()
    with ToyRig() as rig:
        for seed in range(25):
            schedules.run(rig, seed, tally)
    assert tally.worked > 5
    assert sum(tally.refused.values()) > 10, "the faults were felt"


@pytest.fixture
def idle_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is put down to the machine, however busy it is: what is late here is late by its own doing."""
    monkeypatch.setattr(stopwatch, "waited_for_a_processor", lambda: 0.0)


@pytest.mark.usefixtures("idle_machine")
@pytest.mark.parametrize(
    ("defect", "check"),
    [
        ("blocks", checks.a_device_that_is_not_there_is_absent_and_may_come_later),
        ("crashes", checks.it_survives_being_unplugged_and_needs_no_restart),
        ("says ready", checks.silence_is_unknown_and_ends_in_time),
        ("says ready", checks.conditions_come_once_and_go),
        ("deaf to cancel", checks.a_command_can_be_called_off),
        ("overruns", checks.waiting_ends_when_its_time_is_over),
        ("cannot close", checks.closing_ends_a_command_that_is_under_way),
        ("leaks", checks.opening_and_closing_leaves_nothing_behind),
        ("gossips", checks.nothing_personal_is_in_logs_or_errors),
        ("garbles", checks.a_probe_does_not_disturb_a_command),
        ("doubles", checks.callers_from_several_threads_take_turns),
    ],
)
def test_a_driver_with_one_defect_is_found_out(defect: str, check: checks.Check) -> None:
    class Defective(ToyRig):
        pass

    Defective.defect = defect
    with Defective() as rig, pytest.raises((NotConformingError, OSError)):
        check(rig)


@pytest.mark.usefixtures("idle_machine")
@pytest.mark.parametrize("defect", ["crashes", "overruns", "doubles", "garbles"])
def test_random_evenings_find_out_a_bad_driver(defect: str) -> None:
    class Defective(ToyRig):
        pass

    Defective.defect = defect

    def evenings() -> None:
        with Defective() as rig:
            for seed in range(200):
                schedules.run(rig, seed)

    with pytest.raises((NotConformingError, OSError)):
        evenings()


def test_what_the_machine_held_up_is_not_put_down_to_a_driver_but_a_driver_that_hangs_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, waited = [100.0], [7.0]
    monkeypatch.setattr(stopwatch.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(stopwatch, "waited_for_a_processor", lambda: waited[0])
    watch = stopwatch.Stopwatch()
    now[0], waited[0] = 103.0, 9.5
    assert watch.seconds == pytest.approx(0.5)
    now[0], waited[0] = 160.0, 67.0
    assert watch.seconds == pytest.approx(60.0 - stopwatch.EXCUSED_SECONDS)


def test_a_machine_that_does_not_say_how_busy_it_is_excuses_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = tmp_path / "cpu"
    monkeypatch.setattr(stopwatch, "_PRESSURE", said)
    assert stopwatch.waited_for_a_processor() == 0.0
    said.write_text("some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\nfull avg10=0.00 total=7\n", "ascii")
    assert stopwatch.waited_for_a_processor() == 2.5
