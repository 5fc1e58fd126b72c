"""The commands of the server as an operator uses them: real processes, what they print, how they end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

import assets
from queue_server.__main__ import app

DEMO = str(assets.DEMO_HALL)


def hall(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(autouse=True)
def _logs_of_this_process_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("queue_server.web.logs.configure_logs", lambda: None)


@pytest.fixture
def database(prepared: Any, tmp_path: Path) -> str:
    shutil.copyfile(prepared.file, tmp_path / "hall.db")
    return f"sqlite:///{tmp_path / 'hall.db'}"


class Server:
    """``hall serve`` in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("HALL_SERVER_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "queue_server", "serve", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline().strip()
        self.url = self.line.removeprefix("ready ")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=60)
        return self.process.returncode, errors

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    running: list[Server] = []
    yield running
    for server in running:
        if server.process.poll() is None:
            server.kill()


def test_init_says_everything_once_and_is_safe_to_run_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    first = hall("init", "--db", url, "--hall", DEMO)
    assert first.exit_code == 0, first.output
    for word in ("officer1", "officer8", "admin", "kiosk K1", "screen S1", "pad"):
        assert word in first.output
    again = hall("init", "--db", url, "--hall", DEMO)
    assert again.exit_code == 0, again.output
    assert "password" not in again.output


def test_a_hall_file_with_errors_is_answered_with_all_of_them_and_their_lines(tmp_path: Path) -> None:
    broken = tmp_path / "hall.yaml"
    text = assets.DEMO_HALL.read_text("utf-8")
    text = text.replace("queues: [A, E], pad: true }", "queues: [A, Q], pad: true }", 1)
    text = text.replace("expected_service_minutes: 15", "expected_service_minutes: soon", 1)
    broken.write_text(text, "utf-8")
    answer = hall("init", "--db", f"sqlite:///{tmp_path / 'x.db'}", "--hall", str(broken))
    assert answer.exit_code == 1
    lines = [line for line in answer.output.splitlines() if line.startswith(str(broken))]
    assert len(lines) == 2, answer.output
    numbers = {int(line.removeprefix(f"{broken}:").split(":")[0].removeprefix("line ")) for line in lines}
    wrong = {n for n, line in enumerate(text.splitlines(), 1) if "Q]" in line or "soon" in line}
    assert numbers == wrong


def test_a_hall_file_that_is_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    answer = hall("init", "--db", f"sqlite:///{tmp_path / 'x.db'}", "--hall", str(tmp_path / "no.yaml"))
    assert answer.exit_code == 1
    assert "no.yaml" in answer.output


def test_a_token_is_shown_once_as_json(database: str) -> None:
    answer = hall("token", "issue", "meter", "--role", "integrator", "--db", database, "--json")
    assert answer.exit_code == 0, answer.output
    shown = json.loads(answer.output)
    assert set(shown) == {"name", "role", "token"}
    assert (shown["name"], shown["role"]) == ("meter", "integrator")
    assert len(shown["token"]) >= 43


@pytest.mark.parametrize("role", ["officer", "admin"])
def test_people_do_not_get_tokens(database: str, role: str) -> None:
    assert hall("token", "issue", "boss", "--role", role, "--db", database).exit_code == 1


def test_an_unknown_role_is_wrong_usage(database: str) -> None:
    assert hall("token", "issue", "x", "--role", "king", "--db", database).exit_code == 2


def test_serve_says_ready_when_it_answers_and_ends_at_once_when_told(database: str, servers: list[Server]) -> None:
    token = json.loads(hall("token", "issue", "m", "--role", "integrator", "--db", database, "--json").output)["token"]
    server = Server("--db", database, "--port", "0")
    servers.append(server)
    assert server.line.startswith("ready http://127.0.0.1:")
    headers = {"Authorization": f"Bearer {token}"}
    ticket = httpx.post(f"{server.url}/api/v1/tickets", json={"queue": "A"}, headers=headers, timeout=30)
    assert ticket.status_code == 201
    assert ticket.json()["statusUrl"].startswith(f"{server.url}/t/")
    assert "date" in ticket.headers
    assert httpx.get(f"{server.url}/screen/S1", timeout=30).status_code == 200
    listening = threading.Event()

    def follow() -> None:
        with httpx.stream("GET", f"{server.url}/api/v1/events", headers=headers, timeout=30) as response:
            listening.set()
            for _ in response.iter_raw():
                pass

    page = threading.Thread(target=follow)
    page.start()
    assert listening.wait(30)
    started = time.monotonic()
    code, errors = server.stop()
    assert time.monotonic() - started < 10  # half a second on a machine of its own
    page.join(20)
    assert code == 0
    assert "Traceback" not in errors
    assert token not in errors


def test_what_was_acknowledged_is_there_after_kill_nine(database: str, servers: list[Server]) -> None:
    token = json.loads(hall("token", "issue", "m", "--role", "integrator", "--db", database, "--json").output)["token"]
    headers = {"Authorization": f"Bearer {token}"}
    first = Server("--db", database, "--port", "0")
    servers.append(first)
    numbers = [
        httpx.post(f"{first.url}/api/v1/tickets", json={"queue": "A"}, headers=headers, timeout=30).json()["number"]
        for _ in range(5)
    ]
    first.kill()
    second = Server("--db", database, "--port", "0")
    servers.append(second)
    snapshot = httpx.get(f"{second.url}/api/v1/snapshot", headers=headers, timeout=30).json()
    assert sorted(ticket["number"] for ticket in snapshot["tickets"].values()) == numbers
    after = httpx.post(f"{second.url}/api/v1/tickets", json={"queue": "A"}, headers=headers, timeout=30).json()[
        "number"
    ]
    assert after == "A006"


