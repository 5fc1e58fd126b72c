"""Numbers on tickets: ``A001`` is a prefix and a count per queue and business day.

The range ``lease_from``..``lease_to`` is only lent to kiosks, so that their paper never repeats ours.
"""

from __future__ import annotations

from queue_server.contract.refusals import Code, Refusal
from queue_server.domain.hall import Numbering


def after(last: int, numbering: Numbering) -> int:
    """The ordinary number after ``last`` (0: none was given yet); it steps over the reserved range."""
    following = last + 1
    if numbering.lease_from <= following <= numbering.lease_to:
        return numbering.lease_to + 1
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


def block(last_lent: int, size: int, numbering: Numbering) -> tuple[int, int]:
    """The next numbers to lend, both ends included; fewer than ``size`` when the range ends.

    ``last_lent`` is 0 when nothing was lent today. Raises ``Refusal(NO_NUMBERS_LEFT)``.
    """
    first = max(last_lent + 1, numbering.lease_from)
    last = min(first + size - 1, numbering.lease_to)
    if first > last:
        raise Refusal(Code.NO_NUMBERS_LEFT, "all numbers for offline hours are lent today")
    return first, last
