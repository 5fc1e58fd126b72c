"""Face check with YuNet and SFace, one to one, in this process and in memory only.

The threshold is chosen on false accepts: 0.40 (0.02 % of all impostor pairs of LFW, 0.14 % of East Asian ones);
from 0.30 up to it a person decides. The log gets the outcome, reasons and versions: no score, picture or vector.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.device import Action, Cancel, Condition, DeviceError, DeviceState, Fault, Status
from drivers.face_verifier.liveness import Challenge, Liveness, NoLiveness
from drivers.face_verifier.models import MODEL_FILES, default_folder
from drivers.face_verifier.port import FaceCheck, FaceOutcome, Hint
from drivers.face_verifier.quality import Gate
from drivers.loading import DeviceUrl, SharedPorts
from drivers.picture import FrameSource

if TYPE_CHECKING:
    from drivers.face_verifier.networks import Networks
    from drivers.picture import Picture

LOWEST_THRESHOLD = 0.363
"""The value published with SFace: too low for a hall, so no setting goes below it."""


def _challenge() -> Liveness:
    return Challenge(secrets.choice)


LIVENESS: Mapping[str, Callable[[], Liveness]] = {"challenge": _challenge, "none": NoLiveness}


@dataclass(frozen=True, slots=True)
class Settings:
    """When a face counts as the card's; ``liveness`` makes a fresh provider for every attempt."""

    threshold: float = 0.40
    grey: float = 0.30
    liveness: Callable[[], Liveness] = _challenge
    gate: Gate = field(default_factory=Gate)
    folder: Path = field(default_factory=default_folder)


class OpenCvFaceVerifier:
    """The networks are loaded with the first check: a kiosk without face checks never pays for them."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._lock = threading.Lock()
        self._closing = Cancel()
        self._opened = False
        self._networks: Networks | None = None

    def open(self) -> None:
        """Checks the model files. Raises CONFIGURATION when one is missing or is not the tested one."""
        for model in MODEL_FILES:
            if not model.intact(self._settings.folder):
                raise DeviceError(Fault.CONFIGURATION, f"model file {model.name} is missing or not the tested one")
        self._closing = Cancel()
        self._opened = True

    def close(self) -> None:
        self._opened = False
        self._closing.cancel()
        with self._lock:
            self._networks = None

    def probe(self) -> Status:
        if self._opened or all(model.intact(self._settings.folder) for model in MODEL_FILES):
            return Status(DeviceState.READY, detail=self._version())
        return Status(DeviceState.FAULT, (Condition("face.models", Action.ENGINEER, blocking=True),))

    def check(
        self,
        card_picture: bytes,
        camera: FrameSource,
        timeout: float,
        cancel: Cancel | None = None,
        on_hint: Callable[[Hint], None] | None = None,
        on_preview: Callable[[Picture], None] | None = None,
    ) -> FaceCheck:
        """See the port. ``on_preview`` has to copy what it wants to keep: the picture is overwritten afterwards."""
        with self._lock:
            try:
                networks = self._load()
            except DeviceError:
                return FaceCheck(FaceOutcome.UNAVAILABLE, ("models",), self._version())
            from drivers.face_verifier.attempt import Attempt

            attempt = Attempt(networks, self._settings, (cancel or Cancel(), self._closing), on_hint, on_preview)
            try:
                outcome, reasons = attempt.run(card_picture, camera, timeout)
            finally:
                attempt.wipe()
                networks.forget()
            return FaceCheck(outcome, reasons, self._version())

    def _load(self) -> Networks:
        """The networks, loaded once (0.3 s). Raises CONFIGURATION."""
        if not self._opened:
            raise DeviceError(Fault.CONFIGURATION, "not open")
        if self._networks is None:
            from drivers.face_verifier.networks import Networks  # cv2: 0.1 s and 60 MB

            self._networks = Networks(self._settings.folder)
        return self._networks

    def _version(self) -> str:
        settings = self._settings
        return f"yunet-2023mar+sface-2021dec/{settings.liveness().name}/{settings.threshold:.3f}/{settings.grey:.2f}"


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> OpenCvFaceVerifier:
    """``file:///folder-with-models`` or ``file:`` for the folder of the set-up.

    Options: ``threshold`` (0.363 to 0.9), ``grey``, ``liveness`` challenge or none, ``eye-distance`` in pixels,
    ``sharpness`` (the camera's own floor).
    """
    del shared
    merged = {**url.options, **options}
    try:
        threshold, grey = float(merged.get("threshold", "0.40")), float(merged.get("grey", "0.30"))
        liveness = LIVENESS[merged.get("liveness", "challenge")]
        gate = Gate(
            eye_distance=float(merged.get("eye-distance", Gate().eye_distance)),
            sharpness=float(merged.get("sharpness", Gate().sharpness)),
        )
        if not LOWEST_THRESHOLD <= threshold <= 0.9 or not 0.2 <= grey <= threshold:
            raise ValueError
    except (KeyError, ValueError):
        raise DeviceError(
            Fault.CONFIGURATION,
            f"threshold is {LOWEST_THRESHOLD} to 0.9, grey 0.2 to the threshold, liveness is challenge or none",
        ) from None
    folder = Path(url.place) if url.place.strip("/") else default_folder()
    return OpenCvFaceVerifier(Settings(threshold, grey, liveness, gate, folder))
