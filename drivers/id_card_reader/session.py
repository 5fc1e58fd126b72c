"""One request to a SAM_V module and its answer, on a line that may be late, cut or noisy, within one caller's time.

Replies do not say which command they answer. What cannot answer the command is skipped; after a time-out the line is
settled first: the module answers in order, so its answer to "serial number" proves that nothing older is under way.
Otherwise one visitor's late reply could be taken for the next one's. Closing and opening the line changes nothing about
that: the module does not notice it.

The check of a frame is one XOR byte: one in 256 damaged frames passes it. So a line that showed damage is doubted for a
while, and what a card says then counts only when it comes twice alike.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from drivers.device import Cancel, DeviceError, Fault
from drivers.id_card_reader import codec
from drivers.id_card_reader.codec import Reply
from drivers.seams.bytes_port import BytesPort

FAULTS = {
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
_DAMAGED_REQUEST = frozenset({0x10, 0x11})
_BROKEN_CARD = frozenset({0x31, 0x32, 0x33, 0x40})
_SLICE = 0.05
_DOUBT = 20
"""After damage: so many sound answers and the line is trusted again, two seconds of looking for a card."""

IsAnswer = Callable[[Reply], bool]


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things take and may take, in seconds. The values are those of real readers; tests take shorter ones."""

    poll: float = 0.1
    """Between two looks for a card: one that is laid down is seen within two of these."""
    answer: float = 1.0
    """Readers behind USB converters take up to 0.4 s."""
    read_answer: float = 2.5
    """Besides the time on the wire; 3 s are used in the field with fingerprints at 115200."""
    quiet_frame: float = 0.5
    """A frame that stops for so long was cut."""
    quiet_damage: float = 0.15
    again: float = 0.15
    """Between two attempts at a card: one that is just being laid down is found before it can be selected."""
    put_back: float = 2.0
    """How long a card that moved may take to come back."""
    overrun: float = 0.7
    """By how much a read that has begun may miss the caller's time-out."""
    detect: float = 0.25
    """For one speed."""
    probe: float = 1.5
    attempts: int = 3


