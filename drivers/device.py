"""What every device has in common: states, conditions, faults, secrets and cancelling.

States and required actions follow XFS4IoT and the facts in the device notes: a silent device is
*unknown*, never ok. Nothing here does I/O.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Protocol, TypeVar, runtime_checkable

T = TypeVar("T")


class DeviceState(StrEnum):
    """How a device is as a whole."""

    ABSENT = "absent"
    CONNECTING = "connecting"
    READY = "ready"
    BUSY = "busy"
    IMPAIRED = "impaired"
    FAULT = "fault"
    UNKNOWN = "unknown"
    DISABLED = "disabled"


class Action(StrEnum):
    """Who has to do something before a condition goes away."""

    NONE = "none"
    WAIT = "wait"
    RESET = "reset"
    STAFF = "staff"
    ENGINEER = "engineer"
    CONFIGURE = "configure"


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that is not as it should be; ``code`` like ``paper.low`` is a translation key."""

    code: str
    action: Action
    blocking: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """What a probe found out."""

    state: DeviceState
    conditions: tuple[Condition, ...] = ()
    detail: str = ""
    """Model, firmware or serial number of the device, for the technician. Never personal."""


class Fault(StrEnum):
    """Why a command to a device failed; a translation key ``fault.<value>``."""

    ABSENT = "absent"
    SILENT = "silent"
    UNPLUGGED = "unplugged"
    NO_CARD = "no-card"
    CARD_REMOVED = "card-removed"
    WRONG_CARD = "wrong-card"
    CHECKSUM = "checksum"
    UNKNOWN_CARD = "unknown-card"
    BAD_DATA = "bad-data"
    NOT_AUTHORISED = "not-authorised"
    PAPER_OUT = "paper-out"
    COVER_OPEN = "cover-open"
    MECHANICAL = "mechanical"
    NO_PICTURE = "no-picture"
    NO_CODE = "no-code"
    CANCELLED = "cancelled"
    BUSY = "busy"
    UNSUPPORTED = "unsupported"
    CONFIGURATION = "configuration"


RETRYABLE = frozenset(
    {
        Fault.SILENT,
        Fault.NO_CARD,
        Fault.CARD_REMOVED,
        Fault.CHECKSUM,
        Fault.BAD_DATA,
        Fault.PAPER_OUT,
        Fault.COVER_OPEN,
        Fault.BUSY,
        Fault.NO_PICTURE,
        Fault.NO_CODE,
    }
)


class DeviceError(Exception):
    """A command failed. ``uncertain`` says that it may have had its effect all the same.

    ``detail`` is for the technician's log: codes and lengths, never what a card or a person said.
    """

    def __init__(self, fault: Fault, detail: str = "", *, uncertain: bool = False) -> None:
        super().__init__(f"{fault.value}: {detail}" if detail else fault.value)
        self.fault = fault
        self.detail = detail
        self.uncertain = uncertain

    @property
    def retryable(self) -> bool:
        """Whether doing the same again can help without anybody touching the machine's insides."""
        return self.fault in RETRYABLE


class Cancel:
    """Lets one thread call off what another one waits for."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        self._event.set()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleeps up to ``seconds``; True as soon as it is cancelled."""
        return self._event.wait(seconds)

    def check(self) -> None:
        """Raises ``DeviceError(CANCELLED)`` once cancelled."""
        if self._event.is_set():
            raise DeviceError(Fault.CANCELLED)


@dataclass(frozen=True, slots=True, repr=False)
class Secret(Generic[T]):
    """A value that must not appear in a log, a traceback or a file. ``reveal()`` is meant to be seen in review."""

    _value: T = field(hash=False)

    def reveal(self) -> T:
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "Secret(…)"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


@runtime_checkable
class Device(Protocol):
    """The life of every device.

    A constructor does no I/O. ``open`` raises ``DeviceError`` when the device is not there and may be
    called again later. ``close`` may be called at any time, from any thread, more than once; what is
    under way then ends with ``DeviceError``. ``probe`` is cheap and without side effects.
    Methods block up to their time-out; they may be called from several threads and are serialised.
    """

    def open(self) -> None: ...

    def close(self) -> None: ...

    def probe(self) -> Status: ...


@runtime_checkable
class HoldsVisitData(Protocol):
    """A device through which something of a person passes: cards, codes, pictures, pages to print.

    ``forget`` is called when a visit ends: whatever the driver, its line or the device still holds of it is thrown
    away and overwritten where that is possible, and input is no longer taken until it is asked for again. It may be
    called at any time, from any thread, again and again, also while the device is absent; it never raises and returns
    within a second. Input under way then ends with ``DeviceError(CANCELLED)``; a paper that is just coming out still
    comes out within its own time-out, since its owner waits for it, but nothing later than that.
    """

    def forget(self) -> None: ...


@runtime_checkable
class PushesStatus(Protocol):
    """A device that says by itself when something changes (a cover is opened while nobody prints)."""

    def watch(self, changed: Callable[[Status], None] | None) -> None:
        """Calls ``changed`` from a thread of the driver whenever the device has said something new; None ends it."""
        ...
