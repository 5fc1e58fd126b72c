"""No statement reads a whole table: what was long ago must not make today slower."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from sqlalchemy import ClauseElement

from queue_server.storage import outbox, records, registry, replies, repositories
from queue_server.storage.sql import postgresql_texts, sqlite_texts

WHOLE_TABLES = {"HALL_IDS", "_ALL", "_DROP_OLD_TOKENS", "_DEVICES"}
"""Halls are few; tokens are looked through once an hour or for the list of terminals, by the index on hall and name."""

SHORT_LISTS = {"PARKED", "STANDING", "RESTRICTIONS_OF"}
"""A few rows each: sorting them costs nothing."""

STATEMENTS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": statement
    for module in (repositories, outbox, replies, registry, records)
    for name, statement in vars(module).items()
    if isinstance(statement, ClauseElement) and str(statement).split()[0] in {"SELECT", "UPDATE", "DELETE"}
}

HOT = {
    "repositories.TICKET": "pk_ticket",
    "repositories.TICKET_BY_TOKEN": "ix_ticket_token",
    "repositories.TICKET_TAKEN": "ix_ticket_taken",
    "repositories.NUMBER_USED": "ix_ticket_number",
    "repositories.OF_PERSON": "ix_ticket_person",
    "repositories.HEADS": "ix_ticket_line",
    "repositories.SINCE_OF_PLACE": "ix_ticket_line",
    "repositories.AHEAD": "ix_ticket_line",
    "repositories.NEAR": "ix_ticket_near",
    "repositories.AWAITING_PAPER": "ix_ticket_paper",
    "repositories.LEFT_OVER": "ix_ticket_open",
    "repositories.ON_THE_BOARD": "ix_ticket_open",
    "repositories.SAVE_TICKET": "pk_ticket",
    "repositories.SAVE_PAPER": "pk_ticket",
    "outbox._AFTER": "pk_event",
    "records.APPOINTMENT": "pk_appointment",
    "records.APPOINTMENTS_OF": "ix_appointment_person",
    "records.APPOINTMENTS_ON": "ix_appointment_day",
    "records.BOOKED": "ix_appointment_slot",
    "records.AWAITED": "ix_appointment_slot",
    "records.MISSED": "ix_appointment_due",
    "records.NEXT_APPOINTMENT": "ix_appointment_due",
}
"""What is asked with every press, and the index that must answer it; SQLite has other names for primary keys."""

YEARS = """
INSERT INTO ticket (hall, id, number, queue, business_day, state, issued_at, since, status_token, rank, priority,
 channel, masked_name, phone_mask, calls, why, offline, taken_by, take_key, person)
SELECT 'demo', 't' || n, 'A' || n, 'A', CASE WHEN n < 29900 THEN '2025-01-01' ELSE '2026-03-02' END,
 CASE WHEN n < 29900 THEN 'done' WHEN n < 29990 THEN 'waiting' WHEN n < 29995 THEN 'serving' ELSE 'issuing' END,
 n, n, 'token' || n, 4, 'none', 'kiosk', '', '', 0, '', 0, 'K1', 'key' || n, 'person' || n FROM numbers;
INSERT INTO event (hall, seq, type, at, data) SELECT 'demo', 1000 + n, 'ticket.issued', n, 'x' FROM numbers;
INSERT INTO appointment (hall, id, queue, day, start, "end", state, booked_at, masked_name, phone_mask, booked_by,
 person)
SELECT 'demo', 'a' || n, 'Q' || n % 5, 'day' || n % 300, n, n, CASE WHEN n < 15000 THEN 'checked-in' ELSE 'booked' END,
 n, '', '', 'K1', 'person' || n FROM numbers
"""
"""Two hundred days of a hall: 30,000 tickets and bookings, of which a hundred are of today."""


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Any) -> Iterator[Callable[[str], str]]:
    path = tmp_path_factory.mktemp("years") / "hall.db"
    path.write_bytes(_sqlite_template.read_bytes())
    with closing(sqlite3.connect(path)) as database:
        numbers = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 30000) "
        for statement in YEARS.split(";"):
            database.execute(numbers + statement)

        def explain(name: str) -> str:
            text, _ = sqlite_texts().of(STATEMENTS[name])
            parameters = dict.fromkeys(re.findall(r":(\w+)", text))
            return "\n".join(row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {text}", parameters))

        yield explain


@pytest.fixture(scope="module")
def on_postgresql(postgres: Any, _postgres_template: str) -> Iterator[Callable[[str], str]]:
    postgres.execute(f"CREATE DATABASE years TEMPLATE {_postgres_template}")
    url = postgres.url("years").replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("CREATE TEMP TABLE numbers AS SELECT n FROM generate_series(1, 30000) AS n")
        for statement in YEARS.split(";"):
            database.execute(statement.encode())
        database.execute("ANALYZE")
        database.execute("SET plan_cache_mode = force_generic_plan")
        database.execute("SET enable_seqscan = off")  # small tables are read whole by choice; the question is the index

        def explain(name: str) -> str:
            text, _ = postgresql_texts().of(STATEMENTS[name])
            names: list[str] = []

            def place(match: re.Match[str]) -> str:
                if match[1] not in names:
                    names.append(match[1])
                return f"${names.index(match[1]) + 1}"

            prepared = re.sub(r"%\((\w+)\)s", place, text)
            database.execute(f"PREPARE asked AS {prepared}".encode())
            several = f"({', '.join(['NULL'] * len(names))})" if names else ""
            try:
                return "\n".join(row[0] for row in database.execute(f"EXPLAIN EXECUTE asked{several}".encode()))
            finally:
                database.execute("DEALLOCATE asked")

        yield explain
    postgres.execute("DROP DATABASE years WITH (FORCE)")


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_a_statement_finds_its_rows_by_an_index(name: str, on_sqlite: Callable[[str], str]) -> None:
    plan = on_sqlite(name)
    if name.rpartition(".")[2] not in WHOLE_TABLES:
        assert "SCAN" not in plan, plan
    if name.rpartition(".")[2] not in {*WHOLE_TABLES, *SHORT_LISTS}:
        assert "TEMP B-TREE" not in plan, plan


@pytest.mark.postgresql
@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_a_statement_finds_its_rows_by_an_index_on_postgresql(name: str, on_postgresql: Callable[[str], str]) -> None:
    plan = on_postgresql(name)
    if name.rpartition(".")[2] not in WHOLE_TABLES:
        assert "Seq Scan" not in plan, plan


@pytest.mark.parametrize("name", sorted(HOT))
def test_what_every_press_asks_is_answered_by_its_own_index(name: str, on_sqlite: Callable[[str], str]) -> None:
    index = HOT[name]
    wanted = f"sqlite_autoindex_{index.removeprefix('pk_')}_1" if index.startswith("pk_") else index
    assert f"INDEX {wanted} " in on_sqlite(name), on_sqlite(name)


@pytest.mark.postgresql
@pytest.mark.parametrize("name", sorted(HOT))
def test_what_every_press_asks_is_answered_by_its_own_index_on_postgresql(
    name: str, on_postgresql: Callable[[str], str]
) -> None:
    plan = on_postgresql(name)
    assert re.search(rf"\b{HOT[name]}\b", plan), plan
    assert not re.search(r"\bSort\b", plan), plan
