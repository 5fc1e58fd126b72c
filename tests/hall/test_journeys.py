"""The two journeys of the demo, as its users start them: by the command, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]


def play(script: str, out: Path, *more: str) -> dict[str, object]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_QUICK_BACKEND": "software"}
    played = subprocess.run(
        [sys.executable, "-m", "hall24", "demo", "--script", script, "--out", str(out), *more],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert played.returncode == 0, played.stdout[-3000:] + played.stderr[-3000:]
    timeline: dict[str, object] = json.loads((out / "timeline.json").read_text(encoding="utf-8"))
    return timeline


def pictures_folder(tmp_path: Path, name: str) -> Path:
    """Where the documentation's screenshots come from when a folder is named."""
    named = os.environ.get("HALL_SCREENSHOTS")
    return Path(named) / name if named else tmp_path / name


@pytest.mark.hall
@pytest.mark.browser
@pytest.mark.xdist_group("journey")
def test_a_citizen_goes_from_the_card_on_the_reader_to_a_rating_at_the_window(tmp_path: Path) -> None:
    out = pictures_folder(tmp_path, "journey-citizen")
    timeline = play("citizen", out)
    assert timeline["ok"] is True
    assert len(timeline["steps"]) >= 18  # type: ignore[arg-type]  # a list in the file
    with Image.open(out / "ticket.png") as paper:
        assert paper.width == 576
    assert b"\x1dv0" in (out / "ticket.bin").read_bytes()
    assert len(list(out.glob("*.png"))) >= 12


@pytest.mark.hall
@pytest.mark.browser
@pytest.mark.xdist_group("journey")
def test_a_citizen_helps_himself_with_and_without_a_face_on_a_kiosk_that_lies_on_its_side(tmp_path: Path) -> None:
    out = pictures_folder(tmp_path, "journey-self-service")
    timeline = play("self-service", out, "--landscape")
    assert timeline["ok"] is True
    with Image.open(out / "01-services.png") as picture:
        assert picture.size == (1920, 1080)
    assert (out / "slip-case-progress.png").exists()
    assert (out / "guide.pdf").read_bytes().startswith(b"%PDF-")
