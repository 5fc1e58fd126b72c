"""Several processes on one port, for halls whose database is PostgreSQL; a worker that dies is started again."""

from __future__ import annotations

import ctypes
import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from types import FrameType

import structlog

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
_PATIENCE_SECONDS = 4.0
_LOOK_SECONDS = 0.5

Work = Callable[[int, socket.socket, Connection, str], None]
"""What a worker runs: its number, the listening socket, where to say that it is ready, settings as JSON."""


class WorkerFailedError(Exception):
    """A worker could not start; the text is its own sentence for the operator."""


@dataclass
class _Worker:
    number: int
    process: SpawnProcess
    news: Connection
    ready: bool = False


class Workers:
    """Starts, watches and ends the worker processes of one server. Worker 0 leads (timers, wired devices)."""

    def __init__(self, work: Work, bound: socket.socket, settings: str, count: int) -> None:
        self._work = work
        self._bound = bound
        self._settings = settings
        self._count = count
        self._told_to_end = threading.Event()
        self._log = structlog.get_logger("workers")

    def run(self, ready: Callable[[], None]) -> None:
        """Blocks until SIGTERM or SIGINT. Raises ``WorkerFailedError`` when a worker cannot even begin."""
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGINT, self._end)
        workers = [self._start(number) for number in range(self._count)]
        said = False
        try:
            while not self._told_to_end.is_set():
                multiprocessing.connection.wait(
                    [*(w.process.sentinel for w in workers), *(w.news for w in workers if not w.ready)], _LOOK_SECONDS
                )
                for position, worker in enumerate(workers):
                    self._hear(worker)
                    if not self._told_to_end.is_set() and not worker.process.is_alive():
                        workers[position] = self._again(worker)
                if not said and all(worker.ready for worker in workers):
                    said = True
                    ready()
        finally:
            self._end_all(workers)

    def _start(self, number: int) -> _Worker:
        context = multiprocessing.get_context("spawn")
        news, say = context.Pipe(duplex=False)
        process = context.Process(target=self._work, args=(number, self._bound, say, self._settings), daemon=False)
        process.start()
        say.close()
        return _Worker(number, process, news)

    def _hear(self, worker: _Worker) -> None:
        try:
            while not worker.ready and worker.news.poll():
                word = worker.news.recv()
                if word != "ready":
                    raise WorkerFailedError(str(word))
                worker.ready = True
        except EOFError:
            pass  # it ended; is_alive tells

    def _again(self, worker: _Worker) -> _Worker:
        if not worker.ready:
            raise WorkerFailedError(f"worker {worker.number} ended before it was ready")
        self._log.error("worker.died", worker=worker.number, exit=worker.process.exitcode)
        return self._start(worker.number)

    def _end(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._told_to_end.set()

    def _end_all(self, workers: list[_Worker]) -> None:
        for worker in workers:
            if worker.process.is_alive():
                worker.process.terminate()
        for worker in workers:
            worker.process.join(_PATIENCE_SECONDS)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()


def die_with_parent() -> None:
    """A worker whose supervisor is killed must not keep the port (Linux; elsewhere it stays until it is stopped)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGTERM, 0, 0, 0)
        parent = multiprocessing.parent_process()
        if parent is None or os.getppid() != parent.pid:
            raise SystemExit(0)
