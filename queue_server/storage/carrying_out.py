"""One command in one transaction: lock, repeated key, use case, events, reply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from queue_server.contract.codec import encode
from queue_server.contract.messages import BookAppointment, Command, ReportTerminal, RestrictPerson, TakeTicket
from queue_server.contract.refusals import Code, Refusal
from queue_server.storage import outbox, replies
from queue_server.storage.draft import draft_of
from queue_server.storage.halls import Halls, unknown_hall
from queue_server.storage.room import Ground
from queue_server.storage.sql import Connection
from queue_server.storage.unit_of_work import UnitOfWork
from queue_server.usecases import commands
from queue_server.usecases.ports import Actor, EventRow, Reply
from queue_server.usecases.work import Clock, Ids

CREATES = (TakeTicket, BookAppointment, RestrictPerson)
"""Commands after which there is something new: their reply is 201."""


class Done(msgspec.Struct, frozen=True):
    """What a job leaves behind once it is committed: its events and the reply."""

    hall: str
    events: list[EventRow] = []
    reply: Reply | None = None


def begin(
    connection: Connection, halls: Halls, hall: str, clock: Clock, public_url: str
) -> tuple[UnitOfWork, datetime]:
    """Takes the hall's lock, unless a job before has it, and then the time: events stand in its order."""
    kept = connection.learned.get(hall) or outbox.lock(connection, hall)
    if kept is None:
        raise unknown_hall(hall)
    record = halls.at_version(connection, hall, kept.version)
    now = whole(clock.now())
    return UnitOfWork(Ground(connection, record, kept, now, public_url)), now


def whole(now: datetime) -> datetime:
    """Whole milliseconds: finer is neither stored nor sent."""
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@dataclass
class CarryOut:
    """A job for the engine. It may be run again if the engine must; then it starts anew."""

    command: Command = field(repr=False)
    actor: Actor
    key: str | None
    halls: Halls
    clock: Clock
    ids: Ids
    public_url: str

    def __call__(self, connection: Connection) -> Done:
        work, now = begin(connection, self.halls, self.actor.hall, self.clock, self.public_url)
        key = None if isinstance(self.command, ReportTerminal) else self.key
        fingerprint = self._fingerprint(work) if key else ""
        if key:
            known = self._known(connection, key)
            if known is not None:
                repeated = replies.again(fingerprint, known)
                work.finish(now)
                return Done(self.actor.hall, reply=repeated)
        message = commands.carry_out(work, self.command, self.actor, now, self.ids, key)
        events = work.finish(now)
        reply = Reply(status=201 if isinstance(self.command, CREATES) else 200, body=encode(message))
        if key:
            self._keep(connection, key, replies.Stored(fingerprint, reply.status, reply.body, now))
        return Done(self.actor.hall, events, reply)

    def refused(self, connection: Connection, refusal: Refusal) -> None:
        """Keeps a final no under the key, after all else was undone."""
        if self.key is None or refusal.retryable or refusal.code is Code.KEY_REUSED:
            return
        try:
            work, now = begin(connection, self.halls, self.actor.hall, self.clock, self.public_url)
        except Refusal:
            return  # there is no such hall, and so no place for its replies
        if self._known(connection, self.key) is None:  # a kept reply stays
            self._keep(connection, self.key, replies.refused(self._fingerprint(work), refusal, now))
        work.finish(now)

    def _known(self, connection: Connection, key: str) -> tuple[str, int, bytes] | None:
        """What this key got before, in the transaction under way or long ago."""
        left = draft_of(connection, self.actor.hall).replies.get((self.actor.name, key))
        return left[:3] if left is not None else replies.find(connection, self.actor.hall, self.actor.name, key)

    def _keep(self, connection: Connection, key: str, stored: replies.Stored) -> None:
        draft_of(connection, self.actor.hall).replies[self.actor.name, key] = stored

    def _fingerprint(self, work: UnitOfWork) -> str:
        # Keyed, because a command may hold a phone number, which a plain hash would not hide.
        return work.fingerprint(type(self.command).__name__.encode() + encode(self.command))


def write_to(
    halls: Halls, hall: str, clock: Clock, change: Callable[[UnitOfWork, datetime], object]
) -> Callable[[Connection], Done]:
    """A job that does something to a hall without a command."""

    def job(connection: Connection) -> Done:
        work, now = begin(connection, halls, hall, clock, "")
        change(work, now)
        return Done(hall, work.finish(now))

    return job
