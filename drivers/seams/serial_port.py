"""A serial line (RS-232, RS-485, USB adapter, pty) through pyserial."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Mapping

import serial

from drivers.device import DeviceError, Fault
from drivers.seams.bytes_port import opening_error, running_error, seconds_left

try:
    from termios import error as TerminalError  # noqa: N812  # because it is a class with a lower-case name
except ImportError:  # Windows has no termios
    TerminalError = OSError  # type: ignore[assignment,misc]  # the name stands for another class there

_BROKEN = (serial.SerialException, OSError, TerminalError, TypeError)
"""What pyserial raises once a line is gone; TypeError comes from a descriptor that is None after a close."""

_SLICE = 0.05


class SerialPort:
    """One serial line, held for us alone (``exclusive``), always with a time-out on writing.

    ``parity`` is N, E or O. Nothing is opened here.
    """

    def __init__(self, path: str, baud: int = 115200, *, parity: str = "N", stop_bits: int = 1) -> None:
        self._path = path
        self._baud = baud
        self._parity = parity
        self._stop_bits = stop_bits
        self._serial: serial.Serial | None = None
        self._reading = threading.Lock()  # one thread may read while another one writes; closing takes both
        self._writing = threading.Lock()
        self._closing = threading.Event()

    @classmethod
    def from_options(cls, path: str, options: Mapping[str, str], baud: int = 115200) -> SerialPort:
        """From the options of a device URL (``baud``, ``parity``, ``stopbits``). Raises CONFIGURATION."""
        try:
            return cls(
                path,
                int(options.get("baud", baud)),
                parity={"N": "N", "E": "E", "O": "O"}[options.get("parity", "N").upper()],
                stop_bits={"1": 1, "2": 2}[options.get("stopbits", "1")],
            )
        except (KeyError, ValueError):
            raise DeviceError(Fault.CONFIGURATION, "baud, parity (N E O) or stopbits (1 2) is wrong") from None

    @property
    def baud(self) -> int:
        return self._baud

    def set_baud(self, baud: int) -> None:
        """Changes the speed, of an open line at once."""
        with self._reading, self._writing:
            self._baud = baud
            if self._serial is not None:
                try:
                    self._serial.baudrate = baud
                except (*_BROKEN, ValueError) as error:
                    raise running_error(error) from None

    def open(self) -> None:
        with self._reading, self._writing:
            if self._serial is not None:
                return
            if os.name == "posix" and not os.path.exists(self._path):  # noqa: PTH110  # because Path raises on odd names
                raise DeviceError(Fault.ABSENT, "no such device")
            try:
                self._serial = serial.Serial(
                    self._path,
                    self._baud,
                    parity=self._parity,
                    stopbits=self._stop_bits,
                    timeout=_SLICE,
                    write_timeout=5.0,
                    exclusive=True if os.name == "posix" else None,
                )
            except (ValueError, *_BROKEN) as error:
                raise opening_error(error) from None
            self._closing.clear()

    def close(self) -> None:
        self._closing.set()
        line = self._serial
        if line is not None:
            with contextlib.suppress(*_BROKEN):  # it may be closed by another thread in this moment
                line.cancel_read()
                line.cancel_write()
        with self._reading, self._writing:
            line, self._serial = self._serial, None
            if line is not None:
                with contextlib.suppress(*_BROKEN):  # an unplugged line cannot be closed better than this
                    line.close()

    def write(self, data: bytes, deadline: float) -> None:
        with self._writing:
            line = self._line()
            left = seconds_left(deadline)
            if not left:
                raise DeviceError(Fault.SILENT, "no time left to write")
            try:
                line.write_timeout = left
                line.write(data)
            except serial.SerialTimeoutException:
                self._check_closing()
                raise DeviceError(Fault.SILENT, "the line takes no bytes", uncertain=True) from None
            except _BROKEN as error:
                self._check_closing()
                raise running_error(error) from None
            self._check_closing()

    def read_some(self, deadline: float) -> bytes:
        with self._reading:
            line = self._line()
            try:
                while True:
                    data: bytes = line.read(1)
                    self._check_closing()
                    if data:
                        waiting: int = line.in_waiting
                        return data + line.read(waiting) if waiting else data
                    if time.monotonic() >= deadline:
                        return b""
            except _BROKEN as error:
                self._check_closing()
                raise running_error(error) from None

    def purge(self) -> None:
        with self._reading:
            try:
                self._line().reset_input_buffer()
            except _BROKEN as error:
                raise running_error(error) from None

    def _line(self) -> serial.Serial:
        self._check_closing()
        if self._serial is None:
            raise DeviceError(Fault.ABSENT, "not open")
        return self._serial

    def _check_closing(self) -> None:
        if self._closing.is_set():
            raise DeviceError(Fault.CANCELLED, "closed")
