"""The face check when something is missing, changed or called off, and what is left of it."""

from __future__ import annotations

import logging
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from drivers.camera.far_side import CaptureFault
from drivers.camera.images import ImagesCamera
from drivers.camera.twin import SimulatedCamera, SimulatedUvcCamera
from drivers.camera.uvc import UvcCamera
from drivers.device import Cancel, DeviceError, DeviceState, Fault
from drivers.face_verifier.models import MODEL_FILES, SFACE, default_folder
from drivers.face_verifier.networks import Networks
from drivers.face_verifier.opencv import OpenCvFaceVerifier, Settings
from drivers.face_verifier.port import FaceCheck, FaceOutcome, Hint
from drivers.face_verifier.quality import Face
from drivers.loading import make_device

sys.path.insert(0, str(Path(__file__).parent))  # the neighbour below is a module of no package

from faces import CARDS, Frames, card_of, check, drawn, lively, verifier

if TYPE_CHECKING:
    from drivers.picture import Picture


@pytest.fixture(scope="module")
def networks() -> Networks:
    return Networks(default_folder())


@pytest.fixture(scope="module")
def query() -> Iterator[OpenCvFaceVerifier]:
    """As for a query: without liveness."""
    made = verifier()
    yield made
    made.close()


# Closed for the business, open for the person.


@pytest.mark.parametrize(
    ("card", "reason"), [(b"", "card-picture"), (b"\x89PNG no", "card-picture"), (b"blank", "card-face")]
)
def test_a_card_without_a_face_is_unavailable(query: OpenCvFaceVerifier, card: bytes, reason: str) -> None:
    if card == b"blank":
        card = bytes(cv2.imencode(".png", np.full((126, 102, 3), 90, np.uint8))[1])
    result = check(query, card, lively(drawn("li_hua"), 3))
    assert result.outcome is FaceOutcome.UNAVAILABLE
    assert result.reasons == (reason,)


@pytest.mark.parametrize(("fault", "reason"), [("black", "black"), ("frozen", "frozen"), ("no_frames", "no-picture")])
def test_a_useless_camera_is_unavailable(query: OpenCvFaceVerifier, fault: str, reason: str) -> None:
    with SimulatedCamera([CARDS / "li_hua.jpg"], fps=50) as scene:
        camera = make_device("camera", "images", scene.url)
        assert isinstance(camera, ImagesCamera)
        camera.open()
        setattr(scene, fault, True)
        camera.start()
        result = query.check(card_of("li_hua"), camera, 5)
        camera.close()
    assert result.outcome is FaceOutcome.UNAVAILABLE
    assert result.reasons == ("camera", reason)


def test_a_camera_pulled_out_in_the_middle_is_unavailable(query: OpenCvFaceVerifier) -> None:
    with SimulatedCamera([CARDS / "li_hua.jpg"], fps=50) as scene:
        camera = make_device("camera", "images", scene.url)
        assert isinstance(camera, ImagesCamera)
        camera.open()
        camera.start()
        result = query.check(card_of("li_hua"), camera, 20, on_preview=lambda _: scene.unplug())
        camera.close()
    assert result == FaceCheck(FaceOutcome.UNAVAILABLE, ("camera", "unplugged"), result.version)


def test_a_usb_camera_that_hangs_hangs_no_face_check(query: OpenCvFaceVerifier) -> None:
    with SimulatedUvcCamera([CARDS / "li_hua.jpg"]) as twin:
        camera = make_device("camera", "uvc", twin.url)
        assert isinstance(camera, UvcCamera)
        camera.open()
        camera.start(10)
        assert query.check(card_of("li_hua"), camera, 30).outcome is FaceOutcome.MATCH
        began = time.monotonic()
        result = query.check(card_of("wang_fang"), camera, 60, on_preview=lambda _: twin.fail(CaptureFault.HANGS))
        assert time.monotonic() - began < 30
        camera.forget()
        camera.close()
    assert result == FaceCheck(FaceOutcome.UNAVAILABLE, ("camera", "no-picture"), result.version)


def test_another_model_file_is_never_used(tmp_path: Path) -> None:
    for model in MODEL_FILES:
        shutil.copy(default_folder() / model.name, tmp_path / model.name)
    changed = bytearray((tmp_path / SFACE.name).read_bytes())
    changed[5_000_000] ^= 1
    (tmp_path / SFACE.name).write_bytes(changed)
    broken = OpenCvFaceVerifier(Settings(folder=tmp_path))
    with pytest.raises(DeviceError) as refused:
        broken.open()
    assert refused.value.fault is Fault.CONFIGURATION
    probed = broken.probe()
    assert probed.state is DeviceState.FAULT
    assert [condition.code for condition in probed.conditions] == ["face.models"]
    assert check(broken, card_of("li_hua"), []).outcome is FaceOutcome.UNAVAILABLE


