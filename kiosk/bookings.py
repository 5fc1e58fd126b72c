"""Appointments (预约) at the kiosk: what somebody has booked, what can be booked, and changing it.

There are none without the server. Nothing of it is kept: the bookings live in the visit, and the server is asked
anew each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from urllib.parse import quote

from drivers.device import Secret
from kiosk.errors import KioskError, Reason
from kiosk.sync.link import AWAY, Link, RefusedError
from queue_server.contract import codec
from queue_server.contract.messages import (
    Appointments,
    AppointmentView,
    BookAppointment,
    CancelAppointment,
    PersonRef,
    RescheduleAppointment,
    Slots,
    SlotView,
)
from queue_server.contract.refusals import Code

T = TypeVar("T")

DAYS = 8
"""As many days are offered at most; a hall that books further ahead shows the others at its website."""


@dataclass(frozen=True, slots=True)
class Who:
    """Whose bookings: ``person`` for a card, ``phone`` without one."""

    person: PersonRef | None = None
    phone: Secret[str] | None = None

    def fields(self) -> dict[str, object]:
        """The same as it travels in the body of a request."""
        if self.person is not None:
            return {"person": codec.plain(self.person)}
        return {"phone": self.phone.reveal()} if self.phone else {}


@dataclass(frozen=True, slots=True)
class Day:
    """What can be booked on one day; slots without a place are among them, so that people see that they are full."""

    day: date
    slots: tuple[SlotView, ...]

    @property
    def free(self) -> int:
        return sum(slot.free for slot in self.slots)


class Bookings:
    """The line to the hall's own booking. Every method raises ``KioskError``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def find(self, who: Who) -> tuple[AppointmentView, ...]:
        """What this person has booked, the next one first."""
        found = self._post("/appointments/find", who.fields(), Appointments)
        return tuple(sorted(found.appointments, key=lambda one: one.start))

    def days(self, queue: str) -> tuple[Day, ...]:
        """The days on which this queue can be booked now, with their slots."""
        asked = f"/slots?queue={quote(queue, safe='')}"
        days = self._get(asked).days[:DAYS]
        return tuple(Day(day, self._get(f"{asked}&date={day.isoformat()}").slots) for day in days)

    def book(self, key: str, queue: str, start: datetime, who: Who) -> AppointmentView:
        phone = who.phone.reveal() if who.phone and who.person is None else None
        command = BookAppointment(queue=queue, start=start, person=who.person, phone=phone)
        return self._post("/appointments", codec.plain(command), AppointmentView, key)

    def move(self, key: str, appointment: str, start: datetime, who: Who) -> AppointmentView:
        """改约: the same booking at another time."""
        body = codec.plain(RescheduleAppointment(appointment=appointment, start=start))
        return self._post(f"/appointments/{appointment}/reschedule", _only(body, who, "start"), AppointmentView, key)

    def cancel(self, key: str, appointment: str, who: Who) -> AppointmentView:
        body = codec.plain(CancelAppointment(appointment=appointment))
        return self._post(f"/appointments/{appointment}/cancel", _only(body, who), AppointmentView, key)

    def _get(self, path: str) -> Slots:
        try:
            return self._link.get(path, Slots)
        except KioskError as error:
            raise _told(error) from None

    def _post(self, path: str, body: object, kind: type[T], key: str = "") -> T:
        try:
            return self._link.post(path, body, kind, key=key)
        except KioskError as error:
            raise _told(error) from None


def _only(body: dict[str, object], who: Who, *names: str) -> dict[str, object]:
    """The named fields and whose booking it is: what the address says is not said again."""
    return {**{name: body[name] for name in names}, **who.fields()}


def _told(error: KioskError) -> KioskError:
    """The same in the words of bookings: without the server there are none, and one that is used up is gone.

    Who may not book may take numbers all the same, as far as this says.
    """
    if error.reason in AWAY:
        return KioskError(Reason.BOOKING_OFFLINE, error.detail)
    if isinstance(error, RefusedError) and error.body.code in {Code.NOT_FOUND, Code.WRONG_STATE}:
        return KioskError(Reason.BOOKING_GONE, error.detail)
    if error.reason is Reason.RESTRICTED:
        return KioskError(Reason.BOOKING_RESTRICTED, error.detail, error.values)
    return error
