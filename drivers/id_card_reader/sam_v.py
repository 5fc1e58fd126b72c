"""The SAM_V module that sits in every reader of second-generation ID cards (GA/T 467), over a serial line.

A card is read by find → select → read. Three habits of the module shape this driver:

* After a successful read it answers "no card" until the card leaves, so a damaged reply is asked for
  again by ``read`` alone, and "no card" never counts as "the card was taken away".
* Replies do not say which command they answer. What cannot answer the command is skipped; after a
  time-out the line is settled first: the module answers in order, so its answer to "serial number" proves
  that nothing older is under way. Otherwise one visitor's late reply could be taken for the next one's.
* 41 and 81 mostly mean that the card moved: reading starts again at find, three times at most.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from drivers.device import Action, Cancel, Condition, DeviceError, DeviceState, Fault, Status
from drivers.id_card_reader import codec
from drivers.id_card_reader.codec import Reply
from drivers.id_card_reader.layout import decode_card
from drivers.id_card_reader.port import IdCard
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.bytes_port import BytesPort, TracedPort
from drivers.seams.serial_port import SerialPort
from drivers.seams.tcp_port import TcpPort

BAUDS = (115200, 9600, 57600, 38400, 19200)
"""The speeds a module can be set to, the likely ones first."""

_FAULTS = {
    0x10: Fault.CHECKSUM,
    0x11: Fault.CHECKSUM,
    0x21: Fault.UNSUPPORTED,
    0x24: Fault.BAD_DATA,
    0x31: Fault.WRONG_CARD,
    0x32: Fault.WRONG_CARD,
    0x33: Fault.BAD_DATA,
    0x40: Fault.WRONG_CARD,
    0x41: Fault.CARD_REMOVED,
    0x47: Fault.MECHANICAL,
    0x60: Fault.MECHANICAL,
    0x66: Fault.NOT_AUTHORISED,
    0x80: Fault.NO_CARD,
    0x81: Fault.WRONG_CARD,
    0x91: Fault.UNSUPPORTED,
}
"""What the module's status words mean (SW3)."""

_ALWAYS = frozenset({0x10, 0x11, 0x21, 0x24, 0x47, 0x60, 0x66})
_BROKEN_CARD = frozenset({0x31, 0x32, 0x33, 0x40})

_POLL = 0.1  # a card that is laid down is seen within two of these
_ANSWER = 1.0  # readers behind USB converters take up to 0.4 s
_READ_ANSWER = 2.5
_QUIET_FRAME = 0.5  # a frame that stops for so long was cut
_QUIET_DAMAGE = 0.15
_ATTEMPTS = 3
_PUT_BACK = 2.0  # how long a card that moved may take to come back

IsAnswer = Callable[[Reply], bool]


def _answers_find(reply: Reply) -> bool:
    return reply.status in {codec.FOUND, codec.FIND_FAILED} or reply.status in _ALWAYS


def _answers_select(reply: Reply) -> bool:
    if reply.status == codec.OK:
        return 0 < len(reply.data) < 16
    return reply.status == codec.SELECT_FAILED or reply.status in _ALWAYS | _BROKEN_CARD


def _answers_read(reply: Reply) -> bool:
    if reply.status == codec.OK:
        return len(reply.data) > 256
    return reply.status == codec.READ_FAILED or reply.status in _ALWAYS | _BROKEN_CARD


def _answers_status(reply: Reply) -> bool:
    return (reply.status == codec.OK and not reply.data) or reply.status in _ALWAYS


def _answers_sam_id(reply: Reply) -> bool:
    return (reply.status == codec.OK and len(reply.data) == 16) or reply.status in _ALWAYS


