"""A device behind a TCP port (Ethernet printers, serial-to-network converters)."""

from __future__ import annotations

import contextlib
import select
import socket
import threading

from drivers.device import DeviceError, Fault
from drivers.seams.bytes_port import running_error, seconds_left

_SLICE = 0.05
_PURGE_READS = 64
"""Whoever talks without end is not listened to without end; what comes after that is for the reader to judge."""


class TcpPort:
    """One connection to ``host:port``; the constructor connects to nothing."""

    def __init__(self, host: str, port: int, *, connect_timeout: float = 2.0) -> None:
        self._host = host
        self._port = port
        self._connect_timeout = connect_timeout
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._closing = threading.Event()

    @classmethod
    def from_place(cls, place: str, default_port: int) -> TcpPort:
        """From ``host[:port]`` of a device URL. Raises CONFIGURATION."""
        host, _, port = place.strip("/").partition(":")
        if not host or (port and not (port.isdecimal() and 0 < int(port) <= 0xFFFF)):
            raise DeviceError(Fault.CONFIGURATION, "a TCP device is tcp://host:port")
        return cls(host, int(port) if port else default_port)

    def open(self) -> None:
        with self._lock:
            if self._socket is not None:
                return
            try:
                connection = socket.create_connection((self._host, self._port), timeout=self._connect_timeout)
            except (OSError, UnicodeError) as error:
                raise DeviceError(Fault.ABSENT, type(error).__name__) from None
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            connection.setblocking(False)
            self._closing.clear()
            self._socket = connection

    def close(self) -> None:
        self._closing.set()
        with self._lock:
            connection, self._socket = self._socket, None
        if connection is not None:
            with contextlib.suppress(OSError):  # the other side may have been faster
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def write(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        while view:
            connection = self._connection()
            try:
                _, writable, _ = select.select([], [connection], [], min(_SLICE, seconds_left(deadline)))
                if writable:
                    view = view[connection.send(view) :]
                    continue
            except BlockingIOError:
                pass  # the socket had room for less than it said
            except (OSError, ValueError) as error:
                self._check_closing()
                raise running_error(error) from None
            if not seconds_left(deadline):
                raise DeviceError(Fault.SILENT, "the connection takes no bytes", uncertain=len(view) < len(data))

    def read_some(self, deadline: float) -> bytes:
        while True:
            connection = self._connection()
            try:
                readable, _, _ = select.select([connection], [], [], min(_SLICE, seconds_left(deadline)))
                if readable:
                    data = connection.recv(65536)
                    if data:
                        return data
                    self._check_closing()
                    raise DeviceError(Fault.UNPLUGGED, "the device closed the connection")
            except BlockingIOError:
                continue
            except (OSError, ValueError) as error:
                self._check_closing()
                raise running_error(error) from None
            if not seconds_left(deadline):
                return b""

    def purge(self) -> None:
        connection = self._connection()
        try:
            for _ in range(_PURGE_READS):
                if not connection.recv(65536):
                    break
            else:
                return
        except BlockingIOError:
            return
        except (OSError, ValueError) as error:
            self._check_closing()
            raise running_error(error) from None
        raise DeviceError(Fault.UNPLUGGED, "the device closed the connection")

    def _connection(self) -> socket.socket:
        self._check_closing()
        connection = self._socket
        if connection is None:
            raise DeviceError(Fault.ABSENT, "not open")
        return connection

    def _check_closing(self) -> None:
        if self._closing.is_set():
            raise DeviceError(Fault.CANCELLED, "closed")
