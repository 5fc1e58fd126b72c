"""Faults on demand for the reference back end: slow, broken, talking nonsense, hanging up."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from queue_server.contract.messages import Command


class Fault(Command):
    """One fault on all routes that begin with ``route``; ``times`` limits it to so many requests.

    ``nonsense`` is ``html`` (a page of some proxy), ``schema`` (JSON of another shape) or ``truncated``.
    ``drop`` hangs up at once, ``drop_after`` does the work and hangs up before the answer.
    """

    route: str = "/v1"
    latency_seconds: float = 0.0
    status: int | None = None
    nonsense: str = ""
    drop: bool = False
    drop_after: bool = False
    times: int | None = None


NONSENSE = {
    "html": (b"text/html", b"<html><body>502 Bad Gateway</body></html>"),
    "schema": (b"application/json", b'{"rows": 7}'),
    "truncated": (b"application/json", b'{"reference": "YSCX2026'),
}


class FaultPlan:
    """The faults that are set now; thread-safe, because tests set them from another thread."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, path: str) -> Fault | None:
        """The fault that this request meets; one with ``times`` is counted down."""
        with self._lock:
            for place, fault in enumerate(self._faults):
                if path.startswith(fault.route):
                    if fault.times is not None and fault.times <= 1:
                        del self._faults[place]
                    elif fault.times is not None:
                        self._faults[place] = msgspec.structs.replace(fault, times=fault.times - 1)
                    return fault
        return None


class FaultyApp:
    """The back end with its faults in front."""

    def __init__(self, app: ASGIApp, plan: FaultPlan) -> None:
        self._app = app
        self._plan = plan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._plan.take(scope["path"]) if scope["type"] == "http" else None
        if fault is None:
            await self._app(scope, receive, send)
            return
        if not await _patience(send, fault.latency_seconds):
            return
        if fault.drop_after:
            await self._app(scope, receive, _unheard)
        if fault.drop or fault.drop_after:
            await _hang_up(send)
        elif fault.nonsense:
            await _answer(send, 200, *NONSENSE[fault.nonsense])
        elif fault.status is not None:
            await _answer(send, fault.status, b"text/plain", b"broken on demand")
        else:
            await self._app(scope, receive, send)


async def _patience(send: Send, seconds: float) -> bool:
    """Keeps the other side waiting; False when it went away or this server is told to end meanwhile."""
    cycle: Any = getattr(send, "__self__", None)
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    try:
        while (left := until - loop.time()) > 0:
            if getattr(cycle, "disconnected", False):
                return False
            await asyncio.sleep(min(left, 0.05))
    except asyncio.CancelledError:
        return False
    return True


async def _unheard(message: Message) -> None:
    """Swallows an answer that nobody shall get."""
    del message


async def _answer(send: Send, status: int, media: bytes, body: bytes) -> None:
    headers = [(b"content-type", media), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _hang_up(send: Send) -> None:
    """Cuts the connection as a dying process would; uvicorn's ``send`` belongs to the object that holds it."""
    cycle: Any = getattr(send, "__self__", None)
    if cycle is None:
        raise RuntimeError("this server cannot hang up")
    cycle.transport.abort()
    while not cycle.disconnected:  # noqa: ASYNC110  # because uvicorn has no event for it
        await asyncio.sleep(0.001)
