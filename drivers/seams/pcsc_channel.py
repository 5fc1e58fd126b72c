"""A card channel over PC/SC (pcscd, or Windows' own service) through pyscard.

pyscard's monitors are not used: their threads end for ever when pcscd restarts. What is in the slot is asked for in
short waits, and everything happens in a helper process (see ``pcsc_helper``), so that a service which hangs costs a
deadline and nothing else. After a restart of the service the same channel goes on.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from drivers.device import Cancel, DeviceError, Fault
from drivers.seams.card_channel import Presence, ServiceDownError
from drivers.seams.pcsc_process import HelperProcess, PcscError

OPENING_SECONDS = 1.4  # and half a second more for the helper to start
_MOMENT_MS = 100
_DISCONNECT = 0.3
_BUSY_TRIES = 3
_BUSY_PAUSE = 0.2

_SERVICE = frozenset({0x80100013, 0x8010001D, 0x8010001E, 0x8010001F})
"""Transport error, no service, service stopped, unexpected: the service is not there, or no longer."""
_INVALID_HANDLE = 0x80100003
_FAULTS = {
    _INVALID_HANDLE: Fault.CARD_REMOVED,  # invalid handle: the service was restarted under an open card
    0x80100009: Fault.ABSENT,  # unknown reader
    0x8010000B: Fault.BUSY,  # sharing violation
    0x8010000C: Fault.CARD_REMOVED,  # no card
    0x8010000F: Fault.UNKNOWN_CARD,  # no protocol in common
    0x80100016: Fault.CARD_REMOVED,  # not transacted: pulled in the middle
    0x80100017: Fault.ABSENT,  # reader unavailable
    0x8010002E: Fault.ABSENT,  # no readers
    0x8010002F: Fault.CARD_REMOVED,  # communication data lost
    0x80100065: Fault.UNKNOWN_CARD,  # unsupported
    0x80100066: Fault.UNKNOWN_CARD,  # unresponsive: wrong way round, or broken
    0x80100067: Fault.UNKNOWN_CARD,  # unpowered
    0x80100068: Fault.CARD_REMOVED,  # was reset by somebody
    0x80100069: Fault.CARD_REMOVED,
    0x8010006A: Fault.CONFIGURATION,  # security violation: polkit does not let us in
}
_PRESENT, _MUTE, _EXCLUSIVE = 0x20, 0x200, 0x80
_UNKNOWN, _UNAVAILABLE = 0x04, 0x08
_POSITION = re.compile(r" [0-9A-Fa-f]{2} [0-9A-Fa-f]{2}$")


def device_error(code: int) -> DeviceError:
    """What a code of PC/SC means for whoever waits for a card."""
    if code in _SERVICE:
        return ServiceDownError(f"no PC/SC service (0x{code:08X})")
    if code == 0x8010006A:
        return DeviceError(Fault.CONFIGURATION, "the PC/SC service lets nobody in: a polkit rule is missing")
    return DeviceError(_FAULTS.get(code, Fault.MECHANICAL), f"0x{code:08X}")


def chosen_reader(wanted: str, names: Sequence[str]) -> str:
    """The one reader that settings mean: the whole name, the name without its position, or nothing for the first.

    pcscd ends a name with two numbers, ``00 00``: which of several alike it is, and the slot in it. Settings with these
    numbers mean exactly that one; without, the name has to be that of one slot only. Raises ABSENT, CONFIGURATION.
    """
    if not names:
        raise DeviceError(Fault.ABSENT, "the PC/SC service has no reader")
    if not wanted:
        return names[0]
    if wanted in names:
        return wanted
    alike = [name for name in names if _POSITION.sub("", name) == wanted]
    if len(alike) > 1:
        raise DeviceError(Fault.CONFIGURATION, f"several readers are called so; say which: {', '.join(alike)}")
    if not alike:
        raise DeviceError(Fault.ABSENT, f"no such reader; there are: {', '.join(names)}")
    return alike[0]


class PcscChannel:
    """One slot. ``reader`` is its name (see ``chosen_reader``).

    ``exclusive``: no other program may be connected meanwhile, otherwise others may be, and our commands go in one
    transaction. ``service`` is the path of the service's socket where it is not the system's own.
    """

    def __init__(self, reader: str = "", *, exclusive: bool = True, service: str = "") -> None:
        self._wanted = reader
        self._exclusive = exclusive
        self._helper = HelperProcess(service)
        self._lock = threading.Lock()
        self._name = ""

    def open(self) -> None:
        self._helper.begin()
        try:
            deadline = time.monotonic() + OPENING_SECONDS
            with self._turn(deadline), _said():
                self._name = self._found(deadline)
        except DeviceError:
            self._helper.end()
            raise

    def close(self) -> None:
        self._helper.end()

    def look(self, deadline: float, known: Presence | None = None, cancel: Cancel | None = None) -> Presence:
        before = None if known is None else known.raw
        with self._turn(deadline, cancel), _said():
            name = self._name or self._found(deadline)
            try:
                raw = int(
                    self._helper.ask(deadline, cancel, do="state", reader=name, known=before, ms=_moment(deadline))
                )
            except PcscError as error:
                self._name = ""  # after a replug the name may have another position
                if error.code == _INVALID_HANDLE:
                    raise ServiceDownError("the PC/SC service was restarted") from None
                raise
        if raw & (_UNKNOWN | _UNAVAILABLE):
            self._name = ""
            raise DeviceError(Fault.ABSENT, "the reader is gone")
        return Presence(bool(raw & _PRESENT), raw >> 16, bool(raw & _MUTE), bool(raw & _EXCLUSIVE), raw)

    def connect(self, deadline: float, cancel: Cancel | None = None) -> bytes:
        cancel = cancel or Cancel()
        for left in range(_BUSY_TRIES, -1, -1):
            try:
                with self._turn(deadline, cancel), _said():
                    name = self._name or self._found(deadline)
                    atr = self._helper.ask(deadline, cancel, do="connect", reader=name, exclusive=self._exclusive)
                    return bytes.fromhex(atr)
            except DeviceError as error:
                if error.fault is Fault.SILENT and not self._exclusive:
                    raise DeviceError(Fault.BUSY, "another program's transaction does not end") from None
                if error.fault is not Fault.BUSY or not left or time.monotonic() + _BUSY_PAUSE > deadline:
                    raise
            cancel.wait(_BUSY_PAUSE)
            cancel.check()
        raise DeviceError(Fault.BUSY)

    def transmit(self, command: bytes, deadline: float, cancel: Cancel | None = None) -> bytes:
        with self._turn(deadline, cancel), _said():
            answer = bytes.fromhex(self._helper.ask(deadline, cancel, do="transmit", hex=command.hex()))
        if not answer:  # some reader drivers call it a success when the card is gone
            raise DeviceError(Fault.CARD_REMOVED, "an empty answer")
        return answer

    def disconnect(self) -> None:
        if not self._helper.running:
            return
        deadline = time.monotonic() + _DISCONNECT  # else its process is killed, and that lets go as well
        try:
            with self._turn(deadline), _said():
                self._helper.ask(deadline, do="disconnect")
        except DeviceError:
            return

    def _found(self, deadline: float) -> str:
        return chosen_reader(self._wanted, self._helper.ask(deadline, do="readers"))

    @contextmanager
    def _turn(self, deadline: float, cancel: Cancel | None = None) -> Iterator[None]:
        """One question at a time."""
        while not self._lock.acquire(timeout=0.05):
            if cancel is not None:
                cancel.check()
            if time.monotonic() >= deadline:
                raise DeviceError(Fault.SILENT, "another question is under way")
        try:
            yield
        finally:
            self._lock.release()


def reader_names(service: str = "") -> tuple[str, ...]:
    """The names of all readers. Raises ``DeviceError`` when no service answers within two seconds."""
    helper = HelperProcess(service)
    helper.begin()
    try:
        with _said():
            return tuple(helper.ask(time.monotonic() + OPENING_SECONDS, do="readers"))
    finally:
        helper.end()


@contextmanager
def _said() -> Iterator[None]:
    """Errors of the service in our words."""
    try:
        yield
    except PcscError as error:
        raise device_error(error.code) from None


def _moment(deadline: float) -> int:
    return max(0, min(_MOMENT_MS, int(1000 * (deadline - time.monotonic()))))
