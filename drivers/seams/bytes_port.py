"""A line that carries bytes, whatever it is made of.

Drivers know only this; serial lines, sockets and test lines stand behind it. Deadlines are instants
of ``time.monotonic()``. Every error of the operating system leaves here as a ``DeviceError``.
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable
from typing import Protocol

from drivers.device import DeviceError, Fault

Describe = Callable[[bytes], str]
"""What may be said of bytes that were written: the name of a command, never what it carries."""


class BytesPort(Protocol):
    """A line that can be opened, written, read and closed; closing wakes up whoever waits on it."""

    def open(self) -> None:
        """Opens the line within two seconds. Raises ABSENT, BUSY (held by another program), CONFIGURATION."""
        ...

    def close(self) -> None:
        """Closes the line; may be called from any thread, again and again. Who waits gets CANCELLED."""
        ...

    def write(self, data: bytes, deadline: float) -> None:
        """Writes all of ``data``. Raises SILENT when the line takes no more bytes, UNPLUGGED, ABSENT (not open)."""
        ...

    def read_some(self, deadline: float) -> bytes:
        """The bytes that are there, as soon as there is one; empty once the deadline has passed.

        May overshoot the deadline by 50 ms. Raises UNPLUGGED, CANCELLED (closed meanwhile), ABSENT (not open).
        """
        ...

    def purge(self) -> None:
        """Throws away what has arrived and was not read."""
        ...


_ABSENT = frozenset({errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO, errno.ENOTDIR})
_BUSY = frozenset({errno.EAGAIN, errno.EBUSY})


def opening_error(error: BaseException) -> DeviceError:
    """What it means that a line could not be opened."""
    number = getattr(error, "errno", None)
    if number in _BUSY:
        return DeviceError(Fault.BUSY, "held by another program")
    if number in (errno.EACCES, errno.EPERM):
        return DeviceError(Fault.CONFIGURATION, "no permission to open the device")
    if number in _ABSENT:
        return DeviceError(Fault.ABSENT, _name(number))
    return DeviceError(Fault.ABSENT, _name(number) or type(error).__name__)


def running_error(error: BaseException) -> DeviceError:
    """What it means that an open line broke."""
    return DeviceError(Fault.UNPLUGGED, _name(getattr(error, "errno", None)) or type(error).__name__)


def _name(number: int | None) -> str:
    return errno.errorcode.get(number, str(number)) if number is not None else ""


def line_length(data: bytes) -> str:
    """The most careful description: nothing but the length is logged."""
    del data
    return ""


class TracedPort:
    """Logs what passes a port: the command's name and lengths, never what the bytes say."""

    def __init__(self, port: BytesPort, name: str, describe: Describe = line_length) -> None:
        self._port = port
        self._name = name
        self._describe = describe
        self._log = logging.getLogger("drivers.seams")

    def open(self) -> None:
        self._port.open()
        self._log.debug("%s: opened", self._name)

    def close(self) -> None:
        self._port.close()
        self._log.debug("%s: closed", self._name)

    def write(self, data: bytes, deadline: float) -> None:
        self._log.debug("%s: > %s %d bytes", self._name, self._describe(data), len(data))
        self._port.write(data, deadline)

    def read_some(self, deadline: float) -> bytes:
        data = self._port.read_some(deadline)
        if data:
            self._log.debug("%s: < %d bytes", self._name, len(data))
        return data

    def purge(self) -> None:
        self._port.purge()


def seconds_left(deadline: float) -> float:
    """Time until a deadline, never negative."""
    return max(0.0, deadline - time.monotonic())
