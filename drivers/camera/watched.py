"""The side of the kiosk towards the process in which a camera runs: ask, wait, take, kill."""

from __future__ import annotations

import contextlib
import mmap
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.camera import helper
from drivers.seams.bytes_port import seconds_left

if TYPE_CHECKING:
    from drivers.picture import Picture

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the process said of one picture."""

    kind: bytes
    number: int
    height: int
    width: int
    taken_at: float


class WatchedCapture:
    """One process with one camera. It is started by the constructor's caller with ``start`` and ended with ``end``."""

    def __init__(self, place: str, size: tuple[int, int], factory: str) -> None:
        self._arguments = (place, str(size[0]), str(size[1]), factory)
        self._process: subprocess.Popen[bytes] | None = None
        self._memory: mmap.mmap | None = None
        self._reply = -1
        self._heard = b""
        self._used = 0
        self.asked_at: float | None = None
        """Since when a picture is owed."""
        self.gave = 0
        """How many pictures it gave."""

    def start(self) -> None:
        """Starts the process and returns at once. Raises ``OSError``."""
        memory = os.memfd_create("hall-camera")
        reply, said = os.pipe()
        try:
            os.ftruncate(memory, helper.CAPACITY)
            self._memory = mmap.mmap(memory, helper.CAPACITY)
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "drivers.camera.helper", *self._arguments, str(said), str(memory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(said, memory),
                env={**os.environ, "PYTHONPATH": str(_ROOT), "OPENCV_LOG_LEVEL": "OFF"},
                bufsize=0,
            )
            self._reply = reply
        except OSError:
            os.close(reply)
            raise
        finally:
            os.close(said)
            os.close(memory)

    def ask(self) -> None:
        """Asks for a picture, unless one is owed already."""
        if self.asked_at is None and self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):  # it has ended; what it said last is still to be read
                self._process.stdin.write(b"f")
            self.asked_at = time.monotonic()

    def wait(self, deadline: float) -> Reply | None:
        """What it says until then; None when it says nothing. One that ended without a word is ``BROKEN``."""
        readable, _, _ = select.select([self._reply], [], [], seconds_left(deadline))
        if not readable:
            return None
        data = os.read(self._reply, helper.REPLY.size - len(self._heard))
        if not data:
            return Reply(helper.BROKEN, self.gave, 0, 0, time.monotonic())
        self._heard += data
        if len(self._heard) < helper.REPLY.size:
            return None
        reply = Reply(*helper.REPLY.unpack(self._heard))
        self._heard = b""
        self.asked_at = None
        return reply

    def take(self, reply: Reply) -> Picture:
        """A copy of the picture that it announced; the shared memory is overwritten."""
        import numpy as np

        self._used = max(self._used, reply.height * reply.width * 3)
        self.gave = reply.number
        shared = np.frombuffer(self._shared(), np.uint8, reply.height * reply.width * 3)
        picture: Picture = shared.reshape(reply.height, reply.width, 3).copy()
        shared.fill(0)
        return picture

    def end(self, seconds: float = 0.5) -> bool:
        """Kills the process and overwrites the shared memory; False when it hangs in the kernel and cannot die yet."""
        process = self._process
        if process is None:
            return True
        process.kill()
        if process.stdin is not None:
            with contextlib.suppress(OSError):  # a pipe to a process that is gone
                process.stdin.close()
            process.stdin = None
        if self._reply >= 0:
            os.close(self._reply)
            self._reply = -1
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self._process = None
        if self._memory is not None:
            self._memory[: self._used or 1] = bytes(self._used or 1)
            self._memory.close()
            self._memory = None
        return True

    def _shared(self) -> mmap.mmap:
        if self._memory is None:
            raise RuntimeError("the process was not started")
        return self._memory
