"""Statements and rows of bookings, restrictions, alerts and the audit list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Select, bindparam

from queue_server.contract.messages import (
    AlertLevel,
    AlertRule,
    AppointmentState,
    RestrictionReason,
    RestrictionScope,
)
from queue_server.domain.appointment import Appointment
from queue_server.domain.audit import AuditEntry
from queue_server.domain.restriction import Restriction
from queue_server.domain.supervision import Alert
from queue_server.storage import record_tables as t
from queue_server.storage.rows import maybe_micros, maybe_moment, micros, moment
from queue_server.storage.sql import insert_into, update_of, upsert_into

_HALL: sa.BindParameter[str] = bindparam("hall")
_K_HALL: sa.BindParameter[str] = bindparam("k_hall")
_a, _r, _l = t.appointment, t.restriction, t.alert

_APPOINTMENT = (
    "id", "queue", "day", "start", "end", "state", "booked_at", "item", "person", "masked_name", "phone_mask",
    "phone_hash", "booked_by", "ticket", "moved_to", "changed_at",
)  # fmt: skip
_RESTRICTION = (
    "id", "person", "reason", "scope", "made_at", "made_by", "until", "text", "lifted_at", "lifted_by",
)  # fmt: skip
_ALERT = (
    "id", "about", "rule", "level", "raised_at", "value", "limit", "queue", "window", "ticket", "cleared_at",
)  # fmt: skip
_AUDIT = ("id", "at", "by", "role", "act", "about", "reason", "text")


def _of(table: sa.Table, names: tuple[str, ...], *where: sa.ColumnElement[bool]) -> Select[Any]:
    return sa.select(*(table.c[name] for name in names)).where(table.c.hall == _HALL, *where)


# --- appointments ---
APPOINTMENT = _of(_a, _APPOINTMENT, _a.c.id == bindparam("id"))
APPOINTMENTS_OF = _of(
    _a, _APPOINTMENT, _a.c.person == bindparam("person"), _a.c.person.is_not(None), _a.c.day >= bindparam("day")
).order_by(_a.c.day, _a.c.start, _a.c.id)
APPOINTMENTS_ON = _of(_a, _APPOINTMENT, _a.c.day == bindparam("day")).order_by(_a.c.start, _a.c.id)


def _counted(*where: sa.ColumnElement[bool]) -> Select[Any]:
    return (
        sa.select(_a.c.start, sa.func.count())
        .where(_a.c.hall == _HALL, _a.c.queue == bindparam("queue"), _a.c.day == bindparam("day"), *where)
        .group_by(_a.c.start)
    )


BOOKED = _counted(t.holds_a_place)
AWAITED = _counted(_a.c.state == t.BOOKED)
MISSED = (
    _of(_a, _APPOINTMENT, _a.c.state == t.BOOKED, _a.c.start < bindparam("before"))
    .order_by(_a.c.start, _a.c.id)
    .limit(bindparam("most"))
)
NEXT_APPOINTMENT = sa.select(_a.c.start).where(_a.c.hall == _HALL, _a.c.state == t.BOOKED).order_by(_a.c.start).limit(1)
ADD_APPOINTMENT = insert_into(_a)
SAVE_APPOINTMENT = update_of(_a, "state", "ticket", "moved_to", "changed_at").where(
    _a.c.hall == _K_HALL, _a.c.id == bindparam("k_id")
)
ERASE_BOOKERS = (
    sa.update(_a)
    .where(_a.c.hall == _K_HALL, _a.c.day < bindparam("before"), t.known_booker)
    .values(person=sa.null(), masked_name="", phone_mask="", phone_hash=sa.null())
)

# --- restrictions ---
RESTRICTION = _of(_r, _RESTRICTION, _r.c.id == bindparam("id"))
RESTRICTIONS_OF = _of(_r, _RESTRICTION, _r.c.person == bindparam("person"), _r.c.lifted_at.is_(None)).order_by(
    _r.c.made_at, _r.c.id
)
RESTRICTIONS = _of(_r, _RESTRICTION).order_by(_r.c.made_at.desc(), _r.c.id.desc()).limit(bindparam("most"))
ADD_RESTRICTION = insert_into(_r)
SAVE_RESTRICTION = update_of(_r, "until", "text", "lifted_at", "lifted_by").where(
    _r.c.hall == _K_HALL, _r.c.id == bindparam("k_id")
)
ERASE_RESTRICTED = (
    sa.update(_r)
    .where(
        _r.c.hall == _K_HALL,
        _r.c.made_at < bindparam("before"),
        _r.c.person != sa.literal_column("''"),
        (_r.c.lifted_at < bindparam("before")) | (_r.c.until < bindparam("before")),
    )
    .values(person="", text="")
)

# --- alerts and the audit list ---
STANDING = _of(_l, _ALERT, t.stands).order_by(_l.c.id)
OVER = (
    _of(_l, _ALERT, _l.c.cleared_at.is_not(None))
    .order_by(_l.c.raised_at.desc(), _l.c.id.desc())
    .limit(bindparam("most"))
)
SAVE_ALERT = upsert_into(_l)
FORGET_ALERTS = sa.delete(_l).where(
    _l.c.hall == _HALL, _l.c.raised_at < bindparam("before"), _l.c.cleared_at < bindparam("before")
)
AUDIT = _of(t.audit, _AUDIT).order_by(t.audit.c.at.desc(), t.audit.c.id.desc()).limit(bindparam("most"))
ADD_AUDIT = insert_into(t.audit)
FORGET_AUDIT = sa.delete(t.audit).where(t.audit.c.hall == _HALL, t.audit.c.at < bindparam("before"))


def appointment_of(row: Sequence[Any]) -> Appointment:
    return Appointment(
        id=row[0],
        queue=row[1],
        day=date.fromisoformat(row[2]),
        start=moment(row[3]),
        end=moment(row[4]),
        state=AppointmentState(row[5]),
        booked_at=moment(row[6]),
        item=row[7],
        person=row[8],
        masked_name=row[9],
        phone_mask=row[10],
        phone_hash=row[11],
        booked_by=row[12],
        ticket=row[13],
        moved_to=row[14],
        changed_at=maybe_moment(row[15]),
    )


def appointment_changes(appointment: Appointment) -> dict[str, Any]:
    return {
        "state": appointment.state.value,
        "ticket": appointment.ticket,
        "moved_to": appointment.moved_to,
        "changed_at": maybe_micros(appointment.changed_at),
    }


def appointment_row(hall: str, appointment: Appointment) -> dict[str, Any]:
    return {
        "hall": hall,
        "id": appointment.id,
        "queue": appointment.queue,
        "day": appointment.day.isoformat(),
        "start": micros(appointment.start),
        "end": micros(appointment.end),
        "booked_at": micros(appointment.booked_at),
        "item": appointment.item,
        "person": appointment.person,
        "masked_name": appointment.masked_name,
        "phone_mask": appointment.phone_mask,
        "phone_hash": appointment.phone_hash,
        "booked_by": appointment.booked_by,
        **appointment_changes(appointment),
    }


def restriction_of(row: Sequence[Any]) -> Restriction:
    return Restriction(
        id=row[0],
        person=row[1],
        reason=RestrictionReason(row[2]),
        scope=RestrictionScope(row[3]),
        made_at=moment(row[4]),
        made_by=row[5],
        until=maybe_moment(row[6]),
        text=row[7],
        lifted_at=maybe_moment(row[8]),
        lifted_by=row[9],
    )


def restriction_row(hall: str, restriction: Restriction) -> dict[str, Any]:
    return {
        "hall": hall,
        "id": restriction.id,
        "person": restriction.person,
        "reason": restriction.reason.value,
        "scope": restriction.scope.value,
        "made_at": micros(restriction.made_at),
        "made_by": restriction.made_by,
        "until": maybe_micros(restriction.until),
        "text": restriction.text,
        "lifted_at": maybe_micros(restriction.lifted_at),
        "lifted_by": restriction.lifted_by,
    }


def alert_of(row: Sequence[Any]) -> Alert:
    return Alert(
        id=row[0],
        about=row[1],
        rule=AlertRule(row[2]),
        level=AlertLevel(row[3]),
        raised_at=moment(row[4]),
        value=row[5],
        limit=row[6],
        queue=row[7],
        window=row[8],
        ticket=row[9],
        cleared_at=maybe_moment(row[10]),
    )


def alert_row(hall: str, alert: Alert) -> dict[str, Any]:
    return {
        "hall": hall,
        "id": alert.id,
        "about": alert.about,
        "rule": alert.rule.value,
        "level": alert.level.value,
        "raised_at": micros(alert.raised_at),
        "value": alert.value,
        "limit": alert.limit,
        "queue": alert.queue,
        "window": alert.window,
        "ticket": alert.ticket,
        "cleared_at": maybe_micros(alert.cleared_at),
    }


def audit_of(row: Sequence[Any]) -> AuditEntry:
    return AuditEntry(
        id=row[0], at=moment(row[1]), by=row[2], role=row[3], act=row[4], about=row[5], reason=row[6], text=row[7]
    )


def audit_row(hall: str, entry: AuditEntry) -> dict[str, Any]:
    return {
        "hall": hall,
        "id": entry.id,
        "at": micros(entry.at),
        "by": entry.by,
        "role": entry.role,
        "act": entry.act,
        "about": entry.about,
        "reason": entry.reason,
        "text": entry.text,
    }
