"""A kiosk gives back lent numbers that it did not print."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import EventType, LeaseReturned, ReturnNumbers, Role
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import lease
from queue_server.domain.events import Happened
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Work


def return_numbers(work: Work, command: ReturnNumbers, actor: Actor, now: datetime) -> LeaseReturned:
    """They may be lent again today; one that is reported as printed later is parked for staff.

    Raises ``NOT_FOUND``, ``NOT_YOUR_OWN`` (another kiosk's), ``BAD_REQUEST`` (not a number of this lease).
    """
    del now
    loan = work.loan(command.lease)
    if loan is None:
        raise Refusal(Code.NOT_FOUND, "there is no such lease")
    if loan.kiosk != actor.name and actor.role is not Role.INTEGRATOR:
        raise Refusal(Code.NOT_YOUR_OWN, "these numbers were lent to another kiosk")
    after = lease.returned(loan, command.next)
    count = 0 if after.returned_from is None else loan.last - after.returned_from + 1
    if after != loan:
        work.save_loan(after)
        work.append(
            Happened(
                EventType.NUMBERS_RETURNED,
                {"lease": loan.id, "kiosk": loan.kiosk, "queue": loan.queue, "count": count},
            )
        )
    return LeaseReturned(lease=loan.id, returned=count)
