"""One device on a line that misbehaves: it is said once, it is said truly, and it takes nothing from the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from drivers.device import Action, Condition, DeviceError, DeviceState, Fault, Status
from drivers.keypad.port import KeyPress
from drivers.rating_device.port import RatingKey, RatingPress
from drivers.window_display.port import DisplayCapabilities, Style
from queue_server.contract.messages import (
    Command,
    Level,
    RateService,
    RatingChannel,
    RatingState,
    Text,
    WindowMode,
    WindowView,
)
from queue_server.relay.buttons import KeypadButtons, RaterButtons, session_of
from queue_server.relay.displays import Bar, SignTexts
from queue_server.relay.gateway import BusThread

NOW = datetime(2026, 5, 6, 9, 0, tzinfo=UTC)
BROKEN = Status(DeviceState.FAULT, (Condition("node.internal", Action.ENGINEER, blocking=True),))


def carry_out(command: Command, key: str) -> Future[None]:
    del command, key
    done: Future[None] = Future()
    done.set_result(None)
    return done


@dataclass
class Box:
    """Keypad, rating box and bar in one; ``wrong`` is raised by what is named."""

    wrong: dict[str, Exception] = field(default_factory=dict)
    status: Status = field(default_factory=lambda: Status(DeviceState.READY))
    asked: list[str] = field(default_factory=list)
    closed: int = 0
    capabilities: DisplayCapabilities = field(default_factory=lambda: DisplayCapabilities(16))

    def open(self) -> None:
        self._do("open")

    def close(self) -> None:
        self._do("close")
        self.closed += 1

    def probe(self) -> Status:
        self._do("probe")
        return self.status

    def poll(self) -> None:
        self._do("poll")

    def invite(self, session: int) -> None:
        del session
        self._do("invite")

    def withdraw(self) -> None:
        self._do("withdraw")

    def acknowledge(self, press: KeyPress | RatingPress) -> None:
        del press

    def show(self, text: str, style: Style = Style.STEADY) -> None:
        del text, style
        self._do("show")

    def _do(self, what: str) -> None:
        self.asked.append(what)
        if what in self.wrong:
            raise self.wrong[what]


def keypad(box: Box) -> KeypadButtons:
    return KeypadButtons("keypad8", "8", box, carry_out, "n1")  # type: ignore[arg-type]  # because it has what is asked


def rater(box: Box) -> RaterButtons:
    return RaterButtons("rater8", "8", box, carry_out, "n1", lambda: NOW)  # type: ignore[arg-type]  # as above


def bar(box: Box) -> Bar:
    return Bar("bar3", "8", box, SignTexts({"sign.welcome": "welcome"}))  # type: ignore[arg-type]  # as above


def view(**more: object) -> WindowView:
    return WindowView(id="8", name=Text(zh="8"), zone="Z1", mode=WindowMode.OPEN, **more)  # type: ignore[arg-type]  # because they are fields of it


def codes(status: Status) -> list[str]:
    return [condition.code for condition in status.conditions]


def until(so: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not so() and time.monotonic() < end:
        threading.Event().wait(0.01)


def turns(station: KeypadButtons | RaterButtons | Bar, seconds: float, begin: float = 0.0) -> list[Status]:
    """Its statuses while it gets a turn whenever it is due."""
    now, end, seen = begin, begin + seconds, []
    for _ in range(1000):
        now = max(now, station.due(now))
        if now >= end:
            break
        station.turn(now)
        seen.append(station.status)
    else:
        raise AssertionError("it is due without end")
    return seen


def test_a_device_of_another_make_at_the_address_is_said_to_be_wrong_and_asked_once_a_second() -> None:
    box = Box({"open": DeviceError(Fault.BAD_DATA, "magic 0000h instead of 5144h")})
    station = keypad(box)
    with structlog.testing.capture_logs() as said:
        seen = turns(station, 10.0)
    assert {tuple(codes(status)) for status in seen} == {("node.wrong",)}
    assert station.status.state is DeviceState.FAULT
    assert len(box.asked) <= 11
    assert len(said) == 1


def test_a_box_that_refuses_every_invitation_is_neither_asked_without_end_nor_said_to_be_well() -> None:
    box = Box({"invite": DeviceError(Fault.BAD_DATA, "refused for reason 2")})
    station = rater(box)
    station.see(view(service="s1", rating=RatingState.INVITED, rating_until=NOW + timedelta(minutes=1)))
    with structlog.testing.capture_logs() as said:
        seen = turns(station, 10.0)
    assert codes(seen[-1]) == ["node.wrong"]
    assert box.asked.count("invite") <= 15
    assert len([line for line in said if line["log_level"] == "warning"]) <= 2


def test_one_answer_that_makes_no_sense_changes_nothing() -> None:
    box = Box()
    station = keypad(box)
    station.turn(0.0)
    for step in range(1, 40):
        box.wrong = {"poll": DeviceError(Fault.BAD_DATA, "key 77")} if step % 2 else {}
        station.turn(step * 0.1)
        assert station.status.state is DeviceState.READY
    assert box.asked.count("open") == 1


@pytest.mark.parametrize("make", [keypad, bar])
def test_a_device_that_says_that_it_is_broken_stays_so_until_it_says_otherwise(make: Callable[[Box], Bar]) -> None:
    box = Box(status=BROKEN)
    station = make(box)
    with structlog.testing.capture_logs() as said:
        seen = turns(station, 30.0)
        assert {tuple(codes(status)) for status in seen} == {("node.internal",)}
        box.status = Status(DeviceState.READY)
        turns(station, 15.0, 30.0)
    assert station.status == Status(DeviceState.READY)
    assert [line["state"] for line in said] == ["fault", "ready"]
    assert box.asked.count("open") == 1


def test_a_driver_with_a_mistake_does_not_take_the_line_from_the_others() -> None:
    broken, sound = Box({"poll": ZeroDivisionError(), "close": RuntimeError()}), Box()
    stations = (keypad(broken), keypad(sound))
    line = BusThread("line", stations)
    with structlog.testing.capture_logs() as said:
        line.start()
        until(lambda: sound.asked.count("poll") >= 3)
        line.ask_to_stop()
        until(lambda: bool(sound.closed))
    assert sound.asked.count("poll") >= 3
    assert stations[1].status.state is DeviceState.READY
    assert (stations[0].status.state, codes(stations[0].status)) == (DeviceState.FAULT, ["node.internal"])
    assert sound.closed == 1
    assert [line["error"] for line in said if line["event"] == "device.failed"] == ["ZeroDivisionError", "RuntimeError"]


def test_a_driver_whose_mistake_passes_works_again() -> None:
    box = Box({"poll": KeyError("x")})
    station = keypad(box)
    turns(station, 3.0)
    assert station.status.state is DeviceState.FAULT
    box.wrong = {}
    turns(station, 3.0, 3.0)
    assert station.status == Status(DeviceState.READY)


class Rater(Box):
    """Keeps what was pressed until it is acknowledged."""

    def __init__(self, *presses: RatingPress) -> None:
        super().__init__()
        self.presses = list(presses)

    def poll(self) -> RatingPress | None:  # type: ignore[override]  # because a rating box gives presses
        super().poll()
        return self.presses[0] if self.presses else None

    def acknowledge(self, press: KeyPress | RatingPress) -> None:
        self.presses.remove(press)  # type: ignore[arg-type]  # because it is one of them


def test_what_a_citizen_pressed_while_no_gateway_ran_counts_once_the_hall_is_known() -> None:
    taken: list[Command] = []

    def carry(command: Command, key: str) -> Future[None]:
        taken.append(command)
        return carry_out(command, key)

    box = Rater(RatingPress(RatingKey.SATISFIED, 1, session_of("s1"), 2.0))
    station = RaterButtons("rater8", "8", box, carry, "n1", lambda: NOW)  # type: ignore[arg-type]  # as above
    turns(station, 2.0)
    assert taken == []
    assert set(box.asked) == {"open"}
    station.see(view(service="s1", rating=RatingState.INVITED, rating_until=NOW + timedelta(minutes=1)))
    turns(station, 2.0, 2.0)
    assert taken == [RateService(service="s1", level=Level.SATISFIED, channel=RatingChannel.DEVICE)]
    assert box.presses == []


def test_a_box_is_told_to_stop_when_the_hall_stays_unknown() -> None:
    box = Rater()
    station = rater(box)
    turns(station, 9.0)
    assert "withdraw" not in box.asked
    turns(station, 3.0, 9.0)
    assert box.asked.count("withdraw") == 1
