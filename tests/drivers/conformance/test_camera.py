"""Cameras: the newest frame in time or a clear fault, and nothing kept after ``stop``."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

import assets
from drivers.camera.images import ImagesCamera
from drivers.camera.twin import SimulatedCamera
from drivers.camera.video import VideoCamera
from drivers.device import Cancel, DeviceError, DeviceState, Fault
from drivers.loading import make_device

PATIENT = 30.0
"""Seconds for what comes anyway, however slow the machine is."""

CARDS = assets.SAMPLES / "cards"


@pytest.fixture
def scene() -> Iterator[SimulatedCamera]:
    with SimulatedCamera([CARDS / "li_hua.jpg"], fps=50) as camera:
        yield camera


@pytest.fixture
def camera(scene: SimulatedCamera) -> Iterator[ImagesCamera]:
    driver = make_device("camera", "images", scene.url)
    assert isinstance(driver, ImagesCamera)
    driver.open()
    yield driver
    driver.close()


def failure(act: Callable[[], object]) -> DeviceError:
    with pytest.raises(DeviceError) as failed:
        act()
    return failed.value


def test_frames_come_at_the_wished_pace_and_none_twice(camera: ImagesCamera) -> None:
    camera.start()
    began = time.monotonic()
    numbers = [camera.frame(PATIENT).number for _ in range(10)]
    assert 0.15 < time.monotonic() - began < PATIENT
    assert numbers == sorted(set(numbers))


def test_a_late_reader_gets_the_newest_frame_and_no_old_ones(camera: ImagesCamera) -> None:
    camera.start()
    first = camera.frame(PATIENT).number
    Cancel().wait(0.2)
    assert camera.frame(PATIENT).number >= first + 8


def test_frames_of_one_picture_differ_as_those_of_a_real_camera_do(camera: ImagesCamera) -> None:
    camera.start()
    one, two = camera.frame(PATIENT), camera.frame(PATIENT)
    assert not np.array_equal(one.picture, two.picture)
    assert "array" not in repr(one)
    one.wipe()
    assert not one.picture.any()
    assert two.picture.any()


def test_somebody_else_can_step_before_a_running_camera(camera: ImagesCamera, scene: SimulatedCamera) -> None:
    camera.start()
    before = camera.frame(PATIENT).picture.astype(np.int16)
    scene.show(CARDS / "zhao_min.jpg")
    after = camera.frame(PATIENT).picture.astype(np.int16)
    assert float(np.abs(before - after).mean()) > 5


@pytest.mark.parametrize(("fault", "error"), [("no_frames", Fault.NO_PICTURE)])
def test_a_camera_without_frames_says_so_in_time(
    camera: ImagesCamera, scene: SimulatedCamera, fault: str, error: Fault
) -> None:
    setattr(scene, fault, True)
    camera.start()
    assert failure(lambda: camera.frame(0.2)).fault is error
    setattr(scene, fault, False)
    assert camera.frame(PATIENT).picture.any()


def test_a_black_and_a_frozen_camera_deliver_all_the_same(camera: ImagesCamera, scene: SimulatedCamera) -> None:
    scene.black = True
    camera.start()
    assert not camera.frame(PATIENT).picture.any()
    scene.frozen = True
    assert np.array_equal(camera.frame(PATIENT).picture, camera.frame(PATIENT).picture)


def test_a_camera_that_is_pulled_out_is_unplugged_then_absent(camera: ImagesCamera, scene: SimulatedCamera) -> None:
    camera.start()
    camera.frame(PATIENT)
    scene.unplug()
    assert failure(lambda: camera.frame(PATIENT)).fault is Fault.UNPLUGGED
    camera.stop()
    assert camera.probe().state is DeviceState.ABSENT
    assert failure(camera.start).fault is Fault.ABSENT
    scene.show(CARDS / "li_hua.jpg")
    camera.start()
    assert camera.frame(PATIENT).picture.any()


def test_waiting_for_a_frame_can_be_called_off(camera: ImagesCamera, scene: SimulatedCamera) -> None:
    scene.no_frames = True
    camera.start()
    cancel = Cancel()
    threading.Timer(0.1, cancel.cancel).start()
    began = time.monotonic()
    assert failure(lambda: camera.frame(PATIENT, cancel)).fault is Fault.CANCELLED
    assert time.monotonic() - began < PATIENT / 2


def test_nothing_is_delivered_before_start_and_after_stop(camera: ImagesCamera) -> None:
    assert failure(lambda: camera.frame(0.1)).fault is Fault.NO_PICTURE
    camera.start()
    camera.frame(PATIENT)
    camera.stop()
    camera.stop()
    assert failure(lambda: camera.frame(0.1)).fault is Fault.NO_PICTURE


def test_a_visit_that_ends_calls_off_who_waits_for_a_frame(camera: ImagesCamera, scene: SimulatedCamera) -> None:
    scene.no_frames = True
    camera.start()
    threading.Timer(0.1, camera.forget).start()
    assert failure(lambda: camera.frame(PATIENT)).fault is Fault.CANCELLED
    assert not camera.capabilities.real


def test_stopping_overwrites_what_was_buffered(camera: ImagesCamera) -> None:
    camera.start()
    camera.frame(PATIENT)
    kept = list(camera._pictures)
    assert kept[0].any()
    camera.stop()
    assert not kept[0].any()


def test_a_folder_is_shown_in_the_order_of_its_names(tmp_path: Path) -> None:
    for number in (2, 1):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((8, 8, 3), number * 50, np.uint8))
    camera = make_device("camera", "images", f"images://{tmp_path}?fps=60")
    assert isinstance(camera, ImagesCamera)
    camera.open()
    camera.start()
    shades = {int(camera.frame(PATIENT).picture[0, 0, 0]) for _ in range(6)}
    assert shades == {50, 100}
    camera.close()


@pytest.mark.parametrize("url", ["images:///nowhere", "images:///dev", "camera:///dev/video99", "video:///nowhere"])
def test_a_missing_camera_is_absent(url: str) -> None:
    camera = make_device("camera", {"camera": "uvc"}.get(url.split(":")[0], url.split(":")[0]), url)
    assert failure(camera.open).fault is Fault.ABSENT
    assert camera.probe().state is DeviceState.ABSENT
    assert [condition.code for condition in camera.probe().conditions] == ["camera.absent"]
    camera.close()


def test_a_file_that_is_no_picture_is_bad_data(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"not a picture")
    camera = make_device("camera", "images", f"images://{tmp_path}")
    assert isinstance(camera, ImagesCamera)
    camera.open()
    assert failure(camera.start).fault is Fault.BAD_DATA


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("images", "images:///x?fps=0"),
        ("images", "images:///x?fsp=5"),
        ("images", "file:///x"),
        ("uvc", "images:///x"),
        ("uvc", "camera:///x?width=a"),
        ("uvc", "camera:///x?width=8"),
        ("uvc", "camera:///x?hight=480"),
        ("video", "video:///x?fps=5"),
    ],
)
def test_wrong_settings_are_named(model: str, url: str) -> None:
    assert failure(lambda: make_device("camera", model, url)).fault is Fault.CONFIGURATION


def test_a_camera_made_of_files_shouts(caplog: pytest.LogCaptureFixture, camera: ImagesCamera) -> None:
    with caplog.at_level(logging.WARNING):
        camera.open()
    assert "SIMULATED" in caplog.text


# A film.


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Twelve frames of growing brightness at 60 a second."""
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 60.0, (64, 48))
    assert writer.isOpened()
    for number in range(12):
        writer.write(np.full((48, 64, 3), 20 * number, np.uint8))
    writer.release()
    return path


def test_a_film_runs_at_its_own_speed_and_begins_again(film: Path) -> None:
    camera = make_device("camera", "video", f"video://{film}")
    assert isinstance(camera, VideoCamera)
    camera.open()
    camera.start()
    shades = [int(camera.frame(PATIENT).picture[0, 0, 0]) for _ in range(20)]
    assert max(shades) > 150
    assert any(later < earlier - 50 for earlier, later in pairwise(shades))
    Cancel().wait(0.1)
    before = camera.frame(PATIENT).number
    Cancel().wait(0.1)
    assert camera.frame(PATIENT).number >= before + 4
    camera.stop()
    assert failure(lambda: camera.frame(0.1)).fault is Fault.NO_PICTURE
    camera.close()


def test_a_missing_or_broken_film_is_named(tmp_path: Path) -> None:
    camera = make_device("camera", "video", f"video://{tmp_path}/none.mp4")
    assert failure(camera.open).fault is Fault.ABSENT
    assert camera.probe().state is DeviceState.ABSENT
    assert failure(lambda: make_device("camera", "video", "images:///x")).fault is Fault.CONFIGURATION
