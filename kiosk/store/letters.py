"""Short messages that the server must hear in their order, whenever it can: what became of a paper, numbers given back.

Nothing in them names a person, and a server that has heard one already hears no harm in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select

from kiosk.store.database import Database, letters

KEEP = timedelta(days=7)
"""After that nobody at the hall can do anything with it: the day of its ticket is long over."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One request that waits: ``body`` is posted to ``path`` under ``key``."""

    key: str
    path: str
    body: bytes


class Letters:
    """What is to be posted, in the order in which it was written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, letter: Letter, now: datetime) -> None:
        """Writes it down; the same key again is the same letter."""
        with self._database.transaction() as connection:
            if connection.execute(select(letters.c.key).where(letters.c.key == letter.key)).first() is not None:
                return
            position = connection.execute(select(func.coalesce(func.max(letters.c.position), 0) + 1)).scalar_one()
            connection.execute(
                insert(letters).values(
                    key=letter.key, position=position, path=letter.path, made_at=now.isoformat(), body=letter.body
                )
            )

    def waiting(self, most: int = 50) -> list[Letter]:
        """What is to be posted next, the oldest first."""
        with self._database.transaction() as connection:
            rows = connection.execute(select(letters).order_by(letters.c.position).limit(most)).all()
        return [Letter(row.key, row.path, row.body) for row in rows]

    def count(self) -> int:
        """How many wait."""
        with self._database.transaction() as connection:
            return int(connection.execute(select(func.count()).select_from(letters)).scalar_one())

    def drop(self, key: str) -> None:
        """It has arrived, or the server does not want it."""
        with self._database.transaction() as connection:
            connection.execute(delete(letters).where(letters.c.key == key))

    def drop_old(self, now: datetime) -> None:
        """Forgets what could not be posted for a week."""
        with self._database.transaction() as connection:
            connection.execute(delete(letters).where(letters.c.made_at < (now - KEEP).isoformat()))
