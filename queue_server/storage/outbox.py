"""The event table: outbox of the relay and push feed of the hall in one. Written in the transaction, read by number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy import bindparam

from queue_server.contract.codec import encode
from queue_server.domain.events import Happened
from queue_server.storage import tables as t
from queue_server.storage.memory import Kept, fitting
from queue_server.storage.rows import micros, moment
from queue_server.storage.sql import Connection, Row, insert_into
from queue_server.usecases.ports import EventRow

_NEXT = (
    sa.update(t.hall)
    .where(t.hall.c.id == bindparam("k_hall"))
    .values(seq=t.hall.c.seq + 1, turn=t.hall.c.turn + 1)
    .returning(t.hall.c.seq, t.hall.c.version, t.hall.c.turn)
)
_SETTLE = sa.update(t.hall).where(t.hall.c.id == bindparam("k_hall")).values(seq=bindparam("last"))
_ADD = insert_into(t.event)
_COLUMNS = (t.event.c.seq, t.event.c.type, t.event.c.at, t.event.c.data)
_AFTER = (
    sa.select(*_COLUMNS)
    .where(t.event.c.hall == bindparam("hall"), t.event.c.seq > bindparam("seq"))
    .order_by(t.event.c.seq)
    .limit(bindparam("most"))
)
_ONE = sa.select(*_COLUMNS).where(t.event.c.hall == bindparam("hall"), t.event.c.seq == bindparam("seq"))
_LAST = sa.select(t.hall.c.seq).where(t.hall.c.id == bindparam("hall"))
_OLDEST = sa.select(sa.func.min(t.event.c.seq)).where(t.event.c.hall == bindparam("hall"))
_ALL = sa.select(t.hall.c.id, t.hall.c.seq)
_FIRST = (
    sa.select(t.event.c.seq)
    .where(t.event.c.hall == bindparam("hall"), t.event.c.seq <= bindparam("seq"))
    .order_by(t.event.c.seq)
    .limit(bindparam("most"))
)
_FORGET = sa.delete(t.event).where(
    t.event.c.hall == bindparam("hall"), t.event.c.seq.in_(_FIRST), t.event.c.at < bindparam("before")
)

FORGOTTEN_AT_ONCE = 10_000
"""More than the largest hall writes in an hour. Only the oldest are looked at: events have no index by time."""


def lock(connection: Connection, hall: str) -> Kept | None:
    """The first statement of every transaction of a hall: takes its lock, its next turn and an event number.

    Returns what is known of the hall; None when there is no such hall. ``settle`` puts the event number right.
    """
    row = connection.one(_NEXT, {"k_hall": hall})
    if row is None:
        return None
    stored, version, turn = row
    kept = replace(fitting(connection.memory.of(hall), turn - 1, version), turn=turn, seq=stored - 1, stored=stored)
    connection.learn(hall, kept)
    return kept


def settle(connection: Connection, hall: str, kept: Kept) -> None:
    """Before the commit: the hall's row gets the number of its last event, so that there are never gaps."""
    if kept.seq != kept.stored:
        connection.put(_SETTLE, {"k_hall": hall, "last": kept.seq})


def rows_of(first: int, events: Sequence[Happened], at: datetime) -> list[EventRow]:
    """The events from number ``first`` on, as they will be read."""
    return [EventRow(first + offset, event.type.value, at, encode(event.data)) for offset, event in enumerate(events)]


def add(connection: Connection, hall: str, events: Sequence[EventRow]) -> None:
    connection.put_all(
        _ADD,
        [
            {"hall": hall, "seq": row.seq, "type": row.type, "at": micros(row.at), "data": row.data_json}
            for row in events
        ],
    )


def after(connection: Connection, hall: str, seq: int, limit: int) -> list[EventRow]:
    return [_event(row) for row in connection.all(_AFTER, {"hall": hall, "seq": seq, "most": limit})]


def one(connection: Connection, hall: str, seq: int) -> EventRow | None:
    row = connection.one(_ONE, {"hall": hall, "seq": seq})
    return None if row is None else _event(row)


def last_seq(connection: Connection, hall: str) -> int:
    row = connection.one(_LAST, {"hall": hall})
    return row[0] if row else 0


def all_last(connection: Connection) -> dict[str, int]:
    """The last event number of every hall."""
    return {row[0]: row[1] for row in connection.all(_ALL, {})}


def oldest_seq(connection: Connection, hall: str) -> int:
    row = connection.one(_OLDEST, {"hall": hall})
    return 1 if row is None or row[0] is None else int(row[0])


def forget(connection: Connection, hall: str, up_to: int, before: datetime) -> int:
    """Removes some of the events that are older than ``before``, up to a number; returns how many."""
    values = {"hall": hall, "seq": up_to, "before": micros(before), "most": FORGOTTEN_AT_ONCE}
    return connection.run(_FORGET, values)


def _event(row: Row) -> EventRow:
    return EventRow(seq=row[0], type=row[1], at=moment(row[2]), data_json=bytes(row[3]))
