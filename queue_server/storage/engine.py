"""How work gets to the database and answers get back to the event loop.

``write`` takes a job, a function of a connection; what it did is committed as a whole before its answer
leaves. ``read`` never waits for writers.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from queue_server.contract.refusals import Code, Refusal
from queue_server.storage.file_lock import FileLock
from queue_server.storage.group import AT_ONCE, Job, SpoiledError, deliver, fail, run
from queue_server.storage.memory import Memory
from queue_server.storage.sql import Connection, SqliteConnection, sqlite_texts

T = TypeVar("T")
Work = Callable[[Connection], T]
AfterRefusal = Callable[[Connection, Refusal], None]

MOST_WAITING = 5_000
"""Jobs that may wait for the writer; more are told to come again."""


class Engine(Protocol):
    """One database, whichever."""

    async def start(self, committed: Callable[[Sequence[Any]], None]) -> None:
        """Connects. ``committed`` is called on the event loop with the answers of jobs that are on disk now."""

    async def close(self) -> None: ...

    def notify(self, hall: str, seq: int) -> None:
        """Wakes the other processes on this database soon; they find the events by themselves a second later."""

    async def write(self, work: Work[T], refused: AfterRefusal | None = None, *, lane: str = "") -> T:
        """Runs a job in a transaction. After a ``Refusal`` all that it did is undone, then ``refused`` may write.

        Jobs of one lane (a hall) run one after the other, those of different lanes need not wait for each other.
        """

    async def read(self, work: Work[T], *, consistent: bool = False) -> T:
        """Runs a job that only reads; ``consistent`` shows one instant to several statements."""


@dataclass
class SqliteEngine:
    """One thread writes, in groups: a savepoint per job, one commit per group. Readers are read-only."""

    path: Path
    readers: int = 3
    _jobs: queue.SimpleQueue[Job | None] = field(default_factory=queue.SimpleQueue)
    _thread: threading.Thread | None = None
    _pool: ThreadPoolExecutor | None = None
    _local: threading.local = field(default_factory=threading.local)
    _opened: list[sqlite3.Connection] = field(default_factory=list)
    _memory: Memory = field(default_factory=Memory)

    def __post_init__(self) -> None:
        self._texts = sqlite_texts()
        self._lock = FileLock(self.path)

    async def start(self, committed: Callable[[Sequence[Any]], None]) -> None:
        self._lock.open()
        begun: Future[None] = Future()
        self._thread = threading.Thread(
            target=self._write_all, args=(begun, committed), name="hall-writer", daemon=True
        )
        self._thread.start()
        await asyncio.wrap_future(begun)
        self._pool = ThreadPoolExecutor(self.readers, thread_name_prefix="hall-reader")

    async def close(self) -> None:
        thread, self._thread = self._thread, None  # nothing new is taken; what was begun is finished
        if self._pool is not None:
            await asyncio.to_thread(self._pool.shutdown)
            self._pool = None
        for connection in self._opened:
            connection.close()
        self._opened.clear()
        if thread is not None:
            self._jobs.put(None)  # the last one to close brings the log into the database
            await asyncio.to_thread(thread.join)
        self._lock.close()

    def notify(self, hall: str, seq: int) -> None:
        """Nobody to wake: one process serves an SQLite file."""

    async def write(self, work: Work[T], refused: AfterRefusal | None = None, *, lane: str = "") -> T:
        del lane  # the file has one writer
        if self._thread is None or self._jobs.qsize() > MOST_WAITING:
            raise Refusal(Code.BUSY, "the database is closed or has too much to do")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(Job(work, refused, loop, future))
        return await future

    async def read(self, work: Work[T], *, consistent: bool = False) -> T:
        if self._pool is None:
            raise Refusal(Code.BUSY, "the database is closed")
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._read, work, consistent)

    # --- the readers' threads ---

    def _read(self, work: Work[T], consistent: bool) -> T:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            driver = sqlite3.connect(
                f"{self.path.as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False, timeout=10
            )
            driver.execute("PRAGMA query_only=ON")
            self._opened.append(driver)
            connection = self._local.connection = Connection(driver, self._texts, self._memory)
        try:
            if not consistent:
                return work(connection)
            connection.plain("BEGIN")
            try:
                return work(connection)
            finally:
                connection.plain("COMMIT")
        except sqlite3.OperationalError as error:
            raise refusal_of(error) from error

    # --- the writer's thread ---

    def _write_all(self, begun: Future[None], committed: Callable[[Sequence[Any]], None]) -> None:
        try:
            driver = open_for_writing(self.path)
        except BaseException as error:  # noqa: BLE001  # handed to whoever starts the engine
            begun.set_exception(error)
            return
        connection = SqliteConnection(driver, self._texts, self._memory)
        begun.set_result(None)
        more = True
        while more:
            first = self._jobs.get()
            if first is None:
                break
            jobs, more = self._gather(first)
            self._commit(connection, driver, jobs)
            by_loop: dict[asyncio.AbstractEventLoop, list[Job]] = {}
            for job in jobs:
                by_loop.setdefault(job.loop, []).append(job)
            for loop, done in by_loop.items():
                if not loop.is_closed():
                    loop.call_soon_threadsafe(deliver, done, committed)
        with self._lock:
            driver.close()

    def _gather(self, first: Job) -> tuple[list[Job], bool]:
        jobs = [first]
        while len(jobs) < AT_ONCE:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, False
            jobs.append(job)
        return jobs, True

    def _commit(self, connection: Connection, driver: sqlite3.Connection, jobs: list[Job]) -> None:
        try:
            with self._lock:
                try:
                    self._transaction(connection, jobs, apart=False)
                except SpoiledError:
                    _undo(driver)
                    self._transaction(connection, jobs, apart=True)
        except (sqlite3.Error, OSError) as error:
            # Nothing of this group is on disk: each of its jobs may come again.
            _undo(driver)
            fail(jobs, refusal_of(error))
        except Exception as error:  # noqa: BLE001  # the writer must live on; the jobs hear what went wrong
            _undo(driver)
            fail(jobs, error)

    def _transaction(self, connection: Connection, jobs: list[Job], *, apart: bool) -> None:
        connection.plain("BEGIN IMMEDIATE")
        run(connection, jobs, sqlite3.OperationalError, apart=apart)
        connection.plain("COMMIT")
        self._memory.keep(connection.learned)


def _undo(driver: sqlite3.Connection) -> None:
    if driver.in_transaction:
        with contextlib.suppress(sqlite3.Error):
            driver.execute("ROLLBACK")


def open_for_writing(path: Path) -> sqlite3.Connection:
    """A connection that writes; every commit is on disk before it returns (WAL, ``synchronous=FULL``)."""
    driver = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    driver.execute("PRAGMA journal_mode=WAL")
    driver.execute("PRAGMA synchronous=FULL")
    driver.execute("PRAGMA foreign_keys=ON")
    driver.execute("PRAGMA temp_store=MEMORY")
    driver.execute("PRAGMA cache_size=-16000")
    return driver


def refusal_of(error: Exception) -> Refusal:
    """What an error of SQLite or of its disk means for whoever asked; never with any data in it."""
    text = str(error)
    if "disk is full" in text or getattr(error, "errno", None) == errno.ENOSPC:
        return Refusal(Code.STORAGE_FULL, "the disk of the server is full; nothing was changed")
    if "locked" in text or "busy" in text:
        return Refusal(Code.BUSY, "the database is busy; nothing was changed")
    return Refusal(Code.INTERNAL, f"the database failed: {type(error).__name__}; nothing was changed")
