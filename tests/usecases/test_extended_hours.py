"""延时服务: a hall keeps queues open longer today."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from queue_server.contract.codec import decode
from queue_server.contract.messages import ClosedReason, ExtendHours, HoursExtended, Role
from queue_server.contract.refusals import Code
from queue_server.storage.init import init
from queue_server.usecases.ports import Actor

OFFICE_HOURS = '{ from: "08:30", to: "12:00" }\n    - { from: "14:00", to: "17:30" }'
ADMIN = Actor("demo", Role.ADMIN, "admin")


@pytest.fixture
async def evening(play: Any, sqlite_url: str, demo_hall_text: str) -> datetime:
    """17:31, the hall has just closed."""
    init(sqlite_url, demo_hall_text.replace('{ from: "00:00", to: "24:00" }', OFFICE_HOURS), clock=play.clock)
    now: datetime = play.clock.forward(hours=8, minutes=31)
    await play.office.due("demo")
    return now


async def extend(play: Any, **what: Any) -> HoursExtended:
    reply = await play.office.carry_out(ExtendHours(**what), ADMIN)
    return decode(reply.body, HoursExtended)


async def reasons(play: Any) -> dict[str, ClosedReason | None]:
    return {view.id: view.closed_reason for view in await play.office.queues("demo")}


async def test_one_queue_takes_people_longer_and_everybody_hears_of_it(play: Any, evening: datetime) -> None:
    until = evening + timedelta(hours=1)
    extended = await extend(play, until=until, queue="B")
    assert [(view.id, view.open) for view in extended.queues] == [("B", True)]
    event = (await play.events())[-1]
    assert (event.type, [view["id"] for view in event.data["queues"]]) == ("hall.changed", ["B"])
    assert [queue for queue, reason in (await reasons(play)).items() if reason is None] == ["B"]
    assert (await play.takes("B")).number == "B001"
    play.clock.set(until)
    await play.office.due("demo")
    assert (await reasons(play))["B"] is ClosedReason.OUT_OF_HOURS


async def test_all_queues_are_extended_and_an_instant_that_is_over_ends_it(play: Any, evening: datetime) -> None:
    await extend(play, until=evening + timedelta(hours=2))
    assert set((await reasons(play)).values()) == {None}
    await extend(play, until=evening)
    assert set((await reasons(play)).values()) == {ClosedReason.OUT_OF_HOURS}


async def test_who_extended_the_hours_can_be_asked_later(play: Any, evening: datetime) -> None:
    await extend(play, until=evening + timedelta(hours=1), queue="B")
    row = (await play.office.audit("demo"))[0]
    assert (row.by, row.act, row.about) == ("admin", "extend-hours", "B")


@pytest.mark.parametrize(
    ("hours", "queue", "code"),
    [(1, "Q", Code.NOT_FOUND), (7, None, Code.BAD_REQUEST), (13, None, Code.BAD_REQUEST)],
)
async def test_hours_end_with_the_business_day(
    play: Any, evening: datetime, hours: int, queue: str | None, code: Code
) -> None:
    refusal = await play.refused(ExtendHours(until=evening + timedelta(hours=hours), queue=queue), ADMIN)
    assert refusal.code is code
    assert set((await reasons(play)).values()) == {ClosedReason.OUT_OF_HOURS}
