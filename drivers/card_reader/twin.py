"""A simulated chip card in a slot of the virtual reader: the far end of a real PC/SC service.

It speaks the virtual reader's own protocol (both ways two bytes of length, then the message; one byte is a command:
0 power off, 1 power on, 2 reset, 4 "your answer to reset"). To connect is to be put in, to hang up is to be pulled out.
Every fault is one attribute.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from types import TracebackType

from drivers.card_reader.twin_card import ChipCard as ChipCard
from drivers.card_reader.twin_card import Holder as Holder
from drivers.card_reader.twin_card import complete_number as complete_number

_CHANGE = 0.6
"""Seconds between one card and the next: the service looks every 0.4 s, and no hand is faster than that."""

_OK, _NOT_FOUND, _NO_RECORD = b"\x90\x00", b"\x6a\x82", b"\x6a\x83"
_LOCKED, _WRONG_INSTRUCTION, _WRONG_PARAMETERS = b"\x69\x82", b"\x6d\x00", b"\x6a\x86"


class SimulatedSlot:
    """A slot into which cards are put. ``commands`` are the heads of the commands that came in, as ``00 B2 01 04``."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._card: ChipCard | None = None
        self._line: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._out = threading.Event()
        self._taken_at = 0.0
        self._selected = b""
        self._file = 0
        self._left = b""
        self.commands: list[str] = []
        self.pins = 0
        """How often somebody tried a PIN: must stay 0."""

        self.silent = False
        """The card takes commands and answers nothing."""
        self.slow = 0.0
        """Seconds before each answer."""
        self.pulled_at: str = ""
        """The head of the command at which the card is pulled out instead of an answer; once."""
        self.pulled_times = 0
        self.asks_for_length = False
        """READ RECORD with the wrong length is answered 6Cxx."""
        self.answers_in_parts = 0
        """Answers are handed out by GET RESPONSE (61xx), so many bytes at a time."""
        self.refuses_relative = False
        """SELECT of a file with P1 02 is answered 6A82, with 00 it works."""
        self.by_tag_only = False
        """Records are found by their tags, not by their numbers."""
        self.by_short_name_only = False
        """Files cannot be selected; records are read with the short identifier of their file."""
        self.garbage: bytes = b""
        """What every record says instead of its own."""
        self.mute = False
        """No answer to reset: put in the wrong way round."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.take_out()

    def __enter__(self) -> SimulatedSlot:
        return self

    @property
    def occupied(self) -> bool:
        return self._card is not None

    def put_in(self, card: ChipCard | None = None) -> None:
        """Puts a card in, after taking out what was there. It stays in while the service is away and comes back."""
        self.take_out()
        self._card = card or ChipCard.of()
        self._out = threading.Event()
        self._thread = threading.Thread(target=self._lie, args=(self._out,), daemon=True, name="simulated card")
        self._thread.start()

    def hold(self, card: ChipCard) -> None:
        """A card in the hand: it only answers, through ``answer``, and is in no service."""
        self._card = card
        self._reset()

    def take_out(self) -> None:
        """Pulls the card out."""
        if self._card is not None:
            self._taken_at = time.monotonic()
        self._card = None
        self._out.set()
        thread, self._thread = self._thread, None
        line = self._line
        if line is not None:
            _hang_up(line)
        if thread is not None:
            thread.join(2.0)

    def _lie(self, out: threading.Event) -> None:
        """In the slot until it is taken out: connects to the service whenever there is one."""
        out.wait(self._taken_at + _CHANGE - time.monotonic())
        while not out.is_set():
            try:
                with socket.create_connection(("127.0.0.1", self._port), 2.0) as line:
                    self._serve(line, out)
            except OSError:
                out.wait(0.01)

    def _serve(self, line: socket.socket, out: threading.Event) -> None:
        line.settimeout(None)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reset()
        self._line = line
        try:
            while not out.is_set():
                answer = self._hear(self._message(line))
                if answer is not None:
                    line.sendall(struct.pack(">H", len(answer)) + answer)
        except EOFError:
            return
        finally:
            self._line = None

    def _hear(self, message: bytes) -> bytes | None:
        if len(message) == 1:
            if message[0] in {0, 1, 2}:
                self._reset()
                return None
            return b"\x00" if self.mute else b"" if self._card is None else self._card.atr
        head = message[:4].hex(" ").upper()
        self.commands.append(head)
        if self.pulled_at and head == self.pulled_at and self.pulled_times > 0:
            self.pulled_times -= 1
            self._card = None
            self._taken_at = time.monotonic()
            self._out.set()
            raise EOFError
        while self.silent and not self._out.wait(0.01):
            pass
        if self.slow:
            self._out.wait(self.slow)
        return self.answer(message)

    def answer(self, command: bytes) -> bytes:
        """What the card says to a command."""
        instruction = command[1]
        if instruction == 0x20:
            self.pins += 1
            return b"\x63\xc2"
        if command[:2] == b"\xff\xca":
            card = self._card
            return card.uid + _OK if card is not None and card.uid else b"\x6a\x81"
        if command[0] != 0x00:
            return b"\x6e\x00"
        if instruction == 0xA4:
            return self._select(command)
        if instruction == 0xB2:
            return self._read_record(command)
        if instruction == 0xC0:
            return self._part()
        return _WRONG_INSTRUCTION

    def _select(self, command: bytes) -> bytes:
        card = self._card
        name = command[5 : 5 + command[4]] if len(command) > 5 else b""
        if card is None:
            return _NOT_FOUND
        if command[2] == 0x04:
            if name not in card.applications:
                return _NOT_FOUND
            self._selected, self._file = name, 0
            return self._handed_out(bytes.fromhex("6F 11 84 0F") + name)
        if self.by_short_name_only or (self.refuses_relative and command[2] == 0x02):
            return _NOT_FOUND
        file = int.from_bytes(name, "big")
        if not self._selected or file not in card.files:
            return _NOT_FOUND
        self._file = file
        return _OK

    def _read_record(self, command: bytes) -> bytes:
        card = self._card
        number, how, length = command[2], command[3], command[4] if len(command) > 4 else 0
        file = 0xEF00 | how >> 3 if how >> 3 else self._file
        if card is None or not self._selected or file not in card.files:
            return b"\x69\x86"
        if file in card.locked:
            return _LOCKED
        records = card.files[file]
        if how & 7 == 4 and not self.by_tag_only:
            found = records[number - 1] if 1 <= number <= len(records) else b""
        elif how & 7 == 4:
            return _WRONG_PARAMETERS
        else:
            found = next((record for record in records if record[0] == number), b"")
        if not found:
            return _NO_RECORD
        found = self.garbage or found
        if self.asks_for_length and length != len(found):
            return bytes([0x6C, len(found) & 0xFF])
        return self._handed_out(found)

    def _handed_out(self, data: bytes) -> bytes:
        if not self.answers_in_parts:
            return data + _OK
        self._left = data
        return bytes([0x61, min(len(data), self.answers_in_parts)])

    def _part(self) -> bytes:
        if not self._left:
            return b"\x69\x85"
        part, self._left = self._left[: self.answers_in_parts], self._left[self.answers_in_parts :]
        if self._left:
            return part + bytes([0x61, min(len(self._left), self.answers_in_parts)])
        return part + _OK

    def _reset(self) -> None:
        self._selected, self._file, self._left = b"", 0, b""

    @staticmethod
    def _message(line: socket.socket) -> bytes:
        length = struct.unpack(">H", SimulatedSlot._exactly(line, 2))[0]
        return SimulatedSlot._exactly(line, length)

    @staticmethod
    def _exactly(line: socket.socket, count: int) -> bytes:
        data = b""
        while len(data) < count:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)  # or each command waits for a late ACK
            more = line.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data


def _hang_up(line: socket.socket) -> None:
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
