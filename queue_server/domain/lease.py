"""Numbers lent to a kiosk (号段), and whether an offline ticket keeps within them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

import msgspec

from queue_server.contract.messages import OfflineTicket, Priority
from queue_server.domain import numbering
from queue_server.domain.hall import Hall


class Loan(msgspec.Struct, frozen=True, kw_only=True):
    """One block of numbers for one kiosk, queue and business day, both ends included."""

    id: str
    kiosk: str
    queue: str
    business_day: date
    first: int
    last: int
    expires_at: datetime
    lent_at: datetime | None = None
    returned_from: int | None = None
    """The kiosk gave back this number and all after it."""


class ParkedReason(StrEnum):
    """Why an offline ticket could not be taken over by itself; staff settle it."""

    UNKNOWN_LEASE = "unknown-lease"
    EXPIRED_LEASE = "expired-lease"
    FOREIGN_KIOSK = "foreign-kiosk"
    UNKNOWN_QUEUE = "unknown-queue"
    WRONG_QUEUE = "wrong-queue"
    WRONG_RANGE = "wrong-range"
    DUPLICATE_NUMBER = "duplicate-number"
    RETURNED_NUMBER = "returned-number"
    DAY_IS_OVER = "day-is-over"


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """An offline ticket that was not taken over by itself, reduced as a ticket is: hashes and masks only."""

    kiosk: str
    key: str
    queue: str
    number: str
    issued_at: datetime
    reason: ParkedReason
    parked_at: datetime
    status_token: str = ""
    priority: Priority = Priority.NONE
    item: str | None = None
    person: str | None = None
    masked_name: str = ""
    phone_mask: str = ""
    phone_hash: str | None = None
    settled_at: datetime | None = None


def fault(hall: Hall, loan: Loan | None, ticket: OfflineTicket, kiosk: str) -> ParkedReason | None:
    """What is wrong with an offline ticket; None when its number was really lent for it."""
    rule = hall.queue_by_id.get(ticket.queue)
    if rule is None:
        return ParkedReason.UNKNOWN_QUEUE
    if loan is None:
        return ParkedReason.UNKNOWN_LEASE
    if loan.kiosk != kiosk:
        return ParkedReason.FOREIGN_KIOSK
    if loan.queue != ticket.queue:
        return ParkedReason.WRONG_QUEUE
    count = numbering.count_of(ticket.number, rule.prefix, hall.numbering)
    if count is None or not loan.first <= count <= loan.last:
        return ParkedReason.WRONG_RANGE
    if ticket.issued_at > loan.expires_at + timedelta(seconds=hall.rules.clock_off_seconds):
        return ParkedReason.EXPIRED_LEASE
    return None
