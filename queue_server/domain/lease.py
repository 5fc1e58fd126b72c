"""Numbers lent to a kiosk (号段), and whether an offline ticket keeps within them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

import msgspec

from queue_server.contract.messages import OfflineTicket, Priority
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import numbering
from queue_server.domain.hall import Hall, Numbering


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
    DUPLICATE_LINK = "duplicate-link"
    RETURNED_NUMBER = "returned-number"


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
    if loan.returned_from is not None and count >= loan.returned_from:
        return ParkedReason.RETURNED_NUMBER
    if ticket.issued_at > loan.expires_at + timedelta(seconds=hall.rules.clock_off_seconds):
        return ParkedReason.EXPIRED_LEASE
    return None


def free_block(loans: Iterable[Loan], size: int, numbering: Numbering) -> tuple[int, int]:
    """The lowest numbers that nobody has today, both ends included: returned ones first, fewer than ``size`` at an end.

    ``loans`` are all of one queue and day. A number that was given back may be lent again, any other never. Raises
    ``Refusal(NO_NUMBERS_LEFT)``.
    """
    first = numbering.lease_from
    kept = [(one.first, one.last if one.returned_from is None else one.returned_from - 1) for one in loans]
    for begin, end in sorted(kept):
        if begin > first:
            return first, min(first + size, begin) - 1
        first = max(first, end + 1)
    if first > numbering.lease_to:
        raise Refusal(Code.NO_NUMBERS_LEFT, "all numbers for offline hours are lent today")
    return first, min(first + size - 1, numbering.lease_to)


def returned(loan: Loan, following: int) -> Loan:
    """The loan without the numbers from ``following`` on. Giving back less than before changes nothing."""
    if not loan.first <= following <= loan.last + 1:
        raise Refusal(Code.BAD_REQUEST, f"this lease holds {loan.first} to {loan.last}", field="next", first=loan.first)
    if following > loan.last:
        return loan
    known = loan.returned_from
    return msgspec.structs.replace(loan, returned_from=following if known is None else min(known, following))


def time_of_issue(
    loan: Loan | None, ticket: OfflineTicket, clock_off: timedelta, now: datetime, limit: timedelta
) -> tuple[datetime, bool]:
    """When an offline ticket was really printed, and whether its kiosk's clock was wrong.

    ``clock_off`` is how far the kiosk's clock was ahead when it reported; up to ``limit`` it is believed. A time that
    lies in the future, or before the numbers were lent, cannot be true either.
    """
    wrong = abs(clock_off) > limit
    issued = ticket.issued_at
    if wrong:
        try:
            issued -= clock_off
        except OverflowError:  # a clock that is thousands of years wrong says nothing
            issued = now
    if issued > now:
        return now, wrong or issued > now + limit
    earliest = loan.lent_at if loan is not None else None
    if earliest is not None and issued < earliest:
        return earliest, wrong or issued < earliest - limit
    return issued, wrong
