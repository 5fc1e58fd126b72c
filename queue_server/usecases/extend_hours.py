"""延时服务: today a queue, or every one, takes people longer than its hours say."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from queue_server.contract.messages import EventType, ExtendHours, HoursExtended
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import schedule
from queue_server.domain.events import Happened
from queue_server.usecases.auditing import note
from queue_server.usecases.floor import publish_queue, queue_today
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work

LONGEST = timedelta(hours=12)


def extend_hours(work: Work, command: ExtendHours, actor: Actor, now: datetime, ids: Ids) -> HoursExtended:
    """Keeps queues open until an instant of this business day; one that is over ends what was said before.

    Raises ``NOT_FOUND``, and ``BAD_REQUEST`` for an instant after the business day or too far away.
    """
    hall = work.hall
    if command.queue is not None and command.queue not in hall.queue_by_id:
        raise Refusal(Code.NOT_FOUND, f"there is no queue {command.queue!r}", queue=command.queue)
    today = schedule.business_day(hall.calendar, hall.zone_info, now)
    ends = schedule.business_day_ends(hall.calendar, hall.zone_info, today)
    if command.until > min(ends, now + LONGEST):
        raise Refusal(Code.BAD_REQUEST, "hours are extended within the business day, by 12 hours at the most")
    until = command.until if command.until > now else None
    wanted = [rule.id for rule in hall.queues if command.queue in {None, rule.id}]
    shown = tuple(
        publish_queue(work, replace(queue_today(work, queue, now), extended_until=until), now) for queue in wanted
    )
    note(work, actor, "extend-hours", command.queue or hall.id, now, ids, text=until.isoformat() if until else "")
    work.append(Happened(EventType.HALL_CHANGED, {"queues": list(shown)}))
    return HoursExtended(queues=shown)
