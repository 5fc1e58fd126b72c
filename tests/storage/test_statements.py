"""No statement reads a whole table: what was long ago must not make today slower."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import ClauseElement

from queue_server.storage import outbox, registry, replies, repositories
from queue_server.storage.sql import sqlite_texts

WHOLE_TABLES = {"HALL_IDS", "_ALL", "_DROP_OLD_TOKENS", "_DEVICES"}
"""Halls are few; tokens are looked through once an hour or for the list of terminals, by the index on hall and name."""

SHORT_LISTS = {"HELD_AT", "LOANS_OF", "PARKED"}
"""A few rows each: sorting them costs nothing."""

STATEMENTS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": statement
    for module in (repositories, outbox, replies, registry)
    for name, statement in vars(module).items()
    if isinstance(statement, ClauseElement) and str(statement).split()[0] in {"SELECT", "UPDATE", "DELETE"}
}


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_a_statement_finds_its_rows_by_an_index(name: str, sqlite_url: str) -> None:
    text, _ = sqlite_texts().of(STATEMENTS[name])
    parameters = dict.fromkeys(re.findall(r":(\w+)", text))
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as database:
        plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {text}", parameters)]
    if name.rpartition(".")[2] not in WHOLE_TABLES:
        assert not [step for step in plan if step.startswith("SCAN")], plan
    if name.rpartition(".")[2] not in {*WHOLE_TABLES, *SHORT_LISTS}:
        assert not [step for step in plan if "TEMP B-TREE" in step], plan
