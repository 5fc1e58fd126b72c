"""A queue server in a process of its own, on SQLite or on a PostgreSQL that was started for it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.request import urlopen

import psycopg

import assets
from hall24.demo.processes import Program
from hall24.ports import free_port
from queue_server.storage.init import init

HERE = Path(__file__).resolve().parent
PASSWORDS = {**{f"officer{number}": "not used here" for number in range(1, 9)}, "admin": "not used here"}
QUIET = {"HALL_SERVER_ACCESS_LOG": "false", "HALL_SERVER_GATEWAY": "false"}
"""A measurement of the queue: without a line of log per request and without wired devices."""


def hall_text(**changes: str) -> str:
    """The demo hall with some of its rules changed: ``recall_spacing_seconds="0"``."""
    lines = []
    for line in assets.DEMO_HALL.read_text("utf-8").splitlines():
        name = line.strip().partition(":")[0]
        lines.append(f"  {name}: {changes.pop(name)}" if name in changes and line.startswith("  ") else line)
    if changes:
        raise KeyError(f"the demo hall does not say {sorted(changes)}")
    return "\n".join(lines) + "\n"


def measured_hall(**changes: str) -> str:
    """The demo hall without alerts of short services: a measurement's last milliseconds, each would raise one."""
    return hall_text(**changes).replace("  idle_minutes: 10", "  idle_minutes: 10\n  short_service_seconds: 0")


def prepare(database: str, text: str | None = None) -> str:
    """An empty hall in a new database; the token of an integrator."""
    init(database, text or hall_text(), passwords=PASSWORDS)
    command = [sys.executable, "-m", "queue_server", "token", "issue", "load", "--role", "integrator"]
    answer = subprocess.run([*command, "--db", database, "--json"], capture_output=True, text=True, check=True)
    token: str = json.loads(answer.stdout)["token"]
    return token


class Server:
    """``hall serve``; the port stays the same when it is started again."""

    def __init__(self, database: str, folder: Path, workers: int = 1, name: str = "serve") -> None:
        self.port = free_port()
        more = ["--workers", str(workers)] if workers > 1 else []
        self._program = Program(
            name, ["-m", "queue_server", "serve", "--db", database, "--port", str(self.port), *more], folder, QUIET
        )

    @property
    def pid(self) -> int:
        return self._program.pid

    def start(self) -> None:
        self._program.start()

    def kill(self) -> None:
        """``kill -9``, of all its processes."""
        self._program.kill()

    def stop(self) -> None:
        self._program.stop()


class OtherServer(Server):
    """A program of this folder that answers the same requests, to compare with."""

    def __init__(self, module: str, arguments: list[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.port = free_port()
        path = os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])
        self._program = Program(
            module,
            ["-m", f"queue_load.{module}", str(self.port), *arguments],
            folder,
            {**environment, "PYTHONPATH": path},
        )


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


def processor_seconds(pid: int) -> float:
    """What a process used so far, of all cores, with its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_kilobytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def wait_ready(port: int, timeout: float = 30.0) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.02)


@contextlib.contextmanager
def postgres(settings: str = "") -> Iterator[str]:
    """A PostgreSQL of our own with every commit safe on disk; the URL without the name of a database.

    Raises ``RuntimeError`` when it is not installed.
    """
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise RuntimeError("PostgreSQL is missing: apt-get install postgresql")
    programs = found[-1].parent
    folder = Path(tempfile.mkdtemp(prefix="hall-pg-", dir="/tmp"))  # the user postgres must reach it
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    port = free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} {settings}"
    try:
        _as_postgres(f"{programs}/initdb -D {folder}/data -A trust -U postgres -E UTF8 --no-locale --no-sync")
        _as_postgres(f"{programs}/pg_ctl -D {folder}/data -w -t 60 -l {folder}/log -o '{options}' start")
        try:
            yield f"postgresql+psycopg://postgres@127.0.0.1:{port}"
        finally:
            _as_postgres(f"{programs}/pg_ctl -D {folder}/data -w -m immediate stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(postgres_url: str, name: str) -> str:
    """An empty database of that name in it; its URL."""
    plain = postgres_url.replace("+psycopg", "")
    with psycopg.connect(f"{plain}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"{postgres_url}/{name}"


def _as_postgres(command: str) -> None:
    words = ["su", "postgres", "-c", command] if os.getuid() == 0 else ["sh", "-c", command]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd="/")
