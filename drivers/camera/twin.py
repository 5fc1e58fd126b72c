"""Who and what stands before the simulated camera, and how the camera fails. What a driver sees is written nowhere."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from drivers.camera.far_side import CaptureFault
from drivers.camera.scene import Scene, SceneFault, load, write_scene


class SimulatedCamera:
    """Steers the camera model ``images`` through a scene file, also one that runs in another process.

    ``show()`` puts pictures before the lens. Faults: ``black``, ``frozen``, ``no_frames``; ``unplug()``.
    """

    def __init__(self, pictures: Sequence[Path] = (), fps: float = 10.0, *, varied: bool = True) -> None:
        self._pictures = tuple(pictures)
        self._varied = varied
        self._fault: SceneFault | None = None
        self._fps = fps
        self._folder: Path | None = None

    def start(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="hall-camera-"))
        self._write()

    def stop(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def __enter__(self) -> SimulatedCamera:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The device URL that a driver opens."""
        return f"images://{self._place}?fps={self._fps:g}&vary={'yes' if self._varied else 'no'}"

    @property
    def path(self) -> str:
        """The scene file alone."""
        return str(self._place)

    def show(self, *pictures: Path) -> None:
        """From now on the camera sees these pictures; with none it sees black."""
        self._pictures = pictures
        self._write()

    def unplug(self) -> None:
        """The camera is gone until ``show`` is called."""
        self._place.unlink(missing_ok=True)

    @property
    def black(self) -> bool:
        return self._fault is SceneFault.BLACK

    @black.setter
    def black(self, value: bool) -> None:
        self._set(SceneFault.BLACK, value)

    @property
    def frozen(self) -> bool:
        return self._fault is SceneFault.FROZEN

    @frozen.setter
    def frozen(self, value: bool) -> None:
        self._set(SceneFault.FROZEN, value)

    @property
    def no_frames(self) -> bool:
        return self._fault is SceneFault.SILENT

    @no_frames.setter
    def no_frames(self, value: bool) -> None:
        self._set(SceneFault.SILENT, value)

    @property
    def _place(self) -> Path:
        if self._folder is None:
            raise RuntimeError("the simulated camera was not started")
        return self._folder / "camera.scene"

    def _set(self, fault: SceneFault, value: bool) -> None:
        self._fault = fault if value else None
        self._write()

    def _write(self) -> None:
        fault = self._fault if self._pictures else self._fault or SceneFault.BLACK
        write_scene(self._place, Scene(self._pictures, fault))


class SimulatedUvcCamera:
    """Steers what the driver ``uvc`` sees behind OpenCV, in its helper process, through a file.

    ``show()`` puts pictures before the lens (none: a test picture). Faults: one attribute for each ``CaptureFault``.
    """

    def __init__(self, pictures: Sequence[Path] = (), fps: float = 30.0) -> None:
        self._sources = tuple(pictures)
        self._fps = fps
        self._fault: CaptureFault | None = None
        self._after = 0
        self._folder: Path | None = None
        self._plugged = False

    def start(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="hall-camera-"))
        self._plugged = True
        self.show(*self._sources)
        logging.getLogger("drivers.twin").warning("SIMULATED camera: pictures from files")

    def stop(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def __enter__(self) -> SimulatedUvcCamera:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def path(self) -> str:
        """What stands for the camera's device file."""
        return str(self._place)

    @property
    def url(self) -> str:
        """The device URL that a driver opens."""
        return f"camera://{self.path}?simulated=yes"

    def show(self, *pictures: Path) -> None:
        """From now on the camera sees these pictures."""
        self._sources = pictures
        for number, source in enumerate(pictures):
            picture = load(source)
            head = f"P6 {picture.shape[1]} {picture.shape[0]} 255\n".encode("ascii")
            (self._place.parent / f"{number}.ppm").write_bytes(head + picture[:, :, ::-1].tobytes())
        self._write()

    def fail(self, fault: CaptureFault | None, after: int = 0) -> None:
        """From now on it fails like this, once ``after`` more good pictures were taken by a camera that is opened."""
        self._fault, self._after = fault, after
        self._write()

    def unplug(self) -> None:
        self._plugged = False
        self._place.unlink(missing_ok=True)

    def plug_in(self) -> None:
        self._plugged = True
        self._write()

    @property
    def _place(self) -> Path:
        if self._folder is None:
            raise RuntimeError("the simulated camera was not started")
        return self._folder / "camera.json"

    def _write(self) -> None:
        if not self._plugged:
            return
        view = {
            "pictures": [str(self._place.parent / f"{number}.ppm") for number in range(len(self._sources))],
            "fault": self._fault.value if self._fault else "",
            "after": self._after,
            "fps": self._fps,
        }
        fresh = self._place.with_suffix(".new")
        fresh.write_text(json.dumps(view), "utf-8")
        fresh.replace(self._place)
