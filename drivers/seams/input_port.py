"""A keyboard-like device of Linux (evdev), held for us alone: a line on which ``struct input_event`` come in.

It is a ``BytesPort``, so that it is traced, recorded, replayed and spoiled as every other line. With the grab no other
program gets the events: neither the screen that has the focus nor a console. Nothing is ever written to it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import select
import struct
import threading
from collections.abc import Callable
from pathlib import Path

from drivers.device import DeviceError, Fault
from drivers.seams.bytes_port import opening_error, running_error, seconds_left
from drivers.seams.sysfs import has_double

EVENT = struct.Struct("llHHi")
"""``struct input_event`` (linux/input.h): seconds, microseconds, type, code, value; 24 bytes, 16 on 32 bits."""

Grab = Callable[[int], None]
"""Makes the open device ours alone. Raises ``OSError``; EBUSY when somebody else has it."""

_EVIOCGRAB = 0x40044590  # _IOW('E', 0x90, int), linux/input.h
_SLICE = 0.05
_CHUNK = EVENT.size * 64
_PURGED_CHUNKS = 1000
_NUMBERED = re.compile(r"/dev/input/event\d+")
_NO_PERMISSION = "no permission: the user needs the group input"


def grab_of_the_kernel(descriptor: int) -> None:
    """EVIOCGRAB; it ends by itself when the device is closed."""
    fcntl.ioctl(descriptor, _EVIOCGRAB, 1)


def grab_of_a_stand_in(descriptor: int) -> None:
    """A lock in the place of the grab, for simulated keyboards, which are no input devices."""
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class InputPort:
    """One device under ``/dev/input/by-id`` or ``by-path``: numbers change at every start. Opens nothing by itself."""

    def __init__(self, path: str, grab: Grab = grab_of_the_kernel, *, sysfs: Path = Path("/sys")) -> None:
        self._path = path
        self._grab = grab
        self._sysfs = sysfs
        self._descriptor: int | None = None
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._rest = b""
        """Half an event: the kernel gives none, a line that stands in for it may."""

    def open(self) -> None:
        """Opens and grabs. Raises ABSENT, BUSY (somebody else has the grab), CONFIGURATION with what to do."""
        if _NUMBERED.fullmatch(self._path):
            raise DeviceError(Fault.CONFIGURATION, "event numbers change: use /dev/input/by-id or by-path")
        with self._lock:
            if self._descriptor is not None:
                return
            place = Path(self._path)
            if place.parent.name != "by-path" and has_double(self._sysfs / "class/input", place.resolve().name):
                raise DeviceError(Fault.CONFIGURATION, "two keyboards are alike: say which by /dev/input/by-path/…")
            try:
                descriptor = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
            except OSError as error:
                raise _opening_error(error) from None
            try:
                self._grab(descriptor)
            except OSError as error:
                os.close(descriptor)
                raise _opening_error(error) from None
            self._closing.clear()
            self._rest = b""
            self._descriptor = descriptor

    def close(self) -> None:
        self._closing.set()
        with self._lock:
            descriptor, self._descriptor = self._descriptor, None
            if descriptor is not None:
                with contextlib.suppress(OSError):  # an unplugged device cannot be closed better than this
                    os.close(descriptor)

    def write(self, data: bytes, deadline: float) -> None:
        del data, deadline
        raise DeviceError(Fault.UNSUPPORTED, "nothing is written to an input device")

    def read_some(self, deadline: float) -> bytes:
        while True:
            with self._lock:
                descriptor = self._open_descriptor()
                try:
                    readable, _, _ = select.select([descriptor], [], [], min(_SLICE, seconds_left(deadline)))
                    if readable:
                        events = self._whole_events(os.read(descriptor, _CHUNK))
                        if events:
                            return events
                        continue
                except BlockingIOError:
                    continue
                except OSError as error:
                    raise running_error(error) from None
            if not seconds_left(deadline):
                self._check_closing()
                return b""

    def purge(self) -> None:
        with self._lock:
            descriptor = self._open_descriptor()
            try:
                for _ in range(_PURGED_CHUNKS):  # a device that never stops must not keep us here
                    self._whole_events(os.read(descriptor, _CHUNK))
            except BlockingIOError:
                return
            except OSError as error:
                raise running_error(error) from None

    def _whole_events(self, data: bytes) -> bytes:
        if not data:
            raise DeviceError(Fault.UNPLUGGED, "end of file")
        data = self._rest + data
        whole = len(data) - len(data) % EVENT.size
        self._rest = data[whole:]
        return data[:whole]

    def _open_descriptor(self) -> int:
        self._check_closing()
        if self._descriptor is None:
            raise DeviceError(Fault.ABSENT, "not open")
        return self._descriptor

    def _check_closing(self) -> None:
        if self._closing.is_set():
            raise DeviceError(Fault.CANCELLED, "closed")


def _opening_error(error: OSError) -> DeviceError:
    if error.errno in (errno.ENOTTY, errno.EINVAL):
        return DeviceError(Fault.CONFIGURATION, "not an input device")
    if error.errno in (errno.EACCES, errno.EPERM):
        return DeviceError(Fault.CONFIGURATION, _NO_PERMISSION)
    return opening_error(error)
