"""A simulated upsd with one UPS: the text protocol on a TCP port, and a menu of faults."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading


class SimulatedUpsd:
    """Listens on loopback. ``flags`` is what the UPS says; every field may change while it runs."""

    def __init__(self, ups: str = "hall") -> None:
        self.ups = ups
        self.flags = "OL"
        self.silent = False
        self.stale = False
        """The server has lost its UPS."""
        self.asked = 0
        self._listener: socket.socket | None = None
        self._port = 0
        self._connections: list[socket.socket] = []
        self._guard = threading.Lock()

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self._port}?ups={self.ups}"

    @property
    def port(self) -> int:
        return self._port

    def start(self) -> None:
        logging.getLogger("drivers.twin").warning("SIMULATED UPS: nothing here says how the power really is")
        self.plug_in()

    def stop(self) -> None:
        self.unplug()

    def plug_in(self) -> None:
        """The server is there, on the same port as before."""
        if self._listener is not None:
            return
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        listener.listen()
        self._port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._serve, args=(listener,), name="upsd", daemon=True).start()

    def unplug(self) -> None:
        """The server is gone, and every connection with it."""
        listener, self._listener = self._listener, None
        with self._guard:
            connections, self._connections = self._connections, []
        for one in (listener, *connections):
            if one is not None:
                with contextlib.suppress(OSError):  # the other side may have been faster
                    one.shutdown(socket.SHUT_RDWR)
                one.close()

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self._guard:
                self._connections.append(connection)
            threading.Thread(target=self._talk, args=(connection,), name="upsd client", daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        heard = b""
        with contextlib.suppress(OSError):  # the client or the plug is gone
            while data := connection.recv(1024):
                heard += data
                while b"\n" in heard:
                    line, heard = heard.split(b"\n", 1)
                    self.asked += 1
                    if not self.silent:
                        connection.sendall(self._answer(line.decode("ascii", errors="replace")).encode("ascii") + b"\n")
        with self._guard:
            if connection in self._connections:
                self._connections.remove(connection)
        connection.close()

    def _answer(self, line: str) -> str:
        words = line.split()
        if words[:2] == ["GET", "VAR"] and len(words) == 4:
            if words[2] != self.ups:
                return "ERR UNKNOWN-UPS"
            if self.stale:
                return "ERR DATA-STALE"
            return f'VAR {self.ups} ups.status "{self.flags}"' if words[3] == "ups.status" else "ERR VAR-NOT-SUPPORTED"
        return "ERR UNKNOWN-COMMAND"
