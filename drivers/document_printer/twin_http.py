"""As much of HTTP as a simulated printer needs: one request, whole or in chunks."""

from __future__ import annotations

import socket


def request_body(connection: socket.socket, *, hurries: bool = False) -> bytes | None:
    """The body of a request; None when the other side went away before its end. ``hurries``: says Continue unasked."""
    line = _Line(connection)
    head = line.until(b"\r\n\r\n")
    if head is None:
        return None
    fields = dict(_field(one) for one in head.split(b"\r\n")[1:])
    if hurries or fields.get(b"expect", b"").lower() == b"100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    if fields.get(b"transfer-encoding", b"").lower() != b"chunked":
        return line.exactly(int(fields.get(b"content-length", b"0")))
    body = bytearray()
    while (size := line.until(b"\r\n")) is not None:
        chunk = line.exactly(int(size.split(b";")[0], 16) + 2)
        if chunk is None:
            return None
        if len(chunk) == 2:
            return bytes(body)
        body += chunk[:-2]
    return None


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.strip().lower(), value.strip()


class _Line:
    """What comes in, cut where it is asked for."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._waiting = bytearray()

    def until(self, end: bytes) -> bytes | None:
        """What comes before ``end``."""
        while end not in self._waiting:
            if not self._more():
                return None
        found = bytes(self._waiting[: self._waiting.index(end)])
        del self._waiting[: len(found) + len(end)]
        return found

    def exactly(self, size: int) -> bytes | None:
        while len(self._waiting) < size:
            if not self._more():
                return None
        found = bytes(self._waiting[:size])
        del self._waiting[:size]
        return found

    def _more(self) -> bool:
        data = self._connection.recv(65536)
        self._waiting += data
        return bool(data)
