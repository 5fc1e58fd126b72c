"""Where tokens, enrolment codes and accounts are kept."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam

from queue_server.contract.messages import Role
from queue_server.storage import tables as t
from queue_server.storage.rows import micros, moment
from queue_server.storage.sql import Connection, Row, insert_into
from queue_server.usecases.accounts import Account, Holder, digest, typed
from queue_server.usecases.ports import EnrolmentCode, IssuedToken

_TOKEN_COLUMNS = (t.token.c.hall, t.token.c.name, t.token.c.role, t.token.c["window"], t.token.c.expires_at)
_TOKEN = sa.select(*_TOKEN_COLUMNS).where(t.token.c.hash == bindparam("hash"))
_ADD_TOKEN = insert_into(t.token)
_DROP_TOKEN = sa.delete(t.token).where(t.token.c.hash == bindparam("hash"))
_DROP_TOKENS_OF = sa.delete(t.token).where(t.token.c.hall == bindparam("hall"), t.token.c.name == bindparam("name"))
_DROP_OLD_TOKENS = sa.delete(t.token).where(t.token.c.hall == bindparam("hall"), t.token.c.expires_at < bindparam("at"))
_LOG_IN: list[sa.ColumnElement[str]] = [sa.literal_column("'officer'"), sa.literal_column("'admin'")]
_DEVICES = (
    sa.select(t.token.c.name, t.token.c.role)
    .where(
        t.token.c.hall == bindparam("hall"),
        t.token.c.role.not_in(_LOG_IN),
    )
    .union(sa.select(t.enrolment.c.name, t.enrolment.c.role).where(t.enrolment.c.hall == bindparam("hall")))
)
_ACCOUNT = sa.select(t.account.c.hall, t.account.c.name, t.account.c.role, t.account.c.password).where(
    t.account.c.hall == bindparam("hall"), t.account.c.name == bindparam("name")
)
_ADD_ACCOUNT = insert_into(t.account)
_SAVE_ACCOUNT = (
    sa.update(t.account)
    .where(t.account.c.hall == bindparam("k_hall"), t.account.c.name == bindparam("k_name"))
    .values(role=bindparam("v_role"), password=bindparam("v_password"))
)
_DROP_ACCOUNT = sa.delete(t.account).where(t.account.c.hall == bindparam("hall"), t.account.c.name == bindparam("name"))
_ACCOUNTS = sa.select(t.account.c.name).where(t.account.c.hall == bindparam("hall"))
_ENROLMENT = sa.select(
    t.enrolment.c.hall, t.enrolment.c.name, t.enrolment.c.role, t.enrolment.c["window"], t.enrolment.c.expires_at
).where(t.enrolment.c.hash == bindparam("hash"), t.enrolment.c.used_at.is_(None))
_ADD_ENROLMENT = insert_into(t.enrolment)
_DROP_ENROLMENT = sa.delete(t.enrolment).where(t.enrolment.c.hash == bindparam("hash"))
_USE_ENROLMENT = (
    sa.update(t.enrolment)
    .where(t.enrolment.c.hash == bindparam("k_hash"), t.enrolment.c.used_at.is_(None))
    .values(used_at=bindparam("v_used"))
)


def holder_of(connection: Connection, token: str) -> Holder | None:
    """Whom a token belongs to, expired or not."""
    row = connection.one(_TOKEN, {"hash": digest(token)})
    return None if row is None else _holder(row)


def add_token(connection: Connection, token: IssuedToken, now: datetime) -> None:
    connection.run(
        _ADD_TOKEN,
        {
            "hash": digest(token.token),
            "hall": token.hall,
            "name": token.name,
            "role": token.role.value,
            "window": token.window,
            "made_at": micros(now),
            "expires_at": None if token.expires_at is None else micros(token.expires_at),
        },
    )


def drop_token(connection: Connection, token: str) -> int:
    return connection.run(_DROP_TOKEN, {"hash": digest(token)})


def drop_tokens_of(connection: Connection, hall: str, name: str) -> int:
    return connection.run(_DROP_TOKENS_OF, {"hall": hall, "name": name})


def drop_old_tokens(connection: Connection, hall: str, now: datetime) -> int:
    return connection.run(_DROP_OLD_TOKENS, {"hall": hall, "at": micros(now)})


def devices(connection: Connection, hall: str) -> dict[str, Role]:
    """Every terminal that has a token or got a code."""
    return {row[0]: Role(row[1]) for row in connection.all(_DEVICES, {"hall": hall})}


def account(connection: Connection, hall: str, name: str) -> Account | None:
    row = connection.one(_ACCOUNT, {"hall": hall, "name": name})
    return None if row is None else Account(row[0], row[1], Role(row[2]), row[3])


def account_names(connection: Connection, hall: str) -> set[str]:
    return {row[0] for row in connection.all(_ACCOUNTS, {"hall": hall})}


def keep_account(connection: Connection, kept: Account) -> None:
    changed = connection.run(
        _SAVE_ACCOUNT,
        {"k_hall": kept.hall, "k_name": kept.name, "v_role": kept.role.value, "v_password": kept.password},
    )
    if changed == 0:
        connection.run(
            _ADD_ACCOUNT,
            {"hall": kept.hall, "name": kept.name, "role": kept.role.value, "password": kept.password},
        )


def drop_account(connection: Connection, hall: str, name: str) -> None:
    """Somebody does not work here any more: the password and every session are worthless at once."""
    connection.run(_DROP_ACCOUNT, {"hall": hall, "name": name})
    drop_tokens_of(connection, hall, name)


def add_code(connection: Connection, code: EnrolmentCode, now: datetime) -> None:
    """A code that was there before is good once more."""
    hashed = digest(typed(code.code))
    connection.run(_DROP_ENROLMENT, {"hash": hashed})
    connection.run(
        _ADD_ENROLMENT,
        {
            "hash": hashed,
            "hall": code.hall,
            "name": code.name,
            "role": code.role.value,
            "window": code.window,
            "expires_at": micros(code.expires_at or now),
            "used_at": None,
        },
    )


def use_code(connection: Connection, code: str, now: datetime) -> Holder | None:
    """The device that a code is for; it is used up by that. None: unknown, used or expired."""
    hashed = digest(typed(code))
    row = connection.one(_ENROLMENT, {"hash": hashed})
    if row is None or row[4] < micros(now):
        return None
    if connection.run(_USE_ENROLMENT, {"k_hash": hashed, "v_used": micros(now)}) != 1:
        return None
    return Holder(row[0], row[1], Role(row[2]), row[3], None)


def _holder(row: Row) -> Holder:
    return Holder(row[0], row[1], Role(row[2]), row[3], None if row[4] is None else moment(row[4]))
