"""A PC/SC service of our own for simulated cards: the real pcscd with a virtual reader, on its own socket.

It is handed its socket as systemd would do it, so several can run at once beside the machine's own and nothing of
theirs is touched. The virtual reader has two slots and listens on all addresses (it knows no other way): for tests and
demos.
"""

from __future__ import annotations

import contextlib
import logging
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

from drivers.device import DeviceError, Fault

READER = "Virtual PCD"
SLOTS = 2

_PCSCD = "/usr/sbin/pcscd"
_DRIVER = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
_STOP_SECONDS = 20.0
"""A machine that is busy with other things stops a process late."""
_PID_FILE = Path("/run/pcscd/pcscd.pid")
_GUARDIAN = """
import os, shutil, signal, sys
listening, command = int(sys.argv[1]), sys.argv[2:]
service = os.fork()
if not service:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nowhere, number)
    os.dup2(listening, 3)
    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
    os.execv(command[0], command)
os.close(listening)
print(service, flush=True)
restarts = sys.stdin.read()
os.kill(service, signal.SIGKILL)
os.waitpid(service, 0)
if not restarts:
    shutil.rmtree(os.path.dirname(command[-1]), ignore_errors=True)
"""
"""Stands between us and the service, so that it ends with us also when we are killed; it says the service's number."""


class SimulatedService:
    """``path`` is the socket for clients; ``ports`` are those on which cards are put into the slots."""

    def __init__(self, reader: str = READER) -> None:
        self._reader = reader
        self._folder: Path | None = None
        self._guardian: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self.ports: tuple[int, ...] = ()

    def __enter__(self) -> SimulatedService:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def path(self) -> str:
        return str(self._place / "comm")

    @property
    def names(self) -> tuple[str, ...]:
        """The readers of this service as PC/SC calls them."""
        return tuple(f"{self._reader} 00 {slot:02X}" for slot in range(SLOTS))

    def start(self) -> None:
        """Starts the service. Raises ABSENT when the packages pcscd and vsmartcard-vpcd are not installed."""
        if not (Path(_PCSCD).exists() and Path(_DRIVER).exists()):
            raise DeviceError(Fault.ABSENT, "simulated cards need the packages pcscd and vsmartcard-vpcd")
        self._folder = Path(tempfile.mkdtemp(prefix="hall24-pcscd-"))
        port = _free_ports()
        self.ports = tuple(port + slot for slot in range(SLOTS))
        (self._place / "readers").mkdir()
        logging.getLogger("drivers.twin").warning("SIMULATED card reader: its cards are made up")
        self.come_back()

    def stop(self) -> None:
        """Ends the service and removes all traces of it."""
        self.die()
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def die(self) -> None:
        """The service is killed in the middle of whatever it does."""
        guardian, self._guardian = self._guardian, None
        if guardian is not None:
            guardian.communicate(b"restarts")
            with contextlib.suppress(OSError):  # a number left there could keep the machine's own service from starting
                if _PID_FILE.read_text("ascii").strip() == str(self._pid):
                    _PID_FILE.unlink()
        if self._folder is not None:
            Path(self.path).unlink(missing_ok=True)

    def come_back(self, reader: str = "") -> None:
        """The service is started again, as systemd does it; it takes clients at once. ``reader``: with another one."""
        if self._guardian is not None:
            return
        port = self.ports[0]
        (self._place / "readers" / "virtual").write_text(
            f'FRIENDLYNAME "{reader or self._reader}"\nDEVICENAME /dev/null:0x{port:04X}\n'
            f"LIBPATH {_DRIVER}\nCHANNELID 0x{port:04X}\n",
            "ascii",
        )
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(self.path)
            listening.listen(16)
            command = [_PCSCD, "--foreground", "--critical", "--config", str(self._place / "readers")]
            guardian = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _GUARDIAN, str(listening.fileno()), *command],
                pass_fds=[listening.fileno()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        self._guardian = guardian
        self._pid = int(guardian.stdout.readline()) if guardian.stdout is not None else 0

    @property
    def process(self) -> int:
        """The number of the service's process."""
        return self._pid

    def hang(self, hanging: bool = True) -> None:
        """The service is there, takes clients and answers nothing; or goes on."""
        if self._guardian is None:
            return
        os.kill(self._pid, signal.SIGSTOP if hanging else signal.SIGCONT)
        end = time.monotonic() + _STOP_SECONDS
        while hanging and not _all_stopped(self._pid) and time.monotonic() < end:
            time.sleep(0.002)

    @property
    def _place(self) -> Path:
        if self._folder is None:
            raise DeviceError(Fault.ABSENT, "the simulated service is not running")
        return self._folder


def _all_stopped(process: int) -> bool:
    """Whether none of its threads runs any more: a stop reaches one of them, and that one tells the others."""
    try:
        states = [
            one.read_text("ascii", "replace").rpartition(")")[2].split()[0]
            for one in Path(f"/proc/{process}/task").glob("*/stat")
        ]
    except OSError:  # a thread that ends meanwhile
        return False
    return bool(states) and set(states) <= {"T", "t", "Z"}


def _free_ports() -> int:
    """The first of two neighbouring ports that are free, below those that systems give to outgoing connections."""
    for _ in range(100):
        port = random.randrange(20_000, 32_000, SLOTS)  # noqa: S311  # because nothing secret hangs on it
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("", port))
                second.bind(("", port + 1))
            except OSError:
                continue
            return port
    raise DeviceError(Fault.BUSY, "no free ports for the simulated card reader")
