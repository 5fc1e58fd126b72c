"""YuNet and SFace through OpenCV: where a face is, and the vector that stands for it.

With OpenCV 5 ``FaceRecognizerSF.feature`` fails on the int8 SFace file, so the vector is taken through ``cv2.dnn``
(input ``data``, RGB, scale 1, mean 0). Alignment is ``FaceRecognizerSF.alignCrop``'s, computed here: an object of
that class would hold all of SFace a second time (60 MB). One thread: two bring SFace nothing and cost the page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from drivers.device import DeviceError, Fault
from drivers.face_verifier.models import SFACE, YUNET, ModelFile
from drivers.face_verifier.quality import Face

if TYPE_CHECKING:
    import numpy.typing as npt

    from drivers.picture import Picture

    Vector = npt.NDArray[np.float32]

DETECTION_SIDE = 320
"""YuNet is made for faces of 10 to 300 pixels and four times faster at this size than at 640."""

CROP = (112, 112)


class Networks:
    """Both networks in memory, made from the very bytes whose hashes were checked."""

    def __init__(self, folder: Path) -> None:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
        cv2.setNumThreads(1)
        yunet, sface = _read(folder, YUNET), _read(folder, SFACE)
        nothing = np.empty(0, np.uint8)
        self._detector = cv2.FaceDetectorYN.create("onnx", yunet, nothing, (320, 320), 0.7, 0.3, 20)
        self._recogniser = cv2.dnn.readNetFromONNX(sface)

    def faces(self, picture: Picture) -> list[Face]:
        """All faces, in pixels of the picture, which is shrunk for the search and never enlarged."""
        height, width = picture.shape[:2]
        scale = min(1.0, DETECTION_SIDE / max(height, width))
        small = picture
        if scale < 1.0:
            size = (round(width * scale), round(height * scale))
            small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        self._detector.setInputSize((small.shape[1], small.shape[0]))
        _, rows = self._detector.detect(small)
        if small is not picture:
            small.fill(0)
        return [Face.from_row(row, scale) for row in _rows(rows)]

    def crop(self, picture: Picture, face: Face) -> Picture:
        """The face alone, upright, 112 × 112."""
        return np.asarray(cv2.warpAffine(picture, alignment(face), CROP, flags=cv2.INTER_LINEAR), dtype=np.uint8)

    def vector(self, crop: Picture) -> Vector:
        """128 numbers of length 1; the cosine of two of them says how alike two faces are."""
        self._recogniser.setInput(cv2.dnn.blobFromImage(crop, 1.0, CROP, (0, 0, 0), swapRB=True, crop=False), "data")
        vector = np.asarray(self._recogniser.forward(), dtype=np.float32).reshape(-1).copy()
        return _of_length_one(vector)

    def forget(self) -> None:
        """Runs both networks on black, so that their buffers hold nobody's face."""
        black = np.zeros((*CROP, 3), np.uint8)
        self.vector(black).fill(0)
        self.faces(np.zeros((DETECTION_SIDE, DETECTION_SIDE, 3), np.uint8))


_UPRIGHT = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041))
"""Where SFace was taught to expect both eyes, the nose and the corners of the mouth."""


def alignment(face: Face) -> npt.NDArray[np.float64]:
    """The turn, scale and shift that brings the five points to where they belong (least squares, Umeyama 1991)."""
    source = np.asarray(face.row[4:14], dtype=np.float64).reshape(5, 2)
    target = np.asarray(_UPRIGHT, dtype=np.float64)
    from_middle, to_middle = source.mean(axis=0), target.mean(axis=0)
    source, target = source - from_middle, target - to_middle
    left, sizes, right = np.linalg.svd(target.T @ source / 5)
    signs = np.array([1.0, np.sign(np.linalg.det(left) * np.linalg.det(right))])
    turn = left @ np.diag(signs) @ right
    scale = float(sizes @ signs) / max(float((source**2).sum()) / 5, 1e-9)
    matrix = np.empty((2, 3))
    matrix[:, :2] = scale * turn
    matrix[:, 2] = to_middle - scale * turn @ from_middle
    return matrix


def unit(vectors: list[Vector]) -> Vector:
    """The mean of vectors, of length 1."""
    total = np.sum(vectors, axis=0, dtype=np.float32)
    return _of_length_one(np.asarray(total, dtype=np.float32))


def _of_length_one(vector: Vector) -> Vector:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), dtype=np.float32)


def _rows(found: object) -> Iterable[Sequence[float]]:
    """What YuNet found; OpenCV says None for nobody, which its types do not know."""
    return found.tolist() if isinstance(found, np.ndarray) else []


def decode(encoded: bytes) -> Picture | None:
    """A PNG, JPEG, WebP or BMP picture, or None when it is none."""
    if not encoded:
        return None
    try:
        picture = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if picture is None else np.asarray(picture, dtype=np.uint8)


def grey(crop: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def sharpness(grey_crop: Picture) -> float:
    """Variance of the Laplacian: small for a blurred or moving face; its scale depends on the camera."""
    return float(cv2.Laplacian(grey_crop, cv2.CV_64F).var())


def mirrored(crop: Picture) -> Picture:
    return np.asarray(cv2.flip(crop, 1), dtype=np.uint8)


def _read(folder: Path, model: ModelFile) -> npt.NDArray[np.uint8]:
    try:
        data = (folder / model.name).read_bytes()
    except OSError:
        raise DeviceError(Fault.CONFIGURATION, f"model file {model.name} is missing") from None
    if hashlib.sha256(data).hexdigest() != model.sha256:
        raise DeviceError(Fault.CONFIGURATION, f"model file {model.name} is not the tested one")
    return np.frombuffer(data, np.uint8)
