"""The two network files of the face check: their names, full SHA-256 and where they lie.

YuNet finds faces (MIT), SFace makes the vectors (Apache-2.0); both come from the OpenCV Zoo. They are not in
the repository: ``packaging/models.py`` fetches them, and ``open()`` of the driver checks them again, because
a changed model file would change who is let through.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import assets


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file that must be exactly this one."""

    name: str
    size: int
    sha256: str

    def intact(self, folder: Path) -> bool:
        """Whether the file lies in ``folder``, whole and unchanged (reads it all: 10 MB take about 10 ms)."""
        path = folder / self.name
        try:
            if path.stat().st_size != self.size:
                return False
            with path.open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest() == self.sha256
        except OSError:
            return False


YUNET = ModelFile(
    "face_detection_yunet_2023mar_int8bq.onnx",
    122_489,
    "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
)
SFACE = ModelFile(
    "face_recognition_sface_2021dec_int8bq.onnx",
    10_667_852,
    "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
)
MODEL_FILES = (YUNET, SFACE)


def default_folder() -> Path:
    """Where the set-up puts the files."""
    return assets.MODELS
