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
_EMPTY = sa.text("''")


def _hall() -> sa.Column[str]:
    return sa.Column("hall", _ID, primary_key=True)


hall = sa.Table(
    "hall",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("version", sa.String(64), nullable=False),
    sa.Column("turn", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    sqlite_with_rowid=False,
)
"""Written by every transaction, so it holds nothing long. ``turn`` counts them: it dates what is kept in memory."""

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
    sa.Column("appointment", _ID),
    sa.Column("more", sa.LargeBinary),
)
"""``more`` holds what few tickets have (``rows.More``); NULL when there is none of it."""


def is_one_of(column: sa.Column[str], *several: str) -> sa.ColumnElement[bool]:
    """Compared one by one: for ``IN`` SQLite builds a table of the words with every row that it writes.

    The words are literals: a partial index is only used when its condition stands in the query word for word.
    """
    return sa.or_(*(column == sa.literal_column(f"'{word}'") for word in several))


def is_none_of(column: sa.Column[str], *several: str) -> sa.ColumnElement[bool]:
    return sa.and_(*(column != sa.literal_column(f"'{word}'") for word in several))


_waits = ticket.c.state == sa.literal_column("'waiting'")
in_line = _waits & ticket.c.to_window.is_(None)
near_a_window = is_one_of(ticket.c.state, "calling", "serving", "held") | (_waits & ticket.c.to_window.is_not(None))
"""Called, served, held or sent to one window: so few that the office keeps them in memory."""
without_paper = is_one_of(ticket.c.state, "issuing", "print-failed")
on_the_way = is_none_of(ticket.c.state, "done", "cancelled", "expired", "void")
_known_person = ticket.c.person.is_not(None) | (ticket.c.masked_name != sa.literal_column("''"))

sa.Index("ix_ticket_number", ticket.c.hall, ticket.c.business_day, ticket.c.number, unique=True)
sa.Index("ix_ticket_token", ticket.c.status_token, unique=True)
for _name, _columns, _where in (
    ("line", ("hall", "queue", "rank", "since", "id"), in_line),
    ("near", ("hall", "id"), near_a_window),
    ("paper", ("hall", "issued_at", "id"), without_paper),
    ("open", ("hall", "business_day", "id"), on_the_way),
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
    sa.Column("data", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

window_state = sa.Table(
    "window_state",
    metadata,
    _hall(),
    sa.Column("window", _ID, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

pace = sa.Table(
    "pace",
    metadata,
    _hall(),
    sa.Column("queue", _ID, primary_key=True),
    sa.Column("hour", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("weight", sa.Float, nullable=False),
    sa.Column("total", sa.Float, nullable=False),
    sa.Column("squares", sa.Float, nullable=False),
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
    sa.Column("lent_at", _TIME),
    sa.Column("returned_from", sa.Integer),
    sa.Index("ix_loan_day", "hall", "queue", "business_day", "first"),
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
    sa.Column("status_token", sa.String(64), nullable=False, server_default=_EMPTY),
    sa.Column("priority", _WORD, nullable=False, server_default=sa.text("'none'")),
    sa.Column("item", _ID),
    sa.Column("person", sa.String(64)),
    sa.Column("masked_name", sa.String(40), nullable=False, server_default=_EMPTY),
    sa.Column("phone_mask", sa.String(40), nullable=False, server_default=_EMPTY),
    sa.Column("phone_hash", sa.String(64)),
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
