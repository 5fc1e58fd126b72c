"""The USB camera in its process: files stand behind OpenCV there, everything else is real."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import assets
from drivers.camera import capture, helper
from drivers.camera.far_side import NOISY_ROW, CaptureFault
from drivers.camera.scene import load
from drivers.camera.twin import SimulatedUvcCamera
from drivers.camera.uvc import SIMULATED, UvcCamera
from drivers.camera.watched import WatchedCapture
from drivers.device import Action, Cancel, DeviceError, DeviceState, Fault
from drivers.loading import make_device

PATIENT = 30.0  # seconds for what comes anyway, however slow the machine is
PICTURE = assets.SAMPLES / "cards" / "li_hua.jpg"


@pytest.fixture
def twin() -> Iterator[SimulatedUvcCamera]:
    with SimulatedUvcCamera(fps=100) as simulated:
        yield simulated


@pytest.fixture
def camera(twin: SimulatedUvcCamera) -> Iterator[UvcCamera]:
    driver = quick(twin)
    driver.open()
    yield driver
    driver.close()


def quick(twin: SimulatedUvcCamera, **limits: float) -> UvcCamera:
    """The driver with long waits for pictures that come, whatever else this machine has to do."""
    waits = {"first": PATIENT, "hang": PATIENT, "patience": 0.2} | limits
    return UvcCamera(twin.path, 64, 48, capture=SIMULATED, **waits)


def failure(act: Callable[[], object]) -> DeviceError:
    with pytest.raises(DeviceError) as failed:
        act()
    return failed.value


def conditions(camera: UvcCamera) -> list[str]:
    return [condition.code for condition in camera.probe().conditions]


def process_of(camera: UvcCamera) -> int:
    process = camera._process
    assert process is not None
    assert process._process is not None
    return process._process.pid


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


# What it gives.


def test_each_frame_was_taken_after_it_was_asked_for_and_the_ones_between_are_dropped(camera: UvcCamera) -> None:
    camera.start(PATIENT)
    first = second = camera.frame(PATIENT)
    while second.number <= first.number + 5:  # a busy machine may not let the camera run in between
        first = second
        Cancel().wait(0.3)
        asked_at = time.monotonic()
        second = camera.frame(PATIENT)
        assert second.taken_at >= asked_at
    assert int.from_bytes(second.picture[NOISY_ROW].tobytes()[:8], "big") == second.number


def test_a_frame_that_was_owed_to_a_call_that_is_over_is_never_given() -> None:
    with SimulatedUvcCamera(fps=8) as slow:
        camera = quick(slow)
        camera.open()
        camera.start(PATIENT)
        with contextlib.suppress(DeviceError):
            while True:  # until a call is over before its picture came
                camera.frame(0.01)
        Cancel().wait(0.5)
        asked_at = time.monotonic()
        assert camera.frame(PATIENT).taken_at >= asked_at
        camera.close()


def test_what_stands_before_the_lens_is_what_is_seen(camera: UvcCamera, twin: SimulatedUvcCamera) -> None:
    twin.show(PICTURE)
    camera.start(PATIENT)
    shown = load(PICTURE)
    assert np.array_equal(camera.frame(PATIENT).picture[NOISY_ROW + 1 :], shown[NOISY_ROW + 1 :])


def test_a_camera_is_told_to_be_quick_and_small(monkeypatch: pytest.MonkeyPatch) -> None:
    said: dict[int, float] = {}

    class OpenCv:
        def __init__(self, place: str, backend: int) -> None:
            assert (place, backend) == ("/dev/v4l/by-id/x", cv2.CAP_V4L2)

        def set(self, key: int, value: float) -> None:
            said[key] = value

    monkeypatch.setattr(cv2, "VideoCapture", OpenCv)
    capture.open_v4l2("/dev/v4l/by-id/x", 640, 480)
    assert said[cv2.CAP_PROP_FOURCC] == cv2.VideoWriter.fourcc(*"MJPG")
    assert (said[cv2.CAP_PROP_FRAME_WIDTH], said[cv2.CAP_PROP_FRAME_HEIGHT]) == (640, 480)
    assert said[cv2.CAP_PROP_BUFFERSIZE] == 1


def test_opencv_itself_runs_in_the_process_and_finds_no_camera_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "usb-Maker_Camera-video-index0").write_text("no camera")
    camera = make_device("camera", "uvc", f"camera://{tmp_path}/usb-Maker_Camera-video-index0")
    assert isinstance(camera, UvcCamera)
    camera.open()
    assert camera.capabilities.real
    assert failure(lambda: camera.start(2 * PATIENT)).fault is Fault.NO_PICTURE
    assert conditions(camera) == ["camera.silent"]
    camera.close()


# How it fails.


def test_a_camera_that_hangs_hangs_nobody(camera: UvcCamera, twin: SimulatedUvcCamera) -> None:
    camera.start(PATIENT)
    twin.fail(CaptureFault.HANGS)
    camera_process = process_of(camera)
    began = time.monotonic()
    assert failure(lambda: camera.frame(0.25)).fault is Fault.NO_PICTURE
    camera.stop()
    assert time.monotonic() - began < PATIENT / 2, "not as long as a hanging camera is waited for"
    assert is_gone(camera_process)
    twin.fail(None)
    camera.start(PATIENT)
    assert camera.frame(PATIENT).picture.any()
    assert camera.probe().state is DeviceState.READY


def test_a_camera_that_hangs_is_killed_and_opened_again_once(twin: SimulatedUvcCamera) -> None:
    camera = quick(twin, hang=0.3)
    camera.open()
    twin.fail(CaptureFault.HANGS, after=100)
    camera.start(PATIENT)
    first_process = process_of(camera)
    numbers: list[int] = []
    while process_of(camera) == first_process:
        numbers.append(camera.frame(PATIENT).number)
    assert numbers == sorted(set(numbers)), "no number is given twice, also by the second process"
    assert is_gone(first_process)
    camera.close()


def test_what_came_while_this_machine_was_busy_is_no_fault_of_the_camera(
    camera: UvcCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera.start(PATIENT)
    camera._limits = (PATIENT, 0.2)
    first_process, original = process_of(camera), WatchedCapture.wait
    held_up = iter([True])

    def wait(self: WatchedCapture, deadline: float) -> Any:
        if next(held_up, False):
            time.sleep(0.4)  # the thread gets no turn, and looks at its watch before it looks at the line
            return None
        return original(self, deadline)

    monkeypatch.setattr(WatchedCapture, "wait", wait)
    assert camera.frame(PATIENT).picture.any()
    assert process_of(camera) == first_process


def test_a_camera_that_never_gives_a_picture_is_given_up_after_two_processes(twin: SimulatedUvcCamera) -> None:
    twin.fail(CaptureFault.HANGS)
    camera = quick(twin, first=0.4)
    camera.open()
    began = time.monotonic()
    assert failure(lambda: camera.start(2 * PATIENT)).fault is Fault.NO_PICTURE
    assert time.monotonic() - began < PATIENT
    status = camera.probe()
    assert status.state is DeviceState.FAULT
    assert conditions(camera) == ["camera.hung"]
    assert status.conditions[0].action is Action.STAFF
    camera.close()


@pytest.mark.parametrize("fault", [CaptureFault.STOPS, CaptureFault.RAISES, CaptureFault.CRASHES])
def test_a_camera_that_stops_is_opened_once_more_and_then_a_fault(
    camera: UvcCamera, twin: SimulatedUvcCamera, fault: CaptureFault
) -> None:
    camera.start(PATIENT)
    assert camera.frame(PATIENT).picture.any()
    twin.fail(fault)
    failed = failure(lambda: [camera.frame(PATIENT) for _ in range(30)])
    assert failed.fault is Fault.NO_PICTURE
    assert failure(lambda: camera.frame(PATIENT)).fault is Fault.NO_PICTURE
    assert camera.probe().state is DeviceState.FAULT
    assert conditions(camera) == ["camera.silent"]
    camera.stop()
    twin.fail(None)
    camera.start(PATIENT)
    assert camera.frame(PATIENT).picture.any()
    assert conditions(camera) == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (CaptureFault.BLACK, "camera.blind"),
        (CaptureFault.GREEN, "camera.blind"),
        (CaptureFault.STALE, "camera.frozen"),
        (CaptureFault.SMALL, "camera.silent"),
        (CaptureFault.GREY, "camera.silent"),
    ],
)
def test_pictures_that_are_none_are_never_given(
    camera: UvcCamera, twin: SimulatedUvcCamera, fault: CaptureFault, code: str
) -> None:
    camera.start(PATIENT)
    twin.fail(fault)
    deadline = time.monotonic() + PATIENT
    while conditions(camera) != [code]:  # good ones may still be on the way; a busy machine may give none for a moment
        assert time.monotonic() < deadline
        with contextlib.suppress(DeviceError):
            camera.frame(0.6).wipe()
    assert failure(lambda: camera.frame(0.3)).fault is Fault.NO_PICTURE
    twin.fail(None)
    camera.stop()
    camera.start(PATIENT)
    assert conditions(camera) == []


def test_the_green_pictures_before_the_first_real_one_are_waited_out(
    camera: UvcCamera, twin: SimulatedUvcCamera
) -> None:
    twin.fail(CaptureFault.GREEN)
    mended = threading.Timer(0.6, twin.fail, (None,))
    mended.start()
    camera.start(PATIENT)
    mended.join()
    assert camera.frame(PATIENT).picture[0, -1, 0] == 63 * 255 // 64


def test_a_camera_pulled_out_is_unplugged_and_comes_back(camera: UvcCamera, twin: SimulatedUvcCamera) -> None:
    camera.start(PATIENT)
    twin.unplug()
    assert failure(lambda: [camera.frame(PATIENT) for _ in range(30)]).fault is Fault.UNPLUGGED
    camera.stop()
    assert camera.probe().state is DeviceState.ABSENT
    assert failure(lambda: camera.start(PATIENT)).fault is Fault.ABSENT
    twin.plug_in()
    camera.start(PATIENT)
    assert camera.frame(PATIENT).picture.any()


def test_a_camera_in_trouble_may_be_tried_again_after_a_while(twin: SimulatedUvcCamera) -> None:
    twin.fail(CaptureFault.STOPS)
    camera = quick(twin, amends=0.0)
    camera.open()
    assert failure(lambda: camera.start(PATIENT)).fault is Fault.NO_PICTURE
    status = camera.probe()
    assert status.state is DeviceState.IMPAIRED
    assert [(condition.code, condition.blocking) for condition in status.conditions] == [("camera.silent", False)]


def test_a_process_that_cannot_be_started_is_said(camera: UvcCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert failure(lambda: camera.start(PATIENT)).fault is Fault.NO_PICTURE
    assert conditions(camera) == ["camera.helper"]


def test_a_process_that_hangs_in_the_kernel_and_cannot_die_keeps_nobody_waiting(
    camera: UvcCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera.start(PATIENT)
    pid = process_of(camera)
    with monkeypatch.context() as patched:
        patched.setattr(WatchedCapture, "end", lambda *_: False)
        camera.stop()
        assert not is_gone(pid)
    camera.start(PATIENT)
    while not is_gone(pid):  # it is ended as soon as it can be, at the latest with one of the next looks
        camera.stop()
        camera.start(PATIENT)
    assert camera.frame(PATIENT).picture.any()


def test_waiting_can_be_called_off_and_ends_with_the_visit(camera: UvcCamera, twin: SimulatedUvcCamera) -> None:
    camera.start(PATIENT)
    twin.fail(CaptureFault.HANGS)
    cancel = Cancel()
    threading.Timer(0.1, cancel.cancel).start()
    assert failure(lambda: camera.frame(PATIENT, cancel)).fault is Fault.CANCELLED
    threading.Timer(0.1, camera.forget).start()
    assert failure(lambda: camera.frame(PATIENT)).fault is Fault.CANCELLED
    assert failure(lambda: camera.frame(0.1)).fault is Fault.NO_PICTURE


# What is left of a visit.


def test_no_picture_stays_in_memory_and_the_process_ends_with_the_visit(camera: UvcCamera) -> None:
    camera.start(PATIENT)
    frame = camera.frame(PATIENT)
    process = camera._process
    assert process is not None
    pid = process_of(camera)
    limits = Path(f"/proc/{pid}/limits").read_text("ascii")
    assert re.search(r"Max core file size +0 +0", limits), "a crash must not write pictures to a file"
    assert frame.picture.any()
    assert not any(process._shared()[: frame.picture.size])
    camera.forget()
    camera.forget()
    assert is_gone(pid)
    assert process._memory is None


def test_the_process_ends_with_the_kiosk_even_while_the_camera_hangs(
    twin: SimulatedUvcCamera, wait_until: Callable[..., None]
) -> None:
    twin.fail(CaptureFault.HANGS, after=1)
    process = WatchedCapture(twin.path, (64, 48), SIMULATED)
    process.start()
    running: Any = process._process
    process.ask()
    reply = process.wait(time.monotonic() + PATIENT)
    assert reply is not None
    assert reply.kind == helper.FRAME
    running.stdin.close()  # what the kernel does when a kiosk dies
    wait_until(lambda: running.poll() is not None, PATIENT)
    assert process.end()


def test_a_camera_that_this_user_may_not_open_needs_a_group(camera: UvcCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert failure(lambda: camera.start(PATIENT)).fault is Fault.CONFIGURATION
    assert "group video" in failure(lambda: camera.start(PATIENT)).detail
    assert conditions(camera) == ["device.settings"]
