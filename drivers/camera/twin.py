"""Who and what stands before the simulated camera, and how the camera fails. No picture is written anywhere."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from drivers.camera.scene import Scene, SceneFault, write_scene


class SimulatedCamera:
    """Steers the camera model ``images`` through a scene file, also one that runs in another process.

    ``show()`` puts pictures before the lens. Faults: ``black``, ``frozen``, ``no_frames``; ``unplug()``.
    """

    def __init__(self, pictures: Sequence[Path] = (), fps: float = 10.0) -> None:
        self._pictures = tuple(pictures)
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
        return f"images://{self._place}?fps={self._fps:g}&vary=yes"

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
