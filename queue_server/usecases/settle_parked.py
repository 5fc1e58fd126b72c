"""Staff decide what becomes of an offline ticket that the server could not take over by itself."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import Channel, EventType, Settled, SettleHow, SettleParked
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import schedule
from queue_server.domain.events import Happened
from queue_server.domain.lease import Parked
from queue_server.usecases.auditing import note
from queue_server.usecases.issuing import Wish, issue
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work

ISSUED = "issued"
DISMISSED = "dismissed"


def settle_parked(work: Work, command: SettleParked, actor: Actor, now: datetime, ids: Ids) -> Settled:
    """A new number at its old time (now, when that was another day), or nothing with a reason.

    Raises ``NOT_FOUND`` (no such parked ticket, or no such queue), ``WRONG_STATE`` (settled before),
    ``REASON_REQUIRED`` (dismissed without a word).
    """
    parked = work.parked(command.kiosk, command.key)
    if parked is None:
        raise Refusal(Code.NOT_FOUND, "there is no such parked ticket")
    if parked.settled_at is not None:
        raise Refusal(Code.WRONG_STATE, f"{parked.number} was settled before", number=parked.number)
    if command.how is SettleHow.DISMISS:
        if not command.text.strip():
            raise Refusal(Code.REASON_REQUIRED, "say why nothing is done")
        settled = Settled(key=parked.key, result=DISMISSED)
    else:
        settled = _issue(work, command, parked, now, ids)
    work.settle(parked.kiosk, parked.key, now)
    work.append(
        Happened(EventType.OFFLINE_SETTLED, {"kiosk": parked.kiosk, "key": parked.key, "result": settled.result})
    )
    note(work, actor, "settle-parked", parked.number, now, ids, reason=settled.result, text=command.text)
    return settled


def _issue(work: Work, command: SettleParked, parked: Parked, now: datetime, ids: Ids) -> Settled:
    hall = work.hall
    queue = command.queue or parked.queue
    rule = hall.queue_by_id.get(queue)
    if rule is None:
        raise Refusal(Code.NOT_FOUND, f"there is no queue {queue!r}", queue=queue)
    today = schedule.business_day(hall.calendar, hall.zone_info, now)
    printed_today = schedule.business_day(hall.calendar, hall.zone_info, parked.issued_at) == today
    item = hall.item_by_id.get(parked.item or "")
    wish = Wish(
        rule=rule,
        channel=Channel.KIOSK,
        priority=parked.priority,
        item=item.id if item is not None and item.queue == rule.id else None,
        person=parked.person,
        masked_name=parked.masked_name,
        phone_mask=parked.phone_mask,
        phone_hash=parked.phone_hash,
        taken_by=parked.kiosk,
        issued_at=parked.issued_at if printed_today and parked.issued_at <= now else None,
        offline=True,
        status_token=None if work.link_is_used(parked.status_token) else parked.status_token or None,
    )
    return Settled(key=parked.key, result=ISSUED, ticket=issue(work, wish, now, ids))
