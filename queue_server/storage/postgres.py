"""PostgreSQL: many halls, several server processes, one hall per transaction.

Each thread keeps one connection. Other processes are woken by NOTIFY from a connection of its own, after the
commit: inside the transaction it would take a lock of the whole database. A wake-up may be lost; the table is
the truth.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import psycopg
from sqlalchemy.engine import URL

from queue_server.contract.refusals import Code, Refusal
from queue_server.storage.engine import AfterRefusal, Work
from queue_server.storage.memory import Memory
from queue_server.storage.places import connection_string
from queue_server.storage.sql import Connection, postgresql_texts
from queue_server.usecases.ports import StorageError

T = TypeVar("T")

CHANNEL = "hall_events"


@dataclass
class PostgresEngine:
    """A pool of threads that write, one that reads; ``heard`` is called on the loop when another process wrote."""

    url: URL
    heard: Callable[[str, int], None]
    writers: int = 6
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

    def __post_init__(self) -> None:
        self._texts = postgresql_texts()

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
        self._closing.set()
        self._to_notify.put(None)
        for pool in (self._write_pool, self._read_pool):
            if pool is not None:
                await asyncio.to_thread(pool.shutdown)
        self._write_pool = self._read_pool = None
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        self._threads = []
        for connection in self._opened:
            connection.close()
        self._opened.clear()

    async def write(self, work: Work[T], refused: AfterRefusal | None = None) -> T:
        if self._write_pool is None:
            raise Refusal(Code.BUSY, "the database is closed")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._write_pool, self._write, loop, work, refused)

    async def read(self, work: Work[T], *, consistent: bool = False) -> T:
        if self._read_pool is None:
            raise Refusal(Code.BUSY, "the database is closed")
        return await asyncio.get_running_loop().run_in_executor(self._read_pool, self._read, work, consistent)

    def notify(self, hall: str, seq: int) -> None:
        """Wakes the other processes soon."""
        self._to_notify.put((hall, seq))

    # --- in the pools' threads ---

    def _connect(self) -> Connection:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is not None and not connection.driver.closed:  # type: ignore[attr-defined]  # psycopg has it
            return connection
        driver = psycopg.connect(connection_string(self.url), autocommit=True, application_name="hall")
        self._opened[:] = [*(one for one in self._opened if not one.closed), driver]
        connection = self._local.connection = Connection(driver, self._texts, self._memory)
        return connection

    def _write(self, loop: asyncio.AbstractEventLoop, work: Work[T], refused: AfterRefusal | None) -> T:
        try:
            try:
                answer = self._in_transaction(work)
            except Refusal as refusal:
                if refused is not None:
                    after, no = refused, refusal
                    self._in_transaction(lambda c: after(c, no))
                raise
        except psycopg.Error as error:
            raise refusal_of(error) from None  # its detail may quote a row
        if self._committed is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._committed, [answer])
        return answer

    def _in_transaction(self, work: Work[T]) -> T:
        connection = self._connect()
        try:
            connection.plain("BEGIN")
        except psycopg.OperationalError:
            connection = self._connect()  # it was cut since its last use: nothing is lost by a new one
            connection.plain("BEGIN")
        connection.learned = {}
        try:
            answer = work(connection)
        except BaseException:
            with contextlib.suppress(psycopg.OperationalError):
                connection.plain("ROLLBACK")
            raise
        connection.plain("COMMIT")
        self._memory.keep(connection.learned)
        return answer

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
