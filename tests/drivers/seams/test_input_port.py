"""A keyboard held for us alone: what the system says when it is not there, taken, forbidden or something else."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.device import DeviceError, Fault
from drivers.seams.input_port import EVENT, Grab, InputPort, grab_of_a_stand_in, grab_of_the_kernel
from drivers.seams.pty_line import PtyLine

ONE = EVENT.pack(0, 0, 1, 30, 1)


@pytest.fixture
def keyboard() -> Iterator[PtyLine]:
    line = PtyLine(lambda _: None, name="keyboard")
    line.start()
    yield line
    line.stop()


def failure(act: Callable[[], object]) -> DeviceError:
    with pytest.raises(DeviceError) as failed:
        act()
    return failed.value


def soon() -> float:
    return time.monotonic() + 20


def refusing(number: int) -> Grab:
    def grab(descriptor: int) -> None:
        assert os.get_blocking(descriptor) is False
        raise OSError(number, os.strerror(number))

    return grab


def test_events_come_whole_however_the_line_cuts_them(keyboard: PtyLine) -> None:
    port = InputPort(keyboard.path, grab_of_a_stand_in)
    port.open()
    keyboard.send(ONE + ONE[:5])
    assert port.read_some(soon()) == ONE
    assert port.read_some(time.monotonic() + 0.05) == b""
    keyboard.send(ONE[5:])
    assert port.read_some(soon()) == ONE
    keyboard.send(ONE + ONE[:7])
    port.purge()
    keyboard.send(ONE[7:] + ONE)
    assert port.read_some(soon()).endswith(ONE), "after a purge in the middle of an event the next one is whole"
    port.close()


def test_only_one_has_the_grab_and_closing_gives_it_back(keyboard: PtyLine) -> None:
    first, second = InputPort(keyboard.path, grab_of_a_stand_in), InputPort(keyboard.path, grab_of_a_stand_in)
    first.open()
    assert failure(second.open).fault is Fault.BUSY
    first.close()
    second.open()
    second.close()


def test_the_kernels_grab_says_of_a_line_that_it_is_no_keyboard(keyboard: PtyLine) -> None:
    failed = failure(InputPort(keyboard.path, grab_of_the_kernel).open)
    assert failed.fault is Fault.CONFIGURATION
    assert failed.detail == "not an input device"


@pytest.mark.parametrize(
    ("number", "fault", "said"),
    [
        (errno.EBUSY, Fault.BUSY, "another program"),
        (errno.EACCES, Fault.CONFIGURATION, "group input"),
        (errno.EPERM, Fault.CONFIGURATION, "group input"),
        (errno.ENODEV, Fault.ABSENT, "ENODEV"),
    ],
)
def test_what_the_system_refuses_is_said_in_our_words(keyboard: PtyLine, number: int, fault: Fault, said: str) -> None:
    descriptors = sum(1 for _ in Path("/proc/self/fd").iterdir())
    failed = failure(InputPort(keyboard.path, refusing(number)).open)
    assert failed.fault is fault
    assert said in failed.detail
    assert sum(1 for _ in Path("/proc/self/fd").iterdir()) == descriptors


def test_a_keyboard_is_named_by_what_does_not_change(tmp_path: Path) -> None:
    assert failure(InputPort("/dev/input/event3").open).fault is Fault.CONFIGURATION
    assert failure(InputPort("/dev/input/by-id/nothing-event-kbd").open).fault is Fault.ABSENT
    for socket, number in (("1-1", 3), ("1-2", 4)):
        device = tmp_path / "sys/devices/usb1" / socket
        (device / f"input/event{number}").mkdir(parents=True)
        (device / "idVendor").write_text("05e0\n")
        (device / "idProduct").write_text("1200\n")
        (tmp_path / "sys/class/input").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"sys/class/input/event{number}").symlink_to(device / f"input/event{number}")
    (tmp_path / "event3").write_text("")
    failed = failure(InputPort(str(tmp_path / "event3"), sysfs=tmp_path / "sys").open)
    assert failed.fault is Fault.CONFIGURATION
    assert "by-path" in failed.detail


def test_a_keyboard_that_is_pulled_out_is_unplugged_and_comes_back_under_its_name(keyboard: PtyLine) -> None:
    port = InputPort(keyboard.path, grab_of_a_stand_in)
    port.open()
    pulled = threading.Timer(0.1, keyboard.unplug)
    pulled.start()
    assert failure(lambda: port.read_some(soon())).fault is Fault.UNPLUGGED
    pulled.join()
    assert failure(port.purge).fault is Fault.UNPLUGGED
    port.close()
    assert failure(port.open).fault is Fault.ABSENT
    keyboard.plug_in()
    port.open()
    keyboard.send(ONE)
    assert port.read_some(soon()) == ONE
    port.close()


def test_closing_wakes_who_reads_and_nothing_is_ever_written(keyboard: PtyLine) -> None:
    port = InputPort(keyboard.path, grab_of_a_stand_in)
    assert failure(lambda: port.read_some(soon())).fault is Fault.ABSENT
    port.open()
    port.open()
    assert failure(lambda: port.write(b"x", soon())).fault is Fault.UNSUPPORTED
    threading.Timer(0.1, port.close).start()
    assert failure(lambda: port.read_some(time.monotonic() + 10)).fault is Fault.CANCELLED
    port.close()
