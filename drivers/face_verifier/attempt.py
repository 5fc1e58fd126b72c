"""One face check from the first frame to the outcome; everything it saw is overwritten afterwards."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np

from drivers.device import Cancel, DeviceError, Fault
from drivers.face_verifier import networks as nets
from drivers.face_verifier.liveness import Glimpse, Verdict
from drivers.face_verifier.networks import Networks
from drivers.face_verifier.port import FaceOutcome, Hint
from drivers.face_verifier.quality import Face, only_face, openness
from drivers.picture import Frame, FrameSource

if TYPE_CHECKING:
    from drivers.face_verifier.networks import Vector
    from drivers.face_verifier.opencv import Settings
    from drivers.picture import Picture

Result = tuple[FaceOutcome, tuple[str, ...]]

FRAMES = 3
TRACK_SECONDS = 1.0
GAP_SECONDS = 0.6
OVERLAP = 0.3
SAME_PERSON = 0.363
"""Two views of one unbroken track that are less alike than this are two people: the track begins anew."""

FRAME_SECONDS = 1.0
BLACK = 8.0
USELESS_FRAMES = 5
"""So many black or identical frames one after the other, and the camera shows nothing that can be trusted."""


class Track:
    """One person seen without a break: the best views of them and their liveness."""

    def __init__(self, settings: Settings, face: Face, at: float) -> None:
        self.liveness = settings.liveness()
        self.face = face
        self.since = self.at = at
        self.good = 0
        self.best: list[tuple[float, Vector]] = []
        self.verdict = Verdict.PENDING

    def follows(self, face: Face, at: float) -> bool:
        return at - self.at <= GAP_SECONDS and face.overlap(self.face) >= OVERLAP

    def complete(self) -> bool:
        return self.good >= FRAMES and self.at - self.since >= TRACK_SECONDS and self.verdict is not Verdict.PENDING

    def wipe(self) -> None:
        for _, vector in self.best:
            vector.fill(0)
        self.best.clear()


class Attempt:
    """Runs once; ``wipe`` is called whatever happens."""

    def __init__(
        self,
        networks: Networks,
        settings: Settings,
        cancels: tuple[Cancel, ...],
        on_hint: Callable[[Hint], None] | None,
        on_preview: Callable[[Picture], None] | None,
    ) -> None:
        self._networks = networks
        self._settings = settings
        self._cancels = cancels
        self._on_hint = on_hint
        self._on_preview = on_preview
        self._template: Vector | None = None
        self._track: Track | None = None
        self._hint: Hint | None = None
        self._last_sum = -1
        self._same = self._black = 0

    def run(self, card_picture: bytes, camera: FrameSource, timeout: float) -> Result:
        """The outcome and its reason codes. Raises CANCELLED and nothing else."""
        try:
            return self._run(card_picture, camera, timeout)
        except (cv2.error, np.linalg.LinAlgError):  # the latter for points of a face that are no numbers
            return FaceOutcome.UNAVAILABLE, ("opencv",)

    def _run(self, card_picture: bytes, camera: FrameSource, timeout: float) -> Result:
        deadline = time.monotonic() + timeout
        # 1. The card's face, once per card; its mirror image evens out a slightly turned head.
        reason = self._read_card(card_picture)
        if reason:
            return FaceOutcome.UNAVAILABLE, (reason,)
        # 2. Frames, until one track has shown enough.
        self._say(Hint.LOOK_HERE)
        while time.monotonic() < deadline:
            for cancel in self._cancels:
                cancel.check()
            try:
                frame = camera.frame(min(FRAME_SECONDS, max(0.01, deadline - time.monotonic())), self._cancels[0])
            except DeviceError as error:
                if error.fault is Fault.CANCELLED:
                    raise
                return FaceOutcome.UNAVAILABLE, ("camera", error.fault.value)
            try:
                useless = self._useless(frame)
                if useless:
                    return FaceOutcome.UNAVAILABLE, ("camera", useless)
                if not self._same and not self._black:
                    self._look(frame)
            finally:
                frame.wipe()
            if self._track is not None and self._track.complete():
                return self._decide(self._track)
        # 3. Time is up: a person decides, and nothing is said about likeness.
        return FaceOutcome.UNSURE, ("time", self._hint.value if self._hint else "")

    def wipe(self) -> None:
        if self._template is not None:
            self._template.fill(0)
        if self._track is not None:
            self._track.wipe()
        self._template = self._track = None

    def _read_card(self, card_picture: bytes) -> str:
        picture = nets.decode(card_picture)
        if picture is None:
            return "card-picture"
        crops: list[Picture] = []
        views: list[Vector] = []
        try:
            face = only_face(self._networks.faces(picture))
            if isinstance(face, Hint):
                return "card-face"
            crops.append(self._networks.crop(picture, face))
            crops.append(nets.mirrored(crops[0]))
            views.extend(map(self._networks.vector, crops))
            self._template = nets.unit(views)
            return ""
        finally:
            for used in (picture, *crops):
                used.fill(0)
            for view in views:
                view.fill(0)

    def _useless(self, frame: Frame) -> str:
        """A frozen or black camera is a fault, and so is one that shows exactly the same again and again."""
        total = zlib.crc32(np.ascontiguousarray(frame.picture[::8]).data)
        self._same = self._same + 1 if total == self._last_sum else 0
        self._last_sum = total
        self._black = self._black + 1 if float(frame.picture[::8, ::8].mean()) < BLACK else 0
        if self._black >= USELESS_FRAMES:
            return "black"
        return "frozen" if self._same >= USELESS_FRAMES else ""

    def _look(self, frame: Frame) -> None:
        if self._on_preview is not None:
            self._on_preview(frame.picture)
        face = only_face(self._networks.faces(frame.picture))
        if isinstance(face, Hint):
            self._say(face)
            return
        if self._track is None or not self._track.follows(face, frame.taken_at):
            self._begin(face, frame.taken_at)
        track = self._track
        if track is None:
            return
        track.face, track.at = face, frame.taken_at
        gate = self._settings.gate
        crop = self._networks.crop(frame.picture, face)
        grey = nets.grey(crop)
        try:
            hint = gate.pose(face) or gate.view(float(grey.mean()), nets.sharpness(grey))
            if hint is None:
                self._remember(track, crop, face)
            glimpse = Glimpse(frame.taken_at, face.yaw, openness(grey), frontal=hint is None)
            if track.verdict is Verdict.PENDING and hint is not Hint.COME_CLOSER:
                track.verdict = track.liveness.observe(glimpse)
            asked = track.liveness.hint if track.verdict is Verdict.PENDING else None
            self._say(asked if asked in (Hint.TURN_LEFT, Hint.TURN_RIGHT, Hint.BLINK) else hint or Hint.LOOK_HERE)
        finally:
            crop.fill(0)
            grey.fill(0)

    def _begin(self, face: Face, at: float) -> None:
        if self._track is not None:
            self._track.wipe()
        self._track = Track(self._settings, face, at)

    def _remember(self, track: Track, crop: Picture, face: Face) -> None:
        """Keeps the best three views: large and frontal. Somebody else in the same place begins a new track.

        Every view is compared: else somebody could answer the challenge for the picture that was shown before.
        """
        track.good += 1
        quality = face.eye_distance * (1.0 - abs(face.yaw))
        vector = self._networks.vector(crop)
        if any(float(vector @ other) < SAME_PERSON for _, other in track.best):
            self._begin(face, track.at)
            vector.fill(0)
            return
        track.best.append((quality, vector))
        track.best.sort(key=lambda view: view[0], reverse=True)
        for _, worst in track.best[FRAMES:]:
            worst.fill(0)
        del track.best[FRAMES:]

    def _decide(self, track: Track) -> Result:
        name = track.liveness.name
        if track.verdict is Verdict.SPOOF:
            return FaceOutcome.REJECTED_SPOOF, (f"liveness-{name}",)
        if track.verdict is Verdict.UNSURE or self._template is None:
            return FaceOutcome.UNSURE, (f"liveness-{name}",)
        mean = nets.unit([vector for _, vector in track.best])
        likeness = float(mean @ self._template)
        mean.fill(0)
        reasons = ("liveness-none",) if name == "none" else ()
        if likeness >= self._settings.threshold:
            return FaceOutcome.MATCH, reasons
        if likeness >= self._settings.grey:
            return FaceOutcome.UNSURE, ("likeness", *reasons)
        return FaceOutcome.NO_MATCH, reasons

    def _say(self, hint: Hint) -> None:
        if hint is not self._hint:
            self._hint = hint
            if self._on_hint is not None:
                self._on_hint(hint)
