"""What the tests of the face check share: drawn people before a camera, their cards, and the check itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import assets
from drivers.camera.scene import load
from drivers.camera.variants import variant
from drivers.device import Cancel, DeviceError, Fault
from drivers.face_verifier.liveness import Liveness, NoLiveness
from drivers.face_verifier.opencv import OpenCvFaceVerifier, Settings
from drivers.face_verifier.port import FaceCheck
from drivers.picture import Frame

if TYPE_CHECKING:
    from drivers.picture import Picture

CARDS = assets.SAMPLES / "cards"
PEOPLE = ("li_hua", "wang_fang", "zhao_min")


class Frames:
    """A camera that shows given pictures, ten a second by its own clock and as fast as they are taken."""

    def __init__(self, pictures: Iterable[Picture]) -> None:
        self._pictures = iter(pictures)
        self._number = 0
        self.given: list[Frame] = []

    def frame(self, timeout: float, cancel: Cancel | None = None) -> Frame:
        try:
            picture = next(self._pictures).copy()
        except StopIteration:
            raise DeviceError(Fault.NO_PICTURE, "the pictures are over") from None
        self._number += 1
        frame = Frame(picture, self._number, self._number / 10)
        self.given.append(frame)
        return frame


def lively(picture: Picture, count: int = 60, first: int = 0) -> Iterator[Picture]:
    """The picture as so many camera frames."""
    return (variant(picture, seed=seed, shift=(seed % 3, 0)) for seed in range(first, first + count))


def drawn(view: str) -> Picture:
    return load(CARDS / f"{view}.jpg")


def card_of(person: str) -> bytes:
    return (CARDS / f"{person}.webp").read_bytes()


def verifier(liveness: Callable[[], Liveness] = NoLiveness, **settings: object) -> OpenCvFaceVerifier:
    made = OpenCvFaceVerifier(Settings(liveness=liveness, **settings))  # type: ignore[arg-type]  # because tests name fields
    made.open()
    return made


def check(verifier: OpenCvFaceVerifier, card: bytes, pictures: Iterable[Picture], timeout: float = 20) -> FaceCheck:
    return verifier.check(card, Frames(pictures), timeout)
