"""A simulated ESC/POS printer on the far side of the line: a TCP port or a pty, paper as a picture, faults to choose.

It behaves as measured on real ones: real-time questions are answered on arrival, even while it stands still and
even when their bytes are part of a picture; everything else is done in order; without paper it keeps the job,
leaves ``GS r`` unanswered and goes on once the roll is changed; one network connection at a time.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pty
import re
import select
import socket
import threading
import tty
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from drivers.ticket_printer.interpreter import Interpreter, PaperStrip, Step

if TYPE_CHECKING:
    from PIL import Image

_REAL_TIME = re.compile(rb"\x10\x04([\x01-\x04])")
_READ_BYTES = 4096
_WINDOW_BYTES = 64
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class PrintedSlip:
    """One piece of paper: as a picture, as the bytes that made it, and as the text that was printed as text."""

    image: Image.Image
    data: bytes
    text: str = ""
    native_qr: str = ""

    @property
    def qr(self) -> str:
        """What the QR code says: the printer's own, or read from the picture as a telephone would (30 ms)."""
        if self.native_qr:
            return self.native_qr
        import cv2  # 100 ms, and only who looks at a slip needs it
        import numpy as np

        content, _, _ = cv2.QRCodeDetector().detectAndDecode(np.asarray(self.image.convert("L")))
        return content or ""


class _Fault:
    """A fault that changes what the printer says of itself as soon as it is set."""

    def __set_name__(self, owner: type[SimulatedPrinter], name: str) -> None:
        self._name = name

    def __get__(self, twin: SimulatedPrinter, owner: type[SimulatedPrinter]) -> bool:
        return twin.faults[self._name]

    def __set__(self, twin: SimulatedPrinter, value: bool) -> None:
        twin.set_fault(self._name, value)


