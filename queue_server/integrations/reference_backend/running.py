"""The reference back end as a program and as a thread."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path
from types import TracebackType

import uvicorn

from queue_server.integrations.reference_backend.app import ReferenceBackend
from queue_server.integrations.reference_backend.faults import Fault
from queue_server.integrations.reference_backend.store import Store, today

DEMO_KEY = "demo-key"


def _server(backend: ReferenceBackend) -> uvicorn.Server:
    config = uvicorn.Config(
        backend.app(),
        log_level="warning",
        access_log=False,
        log_config=None,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


def _listen(port: int) -> socket.socket:
    return socket.create_server(("127.0.0.1", port), backlog=128)


def serve(port: int = 8090, db: Path | None = None, key: str = DEMO_KEY) -> None:
    """Serves until Ctrl-C; prints ``ready http://…`` once it answers. Without ``db`` it keeps nothing."""
    store = Store(db)
    store.open(today())
    try:
        with _listen(port) as listener, contextlib.suppress(KeyboardInterrupt):
            print(f"ready http://127.0.0.1:{listener.getsockname()[1]}", flush=True)  # noqa: T201  # because a caller waits for it
            _server(ReferenceBackend(store, key)).run(sockets=[listener])
    finally:
        store.close()


class RunningBackend:
    """The reference back end on a thread of its own, for demos and tests; ``url`` once it is started.

    ``stop`` makes it unreachable, ``start`` brings it back at the same address with the same data.
    """

    def __init__(self, db: Path | None = None, *, port: int = 0, key: str = DEMO_KEY) -> None:
        self._store = Store(db)
        self._backend = ReferenceBackend(self._store, key)
        self._port = port
        self._opened = False
        self._running: tuple[uvicorn.Server, threading.Thread, socket.socket] | None = None

    def __enter__(self) -> RunningBackend:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._store.close()
        self._opened = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Begins to answer; returns once it does."""
        if self._running is not None:
            return
        if not self._opened:
            self._store.open(today())
            self._opened = True
        listener = _listen(self._port)
        self._port = listener.getsockname()[1]
        server = _server(self._backend)
        thread = threading.Thread(target=server.run, args=([listener],), name="reference-backend", daemon=True)
        thread.start()
        self._running = (server, thread, listener)

    def stop(self) -> None:
        """Stops answering; connections are closed."""
        if self._running is None:
            return
        server, thread, listener = self._running
        self._running = None
        server.should_exit = True
        server.force_exit = True
        thread.join(timeout=10)
        listener.close()

    def fault(self, route: str = "/v1", **faults: float | int | str | bool | None) -> None:
        """Sets a fault (the fields of ``Fault``) on every route that begins with ``route``."""
        self._backend.faults.add(Fault(route=route, **faults))  # type: ignore[arg-type]  # checked by Fault's own words

    def clear_faults(self) -> None:
        self._backend.faults.clear()
