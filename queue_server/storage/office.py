"""The hall's office on a database: commands in, replies and events out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy.engine import URL

from queue_server.contract.messages import (
    AlertView,
    AppointmentView,
    AuditRow,
    Catalogue,
    Command,
    Enrolled,
    ItemView,
    ParkedTicket,
    PersonRef,
    QueueView,
    RestrictionView,
    Role,
    ServiceRating,
    Slots,
    Snapshot,
    TerminalView,
    TicketStatus,
    TicketView,
    WindowView,
)
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain.hall import Hall
from queue_server.domain.restriction import view
from queue_server.storage import outbox, reading, registry
from queue_server.storage import repositories as r
from queue_server.storage.carrying_out import CarryOut, Done, whole, write_to
from queue_server.storage.clean_up import clean_up
from queue_server.storage.engine import Engine, SqliteEngine
from queue_server.storage.halls import Halls, unknown_hall
from queue_server.storage.migrate import check_version
from queue_server.storage.passwords import Argon2Passwords
from queue_server.storage.places import parse, sqlite_file
from queue_server.storage.reading import Sight
from queue_server.storage.sql import Connection
from queue_server.usecases import accounts, due, look, see_appointments
from queue_server.usecases.catalogue import catalogue, item_views
from queue_server.usecases.log_in import log_in
from queue_server.usecases.ports import Actor, EnrolmentCode, EventRow, IssuedToken, RatingRow, Reply, StorageError
from queue_server.usecases.system import RandomIds, SystemClock
from queue_server.usecases.work import Clock, Ids

T = TypeVar("T")

TOKEN_REMEMBERED = timedelta(seconds=5)
"""A revoked token of another process is good for at most so long."""

TOKENS_REMEMBERED = 5_000
RESTRICTIONS_SHOWN = 500
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
class DatabaseOffice:
    """Implements ``queue_server.usecases.ports.Office``."""

    db_url: str = field(repr=False)
    clock: Clock
    ids: Ids
    public_url: str
    passwords: accounts.Passwords = field(repr=False)
    poll_seconds: float
    _halls: Halls = field(default_factory=Halls, repr=False)
    _engine: Engine | None = field(default=None, repr=False)
    _poll: asyncio.Task[None] | None = field(default=None, repr=False)
    _known: dict[str, int] = field(default_factory=dict, repr=False)
    _callbacks: list[Callable[[str, int], None]] = field(default_factory=list, repr=False)
    _tokens: dict[str, tuple[Actor, datetime | None, datetime]] = field(default_factory=dict, repr=False)
    _items: dict[str, tuple[str, tuple[ItemView, ...]]] = field(default_factory=dict, repr=False)
    _cleaned: dict[str, datetime] = field(default_factory=dict, repr=False)

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

    # --- reading ---

    async def halls(self) -> tuple[str, ...]:
        return tuple(row[0] for row in await self._read(lambda c: c.all(r.HALL_IDS, {})))

    async def hall(self, hall: str) -> Hall:
        return await self._sight(hall, lambda sight: sight.hall)

    async def hall_yaml(self, hall: str) -> str:
        row = await self._read(lambda c: c.one(r.HALL_ROW, {"hall": hall}))
        if row is None:
            raise unknown_hall(hall)
        return str(row[2])

    async def ticket_status(self, hall: str, ticket: str) -> TicketStatus:
        def status(sight: Sight) -> TicketStatus:
            found = sight.ticket(ticket)
            if found is None:
                raise Refusal(Code.NOT_FOUND, "there is no such ticket")
            return look.ticket_status(sight, found, sight.now)

        return await self._sight(hall, status)

    async def status_by_token(self, token: str) -> TicketStatus:
        hall, ticket = await self._ticket_of(token)
        return await self.ticket_status(hall, ticket)

    async def queues(self, hall: str) -> list[QueueView]:
        return await self._sight(hall, look.queue_views, consistent=True)

    async def windows(self, hall: str) -> list[WindowView]:
        return await self._sight(hall, look.window_views, consistent=True)

    async def waiting_at(self, hall: str, window: str, limit: int = 5) -> list[TicketView]:
        return await self._sight(hall, lambda sight: reading.waiting_at(sight, window, limit), consistent=True)

    async def snapshot(self, hall: str) -> Snapshot:
        return await self._sight(hall, reading.snapshot, consistent=True)

    async def catalogue(self, hall: str, *, with_person_key: bool = False) -> Catalogue:
        record = await self._read(lambda c: self._halls.now(c, hall))
        known = self._items.get(hall)
        if known is None or known[0] != record.hall.version:
            items = await asyncio.to_thread(item_views, record.hall.items)
            known = self._items[hall] = (record.hall.version, items)
        return catalogue(
            record.hall,
            record.profile,
            known[1],
            await self.queues(hall),
            await self.windows(hall),
            self.public_url,
            record.person_key if with_person_key else "",
        )

    async def catalogue_version(self, hall: str) -> str:
        return (await self.hall(hall)).version

    async def events_after(self, hall: str, seq: int, limit: int = 500) -> list[EventRow]:
        return await self._read(lambda c: outbox.after(c, hall, seq, limit))

    async def event(self, hall: str, seq: int) -> EventRow | None:
        return await self._read(lambda c: outbox.one(c, hall, seq))

    async def last_seq(self, hall: str) -> int:
        return await self._read(lambda c: outbox.last_seq(c, hall))

    async def oldest_seq(self, hall: str) -> int:
        return await self._read(lambda c: outbox.oldest_seq(c, hall))

    async def service_rating(self, hall: str, service: str) -> ServiceRating:
        return await self._sight(hall, lambda sight: reading.service_rating(sight, service))

    async def ratings(
        self, hall: str, limit: int = 100, *, start: datetime | None = None, end: datetime | None = None
    ) -> list[RatingRow]:
        return await self._read(lambda c: reading.ratings(c, hall, limit, start, end))

    async def parked(self, hall: str) -> list[ParkedTicket]:
        return await self._read(lambda c: reading.parked(c, hall))

    async def slots(self, hall: str, queue: str, day: date | None = None) -> Slots:
        return await self._sight(hall, lambda sight: see_appointments.slots(sight, queue, day, sight.now))

    async def appointments(self, hall: str, day: date, queue: str | None = None) -> list[AppointmentView]:
        return await self._sight(hall, lambda sight: reading.appointments(sight, day, queue))

    async def appointments_of(self, hall: str, person: PersonRef | None, phone: str | None) -> list[AppointmentView]:
        return await self._sight(hall, lambda sight: reading.appointments_of(sight, person, phone))

    async def restrictions(self, hall: str) -> list[RestrictionView]:
        return await self._sight(hall, lambda sight: [view(one) for one in sight.restrictions(RESTRICTIONS_SHOWN)])

    async def alerts(self, hall: str, limit: int = 100) -> list[AlertView]:
        return await self._sight(hall, lambda sight: reading.alerts(sight, limit), consistent=True)

    async def audit(self, hall: str, limit: int = 200) -> list[AuditRow]:
        return await self._sight(hall, lambda sight: reading.audit(sight, limit))

    async def terminals(self, hall: str) -> list[TerminalView]:
        return await self._read(lambda c: reading.terminals(c, hall), consistent=True)

    # --- who is who ---

    async def authenticate(self, token: str) -> Actor | None:
        now = self.clock.now()
        hashed = accounts.digest(token)
        known = self._tokens.get(hashed)
        if known is None or not timedelta() <= now - known[2] < TOKEN_REMEMBERED:
            holder = await self._read(lambda c: registry.holder_of(c, token))
            if holder is None:
                self._tokens.pop(hashed, None)
                return None
            if len(self._tokens) >= TOKENS_REMEMBERED:
                self._tokens.clear()
            actor = Actor(holder.hall, holder.role, holder.name, holder.window)
            known = self._tokens[hashed] = (actor, holder.expires_at, now)
        expires_at = known[1]
        return known[0] if expires_at is None or now < expires_at else None

    async def authenticate_citizen(self, token: str) -> Actor | None:
        try:
            hall, ticket = await self._ticket_of(token)
        except Refusal:
            return None
        return Actor(hall=hall, role=None, name=f"ticket-{ticket}", ticket=ticket)

    async def log_in(self, name: str, password: str, hall: str | None = None) -> IssuedToken:
        where = await self._only_hall(hall)
        account = await self._read(lambda c: registry.account(c, where, name))
        now = whole(self.clock.now())
        issued = await asyncio.to_thread(log_in, account, password, self.passwords, now)
        await self._open_engine().write(lambda c: registry.add_token(c, issued, now))
        return issued

    async def log_out(self, token: str) -> None:
        self._tokens.pop(accounts.digest(token), None)
        await self._open_engine().write(lambda c: registry.drop_token(c, token))

    async def enrol(self, code: str) -> Enrolled:
        now = whole(self.clock.now())

        def exchange(connection: Connection) -> IssuedToken:
            holder = registry.use_code(connection, code, now)
            if holder is None:
                raise Refusal(Code.UNAUTHENTICATED, "this code is wrong, was used, or is too old")
            issued = accounts.new_token(holder)
            registry.add_token(connection, issued, now)
            return issued

        issued = await self._open_engine().write(exchange)
        return Enrolled(name=issued.name, role=issued.role, hall=issued.hall, token=issued.token)

    async def make_enrolment_code(
        self, hall: str, name: str, role: Role, *, window: str | None = None, code: str | None = None
    ) -> EnrolmentCode:
        now = whole(self.clock.now())
        holder = accounts.device(await self.hall(hall), name, role, window, now + accounts.CODE_LASTS)
        made = accounts.new_code(holder, code)
        await self._open_engine().write(lambda c: registry.add_code(c, made, now))
        return made

    async def issue_token(
        self,
        name: str,
        role: Role,
        *,
        hall: str | None = None,
        window: str | None = None,
        expires_at: datetime | None = None,
    ) -> IssuedToken:
        described = await self.hall(await self._only_hall(hall))
        issued = accounts.new_token(accounts.device(described, name, role, window, expires_at))
        now = whole(self.clock.now())
        await self._open_engine().write(lambda c: registry.add_token(c, issued, now))
        return issued

    async def revoke_tokens(self, hall: str, name: str) -> int:
        self._tokens.clear()
        return await self._open_engine().write(lambda c: registry.drop_tokens_of(c, hall, name))

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
            if isinstance(answer, Done) and answer.seq is not None:
                latest[answer.hall] = max(answer.seq, latest.get(answer.hall, 0))
        for hall, seq in latest.items():
            if self._engine is not None:
                self._engine.notify(hall, seq)
            self._heard(hall, seq)

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
            with contextlib.suppress(Refusal):
                for hall, seq in (await self._read(outbox.all_last)).items():
                    self._heard(hall, seq)

    # --- ways to the database ---

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
