"""One IPP request and its answer over HTTP (RFC 8010, section 4), each on a connection of its own.

A connection of its own, because a spooler that was restarted resets old ones, and because progress is asked for while
a document is being printed. A deadline holds for the whole exchange, however slowly the other side drips, and a wait
ends within 50 ms when ``check`` raises.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import select
import socket
import time
from typing import Protocol

import h11

from drivers.device import DeviceError, Fault
from drivers.document_printer import codec
from drivers.document_printer.address import Address, Check
from drivers.document_printer.codec import Message
from drivers.seams.bytes_port import seconds_left

MEDIA_TYPE = "application/ipp"
LARGEST_ANSWER = 4 * 1024 * 1024
CONNECT_SECONDS = 2.0
_SLICE = 0.05
_CHUNK = 65536
_REFUSALS = {
    401: (Fault.NOT_AUTHORISED, "it wants a password"),
    403: (Fault.NOT_AUTHORISED, "it does not take jobs from here"),
    404: (Fault.CONFIGURATION, "no such printer at this address"),
    405: (Fault.CONFIGURATION, "no printer at this address"),
    426: (Fault.CONFIGURATION, "it wants encryption; put a CUPS queue between"),
}


def nobody_waits() -> None:
    """A check for what has to be done even though a command was called off."""


class Exchange(Protocol):
    """Where requests go."""

    def ask(self, request: Message, document: bytes, deadline: float, check: Check) -> Message:
        """The answer to a request. Raises ``DeviceError``.

        ABSENT: nobody there, nothing was sent. With ``uncertain=True`` (SILENT, UNPLUGGED, BAD_DATA, BUSY) the request
        may have been obeyed although there is no answer that can be read.
        """
        ...


class HttpExchange:
    """Requests go over the network, or over the local socket of CUPS. Safe from several threads."""

    def __init__(
        self, address: Address, name: str = "document-printer", *, connect_seconds: float = CONNECT_SECONDS
    ) -> None:
        self._address = address
        self._name = name
        self._connect_seconds = connect_seconds
        self._log = logging.getLogger("drivers.seams")

    def ask(self, request: Message, document: bytes, deadline: float, check: Check) -> Message:
        check()
        body = codec.encode(request) + document
        connection = self._connect(deadline, check)
        try:
            self._log.debug("%s: > operation %#06x, %d bytes", self._name, request.code, len(body))
            answer = _Conversation(connection, deadline, check).post(self._head(len(body)), body)
        except DeviceError as error:
            self._log.debug("%s: < %s", self._name, error)
            raise
        finally:
            connection.close()
        message, _ = _decoded(answer)
        if message.request != request.request:
            raise DeviceError(Fault.BAD_DATA, "an answer to another request", uncertain=True)
        self._log.debug("%s: < status %#06x, %d bytes", self._name, message.code, len(answer))
        return message

    def _connect(self, deadline: float, check: Check) -> socket.socket:
        seconds = min(self._connect_seconds, seconds_left(deadline))
        if seconds <= 0:
            raise DeviceError(Fault.SILENT, "no time left to connect")
        try:
            return self._address.connect(time.monotonic() + seconds, check)
        except PermissionError:
            raise DeviceError(Fault.CONFIGURATION, "no permission to open the spooler's socket") from None
        except (OSError, UnicodeError) as error:
            number = getattr(error, "errno", None)
            name = errno.errorcode.get(number, "") if number is not None else ""
            raise DeviceError(Fault.ABSENT, name or type(error).__name__) from None

    def _head(self, length: int) -> h11.Request:
        return h11.Request(
            method="POST",
            target=self._address.path,
            headers=[
                ("Host", self._address.authority),
                ("Content-Type", MEDIA_TYPE),
                ("Accept", MEDIA_TYPE),
                ("Content-Length", str(length)),
                ("Connection", "close"),
            ],
        )


class _Conversation:
    """One POST on one connection."""

    def __init__(self, connection: socket.socket, deadline: float, check: Check) -> None:
        self._socket = connection
        self._deadline = deadline
        self._check = check
        self._http = h11.Connection(our_role=h11.CLIENT)
        self._early: h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED] | None = None
        """The answer that came before we had said everything."""

    def post(self, head: h11.Request, body: bytes) -> bytes:
        """The body of the answer; whatever goes wrong after the first byte is ``uncertain``."""
        try:
            self._send(self._http.send(head) or b"")
            self._send(self._http.send(h11.Data(data=body)) or b"")
            self._http.send(h11.EndOfMessage())
            return self._answer()
        except h11.ProtocolError:
            raise DeviceError(Fault.BAD_DATA, "an answer that is no HTTP", uncertain=True) from None
        except OSError as error:
            name = errno.errorcode.get(error.errno or 0, type(error).__name__)
            raise DeviceError(Fault.UNPLUGGED, name, uncertain=True) from None

    def _send(self, data: bytes) -> None:
        """Sends all of it, unless an answer comes before: then nobody listens to the rest."""
        view = memoryview(data)
        while view and self._early is None:
            readable, writable = self._wait(sending=True)
            if readable:
                self._hear_before_the_end()
            elif writable:
                with contextlib.suppress(BlockingIOError):
                    view = view[self._socket.send(view[:_CHUNK]) :]

    def _hear_before_the_end(self) -> None:
        """Some printers say "100 Continue" unasked: that is no answer, the document still has to go."""
        self._http.receive_data(self._some())
        while isinstance(event := self._http.next_event(), h11.InformationalResponse):
            pass
        if event is not h11.NEED_DATA:
            self._early = event

    def _answer(self) -> bytes:
        status = 0
        parts: list[bytes] = []
        size = 0
        while True:
            event, self._early = self._early or self._http.next_event(), None
            if event is h11.NEED_DATA:
                self._http.receive_data(self._some())
            elif isinstance(event, h11.Response):
                status = event.status_code
                if status != 200:
                    raise _refusal(status)
            elif isinstance(event, h11.Data):
                parts.append(bytes(event.data))
                size += len(event.data)
                if size > LARGEST_ANSWER:
                    raise DeviceError(Fault.BAD_DATA, "an answer without end", uncertain=True)
            elif isinstance(event, h11.EndOfMessage):
                return b"".join(parts)
            elif not isinstance(event, h11.InformationalResponse):
                raise DeviceError(Fault.UNPLUGGED, "the connection was closed", uncertain=True)

    def _some(self) -> bytes:
        while True:
            readable, _ = self._wait(sending=False)
            if readable:
                try:
                    data = self._socket.recv(_CHUNK)
                except BlockingIOError:
                    continue
                if not data and self._http.their_state is h11.SEND_RESPONSE:
                    raise DeviceError(Fault.UNPLUGGED, "the connection was closed", uncertain=True)
                return data

    def _wait(self, *, sending: bool) -> tuple[bool, bool]:
        """Waits a moment until something can be done. Raises SILENT at the deadline, or what ``check`` raises."""
        try:
            self._check()
        except DeviceError as error:
            raise DeviceError(error.fault, error.detail, uncertain=True) from None
        readers = [self._socket]
        writers = readers if sending else []
        readable, writable, _ = select.select(readers, writers, [], min(_SLICE, seconds_left(self._deadline)))
        if not readable and not writable and time.monotonic() >= self._deadline:
            raise DeviceError(Fault.SILENT, "no answer", uncertain=True)
        return bool(readable), bool(writable)


def _refusal(status: int) -> DeviceError:
    if status in _REFUSALS:
        fault, why = _REFUSALS[status]
        return DeviceError(fault, f"HTTP {status}: {why}")
    if status in (408, 413, 429, 503):
        return DeviceError(Fault.BUSY, f"HTTP {status}", uncertain=True)
    return DeviceError(Fault.BAD_DATA, f"HTTP {status}", uncertain=True)


def _decoded(answer: bytes) -> tuple[Message, bytes]:
    try:
        return codec.decode(answer)
    except DeviceError as error:
        raise DeviceError(error.fault, error.detail, uncertain=True) from None
