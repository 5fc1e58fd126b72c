"""A camera made of a recorded film, for demos and trials: ``video:///path/to/film.mp4``, over and over.

Whoever looks late misses frames, as with a real camera; the film runs at its own speed. The screen says 演示.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.camera.port import CameraCapabilities
from drivers.device import Action, Cancel, Condition, DeviceError, DeviceState, Fault, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.picture import Frame

if TYPE_CHECKING:
    import cv2

_USUAL_RATE = 25.0
_SLICE = 0.05


class VideoCamera:
    """Shows a film file; the constructor and ``open`` decode nothing."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._lock = threading.Lock()
        self._opened = False
        self._film: cv2.VideoCapture | None = None
        self._rate = _USUAL_RATE
        self._started_at = 0.0
        self._number = 0

    @property
    def capabilities(self) -> CameraCapabilities:
        return CameraCapabilities(real=False)

    def open(self) -> None:
        if not self._place.is_file():
            raise DeviceError(Fault.ABSENT, "no such film")
        self._opened = True
        logging.getLogger("drivers.twin").warning("SIMULATED camera: a film from a file")

    def close(self) -> None:
        self.stop()
        self._opened = False

    def forget(self) -> None:
        """Closes the film."""
        self.stop()

    def probe(self) -> Status:
        try:
            size = self._place.stat().st_size
        except OSError:
            absent = Condition("camera.absent", Action.STAFF, blocking=True)
            return Status(DeviceState.ABSENT, (absent,), "no such film")
        if not size:
            return Status(DeviceState.FAULT, (Condition("camera.silent", Action.STAFF, blocking=True),), "empty film")
        return Status(DeviceState.READY, detail="film file")

    def start(self, timeout: float = 4.0, cancel: Cancel | None = None) -> None:
        import cv2  # costs 400 ms, so only once a citizen has agreed

        del timeout  # a file is there or not
        if cancel is not None:
            cancel.check()
        with self._lock:
            if not self._opened:
                raise DeviceError(Fault.ABSENT, "not open")
            if not self._place.is_file():
                raise DeviceError(Fault.ABSENT, "no such film")
            film = cv2.VideoCapture(str(self._place))
            if not film.isOpened():
                raise DeviceError(Fault.BAD_DATA, "the film cannot be read")
            self._rate = film.get(cv2.CAP_PROP_FPS) or _USUAL_RATE
            self._film, self._number, self._started_at = film, 0, time.monotonic()

    def stop(self) -> None:
        with self._lock:
            film, self._film = self._film, None
            if film is not None:
                film.release()

    def frame(self, timeout: float = 1.0, cancel: Cancel | None = None) -> Frame:
        deadline = time.monotonic() + timeout
        waiter = cancel or Cancel()
        film = self._film
        if film is None:
            raise DeviceError(Fault.NO_PICTURE, "the camera was not started")
        while True:
            waiter.check()
            with self._lock:
                if self._film is not film:
                    raise DeviceError(Fault.CANCELLED, "stopped")
                due = self._started_at + self._number / self._rate
                now = time.monotonic()
                if now >= due:
                    return self._newest(film, now)
            if now >= deadline:
                raise DeviceError(Fault.NO_PICTURE, "no frame in time")
            waiter.wait(min(_SLICE, max(0.001, min(due, deadline) - now)))

    def _newest(self, film: cv2.VideoCapture, now: float) -> Frame:
        """Passes over what nobody looked at; begins again at the end of the film."""
        import cv2
        import numpy as np

        newest = int((now - self._started_at) * self._rate) + 1
        for _ in range(newest - self._number - 1):
            if not film.grab():
                film.set(cv2.CAP_PROP_POS_FRAMES, 0)
        good, picture = film.read()
        if not good:
            film.set(cv2.CAP_PROP_POS_FRAMES, 0)
            good, picture = film.read()
        if not good or not self._place.is_file():
            raise DeviceError(Fault.UNPLUGGED, "the film broke off")
        self._number = newest
        return Frame(np.asarray(picture, dtype=np.uint8), newest, now)


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> VideoCamera:
    """No options: a film has its own size and speed."""
    del shared
    if url.scheme != "video" or url.options or options:
        raise DeviceError(Fault.CONFIGURATION, "a film is video:///path/to/film.mp4, without options")
    return VideoCamera(Path(url.place))
