"""A USB camera through OpenCV: ``camera:///dev/v4l/by-id/…`` (the by-id path: numbers change at every start).

A thread of its own reads; only the newest frame is kept, because whoever looks wants to see now. A camera that
stops delivering is opened again once. Virtual cameras are refused: whatever program feeds them decides what is seen.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.device import Action, Cancel, Condition, DeviceError, DeviceState, Fault, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.picture import Frame

if TYPE_CHECKING:
    import cv2

_SLICE = 0.05


class UvcCamera:
    """One camera; the constructor opens nothing, and the light of the camera is off until ``start``."""

    def __init__(self, place: str, width: int = 640, height: int = 480, *, sysfs: Path = Path("/sys")) -> None:
        self._place = Path(place)
        self._size = (width, height)
        self._sysfs = sysfs
        self._opened = False
        self._news = threading.Condition()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._newest: Frame | None = None
        self._given = 0
        self._broken: DeviceError | None = None

    def open(self) -> None:
        """Looks whether the camera is there and real. Raises ABSENT, CONFIGURATION."""
        self._check()
        self._opened = True

    def close(self) -> None:
        self.stop()
        self._opened = False

    def probe(self) -> Status:
        try:
            self._check()
        except DeviceError as error:
            if error.fault is Fault.ABSENT:
                return Status(DeviceState.ABSENT, detail=error.detail)
            return Status(DeviceState.FAULT, (Condition("camera.virtual", Action.CONFIGURE, blocking=True),))
        broken = self._broken
        if broken is not None:
            return Status(DeviceState.FAULT, (Condition("camera.silent", Action.STAFF, blocking=True),), broken.detail)
        return Status(DeviceState.READY, detail=self._name())

    def start(self) -> None:
        if not self._opened:
            raise DeviceError(Fault.ABSENT, "not open")
        if self._thread is not None:
            return
        self._check()
        self._stopping.clear()
        self._broken = None
        self._given = 0
        self._thread = threading.Thread(target=self._read, name="camera", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=5.0)
        with self._news:
            if self._newest is not None:
                self._newest.wipe()
            self._newest = None
            self._news.notify_all()

    def frame(self, timeout: float, cancel: Cancel | None = None) -> Frame:
        deadline = time.monotonic() + timeout
        with self._news:
            while True:
                if cancel is not None:
                    cancel.check()
                if self._thread is None:
                    raise DeviceError(Fault.NO_PICTURE, "the camera was not started")
                if self._broken is not None:
                    raise DeviceError(self._broken.fault, self._broken.detail)
                frame = self._newest
                if frame is not None and frame.number > self._given:
                    self._given, self._newest = frame.number, None
                    return frame
                left = deadline - time.monotonic()
                if left <= 0:
                    raise DeviceError(Fault.NO_PICTURE, "no frame in time")
                self._news.wait(min(left, _SLICE))

    # The reading thread.

    def _read(self) -> None:
        import cv2  # costs 100 ms and 60 MB, so only once a citizen has agreed
        import numpy as np

        number = 0
        for _attempt in range(2):
            capture = cv2.VideoCapture(str(self._place.resolve()), cv2.CAP_V4L2)
            try:
                self._configure(capture)
                while not self._stopping.is_set():
                    good, picture = capture.read()
                    if not good or picture is None:
                        break
                    number += 1
                    self._publish(Frame(np.asarray(picture, dtype=np.uint8), number, time.monotonic()))
            except cv2.error:
                pass  # some cameras make OpenCV raise when their cable is pulled: the same as no frame
            finally:
                capture.release()
            if self._stopping.wait(0.2):
                return
        with self._news:
            fault = Fault.UNPLUGGED if not self._place.exists() else Fault.NO_PICTURE
            self._broken = DeviceError(fault, f"no frame after {number} frames")
            self._news.notify_all()

    def _configure(self, capture: cv2.VideoCapture) -> None:
        import cv2

        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def _publish(self, frame: Frame) -> None:
        with self._news:
            if self._newest is not None:
                self._newest.wipe()
            self._newest = frame
            self._news.notify_all()

    # What the system knows about the camera.

    def _check(self) -> None:
        if not self._place.exists():
            raise DeviceError(Fault.ABSENT, "no such camera")
        node = self._sysfs / "class/video4linux" / self._place.resolve().name
        if "/devices/virtual/" in str(node.resolve()):
            raise DeviceError(Fault.CONFIGURATION, "a virtual camera shows what a program makes up")

    def _name(self) -> str:
        try:
            return (self._sysfs / "class/video4linux" / self._place.resolve().name / "name").read_text("utf-8").strip()
        except OSError:
            return ""


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> UvcCamera:
    """Options: ``width`` and ``height`` in pixels; 640 × 480 is enough for a face check."""
    del shared
    merged = {**url.options, **options}
    try:
        width, height = int(merged.get("width", "640")), int(merged.get("height", "480"))
    except ValueError:
        raise DeviceError(Fault.CONFIGURATION, "width and height are pixels") from None
    if url.scheme != "camera":
        raise DeviceError(Fault.CONFIGURATION, "a USB camera is camera:///dev/v4l/by-id/…")
    return UvcCamera(url.place, width, height)
