"""Services, and what kiosks did: lent numbers, parked offline tickets, signs of life."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from queue_server.contract.codec import encode
from queue_server.contract.messages import ReportTerminal, Role
from queue_server.domain.lease import Loan, Parked, ParkedReason
from queue_server.domain.rating import Service
from queue_server.storage import repositories as r
from queue_server.storage import rows
from queue_server.storage.draft import Record, draft_of
from queue_server.storage.room import Ground, Room
from queue_server.storage.rows import micros


class ServiceRoom(Room):
    """Services are left in the draft when the job is done; what kiosks did is written at once.

    ``_unleft`` are those that are not in the draft as they are now, by whether they are new.
    """

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._services: dict[str, Service] = {}
        self._unleft: dict[str, bool] = {}

    # --- services ---

    def service(self, service: str) -> Service | None:
        known = self._services.get(service) or self.kept.services.get(service)
        if known is None:
            record = draft_of(self.connection, self.hall_id).services.get(service)
            known = None if record is None else record.service
        if known is not None:
            return known
        row = self.connection.one(r.SERVICE, {"hall": self.hall_id, "id": service})
        return None if row is None else rows.service_of(row)

    def finished_service_of(self, ticket: str) -> Service | None:
        ours = bool(self._unleft)
        self.leave_services()
        self.write_first(draft_of(self.connection, self.hall_id).write_services, ours=ours)
        row = self.connection.one(r.FINISHED_OF, {"hall": self.hall_id, "ticket": ticket})
        return None if row is None else rows.service_of(row)

    def add_service(self, service: Service) -> None:
        self._services[service.id] = service
        self._unleft[service.id] = True

    def save_service(self, service: Service) -> None:
        self._services[service.id] = service
        self._unleft.setdefault(service.id, False)

    def last_services(self, most: int) -> Mapping[str, Service]:
        """Those that are worth keeping: the next press at a window asks for the service before it."""
        if not self._services:
            return self.kept.services
        kept = {**self.kept.services, **self._services}
        over = len(kept) - 2 * most
        return dict(list(kept.items())[over + most :]) if over > 0 else kept

    def leave_services(self) -> None:
        """The job is done: what it saved goes to the draft."""
        if not self._unleft:
            return
        draft = draft_of(self.connection, self.hall_id).services
        for known, new in self._unleft.items():
            record = draft.get(known)
            draft[known] = Record(new if record is None else record.new, self._services[known])
        self._unleft.clear()

    # --- kiosks ---

    def loan(self, loan: str) -> Loan | None:
        row = self.connection.one(r.LOAN, {"hall": self.hall_id, "id": loan})
        return None if row is None else rows.loan_of(row)

    def loans(self, queue: str, day: date) -> list[Loan]:
        found = self.connection.all(r.LOANS, {"hall": self.hall_id, "queue": queue, "day": day.isoformat()})
        return [rows.loan_of(row) for row in found]

    def add_loan(self, loan: Loan) -> None:
        self.connection.put(r.ADD_LOAN, rows.loan_row(self.hall_id, loan))

    def save_loan(self, loan: Loan) -> None:
        row = rows.loan_row(self.hall_id, loan)
        changes = {name: row[name] for name in ("last", "expires_at", "returned_from")}
        self.connection.put(r.SAVE_LOAN, {"k_hall": self.hall_id, "k_id": loan.id, **changes})

    def parked(self, kiosk: str, key: str) -> Parked | None:
        row = self.connection.one(r.PARKED_ONE, {"hall": self.hall_id, "kiosk": kiosk, "key": key})
        return None if row is None else rows.parked_of(row)

    def parked_reason(self, kiosk: str, key: str) -> ParkedReason | None:
        found = self.parked(kiosk, key)
        return None if found is None else found.reason

    def park(self, parked: Parked) -> None:
        self.connection.put(r.PARK, rows.parked_row(self.hall_id, parked))

    def settle(self, kiosk: str, key: str, now: datetime) -> None:
        """Forgets who it was: from now on the new ticket knows, or nobody need."""
        place = {"k_hall": self.hall_id, "k_kiosk": kiosk, "k_key": key}
        self.connection.put(r.SETTLE, {**place, "at": micros(now)})

    def saw_terminal(
        self, name: str, role: Role, report: ReportTerminal, clock_off_seconds: float, now: datetime
    ) -> None:
        self.connection.put(
            r.SAVE_TERMINAL,
            {
                "hall": self.hall_id,
                "name": name,
                "role": role.value,
                "last_seen": micros(now),
                "clock_off_seconds": clock_off_seconds,
                "conditions": encode(report.conditions),
                "waiting_uploads": report.waiting_uploads,
            },
        )
