"""The hall is told when people wait too long, a window sits idle, or something was too quick to be true."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from queue_server.contract import messages as m
from queue_server.contract.messages import AlertLevel, AlertRule
from queue_server.storage.init import init


async def alerts(play: Any) -> list[m.AlertView]:
    await play.office.due("demo")
    return [alert for alert in await play.office.alerts("demo") if alert.cleared_at is None]


async def told(play: Any) -> list[tuple[str, str, str]]:
    return [
        (event.type.removeprefix("supervision."), event.data["alert"]["rule"], event.data["alert"]["level"])
        for event in await play.events()
        if event.type.startswith("supervision.")
    ]


async def test_long_waits_are_yellow_then_red_then_over(play: Any) -> None:
    await play.opens("1")
    issued = await play.takes("A")
    play.clock.forward(minutes=29, seconds=59)
    assert await alerts(play) == []
    play.clock.forward(seconds=1)
    [yellow] = await alerts(play)
    assert (yellow.rule, yellow.level, yellow.queue, yellow.ticket) == (
        AlertRule.WAITING_LONG,
        AlertLevel.YELLOW,
        "A",
        issued.id,
    )
    assert (yellow.value, yellow.limit) == (1800, 1800)
    play.clock.forward(minutes=30)
    [red] = await alerts(play)
    assert (red.id, red.level, red.raised_at) == (yellow.id, AlertLevel.RED, yellow.raised_at)
    await play.does(m.CallNext(window="1"))
    assert await alerts(play) == []
    told_now = await told(play)
    assert told_now == [
        ("raised", "waiting-long", "yellow"),
        ("raised", "waiting-long", "red"),
        ("cleared", "waiting-long", "red"),
    ]
    [over] = await play.office.alerts("demo")
    assert over.cleared_at == play.clock.now()


async def test_an_open_window_that_calls_nobody_while_three_wait(play: Any) -> None:
    await play.opens("4")
    for _ in range(2):
        await play.takes("B")
    play.clock.forward(minutes=15)
    assert await alerts(play) == [], "two people are not enough"
    await play.takes("B")
    [idle] = await alerts(play)
    assert (idle.rule, idle.window, idle.limit) == (AlertRule.WINDOW_IDLE, "4", 600)
    await play.does(m.CallNext(window="4"))
    assert await alerts(play) == []


async def test_a_window_on_a_break_is_not_idle(play: Any) -> None:
    await play.opens("4")
    await play.does(m.PauseWindow(window="4", reason=m.PauseReason.LUNCH))
    for _ in range(5):
        await play.takes("B")
    play.clock.forward(minutes=15)
    assert await alerts(play) == []


@pytest.mark.parametrize(
    ("seconds", "outcome", "noted"), [(59, "accepted", True), (60, "accepted", False), (5, "consult", False)]
)
async def test_a_service_too_short_to_be_one_is_noted(play: Any, seconds: int, outcome: str, noted: bool) -> None:
    await play.opens("1")
    await play.takes("A")
    await play.does(m.CallNext(window="1"))
    await play.does(m.StartService(window="1"))
    play.clock.forward(seconds=seconds)
    await play.does(m.FinishService(window="1", outcome=m.Outcome(outcome)))
    found = await play.office.alerts("demo")
    assert [(one.rule, one.value, one.window) for one in found] == (
        [(AlertRule.SHORT_SERVICE, seconds, "1")] if noted else []
    )
    assert all(one.cleared_at == one.raised_at for one in found), "a fact, not a state"


async def test_a_rating_in_the_second_of_the_end_is_noted_without_its_level(play: Any) -> None:
    await play.opens("1")
    await play.takes("A")
    await play.does(m.CallNext(window="1"))
    await play.does(m.StartService(window="1"))
    play.clock.forward(minutes=5)
    done = await play.does(m.FinishService(window="1"))
    play.clock.forward(seconds=2)
    await play.does(m.RateService(service=done.service, level=m.Level.VERY_SATISFIED))
    [quick] = await play.office.alerts("demo")
    assert (quick.rule, quick.value, quick.limit) == (AlertRule.QUICK_RATING, 2, 3)
    event = next(event for event in await play.events() if event.type == "supervision.raised")
    assert set(event.data) == {"alert"}


async def test_a_window_where_many_are_passed_over_is_noted(play: Any) -> None:
    await play.opens("4")
    for turn in range(10):
        await play.takes("B")
        await play.does(m.CallNext(window="4"))
        if turn % 3 == 0:
            await play.does(m.PassOver(window="4"))
        else:
            play.clock.forward(minutes=2)
            await play.does(m.FinishService(window="4"))
        if turn < 9:
            assert await alerts(play) == []
    [passes] = await alerts(play)
    assert (passes.rule, passes.window, passes.value, passes.limit) == (AlertRule.MANY_PASSES, "4", 40, 30)


async def test_a_rule_of_nought_is_switched_off(play: Any, demo_hall_text: str, sqlite_url: str) -> None:
    lines = "waiting_yellow_minutes", "waiting_red_minutes", "idle_minutes"
    text = demo_hall_text
    for line in lines:
        text = re.sub(rf"{line}: \d+", f"{line}: 0", text)
    await asyncio.to_thread(init, sqlite_url, text, clock=play.clock)
    await play.opens("4")
    for _ in range(5):
        await play.takes("B")
    play.clock.forward(hours=2)
    assert await alerts(play) == []
