"""One keep-alive connection to a server, one request at a time: a caller that costs next to nothing."""

from __future__ import annotations

import asyncio
from typing import Self, cast


class Gone(ConnectionError):  # noqa: N818  # said like a person would
    """The server hung up, or never took the call: nobody knows what became of the request."""


class Line(asyncio.Protocol):
    """Reads only what a measurement needs of an answer: status and body, by ``content-length``."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._gone = False

    @classmethod
    async def open(cls, port: int) -> Self:
        """Raises ``Gone`` when nobody listens."""
        try:
            _, line = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        except OSError as error:
            raise Gone(str(error)) from None
        return line

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body. Raises ``Gone``."""
        if self._gone or self._transport is None:
            raise Gone("hung up")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    # --- asyncio ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop has a class of its own

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        head = buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        at = buffer.find(b"content-length: ")
        if not 0 <= at < head:
            self._fail("an answer without a length")
            return
        end = head + 4 + int(buffer[at + 16 : buffer.find(b"\r", at)])
        if len(buffer) < end:
            return
        status, body = int(buffer[9:12]), bytes(buffer[head + 4 : end])
        del buffer[:end]
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((status, body))

    def connection_lost(self, error: Exception | None) -> None:
        self._fail("hung up" if error is None else str(error))

    def _fail(self, why: str) -> None:
        self._gone = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Gone(why))


class Letters:
    """Writes requests of one caller."""

    def __init__(self, token: str) -> None:
        self._head = f"Host: hall\r\nAuthorization: Bearer {token}\r\n"

    def post(self, path: str, body: bytes, key: str = "") -> bytes:
        extra = f"Idempotency-Key: {key}\r\n" if key else ""
        return (
            f"POST /api/v1{path} HTTP/1.1\r\n{self._head}{extra}Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    def get(self, path: str) -> bytes:
        return f"GET /api/v1{path} HTTP/1.1\r\n{self._head}\r\n".encode()
