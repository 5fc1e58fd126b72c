"""Several worker processes on one PostgreSQL."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from queue_server.__main__ import app


def wait_until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def children(pid: int) -> set[int]:
    """The worker processes of a supervisor (not multiprocessing's own resource tracker)."""
    found = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            words = (entry / "cmdline").read_bytes()
        except (OSError, IndexError):
            continue
        if parent == pid and b"spawn_main" in words:
            found.add(int(entry.name))
    return found


@pytest.fixture
def two(postgres_url: str) -> Iterator[tuple[subprocess.Popen[str], str, dict[str, str]]]:
    issued = CliRunner().invoke(app, ["token", "issue", "m", "--role", "integrator", "--db", postgres_url, "--json"])
    assert issued.exit_code == 0, issued.output
    process = subprocess.Popen(
        [sys.executable, "-m", "queue_server", "serve", "--db", postgres_url, "--port", "0", "--workers", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip().removeprefix("ready ")
    yield process, url, {"Authorization": f"Bearer {json.loads(issued.output)['token']}"}
    process.kill()
    process.communicate()


@pytest.mark.postgresql
def test_workers_share_what_happens_and_one_that_is_killed_comes_back(two: Any) -> None:
    process, url, headers = two
    before = children(process.pid)
    assert len(before) == 2
    heard: list[int] = []
    listening = threading.Semaphore(0)

    def follow() -> None:
        with httpx.stream("GET", f"{url}/api/v1/events", headers=headers, timeout=60) as response:
            listening.release()
            for line in response.iter_lines():
                if line.startswith("id: "):
                    heard.append(int(line[4:]))
                    return

    pages = [threading.Thread(target=follow) for _ in range(8)]
    for page in pages:
        page.start()
    for _ in pages:
        assert listening.acquire(timeout=30)
    for _ in range(4):
        answer = httpx.post(f"{url}/api/v1/tickets", json={"queue": "A"}, headers=headers, timeout=30)
        assert answer.status_code == 201, answer.text
    for page in pages:
        page.join(60)
    assert len(heard) == 8

    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(children(process.pid) - {victim}) == 2)

    def answers() -> bool:
        try:
            return httpx.get(f"{url}/api/v1/queues", headers=headers, timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    wait_until(answers)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    wait_until(lambda: not children(process.pid))


SUPERVISOR = """
import multiprocessing, time
from queue_server.web.workers import die_with_parent
def work(say):
    die_with_parent()
    say.send("here")
    time.sleep(60)
if __name__ == "__main__":
    hear, say = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=work, args=(say,))
    child.start()
    hear.recv()
    print(child.pid, flush=True)
    time.sleep(60)
"""


def test_no_worker_survives_its_supervisor() -> None:
    process = subprocess.Popen([sys.executable, "-c", SUPERVISOR], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    worker = Path(f"/proc/{process.stdout.readline().strip()}/stat")
    process.kill()
    process.communicate()
    wait_until(lambda: not worker.exists() or " Z " in worker.read_text())
