"""What stands in front of a camera that is made of files: a folder of pictures, or a scene file that names them.

A scene file (``*.scene``) has one picture a line, relative to itself, and at most one line ``!black``, ``!frozen``
or ``!silent`` for a camera that shows nothing, always the same frame, or no frame at all. It is read again when it
changes, so that another process can put somebody else before the camera.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.device import DeviceError, Fault

if TYPE_CHECKING:
    from drivers.picture import Picture

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})


class SceneFault(StrEnum):
    """How a camera can be there and useless all the same."""

    BLACK = "black"
    FROZEN = "frozen"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Scene:
    """The pictures in the order in which they are seen, over and over."""

    pictures: tuple[Path, ...]
    fault: SceneFault | None = None


def read_scene(place: Path) -> Scene:
    """From a folder (pictures by name), a scene file or one picture. Raises ABSENT when nothing is to be seen."""
    try:
        if place.is_dir():
            scene = Scene(tuple(sorted(path for path in place.iterdir() if path.suffix.lower() in SUFFIXES)))
        elif place.suffix == ".scene":
            scene = _parse(place.read_text("utf-8"), place.parent)
        else:
            scene = Scene((place,) if place.is_file() else ())
    except OSError as error:
        raise DeviceError(Fault.ABSENT, type(error).__name__) from None
    if not scene.pictures and scene.fault is None:
        raise DeviceError(Fault.ABSENT, "no pictures to show")
    return scene


def write_scene(place: Path, scene: Scene) -> None:
    """The scene as a file, put in place in one step, so that nobody reads half of it."""
    lines = [str(picture.resolve()) for picture in scene.pictures]
    if scene.fault is not None:
        lines.append(f"!{scene.fault.value}")
    fresh = place.with_name(place.name + ".new")
    fresh.write_text("\n".join(lines) + "\n", "utf-8")
    fresh.replace(place)


def _parse(text: str, folder: Path) -> Scene:
    lines = [line.strip() for line in text.splitlines()]
    marks = [line[1:] for line in lines if line.startswith("!")]
    try:
        fault = SceneFault(marks[0]) if marks else None
    except ValueError:
        raise DeviceError(Fault.CONFIGURATION, "a scene knows !black, !frozen and !silent") from None
    return Scene(tuple(folder / line for line in lines if line and line[0] not in "!#"), fault)


def load(path: Path) -> Picture:
    """One picture file. Raises BAD_DATA."""
    import cv2  # costs 100 ms, so only once a camera runs
    import numpy as np

    try:
        picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):
        picture = None
    if picture is None:
        raise DeviceError(Fault.BAD_DATA, "a picture file cannot be read")
    return np.ascontiguousarray(picture, dtype=np.uint8)


def vary(picture: Picture, number: int) -> Picture:
    """The picture as a camera sees it the ``number``-th time: other noise, a little other light, slightly moved."""
    import numpy as np

    chance = np.random.default_rng(number)
    light = 1.0 + 0.06 * float(np.sin(number * 0.7))
    moved = np.roll(picture, (int(chance.integers(-2, 3)), int(chance.integers(-2, 3))), axis=(0, 1))
    noise = chance.integers(-4, 5, picture.shape, dtype=np.int16)
    varied: Picture = np.clip(moved * light + noise, 0, 255).astype(np.uint8)
    return varied
