"""Statements that find and keep tickets, queues, windows, services and loans of one hall.

Those of bookings, restrictions, alerts and the audit list are in ``records``.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Select, bindparam

from queue_server.storage import rows
from queue_server.storage import tables as t
from queue_server.storage.sql import insert_into, update_of, upsert_into

HALL: sa.BindParameter[str] = bindparam("hall")
_K_HALL: sa.BindParameter[str] = bindparam("k_hall")


def _columns(table: sa.Table, names: tuple[str, ...]) -> list[sa.Column[Any]]:
    return [table.c[name] for name in names]


def _of(table: sa.Table, names: tuple[str, ...], *where: sa.ColumnElement[bool]) -> Select[Any]:
    return sa.select(*_columns(table, names)).where(table.c.hall == HALL, *where)


_t = t.ticket

# --- tickets ---
TICKET = _of(_t, rows.TICKET, _t.c.id == bindparam("id"))
TICKET_BY_TOKEN = sa.select(_t.c.hall, _t.c.id).where(_t.c.status_token == bindparam("token"))
TICKET_TAKEN = _of(
    _t, rows.TICKET, _t.c.taken_by == bindparam("by"), _t.c.take_key == bindparam("key"), _t.c.take_key.is_not(None)
)
NUMBER_USED: Select[Any] = sa.select(sa.literal_column("1")).where(
    _t.c.hall == HALL, _t.c.business_day == bindparam("day"), _t.c.number == bindparam("number")
)
OF_PERSON = _of(
    _t,
    ("queue", "state", "number"),
    _t.c.person == bindparam("person"),
    _t.c.person.is_not(None),
    _t.c.business_day == bindparam("day"),
)
HEADS = (
    _of(_t, rows.TICKET, _t.c.queue == bindparam("queue"), t.in_line, _t.c["rank"] == bindparam("rank"))
    .order_by(_t.c.since, _t.c.id)
    .limit(bindparam("most"))
)
SINCE_OF_PLACE = (
    _of(_t, ("since",), _t.c.queue == bindparam("queue"), t.in_line, _t.c["rank"] == bindparam("rank"))
    .order_by(_t.c.since, _t.c.id)
    .limit(1)
    .offset(bindparam("place"))
)
NEAR = _of(_t, rows.TICKET, t.near_a_window)
AWAITING_PAPER = _of(_t, rows.TICKET, t.without_paper).order_by(_t.c.issued_at, _t.c.id)
LEFT_OVER = (
    _of(_t, rows.TICKET, t.on_the_way, _t.c.business_day < bindparam("day"))
    .order_by(_t.c.business_day, _t.c.id)
    .limit(bindparam("most"))
)
ON_THE_BOARD = _of(_t, rows.TICKET, t.on_the_way)
AHEAD = sa.select(sa.func.count()).select_from(_t).where(
    _t.c.hall == HALL, _t.c.queue == bindparam("queue"), t.in_line, _t.c["rank"] == bindparam("rank"),
    sa.tuple_(_t.c.since, _t.c.id)
    < sa.tuple_(bindparam("since", type_=sa.BigInteger), bindparam("id", type_=sa.String)),
)  # fmt: skip
"""How many of one class stand before an instant and an id."""

ADD_TICKET = insert_into(_t)
SAVE_TICKET = update_of(_t, *rows.TICKET_CHANGES).where(_t.c.hall == _K_HALL, _t.c.id == bindparam("k_id"))
SAVE_PAPER = update_of(_t, *rows.TICKET_PAPER).where(_t.c.hall == _K_HALL, _t.c.id == bindparam("k_id"))
ERASE_PEOPLE = (
    sa.update(_t)
    .where(
        _t.c.hall == _K_HALL,
        _t.c.business_day < bindparam("before"),
        _t.c.person.is_not(None) | (_t.c.masked_name != sa.literal_column("''")),
    )
    .values(person=sa.null(), masked_name="", phone_mask="", phone_hash=sa.null())
)

# --- queues and windows ---
QUEUES = _of(t.queue_state, ("data",))
SAVE_QUEUE = upsert_into(t.queue_state)
WINDOWS = _of(t.window_state, ("data",)).order_by(t.window_state.c["window"])
SAVE_WINDOW = upsert_into(t.window_state)
PACES = _of(t.pace, ("queue", "hour", "weight", "total", "squares")).order_by(t.pace.c.queue, t.pace.c.hour)
SAVE_PACE = upsert_into(t.pace)
CALLS = sa.select(t.call.c.data).where(t.call.c.hall == HALL).order_by(t.call.c.seq.desc()).limit(bindparam("most"))
SAVE_CALL = upsert_into(t.call)
FORGET_CALLS = sa.delete(t.call).where(t.call.c.hall == HALL, t.call.c.seq < bindparam("seq"))
CALL_AT = (
    sa.select(t.call.c.seq)
    .where(t.call.c.hall == HALL)
    .order_by(t.call.c.seq.desc())
    .limit(1)
    .offset(bindparam("place"))
)

# --- services ---
SERVICE = _of(t.service, rows.SERVICE, t.service.c.id == bindparam("id"))
FINISHED_OF = (
    _of(t.service, rows.SERVICE, t.service.c.ticket == bindparam("ticket"), t.service.c.outcome.is_not(None))
    .order_by(t.service.c.finished_at.desc())
    .limit(1)
)
ADD_SERVICE = insert_into(t.service)
SAVE_SERVICE = update_of(
    t.service, "finished_at", "outcome", "rating", "rating_until", "level", "reasons", "text", "channel", "rated_at"
).where(t.service.c.hall == _K_HALL, t.service.c.id == bindparam("k_id"))
RATED = (
    sa.select(*_columns(t.service, rows.SERVICE), _t.c.number)
    .join(_t, (_t.c.hall == t.service.c.hall) & (_t.c.id == t.service.c.ticket))
    .where(
        t.service.c.hall == HALL,
        t.service.c.rated_at.is_not(None),
        t.service.c.rated_at >= bindparam("start"),
        t.service.c.rated_at < bindparam("end"),
    )
    .order_by(t.service.c.rated_at.desc())
    .limit(bindparam("most"))
)

# --- kiosks ---
LOAN = _of(t.loan, rows.LOAN, t.loan.c.id == bindparam("id"))
LOANS = _of(
    t.loan, rows.LOAN, t.loan.c.queue == bindparam("queue"), t.loan.c.business_day == bindparam("day")
).order_by(t.loan.c.first)
ADD_LOAN = insert_into(t.loan)
SAVE_LOAN = update_of(t.loan, "last", "expires_at", "returned_from").where(
    t.loan.c.hall == _K_HALL, t.loan.c.id == bindparam("k_id")
)
PARKED_ONE = _of(t.parked, rows.PARKED, t.parked.c.kiosk == bindparam("kiosk"), t.parked.c.key == bindparam("key"))
PARKED = (
    _of(t.parked, rows.PARKED, t.parked.c.settled_at.is_(None))
    .order_by(t.parked.c.parked_at.desc(), t.parked.c.key)
    .limit(500)
)
PARK = insert_into(t.parked)
_WITHOUT_PERSON: dict[str, Any] = {
    "person": sa.null(), "masked_name": sa.literal_column("''"), "phone_mask": sa.literal_column("''"),
    "phone_hash": sa.null(),
}  # fmt: skip
SETTLE = (
    sa.update(t.parked)
    .where(t.parked.c.hall == _K_HALL, t.parked.c.kiosk == bindparam("k_kiosk"), t.parked.c.key == bindparam("k_key"))
    .values(settled_at=bindparam("at"), **_WITHOUT_PERSON)
)
FORGET_PARKED = (
    sa.update(t.parked)
    .where(t.parked.c.hall == _K_HALL, t.parked.c.parked_at < bindparam("before"), t.parked.c.settled_at.is_(None))
    .values(**_WITHOUT_PERSON)
)
TERMINALS = _of(
    t.terminal, ("name", "role", "last_seen", "clock_off_seconds", "conditions", "waiting_uploads")
).order_by(t.terminal.c.name)
SAVE_TERMINAL = upsert_into(t.terminal)

# --- the hall itself ---
HALL_ROW = (
    sa.select(t.hall.c.seq, t.hall.c.version, t.description.c.text, t.description.c.secret, t.description.c.made_at)
    .join(t.description, t.description.c.hall == t.hall.c.id)
    .where(t.hall.c.id == HALL)
)
HALL_VERSION = sa.select(t.hall.c.seq, t.hall.c.version, t.hall.c.turn).where(t.hall.c.id == HALL)
HALL_IDS = sa.select(t.hall.c.id).order_by(t.hall.c.id)
ADD_HALL = insert_into(t.hall)
ADD_DESCRIPTION = insert_into(t.description)
SAVE_HALL = update_of(t.hall, "version").where(t.hall.c.id == _K_HALL)
SAVE_DESCRIPTION = update_of(t.description, "text").where(t.description.c.hall == _K_HALL)
IN_USE: Select[Any] = (
    sa.select(sa.literal_column("1")).where(_t.c.hall == HALL, _t.c.queue == bindparam("queue"), t.on_the_way).limit(1)
)
