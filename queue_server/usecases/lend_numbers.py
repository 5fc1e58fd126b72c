"""号段: a kiosk borrows numbers for hours without a network."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import EventType, Lease, LendNumbers
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import lease, queue, schedule
from queue_server.domain.events import Happened
from queue_server.domain.hall import QueueRule
from queue_server.domain.lease import Loan
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def lend_numbers(work: Work, command: LendNumbers, actor: Actor, now: datetime, ids: Ids) -> Lease:
    """A new block for each wish. A kiosk whose answer was lost asks again under the same idempotency key.

    The server cannot know what a kiosk has printed meanwhile, so it never lends the same number to another wish, not
    even to the same kiosk: one that lost its database would print a number twice. Only what a kiosk gave back itself
    is lent again. Raises ``NOT_FOUND``, ``NO_NUMBERS_LEFT``.
    """
    hall = work.hall
    rule = hall.queue_by_id.get(command.queue)
    if rule is None:
        raise Refusal(Code.NOT_FOUND, f"there is no queue {command.queue!r}", queue=command.queue)
    state = queue.on_day(work.queue(rule.id), schedule.business_day(hall.calendar, hall.zone_info, now))
    first, last = lease.free_block(work.loans(rule.id, state.day), command.size, hall.numbering)
    loan = Loan(
        id=ids.new(now),
        kiosk=actor.name,
        queue=rule.id,
        business_day=state.day,
        first=first,
        last=last,
        expires_at=schedule.business_day_ends(hall.calendar, hall.zone_info, state.day),
        lent_at=now,
    )
    work.add_loan(loan)
    work.append(
        Happened(
            EventType.NUMBERS_LENT, {"lease": loan.id, "kiosk": actor.name, "queue": rule.id, "count": last - first + 1}
        )
    )
    return _lease(work, rule, loan)


def _lease(work: Work, rule: QueueRule, loan: Loan) -> Lease:
    return Lease(
        id=loan.id,
        queue=loan.queue,
        prefix=rule.prefix,
        digits=work.hall.numbering.digits,
        from_=loan.first,
        to=loan.last,
        business_day=loan.business_day,
        expires_at=loan.expires_at,
    )