@dataclass(frozen=True, slots=True)
class Call:
    """One command of a caller: ``deadline`` ends the waiting for a person, ``end`` ends everything.

    ``wanted`` is False once the visit that asked has ended.
    """

    deadline: float
    end: float
    cancel: Cancel
    wanted: Callable[[], bool] = lambda: True

    @classmethod
    def of(
        cls,
        timeout: float,
        overrun: float = 0.0,
        cancel: Cancel | None = None,
        wanted: Callable[[], bool] | None = None,
    ) -> Call:
        deadline = time.monotonic() + timeout
        return cls(deadline, deadline + overrun, cancel or Cancel(), wanted or (lambda: True))

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.end

    def check(self) -> None:
        """Raises CANCELLED once it was called off."""
        self.cancel.check()
        if not self.wanted():
            raise DeviceError(Fault.CANCELLED, "the visit ended")

    def wait(self, seconds: float) -> None:
        """Waits; raises CANCELLED as ``check`` does."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.check()
            self.cancel.wait(min(left, _SLICE))
        self.check()


class Session:
    """The talk with one module. Not for several threads at once: its device lets them take turns."""

    def __init__(self, port: BytesPort, baud: int, timing: Timing) -> None:
        self._port = port
        self._timing = timing
        self._unsettled = False
        self._doubt = 0
        self.baud = baud

    def purge(self) -> None:
        """Throws away what has arrived; a broken line has nothing to throw away."""
        with contextlib.suppress(DeviceError):
            self._port.purge()

    def exchange(self, command: bytes, is_answer: IsAnswer, seconds: float, call: Call) -> Reply:
        """One request and its answer, asked again when either was damaged, or lost on a line that works."""
        failed: DeviceError | None = None
        for _ in range(self._timing.attempts):
            if failed is not None and call.over:
                break
            try:
                if self._unsettled:
                    self.ask(codec.SAM_ID, answers_sam_id, self._timing.answer, call, settling=True)
                    self._unsettled = False
                reply = self.ask(command, is_answer, seconds, call)
                if reply.status in _DAMAGED_REQUEST:
                    raise refused(reply)
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

    def card_data(self, command: bytes, is_answer: IsAnswer, seconds: float, call: Call) -> Reply:
        """As ``exchange``; on a line in doubt the answer has to come twice alike. Raises CHECKSUM when it does not."""
        reply = self.exchange(command, is_answer, seconds, call)
        if not self._doubt or reply.status != codec.OK:
            return reply
        try:
            for _ in range(self._timing.attempts):
                before, reply = reply, self.exchange(command, is_answer, seconds, call)
                alike = reply.status == codec.OK and reply.data == before.data
                before.wipe()
                if alike:
                    return reply
                if reply.status != codec.OK:
                    break  # a module that reads a card only once cannot prove what came over a bad line
        except DeviceError:
            reply.wipe()
            raise
        reply.wipe()
        raise DeviceError(Fault.CHECKSUM, "a bad line, and no two answers alike")

    def settled(self) -> None:
        """What was asked last was answered, whatever came before."""
        self._unsettled = False

    def ask(self, command: bytes, is_answer: IsAnswer, seconds: float, call: Call, *, settling: bool = False) -> Reply:
        """One request and its answer; what cannot be the answer is wiped and skipped. Raises SILENT, CHECKSUM."""
        parser = codec.ReplyParser()
        heard = time.monotonic()
        deadline = min(heard + seconds + self.wire_time(command), call.end)
        try:
            call.check()
            self._port.purge()
            self._port.write(codec.frame(command), deadline)
            patience = 2 * _SLICE
            while True:
                call.check()
                data = self._port.read_some(min(deadline, time.monotonic() + min(patience, 2 * _SLICE)))
                now = time.monotonic()
                answer = _first(parser.feed(data), is_answer)
                if answer is not None:
                    damage = parser.damaged or parser.unfinished or parser.skipped or answer.status in _DAMAGED_REQUEST
                    self._doubt = _DOUBT if damage else max(0, self._doubt - 1)
                    return answer
                if data:
                    heard = now
                spoiled = bool(parser.damaged or parser.unfinished)
                patience = self._timing.quiet_frame if settling or not parser.damaged else self._timing.quiet_damage
                if spoiled and (now - heard >= patience or now >= deadline):
                    self._doubt = _DOUBT
                    raise DeviceError(Fault.CHECKSUM, f"{parser.damaged} damaged, {parser.unfinished} bytes over")
                if now >= deadline:
                    raise DeviceError(Fault.SILENT, f"no answer to {command.hex(' ')}")
        except DeviceError:
            self._unsettled = True
            raise
        finally:
            parser.wipe()

    def wire_time(self, command: bytes) -> float:
        """How long the answer is under way: ten bits a byte, and a third more for slow modules."""
        data = {codec.READ: 1284, codec.READ_WITH_FINGERPRINT: 2310, codec.READ_ADDRESS: 70}.get(command, 0)
        return codec.frame_length(data) * 13 / self.baud if data else 0.05


def _first(replies: list[Reply], is_answer: IsAnswer) -> Reply | None:
    answer: Reply | None = None
    for reply in replies:
        if answer is None and is_answer(reply):
            answer = reply
        else:
            reply.wipe()
    return answer


def answers_find(reply: Reply) -> bool:
    return reply.status in {codec.FOUND, codec.FIND_FAILED} or reply.status in _ALWAYS


def answers_select(reply: Reply) -> bool:
    if reply.status == codec.OK:
        return 0 < len(reply.data) < 16
    return reply.status == codec.SELECT_FAILED or reply.status in _ALWAYS | _BROKEN_CARD


def answers_read(reply: Reply) -> bool:
    if reply.status == codec.OK:
        return len(reply.data) > 256
    return reply.status == codec.READ_FAILED or reply.status in _ALWAYS | _BROKEN_CARD


def answers_address(reply: Reply) -> bool:
    if reply.status == codec.OK:
        return 16 < len(reply.data) <= 256
    return reply.status in {codec.READ_FAILED, codec.NO_CONTENT} or reply.status in _ALWAYS | _BROKEN_CARD


def answers_status(reply: Reply) -> bool:
    return (reply.status == codec.OK and not reply.data) or reply.status in _ALWAYS


def answers_sam_id(reply: Reply) -> bool:
    return (reply.status == codec.OK and len(reply.data) == 16) or reply.status in _ALWAYS


def refused(reply: Reply) -> DeviceError:
    """The fault that the module's status words stand for."""
    fault = FAULTS.get(reply.status, Fault.BAD_DATA)
    return DeviceError(fault, f"SW {reply.status:02X} {reply.card_status:04X}")
