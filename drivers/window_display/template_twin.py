"""Simulated bars of two foreign makes, written apart from the language in which the settings describe them.

``TalkingBar`` takes ``55 AA address 10 style sequence length text CRC-16/MODBUS`` and answers ``55 AA address 90
sequence sum``; ``02 address`` instead of a line asks how it is. ``MuteBar`` is of the make CXT CX-H: ``21 21 55 AA part
colour effect speed stay(4) count(2) text``, and never says a word.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Self

from drivers.seams.led_picture import draw_area
from drivers.seams.pty_line import PtyLine

if TYPE_CHECKING:
    from PIL import Image

_HEAD = b"\x55\xaa"
_SHOW, _HOW_ARE_YOU = 0x10, 0x02


@dataclass
class ForeignBar(ABC):
    """What both makes have in common. Faults can be set while it runs; numbers count answers that they spoil."""

    address: int = 1
    columns: int = 16
    silent: bool = False
    wrong_sum: int = 0
    lost_replies: int = 0
    slow_seconds: float = 0.0
    style: int = 0
    shown: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._changed = threading.Condition()

    @property
    def text(self) -> str:
        with self._changed:
            return self.shown[-1] if self.shown else ""

    def power_cut(self) -> None:
        """Off and on again: it shows nothing."""
        self._show("", 0)

    def wait_for(self, wanted: Callable[[str], bool], timeout: float = 20.0) -> str:
        """Waits until the text satisfies ``wanted``; returns it, or raises ``TimeoutError``."""
        with self._changed:
            if not self._changed.wait_for(lambda: wanted(self.text), timeout):
                raise TimeoutError(f"the bar shows {self.text!r}")
            return self.text

    def picture(self, offset: int = 0) -> Image.Image:
        """The bar as a person sees it."""
        return draw_area(None, self.text, self.columns * 8, 16, scrolls=self.scrolls, offset=offset)

    @property
    def scrolls(self) -> bool:
        return self.style == 2

    @abstractmethod
    def take(self, pending: bytearray) -> bytes | None:
        """Takes the next whole frame out of what was heard and gives the answer; None when there is none."""

    def _show(self, text: str, style: int) -> None:
        with self._changed:
            self.shown.append(text)
            self.style = style
            self._changed.notify_all()

    def _spoils(self, fault: str) -> bool:
        left: int = getattr(self, fault)
        setattr(self, fault, max(0, left - 1))
        return left > 0


class TalkingBar(ForeignBar):
    """Answers every sound frame for its address."""

    def take(self, pending: bytearray) -> bytes | None:
        start = pending.find(_HEAD)
        if start < 0 or len(pending) < start + 4:
            return None
        command = pending[start + 3]
        length = 7 + pending[start + 6] if command == _SHOW and len(pending) > start + 6 else 4
        if command == _SHOW and len(pending) < start + 7:
            return None
        if len(pending) < start + length + 2:
            return None
        frame, check = bytes(pending[start : start + length]), bytes(pending[start + length : start + length + 2])
        if _crc(frame) != check:
            del pending[: start + 2]
            return b""
        del pending[: start + length + 2]
        if frame[2] != self.address or self.silent:
            return b""
        sequence = 0
        if command == _SHOW:
            sequence = frame[5]
            self._show(frame[7:].decode("gb18030", errors="replace"), frame[4])
        if self._spoils("lost_replies"):
            return b""
        reply = _HEAD + bytes((self.address, command | 0x80, sequence))
        return reply + bytes(((sum(reply) + self._spoils("wrong_sum")) & 0xFF,))


class MuteBar(ForeignBar):
    """Shows what it is sent and says nothing."""

    @property
    def scrolls(self) -> bool:
        return self.style == 1

    def take(self, pending: bytearray) -> bytes | None:
        start = pending.find(b"\x21\x21\x55\xaa")
        if start < 0 or len(pending) < start + 14:
            return None
        end = start + 14 + int.from_bytes(pending[start + 12 : start + 14], "big")
        if len(pending) < end:
            return None
        frame = bytes(pending[start:end])
        del pending[:end]
        self._show(frame[14:].decode("gb2312", errors="replace"), frame[6])
        return b""


def _crc(data: bytes) -> bytes:
    """CRC-16/MODBUS, bit by bit."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value.to_bytes(2, "little")


class SimulatedForeignLine:
    """Bars of one make on a serial line."""

    def __init__(self, bars: Sequence[ForeignBar]) -> None:
        self.bars = {bar.address: bar for bar in bars}
        self._heard = {bar.address: bytearray() for bar in bars}
        self._line = PtyLine(self._received, name="foreign")

    @property
    def path(self) -> str:
        return self._line.path

    def url(self, address: int = 1) -> str:
        return f"serial://{self.path}?baud=9600&address={address}"

    def start(self) -> None:
        logging.getLogger("drivers.twin").warning("SIMULATED window display: nobody sees what it shows")
        self._line.start()

    def stop(self) -> None:
        self._line.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def is_idle(self) -> bool:
        """Whether everything that was written was heard and shown."""
        return self._line.is_idle

    def unplug(self) -> None:
        """Pulls the adapter out."""
        self._line.unplug()

    def plug_in(self) -> None:
        for heard in self._heard.values():
            heard.clear()
        self._line.plug_in()

    def _received(self, data: bytes) -> None:
        for address, bar in self.bars.items():
            self._heard[address] += data
            while (answer := bar.take(self._heard[address])) is not None:
                if answer and bar.slow_seconds and not self._line.pause(bar.slow_seconds):
                    return
                if answer:
                    self._line.send(answer)
