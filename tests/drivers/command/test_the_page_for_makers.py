"""The page "Adding a device": its example is taken out of it and run; its vectors are held against the code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from drivers.seams.frames import FrameCommand, FrameParser, crc16_modbus, encode_frame
from drivers.seams.modbus_twin import SimulatedBus
from drivers.seams.serial_port import SerialPort
from drivers.seams.twin_nodes import SimulatedBox, SimulatedKeypad
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
        timeout=240,
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
        assert hall("read", "sensors", box.url, "--timeout", "2")[0] == 4
    finally:
        box.line.stop()
    code, answer = hall("read", "sensors", f"replay://{tmp_path / 'box.jsonl'}")
    assert (code, answer["sensors"]) == (0, {"door": "active", "cabinet": "inactive"})


def vectors(heading: str) -> list[bytes]:
    """Every frame in the section of that heading."""
    section = PAGE.split(f"### {heading}")[1].split("\n### ")[0]
    return [bytes.fromhex(found) for found in re.findall(r"`((?:[0-9A-F]{2} ){4,}[0-9A-F]{2})`", section)]


def test_every_frame_of_the_page_is_one_and_is_written_the_same_again() -> None:
    frames = vectors("The CRC-16 frame")
    assert len(frames) == 16
    for data in frames:
        (frame,) = FrameParser().feed(data)
        assert encode_frame(frame) == data
    shown = next(frame for data in frames for frame in FrameParser().feed(data) if frame.command == FrameCommand.SHOW)
    assert shown.payload[1:].decode("gb18030") == "A001 请到3号窗口"
    assert crc16_modbus(b"123456789") == 0x4B37


def test_every_modbus_frame_of_the_page_has_its_checksum_and_simulated_nodes_answer_it_so() -> None:
    frames = vectors("Map v1 (Modbus RTU)")
    assert len(frames) == 19
    for data in frames:
        assert crc16_modbus(data[:-2]).to_bytes(2, "little") == data[-2:], data.hex(" ")
    box = SimulatedBox()
    box.contacts[0] = box.contacts[2] = True
    with SimulatedBus({40: box, 5: SimulatedKeypad()}) as bus:
        line = SerialPort(bus.path, 19200)
        line.open()
        try:
            for request, answer in zip(frames[10:18:2], frames[11:19:2], strict=True):
                line.write(request, time.monotonic() + 20)
                heard, until = b"", time.monotonic() + 20
                while len(heard) < len(answer) and time.monotonic() < until:
                    heard += line.read_some(until)
                assert heard == answer, request.hex(" ")
        finally:
            line.close()


def test_the_page_says_what_its_five_words_mean() -> None:
    for word in ("port", "driver", "seam", "twin", "rig"):
        assert f"\n| {word} |" in PAGE
