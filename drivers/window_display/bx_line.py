"""A line with one or more Onbon cards: one question on it at a time, each answer to its own question.

A card answers to the address that asked. Each question therefore has an address of its own out of those that programs
may use, so that an answer that comes late is not taken for the next one. A card that answers to 8000h whatever asked
is noticed at its first PING; after a question without an answer it is then listened to until it stays quiet.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from drivers.device import DeviceError, Fault
from drivers.seams.bus_line import Within
from drivers.seams.line import Line
from drivers.window_display import bx_codec as codec
from drivers.window_display.bx_codec import Command, FrameParser, Packet

BAUDS = (9600, 57600)
"""The speeds of these cards, in the order in which the maker tries them (chapter 8.8)."""
ANSWER_SECONDS = 0.8
"""How long a card may think. The maker waits two seconds; two speeds have to be tried within two."""
BUSY_SECONDS = 0.2
DEAD_AFTER = 3
"""Failures in a row after which a card counts as dead."""
FIRST_REST_SECONDS = 1.0
REST_SECONDS = 15.0
"""How long a dead card is left alone where others are alive: a second, then twice as long each time, at most this."""
_SLICE = 0.05


class BxLine:
    """Shared by the bars of one line. ``bauds`` is empty where the speed is fixed or there is none."""

    def __init__(
        self, line: Line, *, bauds: tuple[int, ...] = (), answer_seconds: float = ANSWER_SECONDS, overlay: bool = True
    ) -> None:
        self._line = line
        self._bauds = bauds if line.set_baud is not None else ()
        self._answer_seconds = answer_seconds
        self._overlay = overlay
        self._lock = threading.Lock()
        self._users: set[int] = set()
        self._open = False
        self._baud = line.baud
        self._alive: set[int] = set()
        """The cards that have answered, at this speed and since the line was opened."""
        self._failures: dict[int, int] = {}
        self._resting: dict[int, float] = {}
        self._parser = FrameParser()
        self._last_tag = codec.OUR_ADDRESS
        self._untagged: set[int] = set()
        self._unanswered: set[int] = set()

    def join(self, user: int) -> None:
        """A bar begins to use the line. Raises ABSENT, BUSY, CONFIGURATION."""
        with self._lock:
            self._ensure_open()
            self._users.add(user)

    def leave(self, user: int) -> None:
        """A bar does so no more; the last one closes the line."""
        with self._lock:
            if user in self._users:
                self._users.discard(user)
                if not self._users:
                    self._shut()

    def close(self) -> None:
        """Closes the line under everybody; the next question opens it again."""
        self._line.port.close()
        with self._lock:
            self._forget_who_answered()

    def find(self, address: int, within: Within) -> None:
        """Asks a card whether it is there, at each speed that it may have. Raises SILENT.

        Once a card of the line has answered, the others are asked at its speed only: a dead one must not make the line
        useless for them.
        """
        for baud in self._in_order():
            self._set_baud(baud)
            try:
                self.ask(address, codec.request(Command.PING), within)
            except DeviceError as error:
                if error.fault not in (Fault.SILENT, Fault.CHECKSUM):
                    raise
                continue
            return
        speeds = f" at {' or '.join(map(str, self._bauds))} baud" if self._bauds else ""
        raise DeviceError(Fault.SILENT, f"no card {address:04X}h answers{speeds}")

    def ask(self, address: int, data: bytes, within: Within) -> bytes:
        """One question, and once more when the card was busy or did not understand; gives the data of the answer.

        Raises SILENT or CHECKSUM (uncertain: it may have been done), and what the card says.
        """
        while True:
            with self._turn(within):
                reply = self._once(address, data, within)
            if int.from_bytes(reply[:2], "big") != Command.NACK:
                return reply
            reason = reply[2]
            again = reason in (codec.Error.BUSY, codec.Error.CHECKSUM)
            if not again or within.left <= BUSY_SECONDS:
                fault = codec.FAULTS.get(codec.Error(reason), Fault.BAD_DATA) if reason in _KNOWN else Fault.BAD_DATA
                raise DeviceError(fault, f"the card refuses {codec.command_of(data)}: error {reason}")
            _rest(BUSY_SECONDS, within)

    @contextmanager
    def _turn(self, within: Within) -> Iterator[None]:
        while not self._lock.acquire(timeout=_SLICE):
            within.check()
            if not within.left:
                raise DeviceError(Fault.BUSY, "the line is used by another bar")
        try:
            within.check()
            yield
        finally:
            self._lock.release()

    # Below, the lock is held.

    def _once(self, address: int, data: bytes, within: Within) -> bytes:
        written = False
        try:
            self._ensure_open()
            if self._alive - {address} and time.monotonic() < self._resting.get(address, 0.0):
                raise DeviceError(Fault.SILENT, f"card {address:04X}h is resting")
            self._settle(address, within)
            if not within.left:
                raise DeviceError(Fault.SILENT, "no time left to ask")
            tag = self._next_tag(address)
            frame = codec.encode(Packet(address, tag, data, self._overlay))
            self._line.port.purge()
            self._parser = FrameParser()
            self._unanswered.add(address)
            written = True
            self._line.port.write(frame, within.deadline)
            wire = 20 * len(frame) / self._baud if self._baud else 0.0
            until = min(within.deadline, time.monotonic() + self._answer_seconds + wire)
            reply = self._listen(address, tag, data, until, within)
        except DeviceError as error:
            if error.fault in _LINE_LOST:
                self._shut()
            elif written and error.fault in (Fault.SILENT, Fault.CHECKSUM):
                self._let_rest(address)
            raise DeviceError(error.fault, error.detail, uncertain=written) from None
        self._unanswered.discard(address)
        self._alive.add(address)
        self._failures.pop(address, None)
        return reply

    def _listen(self, address: int, tag: int, data: bytes, until: float, within: Within) -> bytes:
        heard = 0
        while True:
            chunk = self._line.port.read_some(min(until, time.monotonic() + _SLICE))
            heard += len(chunk)
            for packet in self._parser.feed(chunk):
                if self._answers(packet, address, tag, data):
                    return packet.data
            within.check()
            if time.monotonic() >= until:  # also when somebody talks without end
                what = codec.command_of(data)
                if heard:
                    raise DeviceError(Fault.CHECKSUM, f"only noise after {what}: {heard} bytes")
                raise DeviceError(Fault.SILENT, f"no answer to {what}")

    def _answers(self, packet: Packet, address: int, tag: int, data: bytes) -> bool:
        word = int.from_bytes(packet.data[:2], "big")
        if word not in (Command.ACK, Command.NACK, int.from_bytes(data[:2], "big")):
            return False
        if address not in (packet.sender, codec.ANY_ADDRESS):
            return False
        if packet.to == tag:
            return True
        first_ping = data == codec.request(Command.PING) and packet.to == codec.OUR_ADDRESS
        if first_ping:
            self._untagged.add(address)
        return first_ping

    def _settle(self, address: int, within: Within) -> None:
        """A card whose answers cannot be told apart is waited for until it says nothing more."""
        if address not in self._untagged or address not in self._unanswered:
            return
        quiet_at = time.monotonic() + self._answer_seconds
        while time.monotonic() < quiet_at:
            if not within.left:
                raise DeviceError(Fault.SILENT, "no time left until the line was quiet")
            if self._line.port.read_some(min(quiet_at, time.monotonic() + _SLICE)):
                quiet_at = time.monotonic() + self._answer_seconds
            within.check()

    def _next_tag(self, address: int) -> int:
        if address in self._untagged:
            return codec.OUR_ADDRESS
        self._last_tag = codec.OUR_ADDRESS + 1 if self._last_tag == codec.LAST_OF_OURS else self._last_tag + 1
        return self._last_tag

    def _in_order(self) -> tuple[int, ...]:
        if self._alive or not self._bauds:
            return (self._baud,)
        return (self._baud, *(baud for baud in self._bauds if baud != self._baud))

    def _set_baud(self, baud: int) -> None:
        with self._lock:
            if baud != self._baud and self._line.set_baud is not None:
                self._line.set_baud(baud)
                self._baud = baud

    def _ensure_open(self) -> None:
        if not self._open:
            self._line.port.open()
            self._open = True
            self._unanswered |= self._untagged

    def _shut(self) -> None:
        self._forget_who_answered()
        self._line.port.close()

    def _forget_who_answered(self) -> None:
        self._open = False
        self._alive.clear()
        self._failures.clear()
        self._resting.clear()

    def _let_rest(self, address: int) -> None:
        """A card that never answers is left alone for a while, once there are others whose time it would take."""
        self._alive.discard(address)
        self._failures[address] = failures = self._failures.get(address, 0) + 1
        if failures >= DEAD_AFTER:
            rest = FIRST_REST_SECONDS * 2.0 ** min(10, failures - DEAD_AFTER)
            self._resting[address] = time.monotonic() + min(REST_SECONDS, rest)


_LINE_LOST = frozenset({Fault.ABSENT, Fault.UNPLUGGED, Fault.BUSY, Fault.CONFIGURATION})
_KNOWN = frozenset(error.value for error in codec.Error)


def _rest(seconds: float, within: Within) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, _SLICE))
        within.check()
