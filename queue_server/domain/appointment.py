"""Appointments (预约): slots of a queue, who may book, when to come, and what becomes of a booking."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from queue_server.contract.messages import AppointmentState


class Appointment(msgspec.Struct, frozen=True, kw_only=True):
    """One place in one slot. ``person`` and ``phone_hash`` are keyed hashes, as on a ticket."""

    id: str
    queue: str
    day: date
    start: datetime
    end: datetime
    state: AppointmentState
    booked_at: datetime
    item: str | None = None
    person: str | None = None
    masked_name: str = ""
    phone_mask: str = ""
    phone_hash: str | None = None
    booked_by: str = ""
    ticket: str | None = None
    moved_to: str | None = None
    changed_at: datetime | None = None