def test_a_model_file_changed_after_opening_is_noticed_too(tmp_path: Path) -> None:
    for model in MODEL_FILES:
        shutil.copy(default_folder() / model.name, tmp_path / model.name)
    late = OpenCvFaceVerifier(Settings(folder=tmp_path))
    late.open()
    (tmp_path / SFACE.name).write_bytes(b"something else")
    assert check(late, card_of("li_hua"), []).reasons == ("models",)


def test_a_missing_model_is_a_configuration_fault(tmp_path: Path) -> None:
    with pytest.raises(DeviceError) as refused:
        make_device("face_verifier", "opencv", f"file://{tmp_path}").open()
    assert refused.value.fault is Fault.CONFIGURATION


@pytest.mark.parametrize(
    "options", [{"threshold": "0.3"}, {"threshold": "x"}, {"grey": "0.5"}, {"liveness": "trust"}, {"sharpness": "?"}]
)
def test_wrong_settings_are_named(options: dict[str, str]) -> None:
    with pytest.raises(DeviceError) as refused:
        make_device("face_verifier", "opencv", "file:", options)
    assert refused.value.fault is Fault.CONFIGURATION


# Calling off, closing, forgetting.


@pytest.mark.parametrize("how", ["cancel", "close"])
def test_a_check_can_be_called_off(how: str) -> None:
    made = verifier()
    cancel = Cancel()
    threading.Timer(0.2, cancel.cancel if how == "cancel" else made.close).start()
    nobody = cycle(lively(np.full((480, 640, 3), 128, np.uint8), 4))
    began = time.monotonic()
    with pytest.raises(DeviceError) as called_off:
        made.check(card_of("li_hua"), Frames(nobody), 30, cancel)
    assert called_off.value.fault is Fault.CANCELLED
    assert time.monotonic() - began < 15


def test_every_frame_is_overwritten_and_the_preview_shows_it_before(query: OpenCvFaceVerifier) -> None:
    camera = Frames(lively(drawn("li_hua"), 14))
    brightness: list[float] = []
    query.check(card_of("li_hua"), camera, 20, on_preview=lambda picture: brightness.append(float(picture.mean())))
    assert min(brightness) > 50
    assert not any(frame.picture.any() for frame in camera.given)


def test_vectors_are_overwritten_also_when_the_check_breaks(
    query: OpenCvFaceVerifier, networks: Networks, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[np.ndarray] = []
    original = Networks.vector

    def keep(self: Networks, crop: Picture) -> np.ndarray:
        vector = original(self, crop)
        made.append(vector)
        return vector

    def fail(_: Hint) -> None:
        if len(made) > 4:
            raise RuntimeError("the page is gone")

    monkeypatch.setattr(Networks, "vector", keep)
    pictures = [*lively(drawn("li_hua"), 6), *lively(np.full_like(drawn("li_hua"), 128), 2)]
    with pytest.raises(RuntimeError):
        query.check(card_of("li_hua"), Frames(pictures), 20, on_hint=fail)
    assert len(made) > 4
    assert not any(vector.any() for vector in made)


def test_the_card_is_overwritten_also_when_opencv_breaks_at_it(
    query: OpenCvFaceVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Picture] = []
    original = Networks.crop

    def keep(self: Networks, picture: Picture, face: Face) -> Picture:
        made.extend((picture, original(self, picture, face)))
        return made[-1]

    def fail(self: Networks, crop: Picture) -> np.ndarray:
        assert crop.any()
        monkeypatch.undo()  # forgetting works again
        raise cv2.error("no memory")

    monkeypatch.setattr(Networks, "crop", keep)
    monkeypatch.setattr(Networks, "vector", fail)
    result = check(query, card_of("li_hua"), lively(drawn("li_hua"), 3))
    assert (result.outcome, result.reasons) == (FaceOutcome.UNAVAILABLE, ("opencv",))
    assert len(made) == 2
    assert not any(picture.any() for picture in made)


def test_a_face_without_numbers_is_unavailable_and_breaks_nothing(
    query: OpenCvFaceVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Networks.faces

    def faces(self: Networks, picture: Picture) -> list[Face]:
        if picture.shape[0] < 300:
            return original(self, picture)  # the card's
        return [Face.from_row([float("nan")] * 15)]

    monkeypatch.setattr(Networks, "faces", faces)
    result = check(query, card_of("li_hua"), lively(drawn("li_hua"), 3))
    assert (result.outcome, result.reasons) == (FaceOutcome.UNAVAILABLE, ("opencv",))


def test_nothing_of_a_check_is_in_the_log(query: OpenCvFaceVerifier, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    check(query, card_of("li_hua"), lively(drawn("li_hua"), 14))
    assert caplog.text == ""
