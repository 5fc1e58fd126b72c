"""Classes of waiting, what was learned of service times, bookings, restrictions, alerts and the audit list.

The states of queues and windows become one JSON text each, so that a new field needs no new column. Tickets that wait
stay where they stand: who was in the ordinary class 1 is in class 4 now.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002_the_full_queue"
down_revision = "0001_first_tables"

ID = sa.String(64)
DAY = sa.String(10)
TIME = sa.BigInteger()
WORD = sa.String(40)

NEAR = "(state IN ('calling', 'serving', 'held')) OR state = 'waiting' AND to_window IS NOT NULL"
OPEN = "(state NOT IN ('done', 'cancelled', 'expired', 'void'))"
PAPER = "state IN ('issuing', 'print-failed')"

QUEUE_BEFORE = (
    "hall", "queue", "waiting", "first", "servers", "staffed", "day", "issued_today", "last_number", "last_lent",
    "open", "closed_reason", "low", "likely", "high",
)
WINDOW_BEFORE = (
    "hall", "window", "mode", "pause_reason", "officer", "ticket", "service", "rated", "rating", "rating_until",
)


def upgrade() -> None:
    op.add_column("hall", sa.Column("turn", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    _tickets()
    _states()
    _kiosks()
    _records()


def _tickets() -> None:
    op.add_column("ticket", sa.Column("appointment", ID))
    op.add_column("ticket", sa.Column("more", sa.LargeBinary()))
    op.execute("UPDATE ticket SET rank = 4 WHERE rank = 1")
    for gone in ("held", "sent", "open"):
        op.drop_index(f"ix_ticket_{gone}", table_name="ticket")
    _partial("ix_ticket_open", "ticket", ["hall", "business_day", "id"], OPEN)
    _partial("ix_ticket_near", "ticket", ["hall", "id"], NEAR)
    _partial("ix_ticket_paper", "ticket", ["hall", "issued_at", "id"], PAPER)


def _states() -> None:
    queues = _rows("queue_state", QUEUE_BEFORE)
    windows = _rows("window_state", WINDOW_BEFORE)
    for table, column in (("queue_state", "queue"), ("window_state", "window")):
        op.drop_table(table)
        op.create_table(
            table,
            sa.Column("hall", ID, nullable=False),
            sa.Column(column, ID, nullable=False),
            sa.Column("data", sa.LargeBinary(), nullable=False),
            sa.PrimaryKeyConstraint("hall", column, name=f"pk_{table}"),
            sqlite_with_rowid=False,
        )
    _fill("queue_state", "queue", [(row["hall"], row["queue"], _queue(row)) for row in queues])
    _fill("window_state", "window", [(row["hall"], row["window"], _window(row)) for row in windows])
    op.create_table(
        "pace",
        sa.Column("hall", ID, nullable=False),
        sa.Column("queue", ID, nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("squares", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("hall", "queue", "hour", name="pk_pace"),
        sqlite_with_rowid=False,
    )


def _queue(row: Any) -> dict[str, Any]:
    same = ("queue", "waiting", "first", "servers", "staffed", "day", "issued_today", "last_number", "last_lent")
    return {
        **{name: row[name] for name in same},
        "open": bool(row["open"]),
        "closed_reason": row["closed_reason"],
        "estimate": {"low": row["low"], "likely": row["likely"], "high": row["high"]},
    }


def _window(row: Any) -> dict[str, Any]:
    same = ("window", "mode", "pause_reason", "officer", "ticket", "service", "rated", "rating")
    until = row["rating_until"]
    moment = None if until is None else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=until)
    return {**{name: row[name] for name in same}, "rating_until": moment and moment.isoformat()}


def _rows(table: str, columns: tuple[str, ...]) -> Sequence[Any]:
    before = sa.table(table, *(sa.column(name) for name in columns))
    return op.get_bind().execute(sa.select(before)).mappings().all()


def _fill(table: str, column: str, rows: list[tuple[str, str, dict[str, Any]]]) -> None:
    after = sa.table(table, sa.column("hall"), sa.column(column), sa.column("data", sa.LargeBinary()))
    if rows:
        op.bulk_insert(
            after, [{"hall": hall, column: one, "data": json.dumps(data).encode()} for hall, one, data in rows]
        )


def _kiosks() -> None:
    op.add_column("loan", sa.Column("lent_at", TIME))
    op.add_column("loan", sa.Column("returned_from", sa.Integer()))
    op.drop_index("ix_loan_kiosk", table_name="loan")
    op.create_index("ix_loan_day", "loan", ["hall", "queue", "business_day", "first"])
    empty = sa.text("''")
    for column in (
        sa.Column("status_token", sa.String(64), nullable=False, server_default=empty),
        sa.Column("priority", WORD, nullable=False, server_default=sa.text("'none'")),
        sa.Column("item", ID),
        sa.Column("person", sa.String(64)),
        sa.Column("masked_name", WORD, nullable=False, server_default=empty),
        sa.Column("phone_mask", WORD, nullable=False, server_default=empty),
        sa.Column("phone_hash", sa.String(64)),
    ):
        op.add_column("parked", column)


def _records() -> None:
    _record(
        "appointment",
        sa.Column("queue", ID, nullable=False),
        sa.Column("day", DAY, nullable=False),
        sa.Column("start", TIME, nullable=False),
        sa.Column("end", TIME, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("booked_at", TIME, nullable=False),
        sa.Column("item", ID),
        sa.Column("person", sa.String(64)),
        sa.Column("masked_name", WORD, nullable=False),
        sa.Column("phone_mask", WORD, nullable=False),
        sa.Column("phone_hash", sa.String(64)),
        sa.Column("booked_by", ID, nullable=False),
        sa.Column("ticket", ID),
        sa.Column("moved_to", ID),
        sa.Column("changed_at", TIME),
    )
    op.create_index("ix_appointment_day", "appointment", ["hall", "day", "start", "id"])
    op.create_index("ix_appointment_slot", "appointment", ["hall", "queue", "day", "start"])
    _partial("ix_appointment_person", "appointment", ["hall", "person", "day", "start", "id"], "person IS NOT NULL")
    _partial("ix_appointment_due", "appointment", ["hall", "start", "id"], "state = 'booked'")
    _partial("ix_appointment_erase", "appointment", ["hall", "day"], "person IS NOT NULL OR masked_name != ''")
    _record(
        "restriction",
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("reason", WORD, nullable=False),
        sa.Column("scope", WORD, nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("made_by", ID, nullable=False),
        sa.Column("until", TIME),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("lifted_at", TIME),
        sa.Column("lifted_by", ID),
    )
    op.create_index("ix_restriction_made", "restriction", ["hall", "made_at", "id"])
    _partial("ix_restriction_person", "restriction", ["hall", "person"], "lifted_at IS NULL")
    _record(
        "alert",
        sa.Column("about", sa.String(160), nullable=False),
        sa.Column("rule", WORD, nullable=False),
        sa.Column("level", WORD, nullable=False),
        sa.Column("raised_at", TIME, nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("limit", sa.Integer(), nullable=False),
        sa.Column("queue", ID),
        sa.Column("window", ID),
        sa.Column("ticket", ID),
        sa.Column("cleared_at", TIME),
    )
    op.create_index("ix_alert_raised", "alert", ["hall", "raised_at", "id"])
    _partial("ix_alert_stands", "alert", ["hall", "id"], "cleared_at IS NULL")
    _record(
        "audit",
        sa.Column("at", TIME, nullable=False),
        sa.Column("by", ID, nullable=False),
        sa.Column("role", WORD, nullable=False),
        sa.Column("act", WORD, nullable=False),
        sa.Column("about", sa.String(160), nullable=False),
        sa.Column("reason", WORD, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )
    op.create_index("ix_audit_at", "audit", ["hall", "at", "id"])


def _record(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column("hall", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("hall", "id", name=f"pk_{name}"),
    )


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
