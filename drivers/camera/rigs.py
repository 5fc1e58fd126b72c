"""Cameras on the bench. One look is: start, one picture, stop; that is what a face check does to a camera."""

from __future__ import annotations

import importlib
import shutil
import tempfile
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from drivers.camera.far_side import CaptureFault
from drivers.camera.images import ImagesCamera
from drivers.camera.port import Camera
from drivers.camera.twin import SimulatedCamera, SimulatedUvcCamera
from drivers.camera.uvc import SIMULATED, UvcCamera
from drivers.camera.video import VideoCamera
from drivers.conformance.rig import Rig
from drivers.device import Cancel, Device

if TYPE_CHECKING:
    from drivers.picture import Picture

_WIDTH, _HEIGHT = 64, 48


class _CameraRig(Rig):
    spoils: ClassVar[bool] = False

    def prepare(self) -> None:
        """It sees what it always sees."""

    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        camera = cast("Camera", device)
        camera.start(timeout, cancel)
        try:
            frame = camera.frame(timeout, cancel)
            try:
                return self.seen(frame.picture)
            finally:
                frame.wipe()
        finally:
            camera.stop()

    @abstractmethod
    def seen(self, picture: Picture) -> object:
        """What is the same in every picture of this camera."""


class Uvc(_CameraRig):
    """The real driver and its process; files stand for OpenCV in there."""

    model: ClassVar[str] = "camera/uvc"
    silence_shows: ClassVar[bool] = False
    seconds: ClassVar[float] = 8.0
    """A process is started every time; on a machine that has other work this takes a second or two."""
    grace: ClassVar[float] = 1.5
    """``start`` may take the time-out, and then ``frame`` again; two processes are started in the meantime."""

    def __init__(self) -> None:
        super().__init__()
        self._twin = SimulatedUvcCamera(fps=200)

    def start(self) -> None:
        importlib.import_module("numpy")  # once a program: no command is to pay for it here
        self._twin.start()

    def stop(self) -> None:
        self._twin.stop()

    def make(self) -> Device:
        return UvcCamera(self._twin.path, _WIDTH, _HEIGHT, capture=SIMULATED, first=3.0, hang=0.5, patience=0.1)

    def seen(self, picture: Picture) -> object:
        return tuple(int(shade) for shade in picture[0, :, 0])

    @property
    def expected(self) -> object:
        return tuple(place * 255 // _WIDTH for place in range(_WIDTH))

    def silence(self, silent: bool) -> None:
        self._twin.fail(CaptureFault.HANGS if silent else None)

    def unplug(self) -> None:
        self._twin.unplug()

    def plug_in(self) -> None:
        self._twin.plug_in()


class UvcRunning(Uvc):
    """As in the middle of a face check: one more picture of a camera that runs already."""

    variant: ClassVar[str] = "running"
    grace: ClassVar[float] = 2.0
    """The first time it has to be started, whatever the time-out of one picture."""

    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        camera = cast("Camera", device)
        camera.start(max(timeout, 0.7), cancel)
        frame = camera.frame(timeout, cancel)
        try:
            return self.seen(frame.picture)
        finally:
            frame.wipe()


class Images(_CameraRig):
    """A folder of pictures."""

    model: ClassVar[str] = "camera/images"

    def __init__(self) -> None:
        super().__init__()
        self._twin = SimulatedCamera(fps=100, varied=False)
        self._folder = Path()

    def start(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="hall-rig-"))
        self._twin.start()
        self._twin.show(_painted(self._folder / "1.png"))

    def stop(self) -> None:
        self._twin.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def make(self) -> Device:
        return ImagesCamera(Path(self._twin.path), 100)

    def seen(self, picture: Picture) -> object:
        return _shades(picture)

    @property
    def expected(self) -> object:
        return _SHADES

    def silence(self, silent: bool) -> None:
        self._twin.no_frames = silent

    def unplug(self) -> None:
        self._twin.unplug()

    def plug_in(self) -> None:
        self._twin.show(self._folder / "1.png")


class Video(_CameraRig):
    """A film; silent means that nothing is in the file any more."""

    model: ClassVar[str] = "camera/video"

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path()
        self._film = b""
        self._silent = self._gone = False

    def start(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="hall-rig-"))
        self._film = _filmed(self._place)

    def stop(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def make(self) -> Device:
        return VideoCamera(self._place)

    def seen(self, picture: Picture) -> object:
        return _shades(picture)

    @property
    def expected(self) -> object:
        return _SHADES

    def silence(self, silent: bool) -> None:
        self._silent = silent
        self._lay()

    def unplug(self) -> None:
        self._gone = True
        self._lay()

    def plug_in(self) -> None:
        self._gone = False
        self._lay()

    @property
    def _place(self) -> Path:
        return self._folder / "film.avi"

    def _lay(self) -> None:
        if self._gone:
            self._place.unlink(missing_ok=True)
        else:
            self._place.write_bytes(b"" if self._silent else self._film)


_SHADES = (40, 120, 200)


def _shades(picture: Picture) -> tuple[int, ...]:
    """The brightness of three stripes, in steps of 20: compression changes a little."""
    third = picture.shape[1] // 3
    means = (float(picture[:, third * stripe + 4 : third * (stripe + 1) - 4].mean()) for stripe in range(3))
    return tuple(round(mean / 20) * 20 for mean in means)


def _striped() -> Picture:
    import numpy as np

    picture = np.zeros((_HEIGHT, _WIDTH // 3 * 3, 3), np.uint8)
    for stripe, shade in enumerate(_SHADES):
        picture[:, _WIDTH // 3 * stripe : _WIDTH // 3 * (stripe + 1)] = shade
    return picture


def _painted(place: Path) -> Path:
    import cv2

    cv2.imwrite(str(place), _striped())
    return place


def _filmed(place: Path) -> bytes:
    import cv2

    picture = _striped()
    writer = cv2.VideoWriter(str(place), cv2.VideoWriter.fourcc(*"MJPG"), 60.0, (picture.shape[1], picture.shape[0]))
    for _ in range(8):
        writer.write(picture)
    writer.release()
    return place.read_bytes()


RIGS: tuple[type[Rig], ...] = (Uvc, UvcRunning, Images, Video)