class SamVReader:
    """One module on one line. ``bauds`` are tried one after the other at ``open``; empty: the line's own speed.

    ``takes_lying_card`` reads a card that lies there since it was read before: for installers who try a
    reader again and again. A kiosk leaves it off, so that a forgotten card never becomes the next visitor's.
    """

    def __init__(
        self,
        port: BytesPort,
        *,
        set_baud: Callable[[int], None] | None = None,
        baud: int = 115200,
        bauds: tuple[int, ...] = (),
        takes_lying_card: bool = False,
    ) -> None:
        self._port = port
        self._set_baud = set_baud
        self._baud = baud
        self._bauds = bauds
        self._takes_lying_card = takes_lying_card
        self._lock = threading.Lock()
        self._unsettled = False
        self._sam_id = ""

    def open(self) -> None:
        """Opens the line; with ``baud=auto`` also finds the speed. Raises ABSENT, BUSY, CONFIGURATION, SILENT."""
        with self._lock:
            self._port.open()
            self._unsettled = False
            self._sam_id = ""
            if self._bauds and self._set_baud is not None:
                try:
                    self._detect_baud(self._set_baud)
                except DeviceError:
                    self._port.close()
                    raise

    def close(self) -> None:
        self._port.close()

    def probe(self) -> Status:
        """The module's word about itself; BUSY without asking while a card is being read."""
        if not self._lock.acquire(blocking=False):
            return Status(DeviceState.BUSY)
        try:
            reply = self._exchange(codec.STATUS, _answers_status, _ANSWER, Cancel())
            if reply.status != codec.OK:
                code = "sam.self-test" if reply.status == codec.SELF_TEST_FAILED else "sam.unauthorised"
                condition = Condition(code, Action.ENGINEER, blocking=True)
                return Status(DeviceState.FAULT, (condition,), f"SW {reply.status:02X}")
            return Status(DeviceState.READY, (), self._serial_number())
        except DeviceError as error:
            if error.fault is Fault.SILENT:
                return Status(DeviceState.UNKNOWN, (Condition("reader.silent", Action.STAFF, blocking=True),))
            if error.fault in {Fault.ABSENT, Fault.UNPLUGGED, Fault.CANCELLED}:
                return Status(DeviceState.ABSENT, (Condition("reader.absent", Action.STAFF, blocking=True),))
            return Status(DeviceState.IMPAIRED, (Condition("line.noisy", Action.ENGINEER),), error.detail)
        finally:
            self._lock.release()

    def read(self, timeout: float, cancel: Cancel | None = None) -> IdCard:
        """Waits up to ``timeout`` seconds for a card and reads it (see the port for what it raises)."""
        cancel = cancel or Cancel()
        deadline = time.monotonic() + timeout
        while not self._lock.acquire(timeout=0.05):
            cancel.check()
            if time.monotonic() >= deadline:
                raise DeviceError(Fault.BUSY, "another read is under way")
        try:
            return self._wait_and_read(deadline, cancel)
        finally:
            self._lock.release()

    def _wait_and_read(self, deadline: float, cancel: Cancel) -> IdCard:
        moved: DeviceError | None = None
        attempts = 0
        next_lying = time.monotonic() + 0.5
        while True:
            cancel.check()
            begin = time.monotonic()
            if self._find(cancel):
                try:
                    self._select(cancel)
                    return replace(self._read(cancel), read_seconds=time.monotonic() - begin)
                except DeviceError as error:
                    attempts += 1
                    if error.fault not in {Fault.CARD_REMOVED, Fault.WRONG_CARD} or attempts >= _ATTEMPTS:
                        raise
                    if moved is None:
                        deadline = min(deadline, time.monotonic() + _PUT_BACK)
                    moved = error
                    continue
            if moved is not None:
                moved = DeviceError(Fault.CARD_REMOVED, moved.detail)
            elif self._takes_lying_card and time.monotonic() >= next_lying:
                next_lying = time.monotonic() + 1.0
                lying = self._read_lying(cancel)
                if lying is not None:
                    return replace(lying, read_seconds=time.monotonic() - begin)
            left = deadline - time.monotonic()
            if left <= 0:
                raise moved or DeviceError(Fault.NO_CARD)
            cancel.wait(min(_POLL, left))

    def _find(self, cancel: Cancel) -> bool:
        reply = self._exchange(codec.FIND, _answers_find, _ANSWER, cancel)
        if reply.status in {codec.FOUND, codec.FIND_FAILED}:
            return reply.status == codec.FOUND
        raise _refused(reply)

    def _select(self, cancel: Cancel) -> None:
        reply = self._exchange(codec.SELECT, _answers_select, _ANSWER, cancel)
        if reply.status != codec.OK:
            raise _refused(reply)

    def _read(self, cancel: Cancel) -> IdCard:
        """Reads a selected card; impossible data are asked for again."""
        spoiled: DeviceError | None = None
        for _ in range(_ATTEMPTS):
            try:
                return self._read_once(cancel)
            except DeviceError as error:
                if spoiled is not None and error.fault is Fault.CARD_REMOVED:
                    raise spoiled from None
                if error.fault is not Fault.BAD_DATA:
                    raise
                spoiled = error
        raise spoiled or DeviceError(Fault.BAD_DATA)

    def _read_once(self, cancel: Cancel) -> IdCard:
        reply = self._exchange(codec.READ, _answers_read, _READ_ANSWER, cancel)
        try:
            if reply.status != codec.OK:
                raise _refused(reply)
            try:
                blocks = codec.split_read_reply(reply.data)
            except ValueError as error:
                raise DeviceError(Fault.BAD_DATA, str(error)) from None
            return decode_card(blocks.text, blocks.photo)
        finally:
            reply.wipe()

    def _read_lying(self, cancel: Cancel) -> IdCard | None:
        try:
            return self._read(cancel)
        except DeviceError as error:
            if error.fault is Fault.CARD_REMOVED:
                return None
            raise

    def _detect_baud(self, set_baud: Callable[[int], None]) -> None:
        for baud in self._bauds:
            set_baud(baud)
            self._baud = baud
            try:
                self._ask(codec.STATUS, _answers_status, 0.25, Cancel())
            except DeviceError as error:
                if error.fault not in {Fault.SILENT, Fault.CHECKSUM}:
                    raise
                continue
            self._unsettled = False
            return
        raise DeviceError(Fault.SILENT, "no answer at any speed")

    def _serial_number(self) -> str:
        """The module's number; the first one after power-up can be wrong, so two have to agree."""
        previous = b""
        for _ in range(3 if not self._sam_id else 0):
            reply = self._exchange(codec.SAM_ID, _answers_sam_id, _ANSWER, Cancel())
            if reply.status != codec.OK:
                break
            if bytes(reply.data) == previous:
                self._sam_id = codec.format_sam_id(reply.data)
                break
            previous = bytes(reply.data)
        return self._sam_id

    def _exchange(self, command: bytes, is_answer: IsAnswer, seconds: float, cancel: Cancel) -> Reply:
        """One request and its answer, asked again when the answer was damaged or lost on a line that works."""
        failed: DeviceError | None = None
        for _ in range(_ATTEMPTS):
            try:
                if self._unsettled:
                    self._ask(codec.SAM_ID, _answers_sam_id, _ANSWER, cancel, settling=True)
                    self._unsettled = False
                reply = self._ask(command, is_answer, seconds, cancel)
            except DeviceError as error:
                lost_again = error.fault is Fault.SILENT and failed is not None
                if error.fault not in {Fault.CHECKSUM, Fault.SILENT} or lost_again:
                    raise
                failed = error
                continue
            if failed is not None and reply.status == codec.READ_FAILED:
                break  # this module reads a card only once: what is wrong is the line, not the card
            return reply
        raise failed or DeviceError(Fault.CHECKSUM)

    def _ask(
        self, command: bytes, is_answer: IsAnswer, seconds: float, cancel: Cancel, *, settling: bool = False
    ) -> Reply:
        """One request and its answer; what cannot be the answer is wiped and skipped."""
        parser = codec.ReplyParser()
        begin = time.monotonic()
        deadline = begin + seconds + (codec.frame_length(1284) * 13 / self._baud if command == codec.READ else 0.05)
        heard = begin
        try:
            self._port.purge()
            self._port.write(codec.frame(command), deadline)
            while True:
                cancel.check()
                data = self._port.read_some(min(deadline, time.monotonic() + 0.1))
                now = time.monotonic()
                answer: Reply | None = None
                for reply in parser.feed(data):
                    if answer is None and is_answer(reply):
                        answer = reply
                    else:
                        reply.wipe()
                if answer is not None:
                    return answer
                if data:
                    heard = now
                spoiled = bool(parser.damaged or parser.unfinished)
                patience = _QUIET_FRAME if settling or not parser.damaged else _QUIET_DAMAGE
                if spoiled and (now - heard >= patience or now >= deadline):
                    raise DeviceError(Fault.CHECKSUM, f"{parser.damaged} damaged, {parser.unfinished} bytes over")
                if now >= deadline:
                    raise DeviceError(Fault.SILENT, f"no answer to {command.hex(' ')}")
        except DeviceError:
            self._unsettled = True
            raise
        finally:
            parser.wipe()

    @staticmethod
    def _is_spoiled(parser: codec.ReplyParser, quiet: float) -> bool:
        return quiet >= (_QUIET_DAMAGE if parser.damaged else _QUIET_FRAME) and bool(
            parser.damaged or parser.unfinished
        )


def _refused(reply: Reply) -> DeviceError:
    fault = _FAULTS.get(reply.status, Fault.BAD_DATA)
    return DeviceError(fault, f"SW {reply.status:02X} {reply.card_status:04X}")


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> SamVReader:
    """A reader at ``serial:///dev/…?baud=115200`` (or ``baud=auto``) or behind a converter at ``tcp://host:port``."""
    del shared
    settings = {**url.options, **options}
    lying = settings.get("lying") == "yes"
    if url.scheme == "tcp":
        tcp = TcpPort.from_place(url.place, 4001)
        return SamVReader(TracedPort(tcp, "id-card", codec.describe), baud=9600, takes_lying_card=lying)
    if url.scheme != "serial":
        raise DeviceError(Fault.CONFIGURATION, "an ID-card reader is at serial:// or tcp://")
    automatic = settings.get("baud") == "auto"
    if automatic:
        settings["baud"] = str(BAUDS[0])
    line = SerialPort.from_options(url.place, settings)
    return SamVReader(
        TracedPort(line, "id-card", codec.describe),
        set_baud=line.set_baud,
        baud=line.baud,
        bauds=BAUDS if automatic else (),
        takes_lying_card=lying,
    )
