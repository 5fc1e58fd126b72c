"""Is this view of a face good enough to be compared? Geometry from YuNet's five points. Pure, no OpenCV.

Starting values of the gate are those of the kiosk notes; sharpness depends on the camera and is a setting.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.face_verifier.port import Hint

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Face:
    """One face in the pixels of the whole frame. Right and left are the person's own."""

    box: tuple[float, float, float, float]
    right_eye: Point
    left_eye: Point
    nose: Point
    score: float
    row: tuple[float, ...]
    """YuNet's own numbers, as OpenCV's alignment wants them."""

    @classmethod
    def from_row(cls, row: Sequence[float], scale: float = 1.0) -> Face:
        """From YuNet's x, y, w, h, five points and score, found in a picture ``scale`` times smaller."""
        numbers = (*(float(number) / scale for number in row[:14]), float(row[14]))
        x, y, width, height = numbers[:4]
        return cls(
            (x, y, width, height),
            (numbers[4], numbers[5]),
            (numbers[6], numbers[7]),
            (numbers[8], numbers[9]),
            numbers[14],
            numbers,
        )

    @property
    def eye_distance(self) -> float:
        return math.dist(self.right_eye, self.left_eye)

    @property
    def yaw(self) -> float:
        """Nose beside the middle of the eyes, in eye distances: 0 frontal, ± 0.4 turned; positive to their own left."""
        along = (self.left_eye[0] - self.right_eye[0], self.left_eye[1] - self.right_eye[1])
        middle = ((self.left_eye[0] + self.right_eye[0]) / 2, (self.left_eye[1] + self.right_eye[1]) / 2)
        length = max(self.eye_distance, 1e-6)
        offset = (self.nose[0] - middle[0]) * along[0] + (self.nose[1] - middle[1]) * along[1]
        return offset / (length * length)

    @property
    def roll(self) -> float:
        """Degrees by which the head leans."""
        return math.degrees(math.atan2(self.left_eye[1] - self.right_eye[1], self.left_eye[0] - self.right_eye[0]))

    def overlap(self, other: Face) -> float:
        """Common part of both boxes, 0 to 1: high for the same person in two frames that follow one another."""
        ax, ay, aw, ah = self.box
        bx, by, bw, bh = other.box
        width = min(ax + aw, bx + bw) - max(ax, bx)
        height = min(ay + ah, by + bh) - max(ay, by)
        if width <= 0 or height <= 0:
            return 0.0
        return width * height / (aw * ah + bw * bh - width * height)


@dataclass(frozen=True, slots=True)
class Gate:
    """What a view must reach; lengths in pixels of the frame, light 0 to 255."""

    eye_distance: float = 60.0
    yaw: float = 0.15
    roll: float = 15.0
    sharpness: float = 12.0
    dark: float = 60.0
    bright: float = 200.0

    def pose(self, face: Face) -> Hint | None:
        """What the person should change about where and how they stand; None when it is good."""
        if face.eye_distance < self.eye_distance:
            return Hint.COME_CLOSER
        if abs(face.yaw) > self.yaw or abs(face.roll) > self.roll:
            return Hint.LOOK_HERE
        return None

    def view(self, light: float, sharpness: float) -> Hint | None:
        """The same about light and stillness."""
        if light < self.dark:
            return Hint.MORE_LIGHT
        if light > self.bright:
            return Hint.LESS_LIGHT
        if sharpness < self.sharpness:
            return Hint.HOLD_STILL
        return None


def only_face(faces: Sequence[Face]) -> Face | Hint:
    """The one person in front; people in the queue behind do not count while they are less than half as large."""
    if not faces:
        return Hint.NO_FACE
    ordered = sorted(faces, key=lambda face: face.box[2], reverse=True)
    if len(ordered) > 1 and ordered[1].box[2] > ordered[0].box[2] / 2:
        return Hint.ONE_PERSON
    return ordered[0]


_EYES = ((38, 52), (74, 52))
"""Where the eyes are in an aligned crop of 112 × 112."""


def openness(crop: npt.NDArray[np.uint8]) -> float:
    """How much dark there is where the eyes are, in parts of the patch, against the skin below (grey crop).

    About 0.2 to 0.5 for open eyes; it says something only beside the same person's other frames.
    """
    import numpy as np

    values = []
    for x, y in _EYES:
        patch = crop[y - 6 : y + 6, x - 11 : x + 11]
        skin = float(np.median(crop[y + 13 : y + 21, x - 8 : x + 8]))
        values.append(float(np.mean(patch < 0.62 * skin)))
    return sum(values) / len(values)
