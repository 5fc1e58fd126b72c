"""What the parts of an office have in common: one database, and how to ask it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from queue_server.contract.refusals import Code, Refusal
from queue_server.domain.hall import Hall
from queue_server.storage import repositories as r
from queue_server.storage.carrying_out import whole
from queue_server.storage.engine import Engine
from queue_server.storage.halls import Halls
from queue_server.storage.reading import Sight
from queue_server.storage.sql import Connection
from queue_server.usecases import accounts
from queue_server.usecases.ports import StorageError
from queue_server.usecases.work import Clock, Ids

T = TypeVar("T")


@dataclass
class Desk:
    """Open between ``start`` and ``close`` of the office."""

    db_url: str = field(repr=False)
    clock: Clock
    ids: Ids
    public_url: str
    passwords: accounts.Passwords = field(repr=False)
    poll_seconds: float
    _halls: Halls = field(default_factory=Halls, repr=False)
    _engine: Engine | None = field(default=None, repr=False)

    async def halls(self) -> tuple[str, ...]:
        return tuple(row[0] for row in await self._read(lambda c: c.all(r.HALL_IDS, {})))

    async def hall(self, hall: str) -> Hall:
        return await self._sight(hall, lambda sight: sight.hall)

    def _open_engine(self) -> Engine:
        if self._engine is None:
            raise StorageError("the office is not open")
        return self._engine

    async def _read(self, work: Callable[[Connection], T], *, consistent: bool = False) -> T:
        return await self._open_engine().read(work, consistent=consistent)

    async def _sight(self, hall: str, look_at: Callable[[Sight], T], *, consistent: bool = False) -> T:
        now = whole(self.clock.now())
        return await self._read(lambda c: look_at(Sight(self._halls.ground(c, hall, now))), consistent=consistent)

    async def _ticket_of(self, token: str) -> tuple[str, str]:
        row = await self._read(lambda c: c.one(r.TICKET_BY_TOKEN, {"token": token}))
        if row is None:
            raise Refusal(Code.NOT_FOUND, "there is no such ticket")
        return row[0], row[1]

    async def _only_hall(self, hall: str | None) -> str:
        if hall is not None:
            return hall
        known = await self.halls()
        if len(known) != 1:
            raise Refusal(Code.BAD_REQUEST, f"say which hall: {', '.join(known) or 'there is none yet'}")
        return known[0]
