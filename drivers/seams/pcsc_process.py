"""The helper process of a PC/SC channel: started when it is needed, killed when it does not answer in time."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from drivers.device import Cancel, DeviceError, Fault
from drivers.seams.pcsc_helper import NO_PYSCARD

_HELPER = Path(__file__).with_name("pcsc_helper.py")
_SLICE = 0.05
_START = 0.5  # a process that is only just starting may take so much longer
_LAST_WORD = 0.15  # how long a command that was called off may still take before its process is killed


class PcscError(Exception):
    """The service answered with an error; ``code`` is the one of PC/SC."""

    def __init__(self, code: int) -> None:
        super().__init__(f"0x{code:08X}")
        self.code = code


class HelperProcess:
    """One conversation with the service. ``service`` is the path of its socket where it is not the system's own.

    Not for several threads at once, except ``end``. Nothing is asked while an answer is outstanding: an answer that
    does not come in time costs the process, so it can never be taken for the next one's.
    """

    def __init__(self, service: str = "") -> None:
        self._service = service
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._ended = True

    def begin(self) -> None:
        """From now on questions are taken; the process starts with the first one."""
        self._ended = False

    @property
    def running(self) -> bool:
        """Whether there is a process, and in it perhaps a connected card."""
        return self._process is not None

    def end(self) -> None:
        """Ends the process, from any thread, again and again; who waits for an answer gets CANCELLED."""
        self._ended = True
        self._stop(kindly=True)

    def ask(self, deadline: float, cancel: Cancel | None = None, **request: Any) -> Any:
        """One question and its answer. Raises ``PcscError``; ``DeviceError``: SILENT, CANCELLED, ABSENT (ended)."""
        answers, is_new = self._started()
        if is_new and request.get("do") in {"readers", "state"}:
            deadline += _START
        try:
            self._say(json.dumps(request))
            answer = _understood(self._awaited(answers, deadline, cancel))
        except DeviceError:
            self._stop()
            raise
        if "error" not in answer:
            return answer["ok"]
        if answer["error"] == NO_PYSCARD:
            raise DeviceError(Fault.CONFIGURATION, "pyscard is not installed")
        raise PcscError(answer["error"])

    def _started(self) -> tuple[queue.SimpleQueue[str | None], bool]:
        """Where the answers come, and whether the process was started for this question."""
        with self._guard:
            if self._ended:
                raise DeviceError(Fault.ABSENT, "the channel is not open")
            is_new = self._process is None
            if is_new:
                environment = dict(os.environ)
                if self._service:
                    environment["PCSCLITE_CSOCK_NAME"] = self._service
                self._answers = queue.SimpleQueue()
                try:
                    process = subprocess.Popen(  # because both words are our own
                        [sys.executable, "-I", str(_HELPER)],
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        stderr=subprocess.DEVNULL,
                        text=True,
                        env=environment,
                    )
                except OSError as error:  # no memory or no descriptors left: that may pass
                    detail = f"the helper process does not start: {type(error).__name__}"
                    raise DeviceError(Fault.ABSENT, detail) from None
                self._process = process
                threading.Thread(target=_listen, args=(process, self._answers), daemon=True, name="pcsc").start()
            return self._answers, is_new

    def _say(self, line: str) -> None:
        process = self._process
        try:
            if process is None or process.stdin is None:
                raise DeviceError(Fault.CANCELLED)
            process.stdin.write(line + "\n")
            process.stdin.flush()
        except (OSError, ValueError):
            raise self._broken() from None

    def _awaited(self, answers: queue.SimpleQueue[str | None], deadline: float, cancel: Cancel | None) -> str:
        called_off = False
        while True:
            left = deadline - time.monotonic()
            try:
                line = answers.get(timeout=max(0.0, min(_SLICE, left)))
            except queue.Empty:
                if not called_off and cancel is not None and cancel.cancelled:
                    called_off = True
                    deadline = min(deadline, time.monotonic() + _LAST_WORD)
                if left > 0:
                    continue
                raise DeviceError(Fault.CANCELLED if called_off else Fault.SILENT, "no answer in time") from None
            if line is None:
                raise self._broken()
            return line

    def _broken(self) -> DeviceError:
        return DeviceError(Fault.CANCELLED if self._ended else Fault.SILENT, "the conversation broke off")

    def _stop(self, *, kindly: bool = False) -> None:
        with self._guard:
            process, self._process = self._process, None
        if process is None:
            return
        if kindly and process.stdin is not None:
            try:
                process.stdin.close()
                process.wait(0.3)
            except (OSError, ValueError, subprocess.TimeoutExpired):
                process.kill()
        process.kill()
        process.wait()


def _understood(line: str) -> dict[str, Any]:
    """An answer. Raises SILENT for one that was cut; what stood in it, which may be of a card, is not said."""
    try:
        answer: dict[str, Any] = json.loads(line)
    except ValueError:
        raise DeviceError(Fault.SILENT, "the answer was cut") from None
    return answer


def _listen(process: subprocess.Popen[str], answers: queue.SimpleQueue[str | None]) -> None:
    """Hands on answers until there are no more; then closes what is left of the process."""
    out = process.stdout
    if out is not None:
        with out:
            for line in out:
                answers.put(line)
    answers.put(None)
    if process.stdin is not None:
        try:
            process.stdin.close()
        except OSError:
            return
