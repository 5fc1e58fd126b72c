"""The back office over HTTP. Only admins get here: the table of endpoints says so."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from queue_server.contract.messages import RatingState
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import Office, RatingRow
from queue_server.web.api import Asked, Handler
from queue_server.web.observe import Observer
from queue_server.web.ports import BackOffice
from queue_server.web.replies import Answered, ok
from queue_server.web.shapes import CodeMade, EnrolmentWish, Parked, RatingLine, Ratings, Terminals


def handlers(office: Office, back_office: BackOffice, observer: Observer) -> dict[str, Handler]:
    """The handlers of this file, by the name of their endpoint."""

    async def terminals(asked: Asked) -> Answered:
        return ok(Terminals(terminals=tuple(await back_office.terminals(asked.who.hall))))

    async def parked(asked: Asked) -> Answered:
        return ok(Parked(tickets=tuple(await back_office.parked(asked.who.hall))))

    async def ratings(asked: Asked) -> Answered:
        hall = asked.who.hall
        zone = (await office.hall(hall)).zone_info
        start, end = asked.days.get("from"), asked.days.get("to")
        rows = await back_office.ratings(
            hall,
            None if start is None else _midnight(start, zone),
            None if end is None else _midnight(end + timedelta(days=1), zone),
        )
        return ok(Ratings(rows=tuple(_line(row) for row in rows)))

    async def description(asked: Asked) -> Answered:
        text = await back_office.description(asked.who.hall)
        name = b'attachment; filename="hall.yaml"'
        return Answered(200, text.encode(), media=b"application/yaml", headers=((b"content-disposition", name),))

    async def code(asked: Asked) -> Answered:
        wish = asked.command
        if not isinstance(wish, EnrolmentWish):
            raise Refusal(Code.BAD_REQUEST, "a name and a role are needed")
        made = await back_office.code(asked.who, wish.name, wish.role, wish.window)
        observer.audit("enrolment-code", asked.who.name, made.name, made.role.value)
        shown = CodeMade(code=made.code, name=made.name, role=made.role, window=made.window, expires_at=made.expires_at)
        return ok(shown, 201)

    return {
        "admin_terminals": terminals,
        "admin_parked": parked,
        "admin_ratings": ratings,
        "admin_hall": description,
        "admin_code": code,
    }


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _line(row: RatingRow) -> RatingLine:
    return RatingLine(
        service=row.service,
        ticket=row.ticket,
        number=row.number,
        window=row.window,
        queue=row.queue,
        at=row.at,
        state=RatingState.SUBMITTED,
        level=row.level,
        channel=row.channel,
        officer=row.officer,
        reasons=row.reasons,
        text=row.text,
    )
