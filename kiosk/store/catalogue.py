"""The last catalogue that the server gave, so that the kiosk knows its hall without a network."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import msgspec
from sqlalchemy import delete, insert, select

from kiosk.store.database import Database, catalogue
from queue_server.contract import codec
from queue_server.contract.messages import Catalogue, QueueView


class CatalogueStore:
    """Holds the newest catalogue in memory and on disk.

    Queues, windows and providers change all day: for them alone nothing is written.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._current: Catalogue | None = None
        self._etag = ""

    @property
    def current(self) -> Catalogue | None:
        """None until the server was reached for the first time."""
        return self._current

    @property
    def etag(self) -> str:
        return self._etag

    def load(self) -> None:
        """Reads what was kept; what cannot be read (an older program wrote it) is fetched anew."""
        with self._database.transaction() as connection:
            row = connection.execute(select(catalogue.c.etag, catalogue.c.body)).first()
        if row is None:
            return
        try:
            self._current, self._etag = codec.decode(row.body, Catalogue), row.etag
        except msgspec.DecodeError:
            self._current, self._etag = None, ""

    def keep(self, new: Catalogue, etag: str) -> None:
        """Takes a new catalogue, first in memory, then on disk."""
        with self._lock:
            old, self._current, self._etag = self._current, new, etag
        if old is not None and _lasting(old) == _lasting(new):
            return
        with self._database.transaction() as connection:
            connection.execute(delete(catalogue))
            connection.execute(insert(catalogue).values(id=1, etag=etag, body=codec.encode(new)))

    def see_queues(self, newer: Iterable[QueueView]) -> bool:
        """Takes newer states of some queues, in memory only; True when something is different."""
        by_id = {queue.id: queue for queue in newer}
        with self._lock:
            current = self._current
            if current is None:
                return False
            queues = tuple(by_id.get(queue.id, queue) for queue in current.queues)
            if queues == current.queues:
                return False
            self._current = msgspec.structs.replace(current, queues=queues)
            return True

    def queue(self, queue: str) -> QueueView | None:
        """One queue by its id."""
        current = self._current
        if current is None:
            return None
        return next((one for one in current.queues if one.id == queue), None)


def _lasting(one: Catalogue) -> Catalogue:
    return msgspec.structs.replace(one, queues=(), windows=(), providers=())
