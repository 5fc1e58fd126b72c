"""A simulated ID-card reader: the far end of a serial line that speaks GA/T 467 as a SAM_V module does.

It stands beyond the seam, so the real driver runs against it. Every fault is one attribute: ``True`` for
as long as it is set, or a number of replies that it spoils.
"""

from __future__ import annotations

import logging
import threading
from functools import reduce
from operator import xor
from types import TracebackType

from drivers.id_card_reader.twin_card import Person as Person
from drivers.id_card_reader.twin_card import TwinCard as TwinCard
from drivers.id_card_reader.twin_card import card_of as card_of
from drivers.id_card_reader.twin_card import complete_number as complete_number
from drivers.id_card_reader.twin_card import demo_card as demo_card
from drivers.seams.pty_line import PtyLine

_PREAMBLE = b"\xaa\xaa\xaa\x96\x69"
_SAM_ID = bytes.fromhex("05 00 01 00 5B DC 33 01 15 CD 5B 07 B1 68 DE 3A")

_RESET, _STATUS, _SERIAL = b"\x10\xff", b"\x11\xff", b"\x12\xff"
_FIND, _SELECT, _READ, _MORE = b"\x20\x01", b"\x20\x02", b"\x30\x01", b"\x30\x03"


class SimulatedReader:
    """A reader on a pseudo-terminal. ``baud`` paces it like a real wire and makes a wrong speed unreadable; 0: at once.

    ``url`` is what a driver opens; it stays the same while the reader is unplugged and plugged in again.
    """

    def __init__(self, baud: int = 115200) -> None:
        self._line = PtyLine(self._received, baud=baud, name="id-card")
        self._guard = threading.Lock()
        self._pending = bytearray()
        self._card: TwinCard | None = None
        self._selected = False
        self._read = False
        self.commands: list[str] = []
        """The commands that came in, as ``30 01``; nothing of what was answered."""
        self.reads = 0
        """How many reads were answered with a card's data."""

        self.silent: bool | int = False
        self.wrong_checksum: bool | int = False
        self.cut_mid_frame: bool | int = False
        self.garbage_before: bool | int = False
        self.self_test_failed: bool | int = False
        self.unauthorised: bool | int = False
        self.card_taken_mid_read: bool | int = False
        """The card is pulled away while it is read: the module answers 41."""
        self.unplugged_mid_read: bool | int = False
        self.read_fails: bool | int = False
        """The card stays and cannot be read (41)."""
        self.answers_twice: bool | int = False
        self.slow_bytes = 0.0
        """Seconds a byte, instead of the speed of the line."""
        self.late_by = 0.0
        """Seconds before the next reply; one reply only."""

    def __enter__(self) -> SimulatedReader:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"serial://{self._line.path}?baud={self._line.baud or 115200}"

    @property
    def path(self) -> str:
        """The serial device alone."""
        return self._line.path

    def start(self) -> None:
        self._line.start()
        logging.getLogger("drivers.twin").warning("SIMULATED ID-card reader: its cards are made up")

    def stop(self) -> None:
        self._line.stop()

    def lay(self, card: TwinCard) -> None:
        """Puts a card on the reader."""
        with self._guard:
            self._card, self._selected, self._read = card, False, False

    def take_away(self) -> None:
        """Takes the card from the reader."""
        with self._guard:
            self._card, self._selected, self._read = None, False, False

    def unplug(self) -> None:
        """Pulls the plug of the reader."""
        self._line.unplug()

    def plug_in(self) -> None:
        """Puts the plug back; a card that lay there is still there."""
        with self._guard:
            self._pending.clear()
            self._selected = self._read = False
        self._line.plug_in()

    def _received(self, data: bytes) -> None:
        if self._line.baud and self._line.host_baud not in {0, self._line.baud}:
            return  # at the wrong speed the module sees noise, and ignores it
        self._pending += data
        while (body := self._next_request()) is not None:
            self._serve(body)

    def _next_request(self) -> bytes | None:
        pending = self._pending
        start = pending.find(_PREAMBLE)
        if start < 0:
            del pending[: max(0, len(pending) - 4)]
            return None
        del pending[:start]
        if len(pending) < 7:
            return None
        end = 7 + int.from_bytes(pending[5:7], "big")
        if len(pending) < end:
            return None
        frame = bytes(pending[5:end])
        del pending[:end]
        if reduce(xor, frame):
            return b""
        return frame[2:-1]

    def _serve(self, body: bytes) -> None:
        self.commands.append(body[:2].hex(" ").upper())
        if self._due("silent"):
            return
        late, self.late_by = self.late_by, 0.0
        if late and not self._line.pause(late):
            return
        with self._guard:
            answer = self._answer(body)
        self._send(answer, body)

    def _answer(self, body: bytes) -> bytes:
        if not body:
            return b"\x00\x00\x10"
        if self._due("self_test_failed"):
            return b"\x00\x00\x60"
        command = body[:2]
        if command in {_RESET, _STATUS} or command[0] in {0x60, 0x61}:
            return b"\x00\x00\x90"
        if command == _SERIAL:
            return b"\x00\x00\x90" + _SAM_ID
        if self._due("unauthorised"):
            return b"\x00\x00\x66"
        if command == _FIND:
            return self._find()
        if command == _SELECT:
            return self._select()
        if command == _READ:
            return self._read_card()
        if command == _MORE:
            return b"\x00\x00\x91"
        return b"\x00\x00\x21"

    def _find(self) -> bytes:
        self._selected = False
        if self._card is None or self._read:
            return b"\x00\x00\x80"
        return b"\x00\x00\x9f" + bytes(4)

    def _select(self) -> bytes:
        if self._card is None or not self._card.selects or self._read:
            return b"\x00\x00\x81"
        self._selected = True
        return b"\x00\x00\x90" + bytes(8)

    def _read_card(self) -> bytes:
        if self._due("card_taken_mid_read"):
            self._card = None
        if self._card is None or not (self._selected or self._read) or self._due("read_fails"):
            self._selected = False
            return b"\x00\x00\x41"
        self._read = True
        self.reads += 1
        card = self._card
        return (
            b"\x00\x00\x90"
            + len(card.text).to_bytes(2, "big")
            + len(card.photo).to_bytes(2, "big")
            + card.text
            + card.photo
        )

    def _send(self, answer: bytes, body: bytes) -> None:
        counted = (len(answer) + 1).to_bytes(2, "big") + answer
        checksum = reduce(xor, counted)
        if self._due("wrong_checksum"):
            checksum ^= 0x01
        frame = _PREAMBLE + counted + bytes([checksum])
        if self._due("garbage_before"):
            frame = b"\x00\xaa\xaa\x96\xff\xaa\xaa\xaa\x96" + frame
        if self._due("answers_twice"):
            frame += frame
        if self._due("cut_mid_frame"):
            frame = frame[: len(frame) // 2]
        pace = self.slow_bytes or None
        if body[:2] == _READ and self._due("unplugged_mid_read"):
            self._line.send(frame[: len(frame) // 2], seconds_per_byte=pace)
            self._line.unplug()
            return
        self._line.send(frame, seconds_per_byte=pace)

    def _due(self, fault: str) -> bool:
        value: bool | int = getattr(self, fault)
        if value is True or value is False:
            return value
        setattr(self, fault, max(0, value - 1))
        return value > 0