class SimulatedPrinter:
    """A printer to start, print on, look at and break. Shouts at start that it is a stand-in.

    Faults (settable at any time): ``paper_out``, ``paper_out_after_bytes``, ``near_end``, ``cover_open``,
    ``cutter_jam``, ``silent`` (prints, answers nothing), ``dead`` (takes bytes and does nothing), ``slow`` (bytes a
    second, or None), ``refuse`` (no connection), ``drop_after_bytes``; ``power_cycle()`` and ``unplug()``.
    """

    def __init__(self, width: int = 576, *, line: str = "tcp", port: int = 0, buffer_bytes: int = 65536) -> None:
        self._width = width
        self._line = line
        self._port = port
        self._buffer_bytes = buffer_bytes
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._buffer = bytearray()
        self._tail = b""
        self._interpreter = Interpreter(width)
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None
        self._line_fd = -1
        self._pty_fds: tuple[int, int] | None = None
        self._wake: tuple[socket.socket, socket.socket] | None = None
        self._automatic = 0
        self._handed_out = 0
        self._processed = 0
        self._url = ""
        self.received = 0
        self.slips: list[PrintedSlip] = []
        self.slow: float | None = None
        self.drop_after_bytes: int | None = None
        self.paper_out_after_bytes: int | None = None
        self.silent = False
        self.faults = dict.fromkeys(("paper_out", "near_end", "cover_open", "cutter_jam", "dead", "refuse"), False)

    # Life.

    def start(self) -> None:
        logging.getLogger("drivers.twin").warning("SIMULATED ticket printer: no paper comes out of it")
        self._wake = socket.socketpair()
        if self._line == "pty":
            master, slave = pty.openpty()
            tty.setraw(slave)
            self._pty_fds = (master, slave)
            self._url = f"serial://{os.ttyname(slave)}?baud=115200"
        else:
            self._listen()
            self._url = f"tcp://127.0.0.1:{self._port}"
        if self._width < 576:
            self._url += ("&" if "?" in self._url else "?") + "paper=58"
        for work in (self._speak, self._work):
            thread = threading.Thread(target=work, name="simulated printer", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        self._stopping.set()
        self._touch(lambda: None)
        for thread in self._threads:
            thread.join(timeout=5)
        self._threads.clear()
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for fd in self._pty_fds or ():
            with contextlib.suppress(OSError):
                os.close(fd)
        self._pty_fds = None
        for end in self._wake or ():
            end.close()
        self._wake = None

    def __enter__(self) -> SimulatedPrinter:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The device URL that a driver opens."""
        return self._url

    @property
    def complaints(self) -> list[str]:
        """Bytes that no printer would have understood; a good driver leaves this empty."""
        return self._interpreter.complaints

    def wait_for_slip(self, timeout: float = 5.0) -> PrintedSlip:
        """The oldest slip that was not handed out yet. Raises ``TimeoutError``."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.slips) > self._handed_out, timeout):
                raise TimeoutError("no slip came out")
            self._handed_out += 1
            return self.slips[self._handed_out - 1]

    # Faults.

    paper_out = _Fault()
    near_end = _Fault()
    cover_open = _Fault()
    cutter_jam = _Fault()
    dead = _Fault()

    @property
    def refuse(self) -> bool:
        return self.faults["refuse"]

    @refuse.setter
    def refuse(self, value: bool) -> None:
        """Switched off: no new connection, the running one ends. Takes effect before this returns."""
        self.set_fault("refuse", value)
        with self._changed:
            self._changed.wait_for(lambda: self._stopping.is_set() or (self._listener is None) == value, 2.0)

    def power_cycle(self) -> None:
        """Off and on again: what it had not printed is gone, and so is a network connection."""

        def forget() -> None:
            self._buffer.clear()
            self._tail = b""
            self._automatic = 0
            self._interpreter = Interpreter(self._width)
            if self._line == "tcp":
                self._line_fd = -1

        self._touch(forget)

    def unplug(self) -> None:
        """Pulls the cable: of a pty for good, of a network printer until ``refuse`` is False again."""
        if self._pty_fds is None:
            self.refuse = True
        else:
            for fd in self._pty_fds:
                os.close(fd)
            self._pty_fds = None
            self._touch(lambda: None)

    def set_fault(self, name: str, value: bool) -> None:
        """Begins or ends a fault by its name; a printer with automatic status tells its host."""

        def change() -> None:
            self.faults[name] = value
            if self._automatic and not self.silent:
                self._answer(self._asb())

        self._touch(change)

    def _touch(self, change: Callable[[], _T]) -> _T:
        """Carries out a change and wakes both threads."""
        with self._changed:
            result = change()
            self._changed.notify_all()
        if self._wake is not None:
            with contextlib.suppress(OSError):
                self._wake[1].send(b".")
        return result

    # What it says of itself, bit by bit as in the command reference.

    def _stopped(self) -> bool:
        return self.paper_out or self.cover_open or self.cutter_jam

    def _real_time(self, which: int) -> bytes:
        value = 0x12
        if which == 1:
            value |= 0x08 if self._stopped() else 0
        elif which == 2:
            value |= (
                (0x04 if self.cover_open else 0) | (0x20 if self.paper_out else 0) | (0x40 if self.cutter_jam else 0)
            )
        elif which == 3:
            value |= 0x08 if self.cutter_jam else 0
        else:
            value |= (0x6C if self.paper_out else 0) | (0x0C if self.near_end else 0)
        return bytes([value])

    def _asb(self) -> bytes:
        first = 0x10 | (0x08 if self._stopped() else 0) | (0x20 if self.cover_open else 0)
        return bytes(
            (first, 0x08 if self.cutter_jam else 0, 0x0F if self.paper_out else 0x03 if self.near_end else 0, 0)
        )

    # The line: one thread that reads, answers real-time questions and fills the buffer.

    def _speak(self) -> None:
        while not self._stopping.is_set():
            if self._line == "pty":
                if self._pty_fds is None:
                    return
                self._serve(self._pty_fds[0])
                continue
            self._mind_the_listener()
            listener = self._listener
            if not self._wait_readable(listener.fileno() if listener else None) or listener is None:
                continue
            try:
                connection, _ = listener.accept()
            except OSError:
                continue
            with connection:
                self._serve(connection.fileno())

    def _mind_the_listener(self) -> None:
        with self._changed:
            if self.refuse and self._listener is not None:
                self._listener.close()
                self._listener = None
            elif not self.refuse and self._listener is None:
                self._listen()
            self._changed.notify_all()

    def _listen(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        listener.listen()
        self._port = listener.getsockname()[1]
        self._listener = listener

    def _wait_readable(self, fd: int | None) -> bool:
        """Waits for the line or for a change of mind; True when the line has something."""
        if self._wake is None:
            return False
        wake = self._wake[0].fileno()
        readable, _, _ = select.select([wake] if fd is None else [wake, fd], [], [])
        if wake in readable:
            os.read(wake, 1024)
        return fd in readable

    def _serve(self, fd: int) -> None:
        self._line_fd = fd
        try:
            while not self._stopping.is_set() and not self.refuse and self._line_fd == fd:
                with self._changed:
                    room = self._buffer_bytes - len(self._buffer)
                if room <= 0:
                    with self._changed:
                        self._changed.wait(0.05)
                elif self._wait_readable(fd):
                    data = os.read(fd, min(room, _READ_BYTES))
                    if not data or not self._receive(data):
                        return
        except OSError:
            return
        finally:
            with self._changed:
                self._line_fd = -1

    def _receive(self, data: bytes) -> bool:
        """Takes bytes in; False when the line is to be dropped."""
        with self._changed:
            if self.drop_after_bytes is not None and self.received + len(data) >= self.drop_after_bytes:
                data = data[: max(0, self.drop_after_bytes - self.received)]
                self.drop_after_bytes = None
                self._buffer += data
                self.received = 0
                return False
            self.received += len(data)
            seen = self._tail + data
            if not self.silent and not self.dead:
                for match in _REAL_TIME.finditer(seen):
                    if match.end() > len(self._tail):
                        self._answer(self._real_time(match[1][0]))
            self._tail = seen[-2:]
            if not self.dead:
                self._buffer += data
            self._changed.notify_all()
            return True

    def _answer(self, data: bytes) -> None:
        if self._line_fd >= 0:
            with contextlib.suppress(OSError):
                os.write(self._line_fd, data)

    # The mechanism: one thread that carries out the buffer in order.

    def _work(self) -> None:
        while not self._stopping.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._stopping.is_set() or (self._buffer and not self._stopped()))
                if self._stopping.is_set():
                    return
                interpreter = self._interpreter
                window = bytes(self._buffer[:_WINDOW_BYTES])
                whole = bytes(self._buffer)
            step = interpreter.step(window) or interpreter.step(whole)
            if step is None:
                self._wait_for_more_than(len(whole))
                continue
            if self.slow:
                self._stopping.wait(step.length / self.slow)
            with self._changed:
                if interpreter is self._interpreter:
                    self._finish(step)
                self._changed.notify_all()

    def _wait_for_more_than(self, count: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping.is_set() or len(self._buffer) != count)

    def _finish(self, step: Step) -> None:
        del self._buffer[: step.length]
        self._processed += step.length
        strip = self._interpreter.strip
        if step.cut or (step.asks is not None and self._width < 576 and strip.marked):
            self._put_out(self._interpreter.take_strip())
        if step.asks is not None and not self.silent:
            self._answer(b"\x03" if self.near_end else b"\x00")
        if step.automatic is not None:
            self._automatic = step.automatic
            if step.automatic and not self.silent:
                self._answer(self._asb())
        if self.paper_out_after_bytes is not None and self._processed >= self.paper_out_after_bytes:
            self.paper_out_after_bytes = None
            self.faults["paper_out"] = True
            if self._automatic and not self.silent:
                self._answer(self._asb())

    def _put_out(self, strip: PaperStrip) -> None:
        self._processed = 0
        if strip.marked:
            qr = strip.qr[-1] if strip.qr else ""
            self.slips.append(PrintedSlip(strip.picture(), bytes(strip.data), "".join(strip.text), qr))
