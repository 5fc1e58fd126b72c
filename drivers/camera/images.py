"""A camera made of picture files, for demos, tests and trials without a camera. The screen says 演示 when it is used.

``images:///folder?fps=10&vary=yes`` or ``images:///path/to.scene`` (see ``scene``). ``vary`` gives every frame a
noise and movement of its own, as a real camera does; without it one picture alone is a frozen camera.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.camera.port import CameraCapabilities
from drivers.camera.scene import Scene, SceneFault, load, read_scene, vary
from drivers.device import Action, Cancel, Condition, DeviceError, DeviceState, Fault, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.picture import Frame

if TYPE_CHECKING:
    from drivers.picture import Picture

_SLICE = 0.05


class ImagesCamera:
    """Shows the pictures one after the other at ``fps``, over and over."""

    def __init__(self, place: Path, fps: float = 10.0, *, varied: bool = False) -> None:
        self._place = place
        self._fps = fps
        self._varied = varied
        self._lock = threading.Lock()
        self._opened = False
        self._run: object | None = None
        self._changed_at = 0
        self._scene = Scene(())
        self._pictures: list[Picture] = []
        self._started_at = 0.0
        self._number = 0

    @property
    def capabilities(self) -> CameraCapabilities:
        return CameraCapabilities(real=False)

    def open(self) -> None:
        read_scene(self._place)
        self._opened = True
        logging.getLogger("drivers.twin").warning("SIMULATED camera: pictures from files")

    def close(self) -> None:
        self.stop()
        self._opened = False

    def forget(self) -> None:
        """Overwrites the pictures."""
        self.stop()

    def probe(self) -> Status:
        try:
            scene = read_scene(self._place)
        except DeviceError as error:
            absent = Condition("camera.absent", Action.STAFF, blocking=True)
            return Status(DeviceState.ABSENT, (absent,), error.detail)
        if scene.fault is SceneFault.SILENT:
            return Status(DeviceState.FAULT, (Condition("camera.silent", Action.STAFF, blocking=True),))
        return Status(DeviceState.READY, detail="picture files")

    def start(self, timeout: float = 4.0, cancel: Cancel | None = None) -> None:
        del timeout  # files are there or not
        if cancel is not None:
            cancel.check()
        with self._lock:
            if not self._opened:
                raise DeviceError(Fault.ABSENT, "not open")
            self._changed_at = -1
            self._look()
            self._started_at = time.monotonic()
            self._number = 0
            self._run = object()

    def stop(self) -> None:
        with self._lock:
            self._run = None
            self._forget()

    def frame(self, timeout: float = 1.0, cancel: Cancel | None = None) -> Frame:
        deadline = time.monotonic() + timeout
        run = self._run
        if run is None:
            raise DeviceError(Fault.NO_PICTURE, "the camera was not started")
        while True:
            if cancel is not None:
                cancel.check()
            with self._lock:
                if self._run is not run:
                    raise DeviceError(Fault.CANCELLED, "stopped")
                now = time.monotonic()
                newest = int((now - self._started_at) * self._fps) + 1
                if newest > self._number and self._look().fault is not SceneFault.SILENT:
                    self._number = newest
                    return Frame(self._picture(newest), newest, now)
                due = self._started_at + self._number / self._fps
            if now >= deadline:
                raise DeviceError(Fault.NO_PICTURE, "no frame in time")
            wait = max(0.001, min(due, deadline) - now) if due > now else min(_SLICE, deadline - now)
            if cancel is not None:
                cancel.wait(wait)
            else:
                time.sleep(wait)

    def _picture(self, number: int) -> Picture:
        import numpy as np

        fault = self._scene.fault
        if fault is SceneFault.BLACK or not self._pictures:
            return np.zeros((480, 640, 3), np.uint8)
        if fault is SceneFault.FROZEN:
            return self._pictures[0].copy()
        picture = self._pictures[(number - 1) % len(self._pictures)]
        return vary(picture, number) if self._varied else picture.copy()

    def _look(self) -> Scene:
        """Reads the scene again if it changed. Raises UNPLUGGED when it is gone."""
        try:
            changed_at = self._place.stat().st_mtime_ns
        except OSError:
            raise DeviceError(
                Fault.UNPLUGGED if self._run is not None else Fault.ABSENT, "the pictures are gone"
            ) from None
        if changed_at != self._changed_at:
            self._forget()
            self._scene = read_scene(self._place)
            self._pictures = [load(path) for path in self._scene.pictures]
            self._changed_at = changed_at
        return self._scene

    def _forget(self) -> None:
        for picture in self._pictures:
            picture.fill(0)
        self._pictures.clear()


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> ImagesCamera:
    """Options: ``fps`` frames a second, ``vary`` yes or no."""
    del shared
    merged = {**url.options, **options}
    try:
        fps = float(merged.pop("fps", "10"))
        varied = {"yes": True, "no": False}[merged.pop("vary", "no")]
        if merged or url.scheme != "images" or not 0 < fps <= 120:
            raise ValueError
    except (KeyError, ValueError):
        raise DeviceError(Fault.CONFIGURATION, "images:///folder?fps=10&vary=yes|no (0 < fps <= 120)") from None
    return ImagesCamera(Path(url.place), fps, varied=varied)
