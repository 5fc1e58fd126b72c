"""The tables of the server. The hall's id leads every key and index, so that halls never get in each other's way.

Times are whole microseconds since 1970 UTC, days are ``YYYY-MM-DD``, messages are JSON bytes. Changing a
table means a new file in ``migrations/versions``.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(naming_convention={"pk": "pk_%(table_name)s", "uq": "uq_%(table_name)s"})

_ID = sa.String(64)
_DAY = sa.String(10)
_TIME = sa.BigInteger()
_WORD = sa.String(40)


def _hall() -> sa.Column[str]:
    return sa.Column("hall", _ID, primary_key=True)


hall = sa.Table(
    "hall",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("version", sa.String(64), nullable=False),
    sqlite_with_rowid=False,
)
"""Written by every transaction, so it holds nothing long."""

description = sa.Table(
    "description",
    metadata,
    _hall(),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("secret", sa.LargeBinary, nullable=False),
    sa.Column("made_at", _TIME, nullable=False),
)

event = sa.Table(
    "event",
    metadata,
    _hall(),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("type", _WORD, nullable=False),
    sa.Column("at", _TIME, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

ticket = sa.Table(
    "ticket",
    metadata,
    _hall(),
    sa.Column("id", _ID, primary_key=True),
    sa.Column("number", _WORD, nullable=False),
    sa.Column("queue", _ID, nullable=False),
    sa.Column("business_day", _DAY, nullable=False),
    sa.Column("state", _WORD, nullable=False),
    sa.Column("issued_at", _TIME, nullable=False),
    sa.Column("since", _TIME, nullable=False),
    sa.Column("status_token", sa.String(64), nullable=False),
    sa.Column("rank", sa.SmallInteger, nullable=False),
    sa.Column("priority", _WORD, nullable=False),
    sa.Column("channel", _WORD, nullable=False),
    sa.Column("item", _ID),
    sa.Column("person", sa.String(64)),
    sa.Column("masked_name", sa.String(40), nullable=False),
    sa.Column("phone_mask", sa.String(40), nullable=False),
    sa.Column("phone_hash", sa.String(64)),
    sa.Column("window", _ID),
    sa.Column("to_window", _ID),
    sa.Column("called_at", _TIME),
    sa.Column("last_called_at", _TIME),
    sa.Column("started_at", _TIME),
    sa.Column("finished_at", _TIME),
    sa.Column("calls", sa.Integer, nullable=False),
    sa.Column("outcome", _WORD),
    sa.Column("pass_reason", _WORD),
    sa.Column("why", _WORD, nullable=False),
    sa.Column("service", _ID),
    sa.Column("offline", sa.SmallInteger, nullable=False),
    sa.Column("taken_by", _ID, nullable=False),
    sa.Column("take_key", _ID),
    sa.Column("lease", _ID),
)

WAITING: sa.ColumnElement[str] = sa.literal_column("'waiting'")
HELD: sa.ColumnElement[str] = sa.literal_column("'held'")
AT_AN_END: tuple[sa.ColumnElement[str], ...] = tuple(
    sa.literal_column(f"'{word}'") for word in ("done", "cancelled", "expired")
)
"""Literals, not parameters: a partial index is only used when its condition stands in the query word for word."""

sa.Index("ix_ticket_number", ticket.c.hall, ticket.c.business_day, ticket.c.number, unique=True)
sa.Index("ix_ticket_token", ticket.c.status_token, unique=True)
_sent = ticket.c.to_window.is_not(None)
_known_person = ticket.c.person.is_not(None) | (ticket.c.masked_name != sa.literal_column("''"))
for _name, _columns, _where in (
    ("line", ("hall", "queue", "rank", "since", "id"), (ticket.c.state == WAITING) & ticket.c.to_window.is_(None)),
    ("sent", ("hall", "to_window", "rank", "since", "id"), (ticket.c.state == WAITING) & _sent),
    ("held", ("hall", "window", "started_at"), ticket.c.state == HELD),
    ("open", ("hall", "business_day", "id"), ticket.c.state.not_in(AT_AN_END)),
    ("person", ("hall", "person", "business_day"), ticket.c.person.is_not(None)),
    ("erase", ("hall", "business_day"), _known_person),
    ("taken", ("hall", "taken_by", "take_key"), ticket.c.take_key.is_not(None)),
    ("lease", ("hall", "lease"), ticket.c.lease.is_not(None)),
):
    sa.Index(
        f"ix_ticket_{_name}",
        *(ticket.c[column] for column in _columns),
        sqlite_where=_where,
        postgresql_where=_where,
        unique=_name == "taken",
    )

queue_state = sa.Table(
    "queue_state",
    metadata,
    _hall(),
    sa.Column("queue", _ID, primary_key=True),
    sa.Column("waiting", sa.Integer, nullable=False),
    sa.Column("first", sa.Integer, nullable=False),
    sa.Column("servers", sa.Integer, nullable=False),
    sa.Column("staffed", sa.Integer, nullable=False),
    sa.Column("day", _DAY, nullable=False),
    sa.Column("issued_today", sa.Integer, nullable=False),
    sa.Column("last_number", sa.Integer, nullable=False),
    sa.Column("last_lent", sa.Integer, nullable=False),
    sa.Column("open", sa.SmallInteger, nullable=False),
    sa.Column("closed_reason", _WORD),
    sa.Column("low", sa.Integer, nullable=False),
    sa.Column("likely", sa.Integer, nullable=False),
    sa.Column("high", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

window_state = sa.Table(
    "window_state",
    metadata,
    _hall(),
    sa.Column("window", _ID, primary_key=True),
    sa.Column("mode", _WORD, nullable=False),
    sa.Column("pause_reason", _WORD),
    sa.Column("officer", _ID),
    sa.Column("ticket", _ID),
    sa.Column("service", _ID),
    sa.Column("rated", _ID),
    sa.Column("rating", _WORD, nullable=False),
    sa.Column("rating_until", _TIME),
    sqlite_with_rowid=False,
)

call = sa.Table(
    "call",
    metadata,
    _hall(),
    sa.Column("ticket", _ID, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Index("ix_call_seq", "hall", "seq"),
)

service = sa.Table(
    "service",
    metadata,
    _hall(),
    sa.Column("id", _ID, primary_key=True),
    sa.Column("ticket", _ID, nullable=False),
    sa.Column("window", _ID, nullable=False),
    sa.Column("queue", _ID, nullable=False),
    sa.Column("started_at", _TIME, nullable=False),
    sa.Column("officer", _ID),
    sa.Column("item", _ID),
    sa.Column("finished_at", _TIME),
    sa.Column("outcome", _WORD),
    sa.Column("rating", _WORD, nullable=False),
    sa.Column("rating_until", _TIME),
    sa.Column("level", _WORD),
    sa.Column("reasons", sa.String(400), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("channel", _WORD),
    sa.Column("rated_at", _TIME),
    sa.Index("ix_service_ticket", "hall", "ticket", "finished_at"),
)
sa.Index(
    "ix_service_rated",
    service.c.hall,
    service.c.rated_at,
    sqlite_where=service.c.rated_at.is_not(None),
    postgresql_where=service.c.rated_at.is_not(None),
)

loan = sa.Table(
    "loan",
    metadata,
    _hall(),
    sa.Column("id", _ID, primary_key=True),
    sa.Column("kiosk", _ID, nullable=False),
    sa.Column("queue", _ID, nullable=False),
    sa.Column("business_day", _DAY, nullable=False),
    sa.Column("first", sa.Integer, nullable=False),
    sa.Column("last", sa.Integer, nullable=False),
    sa.Column("expires_at", _TIME, nullable=False),
    sa.Index("ix_loan_kiosk", "hall", "kiosk", "queue", "business_day"),
    sqlite_with_rowid=False,
)

parked = sa.Table(
    "parked",
    metadata,
    _hall(),
    sa.Column("kiosk", _ID, primary_key=True),
    sa.Column("key", _ID, primary_key=True),
    sa.Column("queue", _ID, nullable=False),
    sa.Column("number", _WORD, nullable=False),
    sa.Column("issued_at", _TIME, nullable=False),
    sa.Column("reason", _WORD, nullable=False),
    sa.Column("parked_at", _TIME, nullable=False),
    sa.Column("settled_at", _TIME),
    sqlite_with_rowid=False,
)

reply = sa.Table(
    "reply",
    metadata,
    _hall(),
    sa.Column("actor", _ID, primary_key=True),
    sa.Column("key", _ID, primary_key=True),
    sa.Column("command", sa.String(64), nullable=False),
    sa.Column("status", sa.SmallInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("at", _TIME, nullable=False),
    sa.Index("ix_reply_at", "hall", "at"),
)

account = sa.Table(
    "account",
    metadata,
    _hall(),
    sa.Column("name", _ID, primary_key=True),
    sa.Column("role", _WORD, nullable=False),
    sa.Column("password", sa.String(200), nullable=False),
    sqlite_with_rowid=False,
)

token = sa.Table(
    "token",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("hall", _ID, nullable=False),
    sa.Column("name", _ID, nullable=False),
    sa.Column("role", _WORD, nullable=False),
    sa.Column("window", _ID),
    sa.Column("made_at", _TIME, nullable=False),
    sa.Column("expires_at", _TIME),
    sa.Index("ix_token_name", "hall", "name"),
    sqlite_with_rowid=False,
)

enrolment = sa.Table(
    "enrolment",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("hall", _ID, nullable=False),
    sa.Column("name", _ID, nullable=False),
    sa.Column("role", _WORD, nullable=False),
    sa.Column("window", _ID),
    sa.Column("expires_at", _TIME, nullable=False),
    sa.Column("used_at", _TIME),
    sa.Index("ix_enrolment_name", "hall", "name"),
    sqlite_with_rowid=False,
)

terminal = sa.Table(
    "terminal",
    metadata,
    _hall(),
    sa.Column("name", _ID, primary_key=True),
    sa.Column("role", _WORD, nullable=False),
    sa.Column("last_seen", _TIME),
    sa.Column("clock_off_seconds", sa.Float, nullable=False),
    sa.Column("conditions", sa.LargeBinary, nullable=False),
    sa.Column("waiting_uploads", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)
