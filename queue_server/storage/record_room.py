"""Bookings, restrictions, alerts and the audit list."""

from __future__ import annotations

from datetime import date, datetime

from queue_server.domain.appointment import Appointment
from queue_server.domain.audit import AuditEntry
from queue_server.domain.restriction import Restriction
from queue_server.domain.supervision import Alert
from queue_server.storage import records as r
from queue_server.storage.room import Room
from queue_server.storage.rows import micros, moment


class RecordRoom(Room):
    """Written at once: there are few of them, and none is asked for twice in one transaction."""

    # --- appointments ---

    def appointment(self, appointment: str) -> Appointment | None:
        row = self.connection.one(r.APPOINTMENT, {"hall": self.hall_id, "id": appointment})
        return None if row is None else r.appointment_of(row)

    def appointments_of(self, person: str, since: date) -> list[Appointment]:
        found = self.connection.all(
            r.APPOINTMENTS_OF, {"hall": self.hall_id, "person": person, "day": since.isoformat()}
        )
        return [r.appointment_of(row) for row in found]

    def appointments_on(self, day: date, queue: str | None) -> list[Appointment]:
        """All bookings of a day (of one queue), in the order of their times."""
        found = self.connection.all(r.APPOINTMENTS_ON, {"hall": self.hall_id, "day": day.isoformat()})
        return [r.appointment_of(row) for row in found if queue is None or row[1] == queue]

    def booked(self, queue: str, day: date) -> dict[datetime, int]:
        place = {"hall": self.hall_id, "queue": queue, "day": day.isoformat()}
        return {moment(row[0]): row[1] for row in self.connection.all(r.BOOKED, place)}

    def awaited(self, queue: str, day: date) -> dict[datetime, int]:
        place = {"hall": self.hall_id, "queue": queue, "day": day.isoformat()}
        return {moment(row[0]): row[1] for row in self.connection.all(r.AWAITED, place)}

    def missed(self, before: datetime, limit: int) -> list[Appointment]:
        found = self.connection.all(r.MISSED, {"hall": self.hall_id, "before": micros(before), "most": limit})
        return [r.appointment_of(row) for row in found]

    def next_appointment(self) -> datetime | None:
        row = self.connection.one(r.NEXT_APPOINTMENT, {"hall": self.hall_id})
        return None if row is None else moment(row[0])

    def add_appointment(self, appointment: Appointment) -> None:
        self.connection.put(r.ADD_APPOINTMENT, r.appointment_row(self.hall_id, appointment))

    def save_appointment(self, appointment: Appointment) -> None:
        key = {"k_hall": self.hall_id, "k_id": appointment.id}
        self.connection.put(r.SAVE_APPOINTMENT, {**key, **r.appointment_changes(appointment)})

    # --- restrictions ---

    def restrictions_of(self, person: str) -> list[Restriction]:
        found = self.connection.all(r.RESTRICTIONS_OF, {"hall": self.hall_id, "person": person})
        return [r.restriction_of(row) for row in found]

    def restriction(self, restriction: str) -> Restriction | None:
        row = self.connection.one(r.RESTRICTION, {"hall": self.hall_id, "id": restriction})
        return None if row is None else r.restriction_of(row)

    def restrictions(self, most: int) -> list[Restriction]:
        """The newest first, lifted ones too."""
        return [
            r.restriction_of(row) for row in self.connection.all(r.RESTRICTIONS, {"hall": self.hall_id, "most": most})
        ]

    def add_restriction(self, restriction: Restriction) -> None:
        self.connection.put(r.ADD_RESTRICTION, r.restriction_row(self.hall_id, restriction))

    def save_restriction(self, restriction: Restriction) -> None:
        row = r.restriction_row(self.hall_id, restriction)
        changes = {name: row[name] for name in ("until", "text", "lifted_at", "lifted_by")}
        self.connection.put(r.SAVE_RESTRICTION, {"k_hall": self.hall_id, "k_id": restriction.id, **changes})

    # --- alerts and the audit list ---

    def alerts(self) -> list[Alert]:
        return [r.alert_of(row) for row in self.connection.all(r.STANDING, {"hall": self.hall_id})]

    def alerts_over(self, most: int) -> list[Alert]:
        """Those that were cleared, the newest first."""
        return [r.alert_of(row) for row in self.connection.all(r.OVER, {"hall": self.hall_id, "most": most})]

    def add_alert(self, alert: Alert) -> None:
        self.connection.put(r.SAVE_ALERT, r.alert_row(self.hall_id, alert))

    def save_alert(self, alert: Alert) -> None:
        self.connection.put(r.SAVE_ALERT, r.alert_row(self.hall_id, alert))

    def note(self, entry: AuditEntry) -> None:
        self.connection.put(r.ADD_AUDIT, r.audit_row(self.hall_id, entry))

    def audit(self, most: int) -> list[AuditEntry]:
        """The newest first."""
        return [r.audit_of(row) for row in self.connection.all(r.AUDIT, {"hall": self.hall_id, "most": most})]
