"""Which USB camera is meant, and which ones are refused, as the system's files say it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.camera.far_side import ppm
from drivers.camera.uvc import UvcCamera
from drivers.device import DeviceError, DeviceState, Fault


def failure(act: Callable[[], object]) -> DeviceError:
    with pytest.raises(DeviceError) as failed:
        act()
    return failed.value


def conditions(camera: UvcCamera) -> list[str]:
    return [condition.code for condition in camera.probe().conditions]


def usb_camera(sysfs: Path, socket: str, number: int, serial: str = "") -> None:
    device = sysfs / "devices/pci0/usb1" / socket
    (device / "video4linux" / f"video{number}").mkdir(parents=True)
    (device / "idVendor").write_text("1bcf\n")
    (device / "idProduct").write_text("28c4\n")
    if serial:
        (device / "serial").write_text(serial)
    kind = sysfs / "class/video4linux"
    kind.mkdir(parents=True, exist_ok=True)
    (kind / f"video{number}").symlink_to(device / "video4linux" / f"video{number}")


def test_two_cameras_that_are_alike_are_told_apart_by_their_socket_only(tmp_path: Path) -> None:
    usb_camera(tmp_path / "sys", "1-1", 0)
    usb_camera(tmp_path / "sys", "1-2", 2)
    for folder in ("by-id", "by-path"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "one").symlink_to(tmp_path / "video0")
    (tmp_path / "video0").write_text("")
    by_id = UvcCamera(str(tmp_path / "by-id/one"), sysfs=tmp_path / "sys")
    assert failure(by_id.open).fault is Fault.CONFIGURATION
    assert "by-path" in failure(by_id.open).detail
    assert conditions(by_id) == ["camera.alike"]
    by_path = UvcCamera(str(tmp_path / "by-path/one"), sysfs=tmp_path / "sys")
    by_path.open()
    assert by_path.probe().state is DeviceState.READY


def test_two_cameras_with_serial_numbers_and_two_nodes_of_one_camera_are_no_doubles(tmp_path: Path) -> None:
    usb_camera(tmp_path / "sys", "1-1", 0, serial="A")
    usb_camera(tmp_path / "sys", "1-2", 2, serial="B")
    node = tmp_path / "sys/devices/pci0/usb1/1-1/video4linux/video1"
    node.mkdir()
    (tmp_path / "sys/class/video4linux/video1").symlink_to(node)
    (tmp_path / "video0").write_text("")
    camera = UvcCamera(str(tmp_path / "video0"), sysfs=tmp_path / "sys")
    camera.open()
    assert camera.probe().state is DeviceState.READY


def test_a_virtual_camera_is_refused(tmp_path: Path) -> None:
    (tmp_path / "video7").write_text("")
    (tmp_path / "sys/devices/virtual/video4linux/video7").mkdir(parents=True)
    (tmp_path / "sys/class/video4linux").mkdir(parents=True)
    (tmp_path / "sys/class/video4linux/video7").symlink_to("../../devices/virtual/video4linux/video7")
    camera = UvcCamera(str(tmp_path / "video7"), sysfs=tmp_path / "sys")
    assert failure(camera.open).fault is Fault.CONFIGURATION
    assert conditions(camera) == ["camera.virtual"]


def test_a_picture_file_of_the_twin_is_whole_or_none(tmp_path: Path) -> None:
    (tmp_path / "a.ppm").write_bytes(b"P6 2 1 255\n\x20\x0a\x09\x01\x02\x03")
    assert ppm(tmp_path / "a.ppm") == (b"\x09\x0a\x20\x03\x02\x01", 2, 1)
    (tmp_path / "b.ppm").write_bytes(b"P6 2 1 255\n\x20")
    with pytest.raises(ValueError, match="whole"):
        ppm(tmp_path / "b.ppm")
