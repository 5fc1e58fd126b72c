"""One SQLite file, one connection, every commit on disk before anything is printed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    exc,
    text,
)
from sqlalchemy.pool import StaticPool

from kiosk.errors import KioskError, Reason

log = structlog.get_logger(__name__)

VERSION = 1

metadata = MetaData()

outbox = Table(
    "outbox",
    metadata,
    Column("key", String, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("number", String, nullable=False),
    Column("queue", String, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False, default=""),
    Column("made_at", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
letters = Table(
    "letter",
    metadata,
    Column("key", String, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("path", String, nullable=False),
    Column("made_at", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
leases = Table(
    "lease",
    metadata,
    Column("id", String, primary_key=True),
    Column("queue", String, nullable=False, index=True),
    Column("prefix", String, nullable=False),
    Column("digits", Integer, nullable=False),
    Column("next", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("expires_at", String, nullable=False),
)
catalogue = Table(
    "catalogue",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("etag", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
journal = Table(
    "journal",
    metadata,
    Column("key", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("number", String, nullable=False, default=""),
    Column("queue", String, nullable=False),
    Column("reprints", Integer, nullable=False, default=0),
    Column("at", String, nullable=False),
    Column("ticket", LargeBinary, nullable=False, default=b""),
)
marks = Table(
    "mark",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)


class Database:
    """The kiosk's database. Methods may be called from any thread; they take turns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._engine: Engine | None = None
        self._connection: Connection | None = None
        self.damaged = False
        """True when an unreadable file was put aside at the start; staff must look at it."""

    def open(self) -> None:
        """Opens or makes the file. One that cannot be read is put aside, never deleted.

        Raises ``KioskError(STORAGE_FULL)`` when the disk is full or may not be written.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connect()
        except exc.OperationalError:
            self._let_go()
            raise KioskError(Reason.STORAGE_FULL, "the kiosk's database does not open") from None
        except exc.DatabaseError:
            self._let_go()
            self._put_aside()
            self._connect()
        except KioskError:
            self._let_go()
            raise
        except OSError as error:
            raise KioskError(Reason.STORAGE_FULL, f"errno {error.errno}") from None

    def open_in_memory(self) -> None:
        """For a disk that cannot be used: the kiosk works, but nothing lasts, so it must not hold lent numbers."""
        with self._lock:
            self._let_go()
            self._connect("sqlite://")

    def _put_aside(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            file = self._path.with_name(self._path.name + suffix)
            if file.exists():
                file.replace(file.with_name(f"{file.name}.damaged"))
        self.damaged = True
        log.error("store damaged", action="put aside")

    def _connect(self, url: str = "") -> None:
        engine = create_engine(
            url or f"sqlite:///{self._path}",
            poolclass=StaticPool,
            connect_args={"check_same_thread": False, "timeout": 2},
        )
        event.listen(engine, "connect", _durable)
        self._engine = engine
        self._connection = engine.connect()
        with self._connection.begin():
            connection = self._connection
            version = int(connection.execute(text("PRAGMA user_version")).scalar_one())
            if version > VERSION:
                raise KioskError(Reason.UNEXPECTED, f"database version {version} is newer than {VERSION}")
            metadata.create_all(connection)
            connection.execute(text(f"PRAGMA user_version = {VERSION}"))

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._engine is not None:
            self._engine.dispose()
        self._connection = self._engine = None

    def close(self) -> None:
        """May be called more than once."""
        with self._lock:
            self._let_go()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All of it is on disk when the block ends, or nothing. Nested blocks are one transaction.

        Raises ``KioskError(STORAGE_FULL)`` when it cannot be written.
        """
        with self._lock:
            connection = self._connection
            if connection is None:
                raise KioskError(Reason.STORAGE_FULL, "the kiosk's database is not open")
            if connection.in_transaction():
                yield connection
                return
            try:
                with connection.begin():
                    yield connection
            except exc.DatabaseError as error:
                log.error("store failed", kind=type(error.orig).__name__)
                raise KioskError(Reason.STORAGE_FULL, "the kiosk's database cannot be written") from None


def _durable(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]  # a DBAPI connection has no type of its own
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
