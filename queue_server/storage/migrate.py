"""Brings a database to the tables of this version of the program, and says no to one from a newer version."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from queue_server.storage.file_lock import FileLock
from queue_server.storage.places import connection_string, parse, sqlite_file
from queue_server.usecases.ports import StorageError

MIGRATIONS = Path(__file__).parent / "migrations"


def steps() -> list[str]:
    """The names of all steps, the oldest first. A step's file is called after it."""
    return sorted(path.stem for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def check_version(db_url: str) -> None:
    """Raises ``StorageError`` unless the database has just the tables of this program."""
    found = _version(parse(db_url))
    known = steps()
    if found is None:
        raise StorageError("this database holds no hall yet; run: hall init --db URL --hall FILE")
    if found not in known:
        raise StorageError(
            f"this database was made by a newer version of the program (its step is {found}, the last one known "
            f"here is {known[-1]}); install that version, or use another database"
        )
    if found != known[-1]:
        raise StorageError(f"this database is of an older version ({found}); run: hall init --db URL --hall FILE")


def migrate(db_url: str, to: str = "head") -> None:
    """Makes or brings up the tables, all steps or none. Raises ``StorageError`` for a database of a newer version."""
    from alembic import command
    from alembic.config import Config

    url = parse(db_url)
    found = _version(url)
    if found is not None and found not in steps():
        check_version(db_url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = sa.create_engine(url, poolclass=NullPool)
    try:
        with contextlib.ExitStack() as stack:
            if url.get_backend_name() == "sqlite":
                lock = FileLock(sqlite_file(url))
                lock.open()
                stack.callback(lock.close)
                stack.enter_context(lock)
            connection = stack.enter_context(engine.connect())
            if url.get_backend_name() == "sqlite":
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(sa.text("SELECT pg_advisory_lock(4410124)"))
            config.attributes["connection"] = connection
            command.upgrade(config, to)
            connection.commit()
    except sa.exc.OperationalError as error:
        raise StorageError(f"the database cannot be prepared: {error.orig}") from error
    finally:
        engine.dispose()


def _version(url: URL) -> str | None:
    if url.get_backend_name() == "sqlite":
        path = sqlite_file(url)
        if not path.exists():
            return None
        try:
            with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as sqlite:
                row = sqlite.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.DatabaseError as error:
            if "no such table" in str(error):
                return None
            raise StorageError(f"{path} is not a database that can be read: {error}") from error
        return row[0] if row else None
    import psycopg  # because a server on SQLite never needs it

    try:
        with psycopg.connect(connection_string(url), autocommit=True) as postgres:
            if postgres.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
                return None
            row = postgres.execute("SELECT version_num FROM alembic_version").fetchone()
            return row[0] if row else None
    except psycopg.OperationalError as error:
        raise StorageError("PostgreSQL does not answer, or refuses this user") from error
