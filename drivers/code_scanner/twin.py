"""Simulated scanners: the far end of a serial line, or of a keyboard, with something held before the lens.

They stand beyond the seam, so the real driver runs against them. Every fault is one attribute, for as long as it is
set. ``hold`` shows a code as a person shows a phone: a scanner that looks all the time reads it again and again.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from types import TracebackType

from drivers.code_scanner.keys import DROPPED, KEY, KEYPAD, KEYPAD_ENTER, PLAIN, SHIFTED, SYN
from drivers.seams.input_port import EVENT
from drivers.seams.pty_line import PtyLine

_LEFT_SHIFT, _LEFT_ALT, _LEFT_CTRL = 42, 56, 29
_PLAIN = {character: code for code, character in PLAIN.items() if code != KEYPAD_ENTER}
_SHIFTED = {character: code for code, character in SHIFTED.items()}
_KEYPAD = {character: code for code, character in KEYPAD.items()}
_RUBBISH = b"\x00\xff\x81\x02\x1b\xfe\xc0"


class Presentation(ABC):
    """What is before the lens, and how this scanner fails. ``again`` is seconds between two looks at the same code."""

    def __init__(self, line: PtyLine, again: float) -> None:
        self._line = line
        self._again = again
        self._held: bytes | None = None
        self._sending = False
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.scans = 0
        """How often a code was sent."""

        self.silent = False
        self.no_suffix = False
        self.split = 0.0
        """Seconds of silence in the middle of a code."""
        self.doubled = False
        self.rubbish = False
        """Bytes that no code has are around it."""
        self.over_long = False
        self.unplugged_mid_code = False
        self.shouting = False
        """It sends without pause, whoever asked."""
        self.slow_bytes = 0.0
        """Seconds a byte."""

    def __enter__(self) -> Presentation:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def path(self) -> str:
        """The device alone."""
        return self._line.path

    def start(self) -> None:
        self._line.start()
        self._stopping.clear()
        self._thread = threading.Thread(target=self._present, name="twin-scanner", daemon=True)
        self._thread.start()
        logging.getLogger("drivers.twin").warning("SIMULATED scanner: its codes are made up")

    def stop(self) -> None:
        with self._changed:
            self._stopping.set()
            self._changed.notify_all()
        self._line.unplug()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None
        self._line.stop()

    def hold(self, code: bytes | str) -> None:
        """Holds a code before the lens, until something else is held there or it is taken away."""
        with self._changed:
            self._held = code.encode("utf-8") if isinstance(code, str) else code
            self._changed.notify_all()

    def take_away(self) -> None:
        """Nothing is before the lens any more; what was being sent is on the line when this returns."""
        with self._changed:
            self._held = None
            self._changed.wait_for(lambda: not self._sending, 5.0)

    def scan(self, code: bytes | str) -> None:
        """Shows a code for a moment: it is sent once, now, whoever listens."""
        self._send(code.encode("utf-8") if isinstance(code, str) else code)

    def unplug(self) -> None:
        self._line.unplug()

    def plug_in(self) -> None:
        self._line.plug_in()

    @property
    def _looks(self) -> bool:
        """Whether it is looking at all."""
        return True

    def _present(self) -> None:
        while True:
            with self._changed:
                if self._stopping.is_set():
                    return
                code = self._held if self._looks else None
                if code is None:
                    self._changed.wait(0.5)
                    continue
                self._sending = True
            self._send(code)
            with self._changed:
                self._sending = False
                self._changed.notify_all()
                if not self._stopping.is_set() and not self.shouting:
                    self._changed.wait(self._again)

    def _send(self, code: bytes) -> None:
        if self.silent:
            return
        self.scans += 1
        if self.over_long:
            code = code * (1 + 5_000 // len(code))
        for _ in range(2 if self.doubled else 1):
            self._send_once(code)

    def _send_once(self, code: bytes) -> None:
        before = after = b""
        if self.rubbish:
            before = after = self._rubbish()
        sent = before + self._spelt(code) + after + (b"" if self.no_suffix else self._suffix())
        half = len(sent) // 2 // EVENT.size * EVENT.size or len(sent) // 2
        if self.unplugged_mid_code:
            self._line.send(sent[:half])
            self._line.unplug()
            return
        pace = self.slow_bytes or None
        if self.split:
            self._line.send(sent[:half], seconds_per_byte=pace)
            if not self._line.pause(self.split):
                return
            sent = sent[half:]
        self._line.send(sent, seconds_per_byte=pace)

    @abstractmethod
    def _spelt(self, code: bytes) -> bytes:
        """A code on the line."""

    @abstractmethod
    def _suffix(self) -> bytes: ...

    @abstractmethod
    def _rubbish(self) -> bytes: ...


class SimulatedScanner(Presentation):
    """A scanner on a serial line. With ``trigger`` it looks only between that command and ``untrigger``."""

    def __init__(
        self,
        *,
        suffix: bytes = b"\r",
        trigger: bytes = b"",
        untrigger: bytes = b"",
        query: bytes = b"",
        answer: bytes = b"",
        again: float = 0.3,
        baud: int = 0,
    ) -> None:
        super().__init__(PtyLine(self._received, baud=baud, name="scanner"), again)
        self._end = suffix
        self._trigger, self._untrigger = trigger, untrigger
        self._query, self._answer = query, answer
        self._heard = b""
        self._looking = False
        self.commands: list[str] = []
        """What it was told: ``trigger``, ``untrigger``, ``query``."""

    @property
    def url(self) -> str:
        """The device URL that a driver opens."""
        return f"serial://{self.path}?baud={self._line.baud or 9600}"

    @property
    def _looks(self) -> bool:
        return self._looking or not self._trigger

    def plug_in(self) -> None:
        self._looking = False
        super().plug_in()

    def _received(self, data: bytes) -> None:
        self._heard = (self._heard + data)[-64:]
        for name, command in (("trigger", self._trigger), ("untrigger", self._untrigger), ("query", self._query)):
            if command and self._heard.endswith(command):
                self._heard = b""
                self.commands.append(name)
                self._obey(name)

    def _obey(self, name: str) -> None:
        if name == "query":
            if not self.silent:
                self._line.send(self._answer)
            return
        with self._changed:
            self._looking = name == "trigger"
            self._changed.notify_all()

    def _spelt(self, code: bytes) -> bytes:
        return code

    def _suffix(self) -> bytes:
        return self._end

    def _rubbish(self) -> bytes:
        return _RUBBISH


class SimulatedKeyboardScanner(Presentation):
    """A scanner that types: what passes are real ``input_event`` structures, on a line that is no input device."""

    def __init__(self, *, suffix: bytes = b"\r", again: float = 0.3, gbk_numbers: bool = False) -> None:
        super().__init__(PtyLine(_heard_nothing, name="usb-SIMULATED_Scanner-event-kbd"), again)
        self._end = suffix
        self._gbk_numbers = gbk_numbers
        self.repeats = False
        """Every key is held so long that the kernel repeats it."""
        self.lost_events = False
        """The kernel dropped events in the middle of a code."""

    @property
    def url(self) -> str:
        """The device URL that a driver opens."""
        return f"input://{self.path}?simulated=yes"

    def _spelt(self, code: bytes) -> bytes:
        presses = keystrokes(code, repeats=self.repeats, gbk_numbers=self._gbk_numbers)
        half = len(presses) // 2 // EVENT.size * EVENT.size
        return presses[:half] + event(SYN, DROPPED, 0) + presses[half:] if self.lost_events else presses

    def _suffix(self) -> bytes:
        return keystrokes(self._end)

    def _rubbish(self) -> bytes:
        return press(59) + event(KEY, 0x2FE, 1) + event(0x77, 1, 1)


def event(kind: int, code: int, value: int) -> bytes:
    """One ``input_event``."""
    return EVENT.pack(0, 0, kind, code, value)


def press(code: int, *, repeats: bool = False) -> bytes:
    """A key goes down and up again."""
    held = event(KEY, code, 2) + event(SYN, 0, 0) if repeats else b""
    return event(KEY, code, 1) + event(SYN, 0, 0) + held + event(KEY, code, 0) + event(SYN, 0, 0)


def keystrokes(code: bytes, *, repeats: bool = False, gbk_numbers: bool = False) -> bytes:
    """How a scanner types these bytes on an American keyboard; with Alt and a number what that one does not have.

    ``gbk_numbers``: two bytes above 127 are one number, as Chinese programs of Windows expect it.
    """
    typed, place = b"", 0
    while place < len(code):
        character = chr(code[place])
        if character in _PLAIN:
            typed += press(_PLAIN[character], repeats=repeats)
        elif character in _SHIFTED:
            typed += _with(_LEFT_SHIFT, press(_SHIFTED[character], repeats=repeats))
        elif 1 <= code[place] <= 26:
            typed += _with(_LEFT_CTRL, press(_PLAIN[chr(code[place] | 0x60)]))
        elif gbk_numbers and place + 1 < len(code):
            typed += _alt(str(int.from_bytes(code[place : place + 2], "big")))
            place += 1
        else:
            typed += _alt(f"0{code[place]}")
        place += 1
    return typed


def _alt(number: str) -> bytes:
    return _with(_LEFT_ALT, b"".join(press(_KEYPAD[digit]) for digit in number))


def _with(modifier: int, presses: bytes) -> bytes:
    return event(KEY, modifier, 1) + event(SYN, 0, 0) + presses + event(KEY, modifier, 0) + event(SYN, 0, 0)


def _heard_nothing(data: bytes) -> None:
    """Nothing is written to a keyboard."""
    del data
