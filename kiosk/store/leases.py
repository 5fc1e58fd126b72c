"""Numbers that the server has lent to this kiosk for hours without a network."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from kiosk.store.database import Database, leases, marks
from queue_server.contract.messages import Lease


class LentNumber:
    """One number taken from a lease; it is never given out again."""

    __slots__ = ("lease", "number")

    def __init__(self, lease: str, number: str) -> None:
        self.lease = lease
        self.number = number


@dataclass(frozen=True, slots=True)
class Unused:
    """The rest of a block: every number from ``next`` on was never on paper."""

    lease: str
    next: int


class Leases:
    """The blocks of numbers that this kiosk holds. Expired ones count for nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def request_key(self, queue: str) -> str:
        """The key under which the next block for a queue is asked for; the same until that block is kept.

        A lost answer is asked for again with it. It names this very database: a kiosk that lost its own asks under
        another key and gets numbers that it cannot have printed before.
        """
        with self._database.transaction() as connection:
            store = _mark(connection, "store")
            if not store:
                store = secrets.token_hex(16)
                connection.execute(insert(marks).values(name="store", value=store))
            count = _mark(connection, f"blocks {queue}") or "0"
        return f"lease-{hashlib.sha256(f'{store} {queue} {count}'.encode()).hexdigest()[:40]}"

    def keep(self, lease: Lease) -> None:
        """Puts a block away before the first of its numbers is used; a block that is known stays as it is."""
        with self._database.transaction() as connection:
            known = connection.execute(select(leases.c.id).where(leases.c.id == lease.id)).first()
            if known is None:
                connection.execute(
                    insert(leases).values(
                        id=lease.id,
                        queue=lease.queue,
                        prefix=lease.prefix,
                        digits=lease.digits,
                        next=lease.from_,
                        last=lease.to,
                        expires_at=lease.expires_at.isoformat(),
                    )
                )
                name = f"blocks {lease.queue}"
                count = int(_mark(connection, name) or 0)
                connection.execute(delete(marks).where(marks.c.name == name))
                connection.execute(insert(marks).values(name=name, value=str(count + 1)))

    def take(self, queue: str, now: datetime) -> LentNumber | None:
        """The next number for a queue, None when nothing is left.

        Call it inside the transaction that also writes down what the number is for.
        """
        with self._database.transaction() as connection:
            query = select(leases).where(leases.c.queue == queue, leases.c.next <= leases.c.last)
            for row in connection.execute(query.order_by(leases.c.expires_at, leases.c.next)).all():
                if datetime.fromisoformat(row.expires_at) <= now:
                    continue
                connection.execute(update(leases).where(leases.c.id == row.id).values(next=row.next + 1))
                return LentNumber(row.id, f"{row.prefix}{row.next:0{row.digits}d}")
        return None

    def left(self, now: datetime) -> dict[str, int]:
        """How many numbers are left, by queue."""
        left: dict[str, int] = {}
        with self._database.transaction() as connection:
            for row in connection.execute(select(leases)).all():
                if datetime.fromisoformat(row.expires_at) > now:
                    left[row.queue] = left.get(row.queue, 0) + max(0, row.last - row.next + 1)
        return left

    def give_up(self, expired_at: datetime | None = None) -> list[Unused]:
        """Forgets the blocks that expired by then, or all of them; returns what of them was never given out.

        Call it inside the transaction that also writes down that they go back to the server.
        """
        with self._database.transaction() as connection:
            rows = connection.execute(select(leases).order_by(leases.c.expires_at, leases.c.next)).all()
            given_up = [
                row for row in rows if expired_at is None or datetime.fromisoformat(row.expires_at) <= expired_at
            ]
            if given_up:
                connection.execute(delete(leases).where(leases.c.id.in_([row.id for row in given_up])))
        return [Unused(row.id, row.next) for row in given_up if row.next <= row.last]

    def count(self) -> int:
        """How many blocks are kept."""
        with self._database.transaction() as connection:
            return int(connection.execute(select(func.count()).select_from(leases)).scalar_one())


def _mark(connection: Connection, name: str) -> str:
    value = connection.execute(select(marks.c.value).where(marks.c.name == name)).scalar()
    return "" if value is None else str(value)