def test_a_second_server_on_the_same_file_is_refused(database: str, servers: list[Server]) -> None:
    servers.append(Server("--db", database, "--port", "0"))
    second = Server("--db", database, "--port", "0")
    _, errors = second.process.communicate(timeout=60)
    assert second.process.returncode == 1
    assert "already runs" in errors
    assert "Traceback" not in errors


def test_a_port_that_is_taken_ends_with_a_sentence(database: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = hall("serve", "--db", database, "--port", str(taken.getsockname()[1]))
    assert answer.exit_code == 1
    assert "--port" in answer.output


def test_a_database_that_was_never_made_ends_with_a_sentence(tmp_path: Path) -> None:
    server = Server("--db", f"sqlite:///{tmp_path / 'no.db'}", "--port", "0")
    _, errors = server.process.communicate(timeout=60)
    assert server.process.returncode == 1
    assert "Traceback" not in errors
    assert "init" in errors


def test_a_database_of_a_newer_version_is_not_touched(database: str) -> None:
    path = Path(database.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as driver:
        driver.execute("UPDATE alembic_version SET version_num = '9999_from_the_future'")
        driver.commit()
    server = Server("--db", database, "--port", "0")
    _, errors = server.process.communicate(timeout=60)
    assert server.process.returncode == 1
    assert "newer" in errors
    assert "Traceback" not in errors


def test_several_workers_on_sqlite_are_refused_with_the_reason(database: str) -> None:
    answer = hall("serve", "--db", database, "--workers", "2")
    assert answer.exit_code == 1
    assert "PostgreSQL" in answer.output


def test_settings_say_where_each_value_came_from(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "server.toml"
    config.write_text('port = 9000\n[providers]\nurl = "http://127.0.0.1:1"\ntoken = "hush-hush"\n', "utf-8")
    monkeypatch.setenv("HALL_SERVER_PUBLIC_URL", "https://hall.example")
    answer = hall("serve", "--config", str(config), "--db", database, "--show-settings")
    assert answer.exit_code == 0, answer.output
    assert f"port = 9000  (file {config})" in answer.output
    assert "public_url = https://hall.example  (environment)" in answer.output
    assert "(argument)" in answer.output
    assert "host = 127.0.0.1  (default)" in answer.output
    assert "hush-hush" not in answer.output


def test_every_fault_of_a_settings_file_is_said_at_once(tmp_path: Path) -> None:
    config = tmp_path / "server.toml"
    config.write_text('port = 99999\ncolour = "red"\nworkers = 0\n', "utf-8")
    answer = hall("serve", "--config", str(config))
    assert answer.exit_code == 1
    for word in ("port", "colour", "workers"):
        assert word in answer.output


def test_a_backup_made_while_the_server_runs_is_put_back(database: str, servers: list[Server], tmp_path: Path) -> None:
    token = json.loads(hall("token", "issue", "m", "--role", "integrator", "--db", database, "--json").output)["token"]
    headers = {"Authorization": f"Bearer {token}"}
    copy = tmp_path / "copy.hall"
    server = Server("--db", database, "--port", "0")
    servers.append(server)
    httpx.post(f"{server.url}/api/v1/tickets", json={"queue": "A"}, headers=headers, timeout=30)
    assert hall("backup", str(copy), "--db", database).exit_code == 0
    httpx.post(f"{server.url}/api/v1/tickets", json={"queue": "A"}, headers=headers, timeout=30)
    refused = hall("restore", str(copy), "--db", database)
    assert refused.exit_code == 1
    assert "stop it first" in refused.output
    server.stop()
    answer = hall("restore", str(copy), "--db", database)
    assert answer.exit_code == 0, answer.output
    again = Server("--db", database, "--port", "0")
    servers.append(again)
    snapshot = httpx.get(f"{again.url}/api/v1/snapshot", headers=headers, timeout=30).json()
    assert [ticket["number"] for ticket in snapshot["tickets"].values()] == ["A001"]
    assert list(tmp_path.glob("hall.db.before-*"))


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00" + b"x" * 5000])
def test_what_is_no_backup_is_never_put_back(database: str, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "junk"
    file.write_bytes(content)
    before = Path(database.removeprefix("sqlite:///")).read_bytes()
    answer = hall("restore", str(file), "--db", database)
    assert answer.exit_code == 1
    assert Path(database.removeprefix("sqlite:///")).read_bytes() == before


def test_a_backup_of_nothing_is_said_in_a_sentence(tmp_path: Path) -> None:
    answer = hall("backup", str(tmp_path / "copy"), "--db", f"sqlite:///{tmp_path / 'no.db'}")
    assert answer.exit_code == 1
    assert "no database" in answer.output


def test_a_gateway_says_ready_though_the_server_is_away_and_ends_when_told(tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text(
        'server = "http://127.0.0.1:9"\ntoken = "t"\n[[devices]]\nid = "bar3"\nkind = "window_display"\n'
        'model = "modbus_bar"\nwindow = "3"\nurl = "modbus+serial://${NOT_SET_ANYWHERE}?unit=3"\n',
        "utf-8",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "queue_server", "gateway", "--config", str(config)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("ready")
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_a_gateway_without_a_token_says_what_is_missing(tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text('server = "http://127.0.0.1:9"\n', "utf-8")
    answer = hall("gateway", "--config", str(config))
    assert answer.exit_code == 1
    assert "token" in answer.output
