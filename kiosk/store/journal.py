"""What happened to each number on its way to paper, so that a power cut neither loses nor doubles one.

``issuing`` → ``issued`` (the number is known) → ``printing`` → ``printed`` | ``unproven`` | ``failed``.
Nothing here names a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, insert, select, update

from kiosk.store.database import Database, journal

KEEP = timedelta(days=2)


class Stand(StrEnum):
    """How far a number came."""

    ISSUING = "issuing"
    ISSUED = "issued"
    PRINTING = "printing"
    PRINTED = "printed"
    UNPROVEN = "unproven"
    FAILED = "failed"


UNDER_WAY = (Stand.ISSUING, Stand.ISSUED, Stand.PRINTING)


MAY_BE_PAPER = (Stand.PRINTING, Stand.PRINTED, Stand.UNPROVEN)


@dataclass(frozen=True, slots=True)
class Entry:
    """One number's way; ``ticket`` is what was issued, encoded, without a person."""

    key: str
    stand: Stand
    number: str
    queue: str
    reprints: int
    ticket: bytes


class Journal:
    """The kiosk's record of numbers under way."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, key: str, queue: str, now: datetime) -> None:
        """A number is about to be asked for under this key; again is no harm."""
        with self._database.transaction() as connection:
            if connection.execute(select(journal.c.key).where(journal.c.key == key)).first() is None:
                connection.execute(
                    insert(journal).values(
                        key=key, state=Stand.ISSUING, number="", queue=queue, reprints=0, at=now.isoformat(), ticket=b""
                    )
                )

    def issued(self, key: str, number: str, ticket: bytes) -> None:
        """The number exists from now on."""
        self._set(key, state=Stand.ISSUED, number=number, ticket=ticket)

    def refused(self, key: str) -> None:
        """The server said no: there is no number."""
        with self._database.transaction() as connection:
            connection.execute(delete(journal).where(journal.c.key == key))

    def printing(self, key: str) -> int:
        """Paper may come out from now on; returns how many papers of it may be about already."""
        with self._database.transaction() as connection:
            row = connection.execute(select(journal.c.state, journal.c.reprints).where(journal.c.key == key)).first()
            begun = 0 if row is None else row.reprints + (row.state in MAY_BE_PAPER)
            connection.execute(update(journal).where(journal.c.key == key).values(state=Stand.PRINTING, reprints=begun))
            return begun

    def finish(self, key: str, stand: Stand) -> None:
        """How the printing ended."""
        self._set(key, state=stand)

    def find(self, key: str) -> Entry | None:
        """What is known of a key."""
        with self._database.transaction() as connection:
            row = connection.execute(select(journal).where(journal.c.key == key)).first()
        if row is None:
            return None
        return Entry(row.key, Stand(row.state), row.number, row.queue, row.reprints, row.ticket)

    def under_way(self) -> list[Entry]:
        """What a power cut has interrupted. At the start: for staff, never for the printer."""
        with self._database.transaction() as connection:
            rows = connection.execute(select(journal).where(journal.c.state.in_(UNDER_WAY)).order_by(journal.c.at))
            return [
                Entry(row.key, Stand(row.state), row.number, row.queue, row.reprints, row.ticket) for row in rows.all()
            ]

    def recover(self, now: datetime) -> list[Entry]:
        """At the start: closes what was interrupted and says what it was. Old entries go."""
        interrupted = self.under_way()
        with self._database.transaction() as connection:
            for entry in interrupted:
                stand = Stand.UNPROVEN if entry.stand is Stand.PRINTING else Stand.FAILED
                connection.execute(update(journal).where(journal.c.key == entry.key).values(state=stand))
            connection.execute(delete(journal).where(journal.c.at < (now - KEEP).isoformat()))
        return interrupted

    def _set(self, key: str, **values: object) -> None:
        with self._database.transaction() as connection:
            connection.execute(update(journal).where(journal.c.key == key).values(**values))
