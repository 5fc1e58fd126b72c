"""What an ESC/POS printer answers: DLE EOT 1 to 4, GS r 1, the automatic status (ASB), DLE DC4 8. Pure: no I/O.

Bit meanings from Epson's command reference. All DLE EOT answers look like ``0xx1xx10``, an automatic status
begins with ``0xx1xx00`` and goes on with three bytes ``0xx0xxxx``; an answer to GS r 1 is one byte of which only the
four lowest bits may be set, two by two. What fits none of these is noise and is dropped; XON and XOFF, with which a
printer on a serial line says that it has room or not, may stand between any two bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Flag, auto

from drivers.device import Action, Condition, DeviceError, DeviceState, Fault


class Finding(Flag):
    """Everything that can be said about a printer; none of them means that all is well."""

    PAPER_OUT = auto()
    PAPER_LOW = auto()
    COVER_OPEN = auto()
    CUTTER = auto()
    BROKEN = auto()
    RECOVERABLE = auto()
    FEEDING = auto()
    OFFLINE = auto()


_REAL_TIME_BITS: dict[int, tuple[tuple[int, Finding], ...]] = {
    1: ((0x08, Finding.OFFLINE), (0x20, Finding.RECOVERABLE), (0x40, Finding.FEEDING)),
    2: (
        (0x04, Finding.COVER_OPEN),
        (0x08, Finding.FEEDING),
        (0x20, Finding.PAPER_OUT),
        (0x40, Finding.RECOVERABLE),
    ),
    3: (
        (0x04, Finding.RECOVERABLE),
        (0x08, Finding.CUTTER),
        (0x20, Finding.BROKEN),
        (0x40, Finding.RECOVERABLE),
    ),
    4: ((0x0C, Finding.PAPER_LOW), (0x60, Finding.PAPER_OUT)),
}
_ASB_BITS: tuple[tuple[int, int, Finding], ...] = (
    (0, 0x08, Finding.OFFLINE),
    (0, 0x20, Finding.COVER_OPEN),
    (0, 0x40, Finding.FEEDING),
    (1, 0x01, Finding.RECOVERABLE),
    (1, 0x04, Finding.RECOVERABLE),
    (1, 0x08, Finding.CUTTER),
    (1, 0x20, Finding.BROKEN),
    (1, 0x40, Finding.RECOVERABLE),
    (2, 0x03, Finding.PAPER_LOW),
    (2, 0x0C, Finding.PAPER_OUT),
)


@dataclass(frozen=True, slots=True)
class RealTime:
    """An answer to ``DLE EOT n``; which n is known only to the one who asked."""

    byte: int

    def findings(self, which: int) -> Finding:
        found = Finding(0)
        for bits, finding in _REAL_TIME_BITS[which]:
            if self.byte & bits:
                found |= finding
        return found


@dataclass(frozen=True, slots=True)
class Processed:
    """Four equal answers to ``GS r 1`` in a row: everything sent before it has been processed."""

    byte: int


@dataclass(frozen=True, slots=True)
class Cleared:
    """The answer to ``DLE DC4 8``: nothing waits to be printed any more."""


@dataclass(frozen=True, slots=True)
class Automatic:
    """The four bytes that a printer with automatic status sends by itself."""

    data: bytes

    @property
    def findings(self) -> Finding:
        found = Finding(0)
        for index, bits, finding in _ASB_BITS:
            if self.data[index] & bits:
                found |= finding
        return found


Answer = RealTime | Processed | Automatic | Cleared

TIMES = 4
"""How often ``GS r 1`` is asked in a row: an automatic status whose first byte is lost has three bytes left."""

_PROCESSED = frozenset({0x00, 0x03, 0x0C, 0x0F})
_XON_XOFF = frozenset({0x11, 0x13})
_CLEARED = b"\x37\x25\x00"


class AnswerParser:
    """Sorts what comes from the printer, in pieces of any size, into answers."""

    def __init__(self) -> None:
        self._automatic = bytearray()
        self._cleared = 0
        self._last = -1
        self._equal = 0

    def begin_row(self) -> None:
        """Answers to ``GS r 1`` that came alone are not counted any more."""
        self._equal = 0

    def feed(self, data: bytes) -> list[Answer]:
        """The answers that are complete with ``data``."""
        return [answer for byte in data if (answer := self._byte(byte)) is not None]

    def _byte(self, byte: int) -> Answer | None:
        if byte in _XON_XOFF:
            return None
        if byte & 0x93 == 0x12:
            return RealTime(byte)
        if byte & 0x93 == 0x10:
            self._automatic = bytearray([byte])
            self._equal = 0
            return None
        if byte & 0x90:
            self._automatic.clear()
            self._equal = 0
            self._cleared = int(byte == _CLEARED[0])
            return None
        if self._automatic:
            self._automatic.append(byte)
            return self._whole_automatic() if len(self._automatic) == 4 else None
        if self._cleared:
            self._cleared = self._cleared + 1 if byte == _CLEARED[self._cleared] else 0
            if self._cleared == len(_CLEARED):
                self._cleared = 0
                return Cleared()
            if self._cleared:
                return None
        return self._in_a_row(byte)

    def _whole_automatic(self) -> Automatic:
        whole = Automatic(bytes(self._automatic))
        self._automatic.clear()
        return whole

    def _in_a_row(self, byte: int) -> Processed | None:
        if byte not in _PROCESSED:
            self._equal = 0
            return None
        self._equal = self._equal + 1 if byte == self._last else 1
        self._last = byte
        if self._equal < TIMES:
            return None
        self._equal = 0
        return Processed(byte)


_CONDITIONS: tuple[tuple[Finding, Condition], ...] = (
    (Finding.PAPER_OUT, Condition("paper.out", Action.STAFF, blocking=True)),
    (Finding.COVER_OPEN, Condition("cover.open", Action.STAFF, blocking=True)),
    (Finding.CUTTER, Condition("cutter", Action.STAFF, blocking=True)),
    (Finding.BROKEN, Condition("printer.broken", Action.ENGINEER, blocking=True)),
    (Finding.PAPER_LOW, Condition("paper.low", Action.STAFF)),
)
ABSENT = Condition("printer.absent", Action.STAFF, blocking=True)
HELD = Condition("slip.held", Action.STAFF)
"""The printer keeps a slip of a visit that is over and cannot be told to throw it away: it will come out."""


def conditions(findings: Finding) -> tuple[Condition, ...]:
    """What staff should know. Offline for no named reason (a key pressed, recovering) blocks, and means wait."""
    found = tuple(condition for finding, condition in _CONDITIONS if finding in findings)
    vague = Finding.OFFLINE | Finding.RECOVERABLE | Finding.FEEDING
    if findings & vague and not any(condition.blocking for condition in found):
        found += (Condition("printer.offline", Action.WAIT, blocking=True),)
    return found


def blocks(findings: Finding) -> bool:
    """Whether nothing can be printed."""
    return any(condition.blocking for condition in conditions(findings))


def recoverable(findings: Finding) -> bool:
    """Whether the printer may be told to recover: an error of that kind, the cover closed, paper there."""
    return bool(findings & (Finding.CUTTER | Finding.RECOVERABLE)) and not findings & (
        Finding.BROKEN | Finding.COVER_OPEN | Finding.PAPER_OUT
    )


def state(findings: Finding) -> DeviceState:
    """READY, IMPAIRED (prints, but wants attention) or FAULT."""
    if blocks(findings):
        return DeviceState.FAULT
    return DeviceState.IMPAIRED if conditions(findings) else DeviceState.READY


def refuse(findings: Finding, *, uncertain: bool) -> None:
    """Raises the ``DeviceError`` that keeps this printer from printing, if there is one."""
    if Finding.COVER_OPEN in findings:
        raise DeviceError(Fault.COVER_OPEN, uncertain=uncertain)
    if Finding.PAPER_OUT in findings:
        raise DeviceError(Fault.PAPER_OUT, uncertain=uncertain)
    if state(findings) is DeviceState.FAULT:
        raise DeviceError(Fault.MECHANICAL, str(findings), uncertain=uncertain)
