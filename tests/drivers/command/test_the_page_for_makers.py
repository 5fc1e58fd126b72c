"""The page "Adding a device": its example is taken out of it and run; its vectors are held against the code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hall24.device import app

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "packaging/docs/adding-a-device.md").read_text("utf-8")


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the package of the page, on the path as an installed one would be."""
    for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        first, _, _ = code.partition("\n")
        assert first.startswith("# acme_hall/"), first
        file = tmp_path / first.removeprefix("# ")
        file.parent.mkdir(exist_ok=True)
        file.write_text(code, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in [name for name in sys.modules if name.split(".")[0] == "acme_hall"]:
        del sys.modules[name]


def test_the_example_of_the_page_passes_the_suite_of_every_driver(acme: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "acme_hall"]
    path = os.pathsep.join([str(acme), str(ROOT), str(ROOT / "packaging")])
    done = subprocess.run(
        command,
        cwd=acme,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert re.search(r"\b2[0-9] passed", done.stdout), done.stdout[-300:]


def test_the_example_is_written_as_the_house_writes(acme: Path) -> None:
    for command in (["check", "--no-cache", "--select", "E,F,B,UP,SIM,RET"], ["format", "--no-cache", "--check"]):
        tool = str(Path(sys.executable).parent / "ruff")
        options = ["--config", f"src = ['{acme}']"] if command[0] == "check" else []
        done = subprocess.run(
            [tool, *command, "--isolated", "--line-length=120", *options, str(acme)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


def test_an_installer_uses_the_example_by_its_module_path_records_and_replays_it(acme: Path, tmp_path: Path) -> None:
    from acme_hall.twin import SimulatedDoorBox  # type: ignore[import-not-found]  # because the fixture made it

    def hall(*arguments: str) -> tuple[int, dict[str, Any]]:
        done = CliRunner().invoke(app, [*arguments, "--model", "acme_hall.door_box", "--json"])
        return done.exit_code, json.loads(done.stdout)

    box = SimulatedDoorBox()
    box.start()
    try:
        box.contacts = [True, False]
        code, answer = hall("probe", box.url, "--kind", "sensors")
        assert (code, answer["state"], answer["capabilities"]["names"]) == (0, "impaired", ["door", "cabinet"])
        assert answer["conditions"] == [{"code": "door.open", "action": "staff", "blocking": False}]
        code, answer = hall("read", "sensors", box.url, "--record", str(tmp_path / "box.jsonl"))
        assert (code, answer["sensors"]) == (0, {"door": "active", "cabinet": "inactive"})
        assert answer["recording"]["turns"] == 2
        box.wrong_checksum = True
        assert hall("read", "sensors", box.url, "--timeout", "0.5")[0] == 4
    finally:
        box.line.stop()
    code, answer = hall("read", "sensors", f"replay://{tmp_path / 'box.jsonl'}")
    assert (code, answer["sensors"]) == (0, {"door": "active", "cabinet": "inactive"})


def test_the_readme_of_the_example_is_complete() -> None:
    for word in ("port", "driver", "seam", "twin", "rig"):
        assert f"\n| {word} |" in PAGE
