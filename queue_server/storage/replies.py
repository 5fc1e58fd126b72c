"""Replies under their idempotency keys, written in the same transaction as what they tell of."""

from __future__ import annotations

from datetime import datetime

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


def find(connection: Connection, hall: str, actor: str, key: str, command: str) -> Reply | None:
    """The reply that this key got before; raises the refusal that it got, or ``KEY_REUSED``."""
    row = connection.one(_GET, {"hall": hall, "actor": actor, "key": key})
    if row is None:
        return None
    if row[0] != command:
        raise Refusal(Code.KEY_REUSED, "this idempotency key was used with another body")
    if row[1] < 400:
        return Reply(status=row[1], body=bytes(row[2]), repeated=True)
    body = decode(bytes(row[2]), RefusalBody)
    raise Refusal(Code(body.code), body.message, **body.detail)


def keep(
    connection: Connection, hall: str, actor: str, key: str, command: str, status: int, body: bytes, now: datetime
) -> None:
    connection.put(
        _PUT,
        {
            "hall": hall,
            "actor": actor,
            "key": key,
            "command": command,
            "status": status,
            "body": body,
            "at": micros(now),
        },
    )


def keep_refusal(
    connection: Connection, hall: str, actor: str, key: str, command: str, refusal: Refusal, now: datetime
) -> None:
    """A final no is a reply like any other; one that may change is not kept, and a kept reply stays."""
    if refusal.retryable or refusal.code is Code.KEY_REUSED:
        return
    if connection.one(_GET, {"hall": hall, "actor": actor, "key": key}) is None:
        keep(connection, hall, actor, key, command, refusal.status, encode(refusal.body()), now)


def forget(connection: Connection, hall: str, before: datetime) -> int:
    return connection.run(_FORGET, {"hall": hall, "before": micros(before)})
