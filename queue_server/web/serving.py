"""Serves one program on one socket: ready only when it can answer, gone within two seconds when told to."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol

import uvicorn

from queue_server.web.api import Receive, Scope, Send

_GRACE_SECONDS = 1
_BACKLOG = 2048


class PortTakenError(Exception):
    """The address cannot be used; the text is a sentence for the operator."""


class Program(Protocol):
    """What is served. ``start`` returns when requests can be answered."""

    @property
    def app(self) -> Callable[[Scope, Receive, Send], Any] | None: ...

    async def start(self) -> None: ...

    def say_goodbye(self) -> None:
        """Ends what would otherwise stay open for ever (streams)."""

    async def stop(self) -> None: ...


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises ``PortTakenError``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise PortTakenError(
            f"cannot listen on {host} port {port}: {error.strerror}. "
            "Another program may use it; choose another with --port."
        ) from None
    bound.setblocking(False)
    return bound


def address_of(bound: socket.socket) -> str:
    """``http://host:port`` of a bound socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Serving(uvicorn.Server):
    """uvicorn around a program whose parts live on the same event loop."""

    def __init__(self, program: Program, bound: socket.socket, ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                self._answer,
                interface="asgi3",
                loop="auto",
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                backlog=_BACKLOG,
                timeout_graceful_shutdown=_GRACE_SECONDS,
                timeout_keep_alive=65,
            )
        )
        self._program = program
        self._bound = bound
        self._ready = ready
        self.over = False

    def serve_until_told(self) -> None:
        """Blocks until SIGTERM or SIGINT (in the main thread) or until ``should_exit`` is set."""
        try:
            self.run(sockets=[self._bound])
        finally:
            self.over = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await self._program.start()
        except BaseException:
            await self._program.stop()
            raise
        await super().startup(sockets=sockets)
        await self.on_tick(0)  # the Date header, before the first request can come
        if not self.should_exit:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._program.say_goodbye()
        await super().shutdown(sockets=sockets)
        await self._program.stop()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._program.app
        if app is None:
            raise RuntimeError("asked before it was ready")
        await app(scope, receive, send)


def end_quietly(serving: Serving) -> None:
    """Makes SIGTERM and SIGINT end this process with exit code 0, also before uvicorn listens to them."""

    def ended(number: int, frame: FrameType | None) -> None:
        del number, frame
        if not serving.over and not serving.started:
            raise SystemExit(0)

    signal.signal(signal.SIGTERM, ended)
    signal.signal(signal.SIGINT, ended)


async def cancelled(task: asyncio.Task[Any]) -> None:
    """Cancels a task and waits until it is really over."""
    task.cancel()
    await asyncio.wait([task])
