"""A simulated SAM_V module: what it answers, and what can be wrong with it, whatever line it hangs on.

Every fault is one attribute: ``True`` for as long as it is set, or a number of replies that it spoils.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from functools import reduce
from operator import xor

from drivers.id_card_reader.twin_card import TwinCard

_PREAMBLE = b"\xaa\xaa\xaa\x96\x69"
SAM_ID = bytes.fromhex("05 00 01 00 32 A1 33 01 15 CD 5B 07 B1 68 DE 3A")
OTHER_SAM_ID = bytes.fromhex("05 00 03 00 61 14 34 01 01 00 00 00 02 00 00 00")
SPEEDS = (115200, 57600, 38400, 19200, 9600)

_RESET, _STATUS, _SERIAL, _SPEED = b"\x10\xff", b"\x11\xff", b"\x12\xff", 0x60
_FIND, _SELECT, _READ, _READ_FINGERS, _MORE = b"\x20\x01", b"\x20\x02", b"\x30\x01", b"\x30\x10", b"\x30\x03"


class SimulatedModule(ABC):
    """Serves requests one after the other and answers in order, as modules do. A line is brought by its heirs."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._pending = bytearray()
        self._card: TwinCard | None = None
        self._selected = False
        self._read = False
        self._numbers_told = 0
        self._last = b""
        self.commands: list[str] = []
        """The commands that came in, as ``30 01``; nothing of what was answered. The last thousand."""
        self.reads = 0
        """How many reads were answered with a card's data."""
        self.sam_id = SAM_ID

        self.silent: bool | int = False
        self.wrong_checksum: bool | int = False
        self.cut_mid_frame: bool | int = False
        self.garbage_before: bool | int = False
        self.self_test_failed: bool | int = False
        self.unauthorised: bool | int = False
        self.card_taken_mid_read: bool | int = False
        """The card is pulled away while it is read: the module answers 41."""
        self.card_taken_before_address: bool | int = False
        """The card is pulled away when the newest address is asked for."""
        self.unplugged_mid_read: bool | int = False
        self.read_fails: bool | int = False
        """The card stays and cannot be read (41)."""
        self.select_fails: bool | int = False
        self.answers_twice: bool | int = False
        self.repeats_the_last_answer: bool | int = False
        """The answer before comes once more, in one chunk in front of the new one."""
        self.knows_only_base: bool | int = False
        """Fingerprints and newest address are unknown commands (21)."""
        self.wrong_first_number: bool | int = False
        """The first number after power-up is rubbish."""
        self.keeps_its_speed: bool | int = False
        """Says yes to another speed and does not change it."""
        self.slow_bytes = 0.0
        """Seconds a byte, instead of the speed of the line."""
        self.late_by = 0.0
        """Seconds before the next reply; one reply only."""

    @abstractmethod
    def unplug(self) -> None:
        """Pulls the plug of the reader."""

    @abstractmethod
    def _say(self, frame: bytes) -> None:
        """Puts bytes on the line."""

    @abstractmethod
    def _pause(self, seconds: float) -> bool:
        """Waits as the device would; False when the plug was pulled meanwhile."""

    def lay(self, card: TwinCard) -> None:
        """Puts a card on the reader."""
        with self._guard:
            self._card, self._selected, self._read = card, False, False

    def take_away(self) -> None:
        """Takes the card from the reader."""
        with self._guard:
            self._card, self._selected, self._read = None, False, False

    def _powered_up(self) -> None:
        with self._guard:
            self._pending.clear()
            self._selected = self._read = False
            self._numbers_told = 0
            self._last = b""

    def _hear(self, data: bytes) -> None:
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
        del self.commands[:-1000]
        if self._due("silent"):
            return
        late, self.late_by = self.late_by, 0.0
        if late and not self._pause(late):
            return
        with self._guard:
            answer = self._answer(body)
        self._send(answer, body)
        if body[:1] == bytes([_SPEED]) and answer[2] == 0x90 and not self._due("keeps_its_speed"):
            self._set_speed(SPEEDS[body[1]])

    def _set_speed(self, baud: int) -> None:
        """The line goes on at another speed, if it has one."""
        del baud

    def _answer(self, body: bytes) -> bytes:
        if not body:
            return b"\x00\x00\x10"
        if self._due("self_test_failed"):
            return b"\x00\x00\x60"
        command = body[:2]
        if command in {_RESET, _STATUS} or command[0] == 0x61 or (command[0] == _SPEED and body[1] < len(SPEEDS)):
            return b"\x00\x00\x90"
        if command == _SERIAL:
            return b"\x00\x00\x90" + self._number()
        if self._due("unauthorised"):
            return b"\x00\x00\x66"
        if command == _FIND:
            return self._find()
        if command == _SELECT:
            return self._select()
        if command == _READ:
            return self._read_card()
        if command in {_READ_FINGERS, _MORE} and self._due("knows_only_base"):
            return b"\x00\x00\x21"
        if command == _READ_FINGERS:
            return self._read_card(with_fingers=True)
        if command == _MORE:
            return self._newest_address()
        return b"\x00\x00\x21"

    def _number(self) -> bytes:
        self._numbers_told += 1
        if self._numbers_told == 1 and self._due("wrong_first_number"):
            return b"\xff" * len(self.sam_id)
        return self.sam_id

    def _find(self) -> bytes:
        self._selected = False
        if self._card is None or self._read:
            return b"\x00\x00\x80"
        return b"\x00\x00\x9f" + bytes(4)

    def _select(self) -> bytes:
        if self._card is None or not self._card.selects or self._read or self._due("select_fails"):
            return b"\x00\x00\x81"
        self._selected = True
        return b"\x00\x00\x90" + bytes(8)

    def _read_card(self, *, with_fingers: bool = False) -> bytes:
        if self._due("card_taken_mid_read"):
            self._card = None
        if self._card is None or not (self._selected or self._read) or self._due("read_fails"):
            self._selected = False
            return b"\x00\x00\x41"
        self._read = True
        self.reads += 1
        card = self._card
        blocks = [card.text, card.photo, *([card.fingerprints] if with_fingers else [])]
        return b"\x00\x00\x90" + b"".join(len(block).to_bytes(2, "big") for block in blocks) + b"".join(blocks)

    def _newest_address(self) -> bytes:
        if self._due("card_taken_before_address"):
            self._card = None
        if self._card is None or not (self._selected or self._read):
            return b"\x00\x00\x41"
        if not self._card.newest_address:
            return b"\x00\x00\x91"
        return b"\x00\x00\x90" + self._card.newest_address

    def _send(self, answer: bytes, body: bytes) -> None:
        counted = (len(answer) + 1).to_bytes(2, "big") + answer
        checksum = reduce(xor, counted)
        if self._due("wrong_checksum"):
            checksum ^= 0x01
        frame = _PREAMBLE + counted + bytes([checksum])
        before, self._last = self._last, frame
        if self._due("garbage_before"):
            frame = b"\x00\xaa\xaa\x96\xff\xaa\xaa\xaa\x96" + frame
        if self._due("answers_twice"):
            frame += frame
        if before and self._due("repeats_the_last_answer"):
            frame = before + frame
        if self._due("cut_mid_frame"):
            frame = frame[: len(frame) // 2]
        if body[:2] in {_READ, _READ_FINGERS} and self._due("unplugged_mid_read"):
            self._say(frame[: len(frame) // 2])
            self.unplug()
            return
        self._say(frame)

    def _due(self, fault: str) -> bool:
        value: bool | int = getattr(self, fault)
        if value is True or value is False:
            return value
        setattr(self, fault, max(0, value - 1))
        return value > 0
