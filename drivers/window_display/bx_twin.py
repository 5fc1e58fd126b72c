"""Simulated Onbon cards on a serial line or behind TCP.

They take frames apart by the maker's document alone and share nothing with the driver's codec.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import select
import socket
import termios
import threading
from array import array
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from drivers.seams.pty_line import PtyLine
from drivers.window_display.bx_twin_card import CardFaults as CardFaults
from drivers.window_display.bx_twin_card import ShownArea as ShownArea
from drivers.window_display.bx_twin_card import SimulatedCard as SimulatedCard


def take_frames(pending: bytearray) -> list[bytes]:
    """Packets with a right checksum out of what was heard, without escapes; takes them from ``pending``."""
    packets = []
    while (end := pending.find(0x5A)) >= 0:
        raw = bytes(pending[:end])
        del pending[: end + 1]
        begin = raw.rfind(0xA5)
        if begin < 0:
            continue
        body = raw[begin + 1 :]
        for escaped, plain in ((b"\xa6\x02", b"\xa5"), (b"\x5b\x02", b"\x5a"), (b"\x5b\x01", b"\x5b")):
            body = body.replace(escaped, plain)
        body = body.replace(b"\xa6\x01", b"\xa6")
        if len(body) >= 21 and crc16(body[:-2]) == body[-2:]:
            packets.append(body[:-2])
    return packets


def crc16(data: bytes) -> bytes:
    """CRC-16 with the polynomial x¹⁶ + x¹⁵ + x² + 1, bit by bit (appendix of the document), low byte first."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value.to_bytes(2, "little")


def framed(body: bytes, *, wrong_crc: bool = False) -> bytes:
    """A frame with nine A5, as cards send them."""
    check = crc16(body)
    if wrong_crc:
        check = bytes((check[0] ^ 1, check[1]))
    escapes = {0xA5: b"\xa6\x02", 0xA6: b"\xa6\x01", 0x5A: b"\x5b\x02", 0x5B: b"\x5b\x01"}
    return b"\xa5" * 9 + b"".join(escapes.get(byte, bytes((byte,))) for byte in body + check) + b"\x5a"


class SimulatedCards:
    """What both lines have in common: the cards, and who of them answers."""

    def __init__(self, cards: Sequence[SimulatedCard]) -> None:
        self.cards = {card.address: card for card in cards}
        self._pending = bytearray()

    def card(self, address: int = 1) -> SimulatedCard:
        return self.cards[address]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Shouts that it is a stand-in, and begins."""
        logging.getLogger("drivers.twin").warning("SIMULATED window display: nobody sees what it shows")

    def stop(self) -> None:
        """Ends it."""

    def heard(self, data: bytes, send: Callable[[bytes], None], pause: Callable[[float], bool]) -> None:
        """Takes bytes of the host and answers what is whole."""
        self._pending += data
        for packet in take_frames(self._pending):
            to, sender = int.from_bytes(packet[:2], "little"), packet[2:4]
            for card in self.cards.values():
                if to in (card.address, 0xFFFE, 0xFFFF):
                    self._serve(card, to, sender, packet[14:], send, pause)

    def _serve(
        self,
        card: SimulatedCard,
        to: int,
        sender: bytes,
        data: bytes,
        send: Callable[[bytes], None],
        pause: Callable[[float], bool],
    ) -> None:
        faults = card.faults
        if faults.silent or _count(faults, "lost_requests"):
            return
        reply = card.answer(data)
        if reply is None or to == 0xFFFF or _count(faults, "lost_replies"):
            return
        wait, faults.late_seconds = faults.late_seconds or faults.slow_seconds, 0.0
        if wait and not pause(wait):
            return
        target = b"\x00\x80" if faults.names_nobody else sender
        head = target + to.to_bytes(2, "little") + bytes(6) + b"\xfe\x02" + len(reply).to_bytes(2, "little")
        frame = framed(head + reply, wrong_crc=_count(faults, "wrong_crc"))
        send(frame[: len(frame) // 2] if _count(faults, "cut_replies") else frame)


def _count(faults: CardFaults, name: str) -> bool:
    left: int = getattr(faults, name)
    setattr(faults, name, max(0, left - 1))
    return left > 0


class SimulatedBxLine(SimulatedCards):
    """Cards on one serial line. At another speed than ``baud`` they hear only noise; 0: any speed, at once."""

    def __init__(self, cards: Sequence[SimulatedCard], *, baud: int = 0) -> None:
        super().__init__(cards)
        self._line = PtyLine(self._received, baud=baud, name="bars")

    @property
    def path(self) -> str:
        return self._line.path

    def url(self, address: int = 1) -> str:
        return f"serial://{self.path}?address={address}"

    def start(self) -> None:
        super().start()
        self._line.start()

    def stop(self) -> None:
        self._line.stop()

    @property
    def is_idle(self) -> bool:
        """Whether everything that was written was heard and shown."""
        return self._line.is_idle

    def unplug(self) -> None:
        """Pulls the adapter out; the cards keep their power."""
        self._line.unplug()

    def plug_in(self) -> None:
        self._pending.clear()
        self._line.plug_in()

    def _received(self, data: bytes) -> None:
        if self._line.baud and self._line.host_baud not in {0, self._line.baud}:
            return
        self.heard(data, self._line.send, self._line.pause)


class SimulatedBxTcp(SimulatedCards):
    """One card behind a TCP port that stays the same while it is unplugged. It serves one program at a time."""

    def __init__(self, card: SimulatedCard) -> None:
        super().__init__((card,))
        self._listener: socket.socket | None = None
        self._connection: socket.socket | None = None
        self._port = 0
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._hearing = False

    @property
    def place(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._port}"

    def url(self, address: int = 0) -> str:
        """Where it is; it is asked whatever its address when none is given."""
        return f"tcp://{self.place}" + (f"?address={address}" if address else "")

    def start(self) -> None:
        super().start()
        self.plug_in()

    def stop(self) -> None:
        self.unplug()

    @property
    def is_idle(self) -> bool:
        """Whether everything that was written was heard and shown."""
        connection = self._connection
        if connection is None:
            return True
        waiting = array("i", [0])
        try:
            fcntl.ioctl(connection, termios.FIONREAD, waiting)
        except (OSError, ValueError):
            return True  # the connection was closed in this moment
        return not waiting[0] and not self._hearing

    def plug_in(self) -> None:
        if self._listener is not None:
            return
        self._stopping.clear()
        self._pending.clear()
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve_line, args=(self._listener,), name="twin-bx", daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Pulls the network cable: the connection breaks and nothing listens any more."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        self._stopping.set()
        for end in (listener, self._connection):
            if end is not None:
                with contextlib.suppress(OSError):  # the other side may have been faster
                    end.shutdown(socket.SHUT_RDWR)
        if self._thread is not None:
            self._thread.join(5)
        listener.close()

    def _hear(self, connection: socket.socket) -> bool:
        """Takes what came and answers it; False when the connection is over."""
        select.select([connection], [], [])
        self._hearing = True
        try:
            data = connection.recv(4096)
            self.heard(data, connection.sendall, lambda seconds: not self._stopping.wait(seconds))
        finally:
            self._hearing = False
        return bool(data)

    def _serve_line(self, listener: socket.socket) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._connection = connection
            with contextlib.suppress(OSError), connection:
                if self._stopping.is_set():
                    return
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while self._hear(connection):
                    pass
            self._connection = None
            self._pending.clear()
