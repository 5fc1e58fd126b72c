"""What the rooms of a unit of work stand on: a connection, a hall, and what was known of it before."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from queue_server.domain.events import Happened
from queue_server.domain.hall import Hall
from queue_server.domain.rating import RatingProfile
from queue_server.storage.memory import Kept
from queue_server.storage.sql import Connection


@dataclass(frozen=True)
class HallRecord:
    """A hall as storage keeps it between transactions: its description, its secret and its rating dictionary."""

    hall: Hall
    secret: bytes = field(repr=False)
    profile: RatingProfile
    made_at: datetime

    def keyed_hash(self, kind: str, text: str) -> str:
        digest = hmac.digest(self.secret, f"{kind}:{text}".encode(), hashlib.sha256)
        return base64.b32encode(digest[:20]).decode("ascii")

    def fingerprint(self, command: bytes) -> str:
        """Tells commands apart; keyed, because a command may hold a phone number. Made for every request, so quick."""
        return hashlib.blake2b(command, key=self.secret[:64], digest_size=20).hexdigest()

    @property
    def person_key(self) -> str:
        """What kiosks use to turn a document number into a token; the secret itself never leaves the server."""
        return hmac.digest(self.secret, b"person key of the kiosks", hashlib.sha256).hex()


class Ground(msgspec.Struct, frozen=True):
    """One job of one hall: where it works, and what is known of the hall before it."""

    connection: Connection
    record: HallRecord
    kept: Kept
    now: datetime
    public_url: str = ""


class Room:
    """A part of what a use case may reach for. What it saves stays in memory until it must be seen by a statement."""

    def __init__(self, ground: Ground) -> None:
        self.connection = ground.connection
        self.record = ground.record
        self.now = ground.now
        self.public_url = ground.public_url
        self.kept = ground.kept
        self.first_seq = ground.kept.seq + 1
        self.hall_id = ground.record.hall.id
        self.events: list[Happened] = []

    @property
    def hall(self) -> Hall:
        return self.record.hall

    @property
    def profile(self) -> RatingProfile:
        return self.record.profile

    def keyed_hash(self, kind: str, text: str) -> str:
        return self.record.keyed_hash(kind, text)

    def fingerprint(self, command: bytes) -> str:
        return self.record.fingerprint(command)

    def append(self, event: Happened) -> None:
        self.events.append(event)

    def write_first(self, write: Callable[[Connection, str], None], *, ours: bool) -> None:
        """Has rows of the draft written that a statement must see; ``ours`` when some of them are of this job.

        What only jobs before this one left must not be undone with it.
        """
        written = self.connection.written
        write(self.connection, self.hall_id)
        if not ours:
            self.connection.written = written
