"""What an admin of a hall may see and give out, without a word about HTTP."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import ParkedTicket, Role, TerminalView
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import Actor, EnrolmentCode, Office, RatingRow

_DEVICES = frozenset({Role.KIOSK, Role.WINDOW, Role.SCREEN, Role.PAD, Role.GATEWAY})
_MOST_RATINGS = 5000


class HallBackOffice:
    """Reads and enrolment codes for admins. People log in with passwords and never get a code."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def terminals(self, hall: str) -> list[TerminalView]:
        """Every terminal with its last sign of life."""
        return await self._office.terminals(hall)

    async def parked(self, hall: str) -> list[ParkedTicket]:
        """Offline tickets that staff must settle."""
        return await self._office.parked(hall)

    async def ratings(self, hall: str, start: datetime | None, end: datetime | None) -> list[RatingRow]:
        """Ratings from ``start`` (included) to ``end`` (left out), the newest first."""
        return await self._office.ratings(hall, start=start, end=end, limit=_MOST_RATINGS)

    async def description(self, hall: str) -> str:
        """The description of the hall, as YAML."""
        return await self._office.hall_yaml(hall)

    async def code(self, actor: Actor, name: str, role: Role, window: str | None) -> EnrolmentCode:
        """A one-time code for a device of the admin's own hall.

        Raises ``bad_request`` for a role that belongs to people or for a window that the hall does not have.
        """
        if role not in _DEVICES:
            raise Refusal(Code.BAD_REQUEST, "codes are for devices; people log in", field="role")
        hall = await self._office.hall(actor.hall)
        if window is not None and window not in hall.window_by_id:
            raise Refusal(Code.BAD_REQUEST, "the hall has no such window", field="window")
        return await self._office.make_enrolment_code(actor.hall, name, role, window=window)
