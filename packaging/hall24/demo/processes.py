"""Programs of the hall as processes of their own, so that one of them can really be killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

READY_SECONDS = 120.0
"""How long a program may take to be ready: seconds on a quiet machine, half a minute on one with too much to do."""

LEASH = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
"""A demo that is killed takes its programs with it: a forgotten server would hold on to ports and lines."""


class NeverReady(Exception):  # noqa: N818  # said like a person would
    """A program ended or kept silent before it was ready; holds the end of what it wrote."""


class Program:
    """One ``hall`` command in a process group of its own; what it writes goes to a file."""

    def __init__(self, name: str, arguments: Sequence[str], folder: Path, env: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.arguments = [*LEASH, sys.executable, *arguments]
        self.log = folder / f"{name}.log"
        self._env = {**os.environ, **(env or {})}
        self._process: subprocess.Popen[str] | None = None
        self._lines: list[str] = []
        self._reader: threading.Thread | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None  # noqa: S101  # asked for only while it runs
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, ready: str = "ready", timeout: float = READY_SECONDS) -> str:
        """Starts it and waits for the line that begins with ``ready``; returns that line."""
        self._lines = []
        errors = self.log.open("a", encoding="utf-8")
        self._process = subprocess.Popen(
            self.arguments, stdout=subprocess.PIPE, stderr=errors, text=True, env=self._env, start_new_session=True
        )
        errors.close()
        seen = threading.Event()
        self._reader = threading.Thread(target=self._read, args=(ready, seen), name=f"{self.name} output", daemon=True)
        self._reader.start()
        if not seen.wait(timeout) or not (found := [line for line in self._lines if line.startswith(ready)]):
            self.kill()
            tail = self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise NeverReady(f"{self.name} was not ready within {timeout:.0f} s\n{''.join(self._lines[-20:])}{tail}")
        return found[-1]

    def _read(self, ready: str, seen: threading.Event) -> None:
        process = self._process
        if process is None or process.stdout is None:
            return
        with process.stdout as lines, self.log.open("a", encoding="utf-8") as log:
            for line in lines:
                self._lines.append(line.rstrip("\n"))
                log.write(line)
                log.flush()
                if line.startswith(ready):
                    seen.set()
        seen.set()

    def kill(self) -> None:
        """``kill -9`` for the whole group, as a power cut would."""
        self._signal(signal.SIGKILL, 5.0)

    def stop(self, patience: float = 8.0) -> None:
        """Asks it to end, and ends it when it does not."""
        self._signal(signal.SIGTERM, patience)
        if self.running:
            self.kill()

    def _signal(self, number: signal.Signals, patience: float) -> None:
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            try:
                os.killpg(process.pid, number)
                process.wait(patience)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass
        if process.poll() is not None and self._reader is not None:
            self._reader.join(2.0)
            self._reader = None


def wait_until(true: object, timeout: float, what: str, every: float = 0.02) -> None:
    """Waits until ``true()`` holds. Raises ``TimeoutError`` that says what was waited for."""
    assert callable(true)  # noqa: S101  # a plain value here is a mistake of the caller
    deadline = time.monotonic() + timeout
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout:.0f} s for: {what}")
        time.sleep(every)
