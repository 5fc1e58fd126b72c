"""One face check against the sum of its pure inference, and whether memory stays flat."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

import assets
from drivers.camera.scene import load
from drivers.camera.variants import variant
from drivers.device import Cancel
from drivers.face_verifier.liveness import NoLiveness
from drivers.face_verifier.networks import Networks
from drivers.face_verifier.opencv import OpenCvFaceVerifier, Settings
from drivers.face_verifier.port import FaceOutcome
from drivers.picture import Frame
from hall24.bench import Figure

if TYPE_CHECKING:
    from drivers.picture import Picture

ABOUT = "face check: card photo of 1,000 bytes, eleven frames of 640 x 480 (drawn person), one thread"
CARDS = assets.SAMPLES / "cards"
CHECKS = 12
FLAT_CHECKS = 40


class Frames:
    """Eleven frames, a tenth of a second apart by their own clock."""

    def __init__(self, pictures: list[Picture]) -> None:
        self._pictures = pictures
        self._number = 0

    def frame(self, timeout: float, cancel: Cancel | None = None) -> Frame:
        del timeout, cancel
        self._number += 1
        return Frame(self._pictures[self._number - 1].copy(), self._number, self._number / 10)


class Inference:
    """Adds up the processor time inside the networks, and nothing else."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def timed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            began = time.process_time()
            try:
                return call(*arguments)
            finally:
                self.seconds += time.process_time() - began

        return timed


class Timed:
    """Stands before an object of OpenCV and times one of its methods."""

    def __init__(self, behind: Any, method: str, inference: Inference) -> None:
        self._behind = behind
        setattr(self, method, inference.timed(getattr(behind, method)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._behind, name)


def frames() -> list[Picture]:
    canvas = np.full((480, 640, 3), 205, np.uint8)
    canvas[:, 125:514] = cv2.resize(load(CARDS / "li_hua.jpg"), (389, 480), interpolation=cv2.INTER_AREA)
    return [variant(canvas, seed=seed) for seed in range(11)]


def resident() -> float:
    """Resident memory in MB."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS in /proc/self/status")


def measure(scratch: Path) -> list[Figure]:
    del scratch
    pictures, card = frames(), (CARDS / "li_hua.webp").read_bytes()
    verifier = OpenCvFaceVerifier(Settings(liveness=NoLiveness))
    verifier.open()

    def check() -> None:
        outcome = verifier.check(card, Frames(pictures), 30).outcome
        if outcome is not FaceOutcome.MATCH:
            raise RuntimeError(f"the drawn person was not recognised: {outcome}")

    check()
    networks: Networks | None = verifier._networks
    if networks is None:
        raise RuntimeError("the check loaded no networks")
    inference = Inference()
    networks._detector = Timed(networks._detector, "detect", inference)  # type: ignore[assignment]  # a stopwatch
    networks._recogniser = Timed(networks._recogniser, "forward", inference)  # type: ignore[assignment]  # likewise
    began = time.process_time()
    for _ in range(CHECKS):
        check()
    whole = time.process_time() - began
    pure = inference.seconds
    before = resident()
    for _ in range(FLAT_CHECKS):
        check()
    return [
        Figure("whole check, processor time", whole / CHECKS * 1000, "ms"),
        Figure("of it pure inference", pure / CHECKS * 1000, "ms"),
        Figure("whole check / pure inference", whole / pure, "x", most=1.15),
        Figure("resident memory after it", resident(), "MB", most=220),
        Figure(f"memory added by {FLAT_CHECKS} more checks", resident() - before, "MB", most=4),
    ]
