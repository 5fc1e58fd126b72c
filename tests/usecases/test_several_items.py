"""一件事: one number for several matters; it walks from queue to queue."""

from __future__ import annotations

from typing import Any

import pytest

from queue_server.contract.messages import (
    CallNext,
    CancelTicket,
    FinishService,
    Level,
    Outcome,
    Priority,
    RateService,
    RatingState,
    TakeTicket,
    TicketState,
)
from queue_server.contract.refusals import Code
from queue_server.storage.init import init

WAY = ("A-IDCARD", "A-HUKOU", "B-SSREG", "C-QUERY")


async def test_the_paper_and_the_phone_name_all_that_is_to_be_done(watched: Any) -> None:
    issued = await watched.takes("A", items=WAY)
    assert issued.items == WAY
    status = await watched.office.ticket_status("demo", issued.id)
    assert (status.ticket.item, status.ticket.items) == ("A-IDCARD", ("A-IDCARD", "A-HUKOU"))
    assert status.ticket.next_queues == ("B", "C")
    assert [step.en for step in status.steps] == [
        "General affairs", "Social and medical insurance", "Real estate registration"
    ]  # fmt: skip
    assert status.step == 0


async def test_it_walks_from_queue_to_queue_and_every_stop_is_rated(watched: Any) -> None:
    await watched.opens("1", "4", "6")
    issued = await watched.takes("A", items=WAY)
    services = []
    for window, outcome in (("1", Outcome.ACCEPTED), ("4", Outcome.REFUSED), ("6", Outcome.CONSULT)):
        called = await watched.does(CallNext(window=window))
        assert called.ticket.number == "A001"
        watched.clock.forward(minutes=5)
        done = await watched.does(FinishService(window=window, outcome=outcome))
        assert done.window.rating is RatingState.INVITED
        services.append(done.service)
        await watched.does(RateService(service=done.service, level=Level.SATISFIED))
    assert len(set(services)) == 3
    assert (done.ticket.state, done.ticket.outcome) == (TicketState.DONE, Outcome.CONSULT)
    moved = [event for event in await watched.events() if event.type == "ticket.moved-on"]
    assert [(event.data["ticket"]["queue"], event.data["outcome"]) for event in moved] == [
        ("B", "accepted"),
        ("C", "refused"),
    ]
    assert [event.data["queues"][0]["waiting"] for event in moved] == [1, 1]
    assert (await watched.office.service_rating("demo", issued.id)).service == services[-1]


@pytest.mark.parametrize(
    ("keeps", "priority", "standing", "first"),
    [
        (True, Priority.NONE, "transferred", "A001"),
        (False, Priority.NONE, "ordinary", "B001"),
        (False, Priority.ELDER, "priority", "A001"),
    ],
)
async def test_it_keeps_its_time_in_the_next_queue_or_stands_last(
    play: Any, sqlite_url: str, demo_hall_text: str, keeps: bool, priority: Priority, standing: str, first: str
) -> None:
    rule = f"reactivations: 1\n  next_item_keeps_time: {str(keeps).lower()}"
    init(sqlite_url, demo_hall_text.replace("reactivations: 1", rule), clock=play.clock)
    await play.opens("1", "4")
    await play.takes("A", items=("A-HUKOU", "B-SSREG"), priority=priority)
    play.clock.forward(minutes=1)
    await play.takes("B")
    await play.does(CallNext(window="1"))
    moved = await play.does(FinishService(window="1"))
    assert moved.ticket.standing == standing
    assert (await play.does(CallNext(window="4"))).ticket.number == first


async def test_the_rest_can_be_cancelled_between_two_stops(watched: Any) -> None:
    await watched.opens("1")
    issued = await watched.takes("A", items=("A-HUKOU", "B-SSREG"))
    await watched.does(CallNext(window="1"))
    moved = await watched.does(FinishService(window="1"))
    assert (moved.ticket.state, moved.ticket.queue, moved.window.ticket) == (TicketState.WAITING, "B", None)
    cancelled = await watched.does(CancelTicket(ticket=issued.id))
    assert (cancelled.ticket.state, cancelled.step) == (TicketState.CANCELLED, 1)


async def test_items_of_one_queue_are_one_stop(watched: Any) -> None:
    await watched.opens("1")
    await watched.takes("A", items=("A-IDCARD", "A-HUKOU"))
    await watched.does(CallNext(window="1"))
    done = await watched.does(FinishService(window="1"))
    assert (done.ticket.state, done.ticket.items) == (TicketState.DONE, ("A-IDCARD", "A-HUKOU"))


async def test_call_next_says_that_a_stop_is_done_and_may_call_the_same_person_again(watched: Any) -> None:
    await watched.opens("1")
    await watched.takes("A", items=("A-HUKOU", "E-COLLECT"))
    await watched.does(CallNext(window="1"))
    again = await watched.does(CallNext(window="1", finish_current=Outcome.ACCEPTED))
    assert (again.ticket.number, again.ticket.queue, again.ticket.item) == ("A001", "E", "E-COLLECT")


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"items": ("A-HUKOU", "NONE")}, Code.NOT_FOUND),
        ({"items": ("B-SSREG", "A-HUKOU")}, Code.BAD_REQUEST),
        ({"items": ("A-HUKOU", "A-HUKOU")}, Code.BAD_REQUEST),
        ({"items": ("A-HUKOU", "A-IDCARD"), "item": "A-IDCARD"}, Code.BAD_REQUEST),
    ],
)
async def test_items_that_do_not_fit_are_refused(watched: Any, wish: dict[str, Any], code: Code) -> None:
    assert (await watched.refused(TakeTicket(queue="A", **wish))).code is code
    assert (await watched.takes("A", items=("A-HUKOU", "A-IDCARD"), item="A-HUKOU")).number == "A001"
