"""Replies under their idempotency keys, written in the same transaction as what they tell of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import bindparam

from queue_server.contract.codec import decode, encode
from queue_server.contract.refusals import Code, Refusal, RefusalBody
from queue_server.storage import tables as t
from queue_server.storage.rows import micros
from queue_server.storage.sql import Connection, insert_into
from queue_server.usecases.ports import Reply

KEPT_DAYS = 8

_GET = sa.select(t.reply.c.command, t.reply.c.status, t.reply.c.body).where(
    t.reply.c.hall == bindparam("hall"), t.reply.c.actor == bindparam("actor"), t.reply.c.key == bindparam("key")
)
_PUT = insert_into(t.reply)
_FORGET = sa.delete(t.reply).where(t.reply.c.hall == bindparam("hall"), t.reply.c.at < bindparam("before"))


class Stored(NamedTuple):
    """What one key got: the fingerprint of its command, and the reply."""

    command: str
    status: int
    body: bytes
    at: datetime


def find(connection: Connection, hall: str, actor: str, key: str) -> tuple[str, int, bytes] | None:
    """Fingerprint of the command, status and body under a key."""
    row = connection.one(_GET, {"hall": hall, "actor": actor, "key": key})
    return None if row is None else (row[0], row[1], bytes(row[2]))


def again(command: str, found: tuple[str, int, bytes]) -> Reply:
    """The reply that a key got before; raises the refusal that it got, or ``KEY_REUSED`` for another command."""
    known, status, body = found
    if known != command:
        raise Refusal(Code.KEY_REUSED, "this idempotency key was used with another body")
    if status < 400:
        return Reply(status=status, body=body, repeated=True)
    refusal = decode(body, RefusalBody)
    raise Refusal(Code(refusal.code), refusal.message, **refusal.detail)


def refused(command: str, refusal: Refusal, now: datetime) -> Stored:
    """A final no is a reply like any other."""
    return Stored(command, refusal.status, encode(refusal.body()), now)


def add(connection: Connection, hall: str, found: Mapping[tuple[str, str], Stored]) -> None:
    """Writes replies by their actors and keys."""
    connection.put_all(
        _PUT,
        [
            {
                "hall": hall,
                "actor": actor,
                "key": key,
                "command": stored.command,
                "status": stored.status,
                "body": stored.body,
                "at": micros(stored.at),
            }
            for (actor, key), stored in found.items()
        ],
    )


def forget(connection: Connection, hall: str, before: datetime) -> int:
    return connection.run(_FORGET, {"hall": hall, "before": micros(before)})
