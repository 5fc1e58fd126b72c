"""Days that are not like others, with the whole engine on both databases: day off, make-up day, 23 and 25 hours."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from queue_server.contract.messages import ClosedReason, TakeTicket, TicketState
from queue_server.contract.refusals import Code
from queue_server.storage.init import init

EVERY_DAY = 'open_every_day: true\n  sessions:\n    - { from: "00:00", to: "24:00" }'
SOME_DAYS = """weekdays: [mon, tue, wed, thu, fri]
  closed: [2026-03-04]
  extra: [2026-03-07]
  sessions:
    - { from: "09:00", to: "17:00" }"""


@pytest.fixture
def changed(watched: Any, database_url: str, demo_hall_text: str) -> Any:
    """Gives the demo hall another description."""

    def change(old: str, new: str) -> Any:
        assert old in demo_hall_text
        init(database_url, demo_hall_text.replace(old, new), clock=watched.clock)

    return change


async def closed_reasons(hall: Any) -> set[ClosedReason | None]:
    return {queue.closed_reason for queue in await hall.office.queues("demo")}


async def it_becomes(hall: Any, *when: int, zone: str = "Asia/Shanghai") -> None:
    """It is that time on the hall's wall (year, month, day, hour, minute), and what is due by then has happened."""
    then = datetime(*when, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    hall.clock.set(then)
    await hall.office.due("demo")


async def test_nobody_takes_a_number_on_a_day_off_and_everybody_on_a_make_up_day(watched: Any, changed: Any) -> None:
    changed(EVERY_DAY, SOME_DAYS)
    for day, expected in (
        (2, None),
        (3, None),
        (4, ClosedReason.DAY_OFF),
        (5, None),
        (7, None),
        (8, ClosedReason.DAY_OFF),
    ):
        await it_becomes(watched, 2026, 3, day, 10, 0)
        assert await closed_reasons(watched) == {expected}, day
        if expected is None:
            assert (await watched.takes("A")).number == "A001", day
        else:
            refused = await watched.refused(TakeTicket(queue="A"))
            assert (refused.code, refused.detail["reason"]) == (Code.QUEUE_CLOSED, expected), day
    await watched.look_at_the_board()


@pytest.mark.parametrize(
    ("month", "day", "hours"), [(3, 29, 23), (10, 25, 25)], ids=["the day of 23 hours", "the day of 25 hours"]
)
async def test_a_day_on_which_the_clock_changes_is_one_business_day(
    watched: Any, changed: Any, month: int, day: int, hours: int
) -> None:
    berlin = {"zone": "Europe/Berlin"}
    changed("time_zone: Asia/Shanghai", "time_zone: Europe/Berlin")
    await it_becomes(watched, 2026, month, day, 0, 0, **berlin)
    begun = watched.clock.now()
    first = await watched.takes("A")
    await it_becomes(watched, 2026, month, day, 12, 0, **berlin)
    noon = await watched.takes("A")
    await it_becomes(watched, 2026, month, day, 23, 59, **berlin)
    last = await watched.takes("A")
    assert [one.number for one in (first, noon, last)] == ["A001", "A002", "A003"]
    assert await watched.state(first.id) is TicketState.WAITING
    await it_becomes(watched, 2026, month, day + 1, 0, 0, **berlin)
    assert (watched.clock.now() - begun).total_seconds() == hours * 3600
    assert {await watched.state(one.id) for one in (first, noon, last)} == {TicketState.EXPIRED}
    assert (await watched.takes("A")).number == "A001"
    await watched.look_at_the_board()
