"""How a simulated printer is reached: a TCP port, a pty or a simulated USB bus.

Each end gives what comes in to ``receive`` (False: hang up), never more than ``room()`` bytes at a time, so that a full
buffer stops the host as it does on a real line.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
from collections.abc import Callable

from drivers.seams.pty_line import PtyLine
from drivers.seams.usb_twin import SimulatedUsb, UsbTwin

Receive = Callable[[bytes], bool]
Room = Callable[[], int]

_READ_BYTES = 4096
_IN = 0x82


class TcpEnd:
    """One connection at a time, as real network printers have it."""

    def __init__(self, receive: Receive, room: Room, port: int = 0) -> None:
        self._receive = receive
        self._room = room
        self._port = port
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._wake: tuple[socket.socket, socket.socket] | None = None
        self._changed = threading.Condition()
        self._unplugged = False
        self._connection_fd = -1

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self._port}"

    def start(self) -> None:
        self._wake = socket.socketpair()
        self._listen()
        self._thread = threading.Thread(target=self._serve, name="simulated printer line", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self.nudge()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for end in self._wake or ():
            end.close()
        self._wake = None

    def unplug(self) -> None:
        """No new connection, the running one ends; before this returns."""
        self._set_unplugged(True)

    def plug_in(self) -> None:
        self._set_unplugged(False)

    def _set_unplugged(self, unplugged: bool) -> None:
        self._unplugged = unplugged
        self.nudge()
        with self._changed:
            self._changed.wait_for(
                lambda: self._stopping.is_set() or self._thread is None or (self._listener is None) == unplugged, 2.0
            )

    def nudge(self) -> None:
        """Has the line look again whether it may go on."""
        if self._wake is not None:
            with contextlib.suppress(OSError):
                self._wake[1].send(b".")

    def send(self, data: bytes) -> None:
        """Towards the host; lost when nobody is connected."""
        if self._connection_fd >= 0:
            with contextlib.suppress(OSError):
                os.write(self._connection_fd, data)

    def _listen(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        listener.listen()
        self._port = listener.getsockname()[1]
        self._listener = listener

    def _serve(self) -> None:
        while not self._stopping.is_set():
            with self._changed:
                if self._unplugged and self._listener is not None:
                    self._listener.close()
                    self._listener = None
                elif not self._unplugged and self._listener is None:
                    self._listen()
                self._changed.notify_all()
            listener = self._listener
            if not self._wait_readable(listener.fileno() if listener else None) or listener is None:
                continue
            try:
                connection, _ = listener.accept()
            except OSError:
                continue
            with connection:
                self._talk(connection.fileno())

    def _wait_readable(self, fd: int | None) -> bool:
        """Waits for the line or for a change of mind; True when the line has something."""
        if self._wake is None:
            return False
        wake = self._wake[0].fileno()
        readable, _, _ = select.select([wake] if fd is None else [wake, fd], [], [])
        if wake in readable:
            os.read(wake, 1024)
        return fd in readable

    def _talk(self, fd: int) -> None:
        self._connection_fd = fd
        try:
            while not self._stopping.is_set() and not self._unplugged:
                room = self._room()
                if room and self._wait_readable(fd):
                    data = os.read(fd, min(room, _READ_BYTES))
                    if not data or not self._receive(data):
                        return
        except OSError:
            return
        finally:
            self._connection_fd = -1


class PtyEnd:
    """A serial line that can be pulled out and put back under the same path."""

    def __init__(self, receive: Receive, room: Room, baud: int) -> None:
        self._receive = receive
        self._room = room
        self._baud = baud
        self._unplugged = False
        self._pulling: threading.Thread | None = None
        self._line = PtyLine(self._take, name="printer")

    @property
    def url(self) -> str:
        return f"serial://{self._line.path}?baud={self._baud}"

    def start(self) -> None:
        self._line.start()

    def stop(self) -> None:
        self._unplugged = True
        if self._pulling is not None:
            self._pulling.join(2.0)
        self._line.stop()

    def unplug(self) -> None:
        self._unplugged = True
        self._line.unplug()

    def plug_in(self) -> None:
        self._unplugged = False
        self._line.plug_in()

    def nudge(self) -> None:
        """Nothing to do: it looks by itself."""

    def send(self, data: bytes) -> None:
        self._line.send(data)

    def _take(self, data: bytes) -> None:
        while data and not self._unplugged:
            room = self._room()
            if room and not self._receive(data[:room]):
                self._pulling = threading.Thread(target=self._pull, name="simulated printer pulled", daemon=True)
                self._pulling.start()
                return
            data = data[room:]

    def _pull(self) -> None:
        """Out and in again, from a thread of its own: the line waits for the one that serves it."""
        self._line.unplug()
        self._line.plug_in()


class UsbEnd:
    """A printer of class 7 on a simulated bus."""

    def __init__(self, receive: Receive, room: Room, usb: SimulatedUsb) -> None:
        self.usb = usb
        self._receive = receive
        self._room = room
        self.twin = UsbTwin(0x0416, 0x5011, self._take, serial=f"SIM{id(self):X}"[-12:], path="1-1")

    @property
    def url(self) -> str:
        return f"usb://{self.twin.vendor:04x}:{self.twin.product:04x}?serial={self.twin.serial}"

    def start(self) -> None:
        self.usb.plug_in(self.twin)

    def stop(self) -> None:
        self.usb.unplug(self.twin)

    def unplug(self) -> None:
        self.usb.unplug(self.twin)

    def plug_in(self) -> None:
        self.usb.plug_in(self.twin)

    def nudge(self) -> None:
        self.twin.nudge()

    def send(self, data: bytes) -> None:
        self.twin.send(_IN, data)

    def _take(self, endpoint: int, data: bytes) -> int:
        del endpoint
        taken = data[: self._room()]
        if taken and not self._receive(taken):
            self.usb.unplug(self.twin)
            self.usb.plug_in(self.twin)
        return len(taken)
