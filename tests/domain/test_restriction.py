"""Who is restricted, from what, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from queue_server.contract.codec import encode
from queue_server.contract.messages import RestrictionReason, RestrictionScope
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import restriction
from queue_server.domain.restriction import Restriction

DAY = timedelta(days=1)
TICKETS, BOOKING, ALL = RestrictionScope.TICKETS, RestrictionScope.BOOKING, RestrictionScope.ALL


def entry(now: datetime, **other: Any) -> Restriction:
    plain = Restriction(
        id="r1", person="hash", reason=RestrictionReason.ABUSE, scope=ALL, made_at=now - DAY, made_by="admin"
    )
    return replace(plain, **other)


@pytest.mark.parametrize(
    ("scope", "asked", "holds"),
    [(ALL, TICKETS, True), (ALL, BOOKING, True), (TICKETS, TICKETS, True), (TICKETS, BOOKING, False)],
)
def test_a_restriction_holds_for_its_scope(
    scope: RestrictionScope, asked: RestrictionScope, holds: bool, now: datetime
) -> None:
    assert restriction.holds(entry(now, scope=scope), asked, now) is holds


def test_it_ends_by_itself_or_when_it_is_lifted(now: datetime) -> None:
    assert not restriction.holds(entry(now, until=now), ALL, now)
    assert restriction.holds(entry(now, until=now + DAY), ALL, now)
    lifted = restriction.lift(entry(now), "admin", now)
    assert (lifted.lifted_at, lifted.lifted_by) == (now, "admin")
    assert not restriction.holds(lifted, ALL, now)
    with pytest.raises(Refusal) as refused:
        restriction.lift(lifted, "admin", now)
    assert refused.value.code is Code.WRONG_STATE


def test_the_refusal_names_the_longest_that_holds(now: datetime) -> None:
    short, long = entry(now, until=now + DAY), entry(now, until=now + 30 * DAY, reason=RestrictionReason.NO_SHOWS)
    restriction.check([entry(now, until=now - DAY)], TICKETS, now)
    with pytest.raises(Refusal) as refused:
        restriction.check([short, long], TICKETS, now)
    assert refused.value.code is Code.RESTRICTED
    assert refused.value.detail == {"reason": "no-shows", "until": (now + 30 * DAY).isoformat()}
    with pytest.raises(Refusal) as for_ever:
        restriction.check([long, entry(now)], TICKETS, now)
    assert for_ever.value.detail == {"reason": "abuse", "until": None}


def test_staff_see_everything_but_the_person(now: datetime) -> None:
    seen = restriction.view(entry(now, text="多次倒号"))
    assert (seen.id, seen.text, seen.made_by) == ("r1", "多次倒号", "admin")
    assert b"hash" not in encode(seen)
