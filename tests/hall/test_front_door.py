"""The command ``hall`` as people type it: help, doctor, bench, and the demo with its panel."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from hall24.bench import Figure, known, percentile
from hall24.demo.processes import wait_until
from hall24.ports import OUTGOING, PortRefused, free_port, is_free, listen

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.hall
PATIENCE = 120.0


def hall(*words: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hall24", *words],
        cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip


def test_help_names_every_command_and_an_unknown_one_is_wrong_usage() -> None:
    helped = hall("--help")
    assert helped.returncode == 0
    for command in ("demo", "serve", "init", "token", "kiosk", "gateway", "device", "doctor", "bench", "test"):
        assert f"\n  {command}" in helped.stdout
    unknown = hall("dance")
    assert unknown.returncode == 2
    assert "dance" in unknown.stderr


def test_the_doctor_finds_a_sound_installation_and_a_database_of_a_newer_version(tmp_path: Path) -> None:
    sound = hall("doctor", "--json")
    findings = {finding["look"]: finding for finding in json.loads(sound.stdout)["findings"]}
    assert sound.returncode == 0, findings
    assert findings["Qt"]["state"] == findings["font"]["state"] == findings["face check"]["state"] == "ok"

    with sqlite3.connect(tmp_path / "newer.db") as newer:
        newer.execute("CREATE TABLE alembic_version (version_num TEXT)")
        newer.execute("INSERT INTO alembic_version VALUES ('9999_from_the_future')")
    newer.close()
    ill = hall("doctor", "--json", "--db", f"sqlite:///{tmp_path / 'newer.db'}")
    assert ill.returncode == 1
    database = next(f for f in json.loads(ill.stdout)["findings"] if f["look"] == "database")
    assert "newer version" in database["what"]


def test_bench_prints_figures_with_their_bounds_and_names_what_it_knows() -> None:
    assert {"call_to_screens", "id_card", "kiosk_start", "tap_to_ticket"} <= known().keys()
    measured = hall("bench", "printer", "--json")
    assert measured.returncode in {0, 1}
    figures = json.loads(measured.stdout)["benchmarks"]["printer"]
    assert any(figure["most"] is not None and figure["kept"] in {True, False} for figure in figures)
    assert hall("bench", "nothing").returncode == 2


def test_a_figure_says_whether_its_bound_is_kept() -> None:
    assert Figure("a", 2.0, "ms", most=3).kept is True
    assert Figure("a", 4.0, "ms", most=3).kept is False
    assert Figure("a", 4.0, "×", least=5).kept is False
    assert Figure("a", 4.0, "×").kept is None
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.0
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.99) == 4.0


def running_programs() -> list[str]:
    """The command lines of all processes of this machine."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended while we looked
            found.append(entry.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, str], Path]]:
    """``hall demo`` without a display: the process, what it printed, and the folder for its temporary files."""
    environment = {**os.environ, "TMPDIR": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(
        [sys.executable, "-m", "hall24", "demo", "--headless", "--port", "0"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        surfaces: dict[str, str] = {}
        assert process.stdout is not None
        for line in process.stdout:
            name, _, where = line.strip().partition(" ")
            surfaces[name] = where.strip()
            if name == "ready":
                break
        yield process, surfaces, tmp_path
        if process.poll() is None:
            process.kill()


def test_the_demo_shows_every_surface_plays_with_devices_and_leaves_nothing_behind(demo: Any) -> None:
    process, surfaces, folder = demo
    assert {"kiosk", "screen", "window", "rating", "admin", "devices", "ready"} <= surfaces.keys()
    for name in ("screen", "window", "rating", "admin", "devices"):
        page = requests.get(surfaces[name].split("#")[0], timeout=PATIENCE)
        assert page.status_code == 200, name
        assert "<html" in page.text

    panel = surfaces["devices"].rstrip("/")

    def act(device: str, what: str, value: Any = True) -> dict[str, Any]:
        answer = requests.post(f"{panel}/act", json={"device": device, "act": what, "value": value}, timeout=PATIENCE)
        assert answer.status_code == 200
        state: dict[str, Any] = answer.json()
        return state

    assert act("reader", "lay", "p1")["reader"]["card"] == "p1"
    assert act("reader", "take_away")["reader"]["card"] == ""
    assert act("printer", "paper_out")["printer"]["faults"]["paper_out"] is True
    assert act("printer", "paper_out", False)["printer"]["faults"]["paper_out"] is False
    assert act("camera", "other")["camera"]["faults"]["other"] is True
    assert act("bus", "noise")["bus"]["faults"]["noise"] is True
    assert act("scanner", "hold", "query")["scanner"]["faults"]["silent"] is False
    assert act("scanner", "take_away")["scanner"]["codes"]
    assert act("pages", "jam")["pages"]["faults"]["jam"] is True
    assert act("bar5", "silent")["bar5"]["faults"]["silent"] is True
    assert act("bar5", "power_cut")["bar5"]["text"] == ""
    assert act("box", "cabinet")["box"]["faults"]["cabinet"] is True
    assert act("box", "cabinet", False)["box"]["lamps"].keys() == {
        "card-lamp",
        "paper-lamp",
        "camera-lamp",
        "scan-lamp",
    }
    assert act("server", "kill")["server"]["running"] is False
    assert act("server", "start")["server"]["running"] is True
    assert requests.post(f"{panel}/act", json={"device": "moon", "act": "rise"}, timeout=PATIENCE).status_code == 404
    assert requests.get(f"{panel}/bar.png", timeout=PATIENCE).content.startswith(b"\x89PNG")
    assert requests.get(f"{panel}/bar5.png", timeout=PATIENCE).content.startswith(b"\x89PNG")
    assert requests.get(f"{panel}/slips/0.png", timeout=PATIENCE).status_code == 404
    assert requests.get(f"{panel}/pages/0.pdf", timeout=PATIENCE).status_code == 404
    for path in ("/static/theme.css", "/static/i18n/zh_CN.json", "/static/devices/devices.js"):
        assert requests.get(f"{panel}{path}", timeout=PATIENCE).status_code == 200

    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0
    wait_until(lambda: not list(folder.iterdir()), PATIENCE, "an empty folder")
    port = str(urlsplit(surfaces["admin"]).port)
    wait_until(
        lambda: not [words for words in running_programs() if "hall24" in words and port in words],
        PATIENCE,
        "the end of all its programs",
    )


@pytest.mark.parametrize("which", [0, 1], ids=["the server's port", "the panel's port"])
def test_the_demo_says_at_once_which_of_its_ports_is_in_use(which: int) -> None:
    port = free_port(2)
    with listen(port + which):
        refused = hall("demo", "--headless", "--port", str(port))
    assert refused.returncode == 1
    assert f"port {port + which} is in use" in refused.stderr
    assert "--port" in refused.stderr
    assert refused.stdout == ""


def test_the_demo_refuses_a_port_that_has_no_next_one() -> None:
    refused = hall("demo", "--headless", "--port", "65535")
    assert refused.returncode == 2
    assert "65534" in refused.stderr


def test_a_port_for_later_is_one_that_no_outgoing_connection_gets() -> None:
    first_outgoing = int(OUTGOING.read_text(encoding="ascii").split()[0])
    ports = [free_port(2) for _ in range(50)]
    assert all(port + 1 < first_outgoing for port in ports)
    assert len(set(ports)) > 10, "test runs beside each other must not all choose the same"
    with listen(ports[0]) as taken:
        assert not is_free(ports[0])
        with pytest.raises(PortRefused, match=str(ports[0])):
            listen(ports[0])
        assert taken.getsockname() == ("127.0.0.1", ports[0])
    assert is_free(ports[0])
