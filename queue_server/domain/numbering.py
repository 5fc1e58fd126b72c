"""Numbers on tickets: ``A001`` is a prefix and a count per queue and business day.

The range ``lease_from``..``lease_to`` is only lent to kiosks, so that their paper never repeats ours. Appointments,
priority people and people without a ticket may have a prefix of their own before that of the queue (``YA001``); then
they are counted by themselves, from 1.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec.structs import replace

from queue_server.contract.refusals import Code, Refusal
from queue_server.domain.hall import Numbering, QueueRule
from queue_server.domain.queue import QueueState


class Series(StrEnum):
    """The four kinds of numbers of a queue."""

    ORDINARY = "ordinary"
    APPOINTMENT = "appointment"
    PRIORITY = "priority"
    WITHOUT_TICKET = "without-ticket"


def prefix_of(series: Series, numbering: Numbering) -> str:
    """What stands before the queue's own prefix; empty when the series is counted with the ordinary numbers."""
    if series is Series.APPOINTMENT:
        return numbering.appointment_prefix
    if series is Series.PRIORITY:
        return numbering.priority_prefix
    if series is Series.WITHOUT_TICKET:
        return numbering.without_ticket_prefix
    return ""


def take(state: QueueState, rule: QueueRule, numbering: Numbering, series: Series) -> tuple[str, QueueState]:
    """The next written number of a series and the state that remembers it.

    ``state`` holds the counts of its day. Raises ``Refusal(NO_NUMBERS_LEFT)``.
    """
    before = prefix_of(series, numbering)
    if not before:
        last = after(state.last_number, numbering, rule.number_from, rule.number_to)
        return written(rule.prefix, last, numbering), replace(state, last_number=last)
    if series is Series.APPOINTMENT:
        state = replace(state, last_appointment=state.last_appointment + 1)
        count = state.last_appointment
    elif series is Series.PRIORITY:
        state = replace(state, last_priority=state.last_priority + 1)
        count = state.last_priority
    else:
        state = replace(state, last_without_ticket=state.last_without_ticket + 1)
        count = state.last_without_ticket
    return written(f"{before}{rule.prefix}", count, numbering), state


def after(last: int, numbering: Numbering, first: int = 1, final: int | None = None) -> int:
    """The ordinary number after ``last`` (0: none was given yet), from ``first`` to ``final``.

    It steps over the reserved range. Raises ``Refusal(NO_NUMBERS_LEFT)``.
    """
    following = max(last + 1, first)
    if numbering.lease_from <= following <= numbering.lease_to:
        following = numbering.lease_to + 1
    if final is not None and following > final:
        raise Refusal(Code.NO_NUMBERS_LEFT, f"the numbers of this queue end at {final} today", last=final)
    return following


def written(prefix: str, count: int, numbering: Numbering) -> str:
    """``A001``; a count that needs more digits takes them."""
    return f"{prefix}{count:0{numbering.digits}d}"


def count_of(number: str, prefix: str, numbering: Numbering) -> int | None:
    """The count in a written number, None when it is not one of this prefix and form."""
    digits = number.removeprefix(prefix)
    if not number.startswith(prefix) or not digits.isascii() or not digits.isdigit():
        return None
    count = int(digits)
    return count if written(prefix, count, numbering) == number else None
