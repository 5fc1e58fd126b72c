"""A simulated ESC/POS printer on the far side of the line: TCP, USB or a pty, paper as a picture, faults to choose.

It behaves as measured on real ones: real-time questions are answered on arrival, even while it stands still and
even when their bytes are part of a picture; everything else is done in order; without paper it keeps the job,
leaves ``GS r`` unanswered and goes on once the roll is changed; one network connection at a time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from drivers.loading import SharedPorts
from drivers.seams.usb_twin import SimulatedUsb
from drivers.ticket_printer.interpreter import Interpreter, PaperStrip, Step
from drivers.ticket_printer.twin_lines import PtyEnd, TcpEnd, UsbEnd
from drivers.ticket_printer.twin_status import RealTimeParser, Said

if TYPE_CHECKING:
    from PIL import Image

_WINDOW_BYTES = 64
_BEGINS = b"\x1b"
"""The first byte of every slip: ``ESC @``."""

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
    ``cutter_jam`` (with ``latches_errors`` it stays in error until it is told to recover), ``offline``, ``silent``
    (prints, answers nothing), ``dead`` (takes bytes and does nothing), ``slow`` (bytes a second, or None), ``refuse``
    (no connection), ``drop_after_bytes``, ``chatter`` (bytes before each real-time answer), ``has_asb``, ``can_clear``
    (False: as many clones); ``power_cycle()``, ``unplug()`` and ``plug_in()``.
    """

    def __init__(
        self,
        width: int = 576,
        *,
        line: str = "tcp",
        port: int = 0,
        buffer_bytes: int = 65536,
        baud: int = 115200,
        usb: SimulatedUsb | None = None,
    ) -> None:
        self._width = width
        self._buffer_bytes = buffer_bytes
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._buffer = bytearray()
        self._interpreter = Interpreter(width)
        self._worker: threading.Thread | None = None
        self._hears = RealTimeParser()
        self._automatic = 0
        self._pushed = b""
        self._latched = False
        self._handed_out = 0
        self._processed = 0
        self._end: TcpEnd | PtyEnd | UsbEnd
        if line == "tcp":
            self._end = TcpEnd(self._receive, self._room, port)
        elif line == "usb":
            self._end = UsbEnd(self._receive, self._room, usb or SimulatedUsb())
        else:
            self._end = PtyEnd(self._receive, self._room, baud)
        self.received = 0
        self.first_byte_at: float | None = None
        """When the first byte of a slip (no question) came in since this was set to None; ``time.monotonic()``."""
        self.slips: list[PrintedSlip] = []
        self.slow: float | None = None
        self.drop_after_bytes: int | None = None
        self.paper_out_after_bytes: int | None = None
        self.silent = False
        self.chatter = b""
        self.has_asb = True
        self.can_clear = True
        self.latches_errors = False
        self.faults = dict.fromkeys(
            ("paper_out", "near_end", "cover_open", "cutter_jam", "offline", "dead", "refuse"), False
        )

    # Life.

    def start(self) -> None:
        logging.getLogger("drivers.twin").warning("SIMULATED ticket printer: no paper comes out of it")
        self._end.start()
        self._worker = threading.Thread(target=self._work, name="simulated printer", daemon=True)
        self._worker.start()

    def stop(self) -> None:
        self._stopping.set()
        self._touch(lambda: None)
        self._end.stop()
        if self._worker is not None:
            self._worker.join(timeout=5)
            self._worker = None

    def __enter__(self) -> SimulatedPrinter:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The device URL that a driver opens; over USB together with ``shared``."""
        url = self._end.url
        return url + ("&" if "?" in url else "?") + "paper=58" if self._width < 576 else url

    @property
    def shared(self) -> SharedPorts:
        """The ports of a process in which this printer is plugged in."""
        return SharedPorts(self._end.usb if isinstance(self._end, UsbEnd) else None)

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

    def wait_until_idle(self, timeout: float = 5.0) -> bool:
        """Until nothing waits to be carried out, or the rest of a command is missing."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._buffer or self._waiting, timeout)

    # Faults.

    paper_out = _Fault()
    near_end = _Fault()
    cover_open = _Fault()
    cutter_jam = _Fault()
    offline = _Fault()
    dead = _Fault()

    @property
    def refuse(self) -> bool:
        return self.faults["refuse"]

    @refuse.setter
    def refuse(self, value: bool) -> None:
        """Switched off: no new connection, the running one ends. Takes effect before this returns."""
        self.faults["refuse"] = value
        (self._end.unplug if value else self._end.plug_in)()

    def power_cycle(self) -> None:
        """Off and on again: what it had not printed is gone, and so is a connection over network or USB."""
        self._touch(self._lose_everything)
        if not isinstance(self._end, PtyEnd):
            self._end.unplug()
            self._end.plug_in()

    def _lose_everything(self) -> None:
        self._buffer.clear()
        self._hears = RealTimeParser()
        self._automatic = 0
        self._latched = False
        self._interpreter = Interpreter(self._width)

    def unplug(self) -> None:
        """Pulls the cable, until ``plug_in``."""
        self.refuse = True

    def plug_in(self) -> None:
        self.refuse = False

    def set_fault(self, name: str, value: bool) -> None:
        """Begins or ends a fault by its name; a printer with automatic status tells its host."""
        if name == "refuse":
            self.refuse = value
            return

        def change() -> None:
            if name == "cutter_jam" and self.faults[name] and not value:
                self._latched = self.latches_errors
            self.faults[name] = value
            self._push()

        self._touch(change)

    def _touch(self, change: Callable[[], _T]) -> _T:
        """Carries out a change and wakes who waits."""
        with self._changed:
            result = change()
            self._changed.notify_all()
        self._end.nudge()
        return result

    # What it says of itself.

    @property
    def _said(self) -> Said:
        return Said(
            paper_out=self.paper_out,
            near_end=self.near_end,
            cover_open=self.cover_open,
            cutter=self.cutter_jam or self._latched,
            offline=self.offline,
        )

    def _push(self) -> None:
        """Automatic status, when it was asked for and something is different."""
        said = self._said.automatic()
        if self._automatic and said != self._pushed:
            self._pushed = said
            self._answer(said)

    def _answer(self, data: bytes) -> None:
        if not self.silent and not self.dead:
            self._end.send(data)

    # What comes in: real-time commands are carried out at once, everything goes into the buffer.

    def _room(self) -> int:
        """How many bytes it takes now; waits a moment when there is no room.

        A command longer than the buffer is taken all the same: real printers carry pictures out while they come in.
        """
        with self._changed:
            if len(self._buffer) >= self._buffer_bytes and not self._waiting:
                self._changed.wait(0.02)
            return _WINDOW_BYTES if self._waiting else max(0, self._buffer_bytes - len(self._buffer))

    def _receive(self, data: bytes) -> bool:
        """Takes bytes in; False when the line is to be dropped."""
        with self._changed:
            dropped = self.drop_after_bytes is not None and self.received + len(data) >= self.drop_after_bytes
            if dropped and self.drop_after_bytes is not None:
                data = data[: max(0, self.drop_after_bytes - self.received)]
                self.drop_after_bytes = None
                self.received = 0
            else:
                self.received += len(data)
            if not self.dead:
                self._hear(data)
            self._changed.notify_all()
            return not dropped

    def _hear(self, data: bytes) -> None:
        begun = 0
        for command, end in self._hears.feed(data):
            self._buffer += data[begun:end]
            begun = end
            if command[1] == 0x04:
                self._answer(self.chatter + self._said.real_time(command[2]))
            elif command[1] == 0x05:
                self._recover(clears=command[2] == 2)
            elif self.can_clear:
                self._throw_away()
                self._answer(b"\x37\x25\x00")
        if len(data) > begun and self.first_byte_at is None and data[begun:][:1] == _BEGINS:
            self.first_byte_at = time.monotonic()
        self._buffer += data[begun:]

    def _recover(self, *, clears: bool) -> None:
        if self._latched:
            self._latched = False
            if clears:
                self._throw_away()
            self._push()

    def _throw_away(self) -> None:
        """What waits is gone; what was printed already stays on the paper."""
        self._buffer.clear()
        strip, complaints = self._interpreter.strip, self._interpreter.complaints
        self._interpreter = Interpreter(self._width)
        self._interpreter.strip, self._interpreter.complaints = strip, complaints

    # The mechanism: one thread that carries out the buffer in order.

    _waiting = False

    def _work(self) -> None:
        while not self._stopping.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._stopping.is_set() or (self._buffer and not self._said.stopped))
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
            self._waiting = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._stopping.is_set() or len(self._buffer) != count)
            self._waiting = False

    def _finish(self, step: Step) -> None:
        del self._buffer[: step.length]
        self._processed += step.length
        strip = self._interpreter.strip
        if step.cut or (step.asks is not None and self._width < 576 and strip.marked):
            self._put_out(self._interpreter.take_strip())
        if step.asks is not None:
            self._answer(b"\x03" if self.near_end else b"\x00")
        if step.automatic is not None and self.has_asb:
            self._automatic = step.automatic
            if step.automatic:
                self._pushed = self._said.automatic()
                self._answer(self._pushed)
        if self.paper_out_after_bytes is not None and self._processed >= self.paper_out_after_bytes:
            self.paper_out_after_bytes = None
            self.faults["paper_out"] = True
            self._push()

    def _put_out(self, strip: PaperStrip) -> None:
        self._processed = 0
        if strip.marked:
            qr = strip.qr[-1] if strip.qr else ""
            self.slips.append(PrintedSlip(strip.picture(), bytes(strip.data), "".join(strip.text), qr))
