"""PostgreSQL: many halls, several server processes, one hall per transaction.

Jobs of a hall go in its lane, as on SQLite many in one commit; halls never wait for each other. Each thread keeps one
connection. Other processes are woken by NOTIFY from a connection of its own, after the
commit: inside the transaction it would take a lock of the whole database. A wake-up may be lost; the table is
the truth.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import psycopg
from sqlalchemy import ClauseElement
from sqlalchemy.engine import URL

from queue_server.contract.refusals import Code, Refusal
from queue_server.storage.engine import MOST_WAITING, AfterRefusal, Work
from queue_server.storage.group import AT_ONCE, Job, SpoiledError, deliver, fail, run
from queue_server.storage.lanes import Lanes
from queue_server.storage.memory import Memory
from queue_server.storage.places import connection_string
from queue_server.storage.sql import Connection, Texts, postgresql_texts
from queue_server.usecases.ports import StorageError

T = TypeVar("T")

CHANNEL = "hall_events"

LOCK_TIMEOUT_MILLISECONDS = 300
"""So long a thread waits for a lock that another process holds; then other halls get a turn on it."""

LOCK_PATIENCE_SECONDS = 15.0
"""So long a job waits for such a lock in all."""


class PostgresConnection(Connection):
    """Statements without an answer do not wait for one in a transaction: psycopg sends them in a pipeline."""

    def __init__(self, driver: psycopg.Connection[Any], texts: Texts, memory: Memory) -> None:
        super().__init__(driver, texts, memory)
        self.postgres = driver
        self.committing = False
        self.broken = False
        """A statement failed in a pipeline: the driver now believes that statements are prepared which are not."""

    def run(self, statement: ClauseElement, parameters: Mapping[str, Any]) -> int:
        self.written += 1
        with self.postgres.pipeline():  # its end waits for what is under way
            cursor = self.execute(statement, parameters)
        touched: int = cursor.rowcount
        return touched


@dataclass
class PostgresEngine:
    """A pool of threads that write, one that reads; ``heard`` is called on the loop when another process wrote."""

    url: URL
    heard: Callable[[str, int], None]
    writers: int = 8
    readers: int = 4
    _local: threading.local = field(default_factory=threading.local)
    _opened: list[psycopg.Connection[Any]] = field(default_factory=list)
    _write_pool: ThreadPoolExecutor | None = None
    _read_pool: ThreadPoolExecutor | None = None
    _committed: Callable[[Sequence[Any]], None] | None = None
    _to_notify: queue.SimpleQueue[tuple[str, int] | None] = field(default_factory=queue.SimpleQueue)
    _threads: list[threading.Thread] = field(default_factory=list)
    _closing: threading.Event = field(default_factory=threading.Event)
    _memory: Memory = field(default_factory=Memory)
    _idle: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._texts = postgresql_texts()
        self._lanes = Lanes[Job](self._go, AT_ONCE)

    async def start(self, committed: Callable[[Sequence[Any]], None]) -> None:
        self._committed = committed
        self._write_pool = ThreadPoolExecutor(self.writers, thread_name_prefix="hall-writer")
        self._read_pool = ThreadPoolExecutor(self.readers, thread_name_prefix="hall-reader")
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._read_pool, self._connect)
        except psycopg.OperationalError as error:
            await self.close()
            raise StorageError("PostgreSQL does not answer, or refuses this user") from error
        self._closing.clear()
        self._threads = [
            threading.Thread(target=self._notify_all, name="hall-notifier", daemon=True),
            threading.Thread(target=self._listen, args=(loop,), name="hall-listener", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    async def close(self) -> None:
        self._closing.set()  # nothing new is taken; what was begun is finished
        while self._lanes.count:
            self._idle.clear()
            await self._idle.wait()
        if self._write_pool is not None:
            await asyncio.to_thread(self._write_pool.shutdown)
            self._write_pool = None
        self._to_notify.put(None)
        if self._read_pool is not None:
            await asyncio.to_thread(self._read_pool.shutdown)
        self._read_pool = None
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        self._threads = []
        for connection in self._opened:
            connection.close()
        self._opened.clear()

    async def write(self, work: Work[T], refused: AfterRefusal | None = None, *, lane: str = "") -> T:
        if self._write_pool is None or self._closing.is_set() or self._lanes.count > MOST_WAITING:
            raise Refusal(Code.BUSY, "the database is closed or has too much to do")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._lanes.put(lane, Job(work, refused, loop, future))
        return await future

    async def read(self, work: Work[T], *, consistent: bool = False) -> T:
        if self._read_pool is None:
            raise Refusal(Code.BUSY, "the database is closed")
        return await asyncio.get_running_loop().run_in_executor(self._read_pool, self._read, work, consistent)

    def notify(self, hall: str, seq: int) -> None:
        """Wakes the other processes soon."""
        self._to_notify.put((hall, seq))

    # --- in the pools' threads ---

    def _connect(self) -> PostgresConnection:
        connection: PostgresConnection | None = getattr(self._local, "connection", None)
        if connection is not None and not connection.postgres.closed:
            if not connection.broken:
                return connection
            connection.postgres.close()
        driver = psycopg.connect(
            connection_string(self.url),
            autocommit=True,
            application_name="hall",
            options=f"-c lock_timeout={LOCK_TIMEOUT_MILLISECONDS}",
        )
        self._opened[:] = [*(one for one in self._opened if not one.closed), driver]
        connection = self._local.connection = PostgresConnection(driver, self._texts, self._memory)
        return connection

    def _go(self, lane: str, jobs: list[Job]) -> None:
        if self._write_pool is not None:
            self._write_pool.submit(self._write, asyncio.get_running_loop(), lane, jobs, time.monotonic())

    def _write(self, loop: asyncio.AbstractEventLoop, lane: str, jobs: list[Job], since: float) -> None:
        """A transaction of one lane, in a thread. Who waits for somebody else's lock gives others the thread."""
        try:
            self._commit(jobs)
        except psycopg.errors.LockNotAvailable:
            if time.monotonic() - since < LOCK_PATIENCE_SECONDS and self._write_pool is not None:
                self._write_pool.submit(self._write, loop, lane, jobs, since)
                return
            fail(jobs, Refusal(Code.BUSY, "somebody else keeps this hall's data locked; nothing was changed"))
        except psycopg.Error as error:
            if len(jobs) == 1 or isinstance(error, psycopg.OperationalError):
                fail(jobs, refusal_of(error))  # its detail may quote a row
            else:
                for job in jobs:  # which of them it was, each will say for itself
                    self._alone(job)
        except Exception as error:  # noqa: BLE001  # the lane must live on; the jobs hear what went wrong
            fail(jobs, error)
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._answer, lane, jobs)

    def _alone(self, job: Job) -> None:
        try:
            self._commit([job])
        except psycopg.Error as error:
            fail([job], refusal_of(error))

    def _answer(self, lane: str, jobs: list[Job]) -> None:
        try:
            if self._committed is not None:
                deliver(jobs, self._committed)
        finally:
            self._lanes.done(lane, len(jobs))
            if self._lanes.count == 0:
                self._idle.set()

    def _commit(self, jobs: list[Job]) -> None:
        """All jobs in one transaction. Raises ``psycopg.Error`` when nothing of it is on disk, or nobody knows."""
        connection = self._connect()
        try:
            self._transaction(connection, jobs, apart=False)
        except SpoiledError:
            self._transaction(connection, jobs, apart=True)
        except psycopg.OperationalError:
            if not connection.postgres.closed or connection.committing:
                raise
            self._transaction(self._connect(), jobs, apart=True)  # it was cut before: nothing is lost by a new one

    def _transaction(self, connection: PostgresConnection, jobs: list[Job], *, apart: bool) -> None:
        connection.committing = False
        try:
            with connection.postgres.pipeline():
                connection.plain("BEGIN")
                run(connection, jobs, psycopg.Error, apart=apart)
                connection.committing = True
                connection.plain("COMMIT")
        except BaseException as error:
            connection.broken = isinstance(error, psycopg.Error)
            with contextlib.suppress(psycopg.Error):
                connection.plain("ROLLBACK")
            raise
        self._memory.keep(connection.learned)

    def _read(self, work: Work[T], consistent: bool) -> T:
        try:
            try:
                return self._read_once(work, consistent)
            except psycopg.OperationalError:
                return self._read_once(work, consistent)  # on a new connection: the old one was cut
        except psycopg.Error as error:
            raise refusal_of(error) from None  # its detail may quote a row

    def _read_once(self, work: Work[T], consistent: bool) -> T:
        connection = self._connect()
        if not consistent:
            return work(connection)
        connection.plain("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            return work(connection)
        finally:
            connection.plain("COMMIT")

    # --- between processes ---

    def _notify_all(self) -> None:
        driver: psycopg.Connection[Any] | None = None
        while True:
            first = self._to_notify.get()
            if first is None:
                break
            latest = dict([first])
            while True:
                try:
                    following = self._to_notify.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    self._to_notify.put(None)
                    break
                latest[following[0]] = following[1]
            try:
                if driver is None or driver.closed:
                    driver = psycopg.connect(connection_string(self.url), autocommit=True, application_name="hall")
                for hall, seq in latest.items():
                    driver.execute("SELECT pg_notify(%s, %s)", (CHANNEL, f"{seq} {hall}"))
            except psycopg.Error:
                driver = None  # the poll of the others finds the events without us
        if driver is not None:
            driver.close()

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        while not self._closing.is_set():
            try:
                with psycopg.connect(connection_string(self.url), autocommit=True, application_name="hall") as driver:
                    driver.execute(f"LISTEN {CHANNEL}")
                    while not self._closing.is_set():
                        for notice in driver.notifies(timeout=0.2):
                            seq, hall = notice.payload.split(" ", 1)
                            if not loop.is_closed():
                                loop.call_soon_threadsafe(self.heard, hall, int(seq))
            except psycopg.Error:
                self._closing.wait(1)


def refusal_of(error: psycopg.Error) -> Refusal:
    """What an error of PostgreSQL means for whoever asked; never with any data in it."""
    if isinstance(error, psycopg.errors.DiskFull):
        return Refusal(Code.STORAGE_FULL, "the disk of the database is full; nothing was changed")
    if isinstance(error, psycopg.OperationalError):
        return Refusal(Code.BUSY, "the database does not answer now")
    return Refusal(Code.INTERNAL, f"the database failed: {type(error).__name__}; nothing was changed")
