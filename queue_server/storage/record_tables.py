"""The tables of bookings, restrictions, alerts and the audit list; see ``tables`` for what holds for all of them."""

from __future__ import annotations

import sqlalchemy as sa

from queue_server.storage.tables import is_one_of, metadata

_ID = sa.String(64)
_DAY = sa.String(10)
_TIME = sa.BigInteger()
_WORD = sa.String(40)
_HASH = sa.String(64)


def _key() -> tuple[sa.Column[str], sa.Column[str]]:
    return sa.Column("hall", _ID, primary_key=True), sa.Column("id", _ID, primary_key=True)


appointment = sa.Table(
    "appointment",
    metadata,
    *_key(),
    sa.Column("queue", _ID, nullable=False),
    sa.Column("day", _DAY, nullable=False),
    sa.Column("start", _TIME, nullable=False),
    sa.Column("end", _TIME, nullable=False),
    sa.Column("state", _WORD, nullable=False),
    sa.Column("booked_at", _TIME, nullable=False),
    sa.Column("item", _ID),
    sa.Column("person", _HASH),
    sa.Column("masked_name", sa.String(40), nullable=False),
    sa.Column("phone_mask", sa.String(40), nullable=False),
    sa.Column("phone_hash", _HASH),
    sa.Column("booked_by", _ID, nullable=False),
    sa.Column("ticket", _ID),
    sa.Column("moved_to", _ID),
    sa.Column("changed_at", _TIME),
    sa.Index("ix_appointment_day", "hall", "day", "start", "id"),
    sa.Index("ix_appointment_slot", "hall", "queue", "day", "start"),
)

BOOKED: sa.ColumnElement[str] = sa.literal_column("'booked'")
holds_a_place = is_one_of(appointment.c.state, "booked", "checked-in", "late")

restriction = sa.Table(
    "restriction",
    metadata,
    *_key(),
    sa.Column("person", _HASH, nullable=False),
    sa.Column("reason", _WORD, nullable=False),
    sa.Column("scope", _WORD, nullable=False),
    sa.Column("made_at", _TIME, nullable=False),
    sa.Column("made_by", _ID, nullable=False),
    sa.Column("until", _TIME),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("lifted_at", _TIME),
    sa.Column("lifted_by", _ID),
    sa.Index("ix_restriction_made", "hall", "made_at", "id"),
)

alert = sa.Table(
    "alert",
    metadata,
    *_key(),
    sa.Column("about", sa.String(160), nullable=False),
    sa.Column("rule", _WORD, nullable=False),
    sa.Column("level", _WORD, nullable=False),
    sa.Column("raised_at", _TIME, nullable=False),
    sa.Column("value", sa.Integer, nullable=False),
    sa.Column("limit", sa.Integer, nullable=False),
    sa.Column("queue", _ID),
    sa.Column("window", _ID),
    sa.Column("ticket", _ID),
    sa.Column("cleared_at", _TIME),
    sa.Index("ix_alert_raised", "hall", "raised_at", "id"),
)

audit = sa.Table(
    "audit",
    metadata,
    *_key(),
    sa.Column("at", _TIME, nullable=False),
    sa.Column("by", _ID, nullable=False),
    sa.Column("role", _WORD, nullable=False),
    sa.Column("act", _WORD, nullable=False),
    sa.Column("about", sa.String(160), nullable=False),
    sa.Column("reason", _WORD, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Index("ix_audit_at", "hall", "at", "id"),
)

known_booker = appointment.c.person.is_not(None) | (appointment.c.masked_name != sa.literal_column("''"))
stands = alert.c.cleared_at.is_(None)
for _name, _columns, _where in (
    ("ix_appointment_person", ("hall", "person", "day", "start", "id"), appointment.c.person.is_not(None)),
    ("ix_appointment_due", ("hall", "start", "id"), appointment.c.state == BOOKED),
    ("ix_appointment_erase", ("hall", "day"), known_booker),
    ("ix_restriction_person", ("hall", "person"), restriction.c.lifted_at.is_(None)),
    ("ix_alert_stands", ("hall", "id"), stands),
):
    _table = metadata.tables[_name.split("_")[1]]
    sa.Index(_name, *(_table.c[column] for column in _columns), sqlite_where=_where, postgresql_where=_where)
