"""Statements are written with SQLAlchemy Core and compiled once; the database drivers run the text.

Compiling once is worth a factor of two in CPU per transaction, the ORM would cost a factor of ten.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import ClauseElement, Insert, Table, TextClause, Update, insert, text, update
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.engine.interfaces import Dialect

from queue_server.storage.memory import Kept, Memory

Row = tuple[Any, ...]


class Driver(Protocol):
    """What sqlite3 and psycopg connections have in common."""

    def execute(self, query: Any, params: Any = ..., /) -> Any: ...


class Leaving(Protocol):
    """What jobs leave to be written before the commit (``draft.Draft``)."""

    def write(self, connection: Connection, hall: str) -> None: ...


class Texts:
    """The texts of statements for one kind of database. Shared by threads: compiling twice does no harm."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._texts: dict[ClauseElement, tuple[str, dict[str, Any]]] = {}

    def of(self, statement: ClauseElement) -> tuple[str, dict[str, Any]]:
        """The text, and the values that stand in the statement itself."""
        known = self._texts.get(statement)
        if known is None:
            columns = None
            if isinstance(statement, Insert | Update):
                columns = statement.get_execution_options().get("columns")
            compiled = statement.compile(dialect=self._dialect, column_keys=columns)
            constants = {name: value for name, value in compiled.params.items() if value is not None}
            known = self._texts[statement] = (str(compiled), constants)
        return known


def sqlite_texts() -> Texts:
    return Texts(pysqlite.dialect(paramstyle="named"))


def postgresql_texts() -> Texts:
    from sqlalchemy.dialects.postgresql import psycopg  # because a server on SQLite never needs it

    return Texts(psycopg.dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


class Connection:
    """A driver's connection that runs Core statements. Parameters are named as in the statement.

    ``learned`` is what the jobs of the transaction under way know of their halls; it is replaced, never changed, so
    that the engine can put back what was known before a job that failed. ``drafts`` are what those jobs left to be
    written, by their halls. ``written`` counts what must be undone when a job fails.
    """

    def __init__(self, driver: Driver, texts: Texts, memory: Memory | None = None) -> None:
        self.driver = driver
        self.memory = memory or Memory()
        self.learned: Mapping[str, Kept] = {}
        self.drafts: dict[str, Leaving] = {}
        self.written = 0
        self._texts = texts

    def learn(self, hall: str, kept: Kept) -> None:
        """How a hall is after a job; remembered once the transaction is committed."""
        self.learned = {**self.learned, hall: kept}

    def execute(self, statement: ClauseElement, parameters: Mapping[str, Any]) -> Any:
        """The driver's cursor."""
        text, constants = self._texts.of(statement)
        return self.driver.execute(text, {**constants, **parameters} if constants else parameters)

    def one(self, statement: ClauseElement, parameters: Mapping[str, Any]) -> Row | None:
        """The first row, None when there is none."""
        found: Row | None = self.execute(statement, parameters).fetchone()
        return found

    def all(self, statement: ClauseElement, parameters: Mapping[str, Any]) -> list[Row]:
        found: list[Row] = self.execute(statement, parameters).fetchall()
        return found

    def put(self, statement: ClauseElement, parameters: Mapping[str, Any]) -> None:
        """Runs a statement without an answer. It may fail as late as at the commit."""
        self.written += 1
        self.execute(statement, parameters)

    def put_all(self, statement: ClauseElement, rows: Sequence[Mapping[str, Any]]) -> None:
        """Runs a statement without an answer for each of these rows."""
        for row in rows:
            self.put(statement, row)

    def run(self, statement: ClauseElement, parameters: Mapping[str, Any]) -> int:
        """Runs a statement without an answer and waits for it; returns how many rows it touched."""
        self.written += 1
        touched: int = self.execute(statement, parameters).rowcount
        return touched

    def plain(self, text: str) -> None:
        """A word of transaction control."""
        self.driver.execute(text)


class SqliteConnection(Connection):
    """Rows of the same statement go to SQLite in one call: each call hands the interpreter to other threads."""

    driver: sqlite3.Connection

    def put_all(self, statement: ClauseElement, rows: Sequence[Mapping[str, Any]]) -> None:
        if len(rows) < 2:
            super().put_all(statement, rows)
            return
        self.written += len(rows)
        text, constants = self._texts.of(statement)
        self.driver.executemany(text, [{**constants, **row} for row in rows] if constants else rows)


def insert_into(table: Table) -> Insert:
    """An INSERT of every column, each under its own name."""
    return insert(table).execution_options(columns=[column.name for column in table.columns])


def upsert_into(table: Table) -> TextClause:
    """An INSERT of every column that replaces all but the key of a row that is there."""
    keys = [f'"{column.name}"' for column in table.primary_key]
    names = [column.name for column in table.columns]
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in names if f'"{name}"' not in keys)
    columns, values = ", ".join(f'"{name}"' for name in names), ", ".join(f":{name}" for name in names)
    return text(
        f"INSERT INTO {table.name} ({columns}) VALUES ({values}) "  # noqa: S608  # names of our own tables
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"
    )


def update_of(table: Table, *columns: str) -> Update:
    """An UPDATE of these columns, each under its own name; add the ``where``."""
    return update(table).execution_options(columns=list(columns))
