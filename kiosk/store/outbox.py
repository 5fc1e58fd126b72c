"""Tickets that were printed without the server and wait to be told to it; never dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from kiosk.store.database import Database, outbox
from queue_server.contract import codec
from queue_server.contract.messages import OfflineTicket

WAITING = "waiting"
PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Parked:
    """A ticket that the server would not take: for staff."""

    key: str
    number: str
    queue: str
    reason: str


class Outbox:
    """What the server does not know yet, in the order in which it was printed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, ticket: OfflineTicket, now: datetime) -> None:
        """Call it inside the transaction that takes the number."""
        with self._database.transaction() as connection:
            position = connection.execute(select(func.coalesce(func.max(outbox.c.position), 0) + 1)).scalar_one()
            connection.execute(
                insert(outbox).values(
                    key=ticket.key,
                    position=position,
                    number=ticket.number,
                    queue=ticket.queue,
                    state=WAITING,
                    reason="",
                    made_at=now.isoformat(),
                    body=codec.encode(ticket),
                )
            )

    def waiting(self, most: int = 100) -> list[OfflineTicket]:
        """What is to be told next, the oldest first."""
        query = select(outbox.c.body).where(outbox.c.state == WAITING).order_by(outbox.c.position).limit(most)
        with self._database.transaction() as connection:
            bodies = connection.execute(query).scalars().all()
        return [codec.decode(body, OfflineTicket) for body in bodies]

    def count(self) -> int:
        """How many wait."""
        with self._database.transaction() as connection:
            query = select(func.count()).select_from(outbox).where(outbox.c.state == WAITING)
            return int(connection.execute(query).scalar_one())

    def arrived(self, key: str) -> None:
        """The server has it now: nothing of it stays here."""
        with self._database.transaction() as connection:
            connection.execute(delete(outbox).where(outbox.c.key == key))

    def park(self, key: str, reason: str) -> None:
        """The server put it aside for staff: number and reason stay here until they are seen, the person does not."""
        with self._database.transaction() as connection:
            connection.execute(
                update(outbox).where(outbox.c.key == key).values(state=PARKED, reason=reason[:200], body=b"")
            )

    def parked(self) -> list[Parked]:
        """What staff have to look at."""
        query = select(outbox).where(outbox.c.state == PARKED).order_by(outbox.c.position)
        with self._database.transaction() as connection:
            return [Parked(row.key, row.number, row.queue, row.reason) for row in connection.execute(query).all()]

    def drop_parked(self, before: datetime) -> None:
        """Forgets parked ones of days long gone; the server keeps its own list of them."""
        with self._database.transaction() as connection:
            connection.execute(delete(outbox).where(outbox.c.state == PARKED, outbox.c.made_at < before.isoformat()))
