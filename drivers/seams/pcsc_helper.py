"""The program that talks to the PC/SC service, in a process of its own: one line of JSON in, one line out.

``SCard…`` calls have no time limit against a service that hangs: who called them waits until the service dies. A thread
in that state cannot be ended, a process can. It is run by path (``python -I``), imports nothing of the project, and
ends when its standard input ends, whatever it is doing then.

Requests: ``readers``, ``state`` (reader, known, ms), ``connect`` (reader, exclusive), ``transmit`` (hex),
``disconnect``. Answers: ``{"ok": …}`` or ``{"error": code}`` with the code of PC/SC; -1 when pyscard is missing.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from typing import Any

NO_PYSCARD = -1
_OK = 0
_TIMED_OUT = 0x8010000A
_NO_READERS = 0x8010002E
_LOST = frozenset({0x80100003, 0x80100013, 0x8010001D, 0x8010001E, 0x8010001F})
"""Codes after which the context is worthless: invalid handle, transport, no service, stopped, unexpected."""


class CodeError(Exception):
    """A call did not succeed; ``code`` is what PC/SC said."""

    def __init__(self, code: int) -> None:
        super().__init__(hex(code))
        self.code = code & 0xFFFFFFFF


class Service:
    """One client of the service; its context is made anew whenever the service went away."""

    def __init__(self, scard: Any) -> None:
        self._scard = scard
        self._context: Any = None
        self._card: Any = None
        self._protocol: Any = None
        self._shared = False

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Does what was asked; never raises."""
        try:
            return {"ok": getattr(self, "do_" + str(request.pop("do")))(**request)}
        except CodeError as error:
            if error.code in _LOST:
                self._start_anew()
            return {"error": error.code}
        except SystemError:  # pyscard hands on some answers of a dead service as "returned NULL"
            self._start_anew()
            return {"error": 0x8010001D}

    def do_readers(self) -> list[str]:
        code, names = self._scard.SCardListReaders(self._established(), [])
        if code & 0xFFFFFFFF == _NO_READERS:
            return []
        self._demand(code)
        return list(names)

    def do_state(self, reader: str, known: int | None, ms: int) -> int:
        before = self._scard.SCARD_STATE_UNAWARE if known is None else known
        code, states = self._scard.SCardGetStatusChange(self._established(), ms, [(reader, before)])
        if code & 0xFFFFFFFF == _TIMED_OUT and known is not None:
            return known
        self._demand(code)
        return int(states[0][1])

    def do_connect(self, reader: str, exclusive: bool) -> str:
        self.do_disconnect()
        scard = self._scard
        mode = scard.SCARD_SHARE_EXCLUSIVE if exclusive else scard.SCARD_SHARE_SHARED
        protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        code, card, protocol = scard.SCardConnect(self._established(), reader, mode, protocols)
        self._demand(code)
        self._card = card
        self._protocol = scard.SCARD_PCI_T1 if protocol == scard.SCARD_PROTOCOL_T1 else scard.SCARD_PCI_T0
        self._shared = not exclusive
        if self._shared:
            self._demand(scard.SCardBeginTransaction(card))
        code, _, _, _, atr = scard.SCardStatus(card)
        self._demand(code)
        return bytes(atr).hex()

    def do_transmit(self, hex: str) -> str:  # noqa: A002  # because that is the word on the wire
        code, answer = self._scard.SCardTransmit(self._card, self._protocol, list(bytes.fromhex(hex)))
        self._demand(code)
        return bytes(byte & 0xFF for byte in answer).hex()

    def do_disconnect(self) -> None:
        card, self._card = self._card, None
        if card is None:
            return
        if self._shared:
            self._scard.SCardEndTransaction(card, self._scard.SCARD_LEAVE_CARD)
        self._scard.SCardDisconnect(card, self._scard.SCARD_RESET_CARD)

    def _established(self) -> Any:
        if self._context is None:
            code, context = self._scard.SCardEstablishContext(self._scard.SCARD_SCOPE_SYSTEM)
            self._demand(code)
            self._context = context
        return self._context

    def _start_anew(self) -> None:
        context, self._context = self._context, None
        self._card = None
        if context is not None:
            self._scard.SCardReleaseContext(context)

    @staticmethod
    def _demand(code: int) -> None:
        if code != _OK:
            raise CodeError(code)


def main() -> None:
    """Answers until there is nobody to answer."""
    out = os.fdopen(os.dup(1), "w", encoding="ascii", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # because a missing library is announced on standard output
    requests: queue.SimpleQueue[str] = queue.SimpleQueue()

    def listen() -> None:
        for line in sys.stdin:
            requests.put(line)
        os._exit(0)

    try:
        from smartcard import scard
    except ImportError:
        scard = None
    service = Service(scard)
    threading.Thread(target=listen, daemon=True).start()
    while True:
        request = json.loads(requests.get())
        answer = {"error": NO_PYSCARD} if scard is None else service.answer(request)
        out.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
