"""Where a printer is, and the way there: looking its name up and connecting, both within a deadline."""

from __future__ import annotations

import contextlib
import errno
import queue
import select
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from drivers.seams.bytes_port import seconds_left

Check = Callable[[], None]
"""Raises ``DeviceError(CANCELLED)`` when nobody wants the answer any more."""

_SLICE = 0.05
_Place = tuple[object, ...] | str


@dataclass(frozen=True, slots=True)
class Address:
    """A TCP port, or a local socket when ``local`` is a path that exists."""

    host: str
    port: int
    path: str
    local: str = ""

    @property
    def authority(self) -> str:
        """Host and port as a URI says them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def connect(self, deadline: float, check: Check) -> socket.socket:
        """A connection that does not block. Raises ``OSError``, or what ``check`` raises, within 50 ms of it."""
        if self.local and Path(self.local).is_socket():
            return _connected(socket.AF_UNIX, self.local, deadline, check)
        failed: OSError = TimeoutError()
        places = _places(self.host, self.port, deadline, check)
        for index, (family, place) in enumerate(places):
            # A name may have several addresses: one that swallows everything leaves time for the others.
            until = time.monotonic() + seconds_left(deadline) / (len(places) - index)
            try:
                return _connected(family, place, until, check)
            except OSError as error:
                failed = error
        raise failed


def _connected(family: int, place: _Place, until: float, check: Check) -> socket.socket:
    with contextlib.ExitStack() as unless_open:
        connection = unless_open.enter_context(socket.socket(family, socket.SOCK_STREAM))
        connection.setblocking(False)
        number = connection.connect_ex(place)
        while number == errno.EINPROGRESS:
            check()
            _, writable, _ = select.select([], [connection], [], min(_SLICE, seconds_left(until)))
            if writable:
                number = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            elif time.monotonic() >= until:
                raise TimeoutError
        if number:
            raise OSError(number, "")
        if family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        unless_open.pop_all()
    return connection


def _places(host: str, port: int, deadline: float, check: Check) -> list[tuple[int, _Place]]:
    """The addresses behind a name. The system's own look-up cannot be stopped: it is left behind when time is over."""
    with contextlib.suppress(socket.gaierror):  # it is a name
        return _looked_up(host, port, socket.AI_NUMERICHOST)
    answers: queue.SimpleQueue[list[tuple[int, _Place]] | OSError | UnicodeError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(_looked_up(host, port, 0))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=look_up, name="printer-name", daemon=True).start()
    while True:
        check()
        try:
            answer = answers.get(timeout=min(_SLICE, seconds_left(deadline)))
        except queue.Empty:
            if time.monotonic() >= deadline:
                raise TimeoutError from None
        else:
            if isinstance(answer, Exception):
                raise answer
            return answer


def _looked_up(host: str, port: int, flags: int) -> list[tuple[int, _Place]]:
    return [(row[0], row[4]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)]
