"""The reference back end's own database: people, cases, guides, and what was asked."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import assets
from queue_server.contract.codec import convert, decode, encode
from queue_server.integrations.ports import Case, Guide, GuideItem

_SCHEMA = """
CREATE TABLE IF NOT EXISTS cases
    (number TEXT PRIMARY KEY, person TEXT NOT NULL, code TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS cases_by_person ON cases (person);
CREATE TABLE IF NOT EXISTS guides (id TEXT PRIMARY KEY, place INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS questions (id INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS wrong_codes (who TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS nonces (nonce TEXT PRIMARY KEY, at REAL NOT NULL);
"""
_HERE = Path(__file__).parent
_REGION = "110105"
WRONG_CODES = 5
WRONG_CODE_SECONDS = 900


class Store:
    """One SQLite file, or memory for None. Made with the demo's cases when it is new; used by one thread."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._database: sqlite3.Connection | None = None

    def open(self, today: date) -> None:
        """Opens the database; an empty one gets the demo's guides and, counted from ``today``, its cases."""
        self._database = sqlite3.connect(self._file or ":memory:", check_same_thread=False, isolation_level=None)
        self._database.executescript(_SCHEMA)
        if not self._rows("SELECT 1 FROM guides LIMIT 1"):
            with self._transaction() as database:
                _seed(database, today)

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def reference(self, kind: str, at: datetime) -> str:
        """The number under which this question is remembered."""
        with self._transaction() as database:
            cursor = database.execute("INSERT INTO questions (at, kind) VALUES (?, ?)", (at.isoformat(), kind))
            return f"YSCX{at:%Y%m%d}{cursor.lastrowid:06d}"

    def cases_of(self, id_number: str) -> list[tuple[str, Case]]:
        """All cases of a person, each with its code."""
        rows = self._rows("SELECT code, body FROM cases WHERE person = ?", id_number)
        return [(code, decode(body, Case)) for code, body in rows]

    def case(self, number: str) -> tuple[str, Case] | None:
        """One case with its code."""
        rows = self._rows("SELECT code, body FROM cases WHERE number = ?", number)
        return (rows[0][0], decode(rows[0][1], Case)) if rows else None

    def guides(self) -> list[GuideItem]:
        return [decode(body, GuideItem) for (body,) in self._rows("SELECT body FROM guides ORDER BY place")]

    def guide(self, item: str) -> Guide | None:
        rows = self._rows("SELECT body FROM guides WHERE id = ?", item)
        return decode(rows[0][0], Guide) if rows else None

    def tries_are_up(self, who: str, now: float) -> bool:
        """Whether too many wrong codes were said for this person or case in the last quarter of an hour."""
        counted = self._rows(
            "SELECT count(*) FROM wrong_codes WHERE who = ? AND at > ?", _hash(who), now - WRONG_CODE_SECONDS
        )
        return int(counted[0][0]) >= WRONG_CODES

    def note_wrong_code(self, who: str, now: float) -> None:
        with self._transaction() as database:
            database.execute("DELETE FROM wrong_codes WHERE at <= ?", (now - WRONG_CODE_SECONDS,))
            database.execute("INSERT INTO wrong_codes VALUES (?, ?)", (_hash(who), now))

    def take_nonce(self, nonce: str, now: float, keep_seconds: float) -> bool:
        """Whether this nonce is seen for the first time."""
        with self._transaction() as database:
            database.execute("DELETE FROM nonces WHERE at < ?", (now - keep_seconds,))
            return database.execute("INSERT OR IGNORE INTO nonces VALUES (?, ?)", (nonce[:64], now)).rowcount == 1

    def _rows(self, sql: str, *values: object) -> list[Any]:
        return self._open().execute(sql, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        database = self._open()
        database.execute("BEGIN IMMEDIATE")
        try:
            yield database
        except BaseException:
            database.execute("ROLLBACK")
            raise
        database.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            raise RuntimeError("the store is not open")
        return self._database


def _hash(who: str) -> str:
    return hashlib.sha256(who.encode()).hexdigest()


def _seed(database: sqlite3.Connection, today: date) -> None:
    guides = json.loads((_HERE / "guides.json").read_text("utf-8"))["guides"]
    for place, guide in enumerate(guides):
        body = encode(convert(guide, Guide))
        database.execute("INSERT INTO guides VALUES (?, ?, ?)", (guide["id"], place, body))
    people = json.loads((assets.SAMPLES / "demo_people.json").read_text("utf-8"))["people"]
    named = {guide["id"]: guide for guide in guides}
    for entry in json.loads((_HERE / "cases.json").read_text("utf-8"))["cases"]:
        person = people[entry["person"]]
        case = _case(entry, person, named[entry["item"]], today)
        database.execute(
            "INSERT INTO cases VALUES (?, ?, ?, ?)", (case.case_number, person["number"], entry["code"], encode(case))
        )


def _case(entry: dict[str, Any], person: dict[str, str], guide: dict[str, Any], today: date) -> Case:
    def day(ago: int) -> str:
        return (today - timedelta(days=ago)).isoformat()

    fields: dict[str, Any] = {
        key: entry[key] for key in ("state", "stage", "result", "advice", "collect") if key in entry
    }
    accepted = today - timedelta(days=entry["acceptedDaysAgo"])
    fields |= {
        "caseNumber": f"{_REGION}{accepted:%Y%m%d}{entry['sequence']:05d}",
        "itemName": guide["name"],
        "department": guide["department"],
        "applicant": person["name"] or person.get("english_name", ""),
        "acceptedOn": accepted.isoformat(),
        "dueOn": day(-entry["dueInDays"]),
        "steps": [{"name": step["name"], "on": day(step["daysAgo"])} for step in entry["steps"]],
    }
    if "closedDaysAgo" in entry:
        fields["closedOn"] = day(entry["closedDaysAgo"])
    return convert(fields, Case)


def matching(items: Iterable[GuideItem], query: str, department: str) -> list[GuideItem]:
    """Items whose name or id holds the query, of that department if one is named."""
    wanted = query.strip().casefold()
    return [
        item
        for item in items
        if (not department or department in {item.department.zh, item.department.en})
        and (not wanted or any(wanted in text.casefold() for text in (item.id, item.name.zh, item.name.en)))
    ]


def today() -> date:
    """The date here and now."""
    return datetime.now(UTC).astimezone().date()
