"""The far end of a serial line, for simulated devices: a pseudo-terminal with a stable path.

A driver opens ``path`` like any serial port. ``unplug`` makes the path vanish and the open line break,
as a pulled USB plug does; ``plug_in`` brings it back under the same path, as udev's by-id links do.
"""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import tempfile
import termios
import threading
import time
import tty
from array import array
from collections.abc import Callable
from pathlib import Path

_SLIP = 0.002
"""By how much a wait may last longer than asked for; a real device would not."""

_BAUDS = {
    getattr(termios, name): int(name[1:])
    for name in ("B1200", "B2400", "B4800", "B9600", "B19200", "B38400", "B57600", "B115200", "B230400", "B460800")
}


class PtyLine:
    """A pty whose far end is served by a thread: ``received(data)`` is called with what the host wrote.

    ``baud`` paces what is sent to the speed of a real wire (ten bits a byte) and counts the time that the
    host's bytes would have taken; 0 sends at once. What is sent is dropped while nothing is plugged in.
    """

    def __init__(self, received: Callable[[bytes], None], *, baud: int = 0, name: str = "line") -> None:
        self._received = received
        self.baud = baud
        self._name = name
        self._folder: Path | None = None
        self._master: int | None = None
        self._slave: int | None = None
        self._wake: tuple[int, int] | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._guard = threading.Lock()
        self._serving = False
        self._due = 0.0
        """When the last wait should have ended: the next one begins there, so that delays do not add up."""

    @property
    def path(self) -> str:
        """Where the host opens the line; fixed from ``start`` to ``stop``."""
        if self._folder is None:
            raise RuntimeError("the line was not started")
        return str(self._folder / self._name)

    @property
    def host_baud(self) -> int:
        """The speed that the host has set, 0 if it cannot be told."""
        with self._guard:
            if self._slave is None:
                return 0
            return _BAUDS.get(termios.tcgetattr(self._slave)[5], 0)

    @property
    def is_idle(self) -> bool:
        """Whether everything that the host wrote was heard and dealt with, or there is no plug in."""
        with self._guard:
            if self._master is None:
                return True
            heard = array("i", [0])
            fcntl.ioctl(self._master, termios.FIONREAD, heard)
            return not heard[0] and not self._serving

    def start(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="hall-twin-"))
        self._stopping.clear()
        self.plug_in()

    def stop(self) -> None:
        self.unplug()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def plug_in(self) -> None:
        """Puts the line under its path; nothing happens when it is there already."""
        with self._guard:
            if self._master is not None:
                return
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            link = Path(self.path)
            link.unlink(missing_ok=True)
            link.symlink_to(os.ttyname(self._slave))
            self._wake = os.pipe()
            self._stopping.clear()
            self._thread = threading.Thread(target=self._serve, name=f"twin-{self._name}", daemon=True)
            self._thread.start()

    def unplug(self) -> None:
        """Pulls the plug: the host's open line breaks and the path is gone."""
        with self._guard:
            if self._master is None:
                return
            self._stopping.set()
            if self._wake is not None:
                os.write(self._wake[1], b"x")
            thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=5)
        with self._guard:
            for descriptor in (self._slave, self._master, *(self._wake or ())):
                if descriptor is not None:
                    os.close(descriptor)
            self._slave = self._master = self._wake = None
            Path(self.path).unlink(missing_ok=True)

    def send(self, data: bytes, *, seconds_per_byte: float | None = None) -> None:
        """Sends towards the host at wire speed; stops in the middle when the plug is pulled."""
        pace = seconds_per_byte if seconds_per_byte is not None else (10 / self.baud if self.baud else 0.0)
        if not pace:
            self._write(data)
            return
        start = self._begin()
        sent = 0
        while sent < len(data) and not self._stopping.is_set():
            due = min(len(data), int((time.monotonic() - start) / pace))
            if due > sent:
                self._write(data[sent:due])
                sent = due
            if sent < len(data):
                step = min(len(data), sent + max(1, int(0.002 / pace)))
                self._stopping.wait(max(0.0, start + step * pace - time.monotonic()))
        self._due = start + len(data) * pace

    def pause(self, seconds: float) -> bool:
        """Waits as the device would; False when the plug was pulled meanwhile."""
        self._due = self._begin() + seconds
        return not self._stopping.wait(max(0.0, self._due - time.monotonic()))

    def _begin(self) -> float:
        """Now, or the instant a little earlier at which the wait before should have ended."""
        now = time.monotonic()
        return self._due if 0.0 <= now - self._due < _SLIP else now

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view and not self._stopping.is_set():
            master = self._master
            if master is None:
                return
            try:
                view = view[os.write(master, view) :]
            except BlockingIOError:
                select.select([], [master], [], 0.05)
            except OSError:
                return

    def _serve(self) -> None:
        master, wake = self._master, self._wake
        if master is None or wake is None:
            return
        while not self._stopping.is_set():
            readable, _, _ = select.select([master, wake[0]], [], [])
            if master not in readable:
                continue
            self._serving = True
            try:
                if not self._hear(master):
                    return
            finally:
                self._serving = False

    def _hear(self, master: int) -> bool:
        """Takes what the host wrote; False when the plug was pulled."""
        try:
            data = os.read(master, 4096)
        except OSError:
            return False
        self._due = time.monotonic()
        if self.baud and not self.pause(len(data) * 10 / self.baud):
            return False
        self._received(data)
        return True
