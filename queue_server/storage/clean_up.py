"""Forgets what the hall need not keep: old replies, events, sessions, and who the people of old tickets were."""

from __future__ import annotations

from datetime import datetime, timedelta

from queue_server.contract.board import LAST_CALLS
from queue_server.domain import schedule
from queue_server.domain.hall import Hall
from queue_server.storage import outbox, records, registry, replies
from queue_server.storage import repositories as r
from queue_server.storage.rows import micros
from queue_server.storage.sql import Connection

PEOPLE_KEPT_DAYS = 30
"""Keyed hashes and masked names of a ticket's person; ratings and figures do not need them."""

BOOKERS_KEPT_DAYS = 60
"""As long as a no-show may still count."""

RESTRICTED_KEPT_DAYS = 400
ALERTS_KEPT_DAYS = 90
AUDIT_KEPT_DAYS = 3 * 365


def clean_up(connection: Connection, hall: Hall, now: datetime) -> None:
    """One short transaction; the last event always stays, because it dates the snapshot."""
    replies.forget(connection, hall.id, now - timedelta(days=replies.KEPT_DAYS))
    known = connection.learned.get(hall.id)  # jobs before this one have a number that is not given out yet
    last = outbox.last_seq(connection, hall.id) if known is None else known.seq
    outbox.forget(connection, hall.id, last - 1, now - timedelta(days=hall.rules.events_kept_days))
    registry.drop_old_tokens(connection, hall.id, now)
    today = schedule.business_day(hall.calendar, hall.zone_info, now)
    before = (today - timedelta(days=PEOPLE_KEPT_DAYS)).isoformat()
    connection.run(r.ERASE_PEOPLE, {"k_hall": hall.id, "before": before})
    connection.run(r.FORGET_PARKED, {"k_hall": hall.id, "before": _ago(now, PEOPLE_KEPT_DAYS)})
    booked_before = (today - timedelta(days=max(BOOKERS_KEPT_DAYS, hall.rules.no_show_days))).isoformat()
    connection.run(records.ERASE_BOOKERS, {"k_hall": hall.id, "before": booked_before})
    connection.run(records.ERASE_RESTRICTED, {"k_hall": hall.id, "before": _ago(now, RESTRICTED_KEPT_DAYS)})
    connection.run(records.FORGET_ALERTS, {"hall": hall.id, "before": _ago(now, ALERTS_KEPT_DAYS)})
    connection.run(records.FORGET_AUDIT, {"hall": hall.id, "before": _ago(now, AUDIT_KEPT_DAYS)})
    row = connection.one(r.CALL_AT, {"hall": hall.id, "place": LAST_CALLS - 1})
    if row is not None:
        connection.run(r.FORGET_CALLS, {"hall": hall.id, "seq": row[0]})


def _ago(now: datetime, days: int) -> int:
    return micros(now - timedelta(days=days))
