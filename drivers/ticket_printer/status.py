"""What an ESC/POS printer answers: DLE EOT 1 to 4, GS r 1 and the automatic status (ASB). Pure: no I/O.

Bit meanings from Epson's command reference. All DLE EOT answers look like ``0xx1xx10``, an automatic status
begins with ``0xx1xx00`` and goes on with three bytes ``0xx0xxxx``; an answer to GS r is one byte ``0xx0xxxx``.
What fits none of these is noise and is dropped.
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
    """The answer to ``GS r 1``: everything sent before it has been processed."""

    byte: int


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


Answer = RealTime | Processed | Automatic


class AnswerParser:
    """Sorts what comes from the printer, in pieces of any size, into answers."""

    def __init__(self) -> None:
        self._automatic = bytearray()

    def feed(self, data: bytes) -> list[Answer]:
        """The answers that are complete with ``data``."""
        answers: list[Answer] = []
        for byte in data:
            if byte & 0x93 == 0x12:
                answers.append(RealTime(byte))
            elif byte & 0x93 == 0x10:
                self._automatic = bytearray([byte])
            elif byte & 0x90:
                self._automatic.clear()
            elif self._automatic:
                self._automatic.append(byte)
                if len(self._automatic) == 4:
                    answers.append(Automatic(bytes(self._automatic)))
                    self._automatic.clear()
            else:
                answers.append(Processed(byte))
        return answers


_CONDITIONS: tuple[tuple[Finding, Condition], ...] = (
    (Finding.PAPER_OUT, Condition("paper.out", Action.STAFF, blocking=True)),
    (Finding.COVER_OPEN, Condition("cover.open", Action.STAFF, blocking=True)),
    (Finding.CUTTER, Condition("cutter", Action.STAFF, blocking=True)),
    (Finding.BROKEN, Condition("printer.broken", Action.ENGINEER, blocking=True)),
    (Finding.PAPER_LOW, Condition("paper.low", Action.STAFF)),
)
SILENT = Condition("status.unknown", Action.STAFF)


def conditions(findings: Finding) -> tuple[Condition, ...]:
    """What staff should know. Offline for no named reason (a key pressed, recovering) blocks, and means wait."""
    found = tuple(condition for finding, condition in _CONDITIONS if finding in findings)
    vague = Finding.OFFLINE | Finding.RECOVERABLE | Finding.FEEDING
    if findings & vague and not any(condition.blocking for condition in found):
        found += (Condition("printer.offline", Action.WAIT, blocking=True),)
    return found


def state(findings: Finding) -> DeviceState:
    """READY, IMPAIRED (prints, but wants attention) or FAULT."""
    found = conditions(findings)
    if any(condition.blocking for condition in found):
        return DeviceState.FAULT
    return DeviceState.IMPAIRED if found else DeviceState.READY


def refuse(findings: Finding, *, uncertain: bool) -> None:
    """Raises the ``DeviceError`` that keeps this printer from printing, if there is one."""
    if Finding.COVER_OPEN in findings:
        raise DeviceError(Fault.COVER_OPEN, uncertain=uncertain)
    if Finding.PAPER_OUT in findings:
        raise DeviceError(Fault.PAPER_OUT, uncertain=uncertain)
    if state(findings) is DeviceState.FAULT:
        raise DeviceError(Fault.MECHANICAL, str(findings), uncertain=uncertain)
