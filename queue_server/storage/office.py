"""The hall's office on a database: commands in, replies and events out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy.engine import URL

from queue_server.contract.messages import (
    Command,
)
from queue_server.contract.refusals import Code, Refusal
from queue_server.storage import outbox
from queue_server.storage.carrying_out import CarryOut, Done, whole, write_to
from queue_server.storage.clean_up import clean_up
from queue_server.storage.engine import Engine, SqliteEngine
from queue_server.storage.fresh_events import FreshEvents
from queue_server.storage.migrate import check_version
from queue_server.storage.passwords import Argon2Passwords
from queue_server.storage.places import parse, sqlite_file
from queue_server.storage.reading_desk import ReadingDesk
from queue_server.storage.token_desk import TokenDesk
from queue_server.usecases import accounts, due
from queue_server.usecases.ports import Actor, EventRow, Reply
from queue_server.usecases.system import RandomIds, SystemClock
from queue_server.usecases.work import Clock, Ids

T = TypeVar("T")

CLEAN_UP_EVERY = timedelta(hours=1)


def open_office(
    db_url: str,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    public_url: str = "",
    passwords: accounts.Passwords | None = None,
    poll_seconds: float = 1.0,
) -> DatabaseOffice:
    """The office on the database of this URL; nothing is touched before ``start``. Raises ``StorageError``."""
    return DatabaseOffice(
        db_url,
        clock or SystemClock(),
        ids or RandomIds(),
        public_url.rstrip("/"),
        passwords or Argon2Passwords(),
        poll_seconds,
    )


def _engine_for(url: URL, heard: Callable[[str, int], None]) -> Engine:
    if url.get_backend_name() == "sqlite":
        return SqliteEngine(sqlite_file(url))
    from queue_server.storage.postgres import PostgresEngine  # because psycopg takes 0.2 s that SQLite needs not

    return PostgresEngine(url, heard)


@dataclass
class DatabaseOffice(ReadingDesk, TokenDesk):
    """Implements ``queue_server.usecases.ports.Office``."""

    _poll: asyncio.Task[None] | None = field(default=None, repr=False)
    _known: dict[str, int] = field(default_factory=dict, repr=False)
    _callbacks: list[Callable[[str, int], None]] = field(default_factory=list, repr=False)
    _cleaned: dict[str, datetime] = field(default_factory=dict, repr=False)
    _fresh: FreshEvents = field(default_factory=FreshEvents, repr=False)

    # --- life ---

    async def start(self) -> None:
        url = parse(self.db_url)
        await asyncio.to_thread(check_version, self.db_url)
        engine = _engine_for(url, self._heard)
        await engine.start(self._committed)
        self._engine = engine
        self._known = await engine.read(outbox.all_last)
        self._poll = asyncio.create_task(self._watch(), name="hall-watch")

    async def close(self) -> None:
        if self._poll is not None:
            self._poll.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._poll
            self._poll = None
        if self._engine is not None:
            await self._engine.close()
            self._engine = None

    async def __aenter__(self) -> DatabaseOffice:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def ready(self) -> None:
        await self._read(outbox.all_last)

    # --- doing ---

    async def carry_out(self, command: Command, actor: Actor, key: str | None = None) -> Reply:
        job = CarryOut(command, actor, key, self._halls, self.clock, self.ids, self.public_url)
        done = await self._open_engine().write(job, job.refused, lane=actor.hall)
        if done.reply is None:
            raise Refusal(Code.INTERNAL, "a command left no reply")
        return done.reply

    async def due(self, hall: str) -> datetime:
        engine = self._open_engine()
        while await self._sight(hall, lambda sight: due.is_due(sight, sight.now), consistent=True):
            await engine.write(write_to(self._halls, hall, self.clock, due.do_due), lane=hall)
        now = whole(self.clock.now())
        last = self._cleaned.get(hall)
        if last is None or now - last >= CLEAN_UP_EVERY:
            self._cleaned[hall] = now
            record = await self._read(lambda c: self._halls.now(c, hall))
            await engine.write(lambda c: clean_up(c, record.hall, now), lane=f"{hall} clean-up")
        return await self._sight(hall, lambda sight: due.next_due(sight, now))

    # --- waking up ---

    def on_commit(self, callback: Callable[[str, int], None]) -> Callable[[], None]:
        self._callbacks.append(callback)

        def stop() -> None:
            with contextlib.suppress(ValueError):
                self._callbacks.remove(callback)

        return stop

    def _committed(self, answers: Sequence[Any]) -> None:
        latest: dict[str, int] = {}
        for answer in answers:
            if isinstance(answer, Done) and answer.events:
                self._fresh.add(answer.hall, answer.events)
                latest[answer.hall] = max(answer.events[-1].seq, latest.get(answer.hall, 0))
        for hall, seq in latest.items():
            if self._engine is not None:
                self._engine.notify(hall, seq)
            self._heard(hall, seq)

    async def events_after(self, hall: str, seq: int, limit: int = 500) -> list[EventRow]:
        fresh = self._fresh.after(hall, seq, limit, self._known.get(hall, 0))
        return fresh if fresh is not None else await super().events_after(hall, seq, limit)

    def _heard(self, hall: str, seq: int) -> None:
        if seq <= self._known.get(hall, 0):
            return
        self._known[hall] = seq
        for callback in tuple(self._callbacks):
            callback(hall, seq)

    async def _watch(self) -> None:
        """Finds what another process wrote even when its wake-up was lost."""
        while True:
            await asyncio.sleep(self.poll_seconds)
            self._fresh.forget(self.clock.now())
            with contextlib.suppress(Refusal):
                for hall, seq in (await self._read(outbox.all_last)).items():
                    self._heard(hall, seq)
