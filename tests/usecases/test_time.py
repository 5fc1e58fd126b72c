"""What time makes due."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from queue_server.contract.messages import (
    CallNext,
    ClosedReason,
    HoldService,
    Outcome,
    PassOver,
    StartService,
    TicketState,
    WindowMode,
)
from queue_server.storage.init import init

OFFICE_HOURS = '{ from: "08:30", to: "12:00" }\n    - { from: "14:00", to: "17:30" }'


async def test_an_idle_hall_writes_nothing(play: Any) -> None:
    await play.office.due("demo")
    before = await play.office.last_seq("demo")
    play.clock.forward(hours=3)
    assert await play.office.due("demo") == play.clock.now() + timedelta(seconds=60)
    assert await play.office.last_seq("demo") == before


async def test_the_hall_closes_for_lunch_and_opens_again(play: Any, sqlite_url: str, demo_hall_text: str) -> None:
    text = demo_hall_text.replace('{ from: "00:00", to: "24:00" }', OFFICE_HOURS)
    init(sqlite_url, text, clock=play.clock)
    play.clock.forward(hours=2, minutes=59, seconds=30)
    assert await play.office.due("demo") == play.clock.now() + timedelta(seconds=30)
    play.clock.forward(seconds=30)
    await play.office.due("demo")
    event = (await play.events())[-1]
    assert event.type == "hall.changed"
    assert {queue["closedReason"] for queue in event.data["queues"]} == {"out-of-hours"}
    play.clock.forward(hours=2)
    await play.office.due("demo")
    assert all(queue.open for queue in await play.office.queues("demo"))
    play.clock.forward(hours=10)
    await play.office.due("demo")
    assert {q.closed_reason for q in await play.office.queues("demo")} == {ClosedReason.OUT_OF_HOURS}


async def test_at_the_end_of_the_day_nobody_is_left_over(play: Any) -> None:
    await play.opens("1", "2", "3")
    waiting, calling, passed = await play.takes("B"), await play.takes("A"), await play.takes("A")
    serving, held = await play.takes("A"), await play.takes("A")
    await play.does(CallNext(window="1"))
    await play.does(CallNext(window="2"))
    await play.does(PassOver(window="2"))
    for window in ("2", "3"):
        await play.does(CallNext(window=window))
        await play.does(StartService(window=window))
    await play.does(HoldService(window="3"))
    play.clock.forward(hours=15)  # midnight in Shanghai
    await play.office.due("demo")
    states = [await play.state(one.id) for one in (waiting, calling, passed, serving, held)]
    assert states[:3] == [TicketState.EXPIRED] * 3
    assert states[3:] == [TicketState.DONE] * 2
    snapshot = await play.office.snapshot("demo")
    assert snapshot.tickets == {}
    assert all(window.ticket is None and window.held == () for window in snapshot.windows.values())
    assert all(queue.waiting == 0 for queue in snapshot.queues.values())
    assert snapshot.windows["1"].mode is WindowMode.OPEN
    closed = (await play.office.ticket_status("demo", serving.id)).ticket
    assert (closed.why, closed.outcome) == ("closed-at-day-end", Outcome.OTHER)


async def test_a_service_over_midnight_is_left_to_its_officer_for_two_hours(play: Any) -> None:
    await play.opens("1")
    play.clock.forward(hours=14, minutes=50)
    ticket = await play.takes("A")
    await play.does(CallNext(window="1"))
    await play.does(StartService(window="1"))
    play.clock.forward(minutes=20)
    await play.office.due("demo")
    assert await play.state(ticket.id) is TicketState.SERVING
    play.clock.forward(hours=2)
    await play.office.due("demo")
    assert await play.state(ticket.id) is TicketState.DONE


async def test_a_long_list_is_ended_in_several_transactions(play: Any) -> None:
    for _ in range(230):
        await play.takes("A")
    play.clock.forward(days=1)
    await play.office.due("demo")
    assert (await play.office.snapshot("demo")).tickets == {}
    types = [event.type for event in await play.events()]
    assert types.count("ticket.expired") == 230


async def test_old_replies_events_and_names_are_forgotten(play: Any) -> None:
    from queue_server.contract.messages import PersonRef, TakeTicket

    person = PersonRef(token="Z" * 32, masked_name="张*三")
    taken = await play.takes("A", person=person)
    await play.does(TakeTicket(queue="B"), key="old")
    play.clock.forward(days=91)
    await play.office.due("demo")
    play.clock.forward(hours=2)
    await play.takes("A")
    await play.office.due("demo")
    assert (await play.office.ticket_status("demo", taken.id)).ticket.masked_name == ""
    assert await play.office.oldest_seq("demo") > 1
    again = await play.does(TakeTicket(queue="B"), key="new")
    assert again.number == "B001"
    replayed = await play.office.carry_out(TakeTicket(queue="C"), play.kiosk(), "old")
    assert not replayed.repeated
