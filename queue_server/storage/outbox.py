"""The event table: outbox of the relay and push feed of the hall in one. Written in the transaction, read by number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam

from queue_server.contract.codec import encode
from queue_server.domain.events import Happened
from queue_server.storage import tables as t
from queue_server.storage.rows import micros, moment
from queue_server.storage.sql import Connection, Row, insert_into
from queue_server.usecases.ports import EventRow

_NEXT = (
    sa.update(t.hall)
    .where(t.hall.c.id == bindparam("k_hall"))
    .values(seq=t.hall.c.seq + 1, turn=t.hall.c.turn + 1)
    .returning(t.hall.c.seq, t.hall.c.version, t.hall.c.turn)
)
_MOVE = sa.update(t.hall).where(t.hall.c.id == bindparam("k_hall")).values(seq=t.hall.c.seq + bindparam("by"))
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
_FORGET = sa.delete(t.event).where(
    t.event.c.hall == bindparam("hall"), t.event.c.seq <= bindparam("seq"), t.event.c.at < bindparam("before")
)


def lock(connection: Connection, hall: str) -> tuple[int, str, int] | None:
    """The first statement of every write: takes the hall's lock, its next event number and its next turn.

    Returns the number, the version of the hall's description, and the turn; None when there is no such hall.
    """
    row = connection.one(_NEXT, {"k_hall": hall})
    return None if row is None else (row[0], row[1], row[2])


def add(connection: Connection, hall: str, first: int, events: Sequence[Happened], at: datetime) -> int:
    """Writes the events from number ``first`` on, which ``lock`` gave; returns the hall's last number.

    The number that nobody needed goes back, more are taken: under the lock there are never gaps.
    """
    if len(events) != 1:
        connection.put(_MOVE, {"k_hall": hall, "by": len(events) - 1})
    at_micros = micros(at)
    for offset, event in enumerate(events):
        connection.put(
            _ADD,
            {
                "hall": hall,
                "seq": first + offset,
                "type": event.type.value,
                "at": at_micros,
                "data": encode(event.data),
            },
        )
    return first + len(events) - 1


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
    """Removes events that are older than ``before``, up to a number; returns how many."""
    return connection.run(_FORGET, {"hall": hall, "seq": up_to, "before": micros(before)})


def _event(row: Row) -> EventRow:
    return EventRow(seq=row[0], type=row[1], at=moment(row[2]), data_json=bytes(row[3]))
