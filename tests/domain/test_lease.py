"""Numbers lent to kiosks: which are free, and what comes back."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import lease
from queue_server.domain.hall import Numbering
from queue_server.domain.lease import Loan

RULES = Numbering()


def loan(first: int, last: int) -> Loan:
    return Loan(
        id=f"loan-{first}",
        kiosk="K1",
        queue="A",
        business_day=date(2026, 3, 2),
        first=first,
        last=last,
        expires_at=datetime(2026, 3, 2, 16, tzinfo=UTC),
    )


def kept(one: Loan) -> set[int]:
    end = one.last if one.returned_from is None else one.returned_from - 1
    return set(range(one.first, end + 1))


wishes = st.lists(st.tuples(st.integers(1, 60), st.none() | st.integers(0, 60)), max_size=30)


@given(wishes)
def test_lent_blocks_never_overlap_and_only_what_came_back_is_lent_again(wishes: list[tuple[int, int | None]]) -> None:
    loans: list[Loan] = []
    for size, printed in wishes:
        taken: set[int] = set().union(*map(kept, loans))
        free = set(range(RULES.lease_from, RULES.lease_to + 1)) - taken
        if not free:
            with pytest.raises(Refusal) as refused:
                lease.free_block(loans, size, RULES)
            assert refused.value.code is Code.NO_NUMBERS_LEFT
            return
        first, last = lease.free_block(loans, size, RULES)
        assert first == min(free)
        assert set(range(first, last + 1)) <= free
        assert last - first + 1 == size or last + 1 not in free, "shorter only where somebody else's begin, or the end"
        lent = loan(first, last)
        if printed is not None and first + printed <= last:
            lent = lease.returned(lent, first + printed)
        loans.append(lent)
