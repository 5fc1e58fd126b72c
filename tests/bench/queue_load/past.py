"""A database with years of past tickets, written by a few large statements into the real tables.

4,000 tickets a day; the services of all of them, the events of nearly 90 days and the replies of nearly 8, as the
hall keeps them. What is random in a real hall (links, idempotency keys) is random here, because looking something up
between random keys is what becomes slow.
"""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from queue_load.telling import say

PER_DAY = 4_000
EVENT_DAYS, REPLY_DAYS = 88, 6  # nothing that the next clean-up would take away
EVENTS_PER_TICKET, REPLIES_PER_TICKET = 4, 3
EVENT_BYTES, REPLY_BYTES = 1_000, 900

_COUNT = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :many)"

_TICKETS = f"""{_COUNT} INSERT INTO ticket (hall, id, number, queue, business_day, state, issued_at, since,
    status_token, rank, priority, channel, masked_name, phone_mask, "window", called_at, last_called_at, started_at,
    finished_at, calls, outcome, why, service, offline, taken_by, take_key)
SELECT 'demo', printf('%032x', i), printf('%s%03d', substr('ABCDE', 1 + i % 5, 1), 1 + (i % :day) / 5),
    substr('ABCDE', 1 + i % 5, 1), date('now', printf('-%d days', 1 + (:many - 1 - i) / :day)), 'done',
    :now - (:many - i) * :pace, :now - (:many - i) * :pace, lower(hex(randomblob(16))),
    4, 'none', 'kiosk', '', '', 1 + i % 8, :now - (:many - i - 5) * :pace, :now - (:many - i - 5) * :pace,
    :now - (:many - i - 6) * :pace, :now - (:many - i - 20) * :pace, 1,
    'accepted', 'first-in-line', printf('s%031x', i), 0, 'K1', lower(hex(randomblob(16)))
FROM n"""  # noqa: S608  # nothing from outside

_SERVICES = f"""{_COUNT} INSERT INTO service (hall, id, ticket, "window", queue, started_at, finished_at, outcome,
    rating, reasons, text)
SELECT 'demo', printf('s%031x', i), printf('%032x', i), 1 + i % 8, substr('ABCDE', 1 + i % 5, 1),
    :now - (:many - i - 6) * :pace, :now - (:many - i - 20) * :pace, 'accepted', 'timed-out', '', ''
FROM n"""  # noqa: S608  # likewise

_EVENTS = f"""{_COUNT} INSERT INTO event (hall, seq, type, at, data)
SELECT 'demo', :first + i, 'ticket.finished', :now - (:many - i) * :pace, zeroblob(:size) FROM n"""  # noqa: S608  # likewise

_REPLIES = f"""{_COUNT} INSERT INTO reply (hall, actor, "key", command, status, body, at)
SELECT 'demo', 'K1', lower(hex(randomblob(16))), lower(hex(randomblob(32))), 201, zeroblob(:size),
    :now - (:many - i) * :pace FROM n"""  # noqa: S608  # likewise


def fill(file: Path, past: int) -> None:
    """Puts ``past`` tickets of earlier days into a prepared SQLite database; minutes and gigabytes for ten million."""
    began = time.monotonic()
    driver = sqlite3.connect(file, isolation_level=None)
    driver.execute("PRAGMA journal_mode=OFF")  # nobody needs it back if this fails
    driver.execute("PRAGMA synchronous=OFF")
    driver.execute("PRAGMA cache_size=-400000")
    driver.execute("PRAGMA temp_store=MEMORY")
    indices = driver.execute(
        "SELECT name, sql FROM sqlite_master WHERE type='index' AND sql IS NOT NULL AND tbl_name IN "
        "('ticket', 'service', 'event', 'reply')"
    ).fetchall()
    for name, _ in indices:
        driver.execute(f'DROP INDEX "{name}"')
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    second = 1_000_000
    common = {"now": int(midnight.timestamp()) * second, "pace": 86_400 * second // PER_DAY}
    seq = driver.execute("SELECT seq FROM hall").fetchone()[0]
    events = EVENTS_PER_TICKET * min(past, PER_DAY * EVENT_DAYS)
    replies = REPLIES_PER_TICKET * min(past, PER_DAY * REPLY_DAYS)
    for what, text, values in (
        ("tickets", _TICKETS, {"many": past, "day": PER_DAY}),
        ("services", _SERVICES, {"many": past}),
        ("events", _EVENTS, _spread(common, events, EVENTS_PER_TICKET) | {"first": seq + 1, "size": EVENT_BYTES}),
        ("replies", _REPLIES, _spread(common, replies, REPLIES_PER_TICKET) | {"size": REPLY_BYTES}),
    ):
        driver.execute("BEGIN")
        driver.execute(text, common | values)
        driver.execute("COMMIT")
        say(f"{values['many']:,} {what} after {time.monotonic() - began:.0f} s")
    driver.execute("UPDATE hall SET seq = seq + ?", (events,))
    for _, text in indices:
        driver.execute(text)
    driver.execute("PRAGMA journal_mode=WAL")
    driver.close()
    say(f"indices after {time.monotonic() - began:.0f} s; {file.stat().st_size / 1e9:.1f} GB")


def _spread(common: dict[str, int], many: int, per_ticket: int) -> dict[str, int]:
    return {"many": many, "pace": common["pace"] // per_ticket}
