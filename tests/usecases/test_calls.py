"""Who is called, why, out of order, and without a number."""

from __future__ import annotations

from typing import Any

import pytest

from queue_server.contract.messages import (
    CallNext,
    CallReason,
    CallTicket,
    FinishService,
    Outcome,
    PersonRef,
    Priority,
    RatingState,
    ServeWithoutTicket,
    TakeTicket,
    TicketState,
    TransferTicket,
)
from queue_server.contract.refusals import Code
from queue_server.storage.init import init

ZHANG = PersonRef(token="Z" * 32, masked_name="张*三")
NEED, OTHER = CallReason.SPECIAL_NEED, CallReason.OTHER


async def test_the_reply_and_the_event_say_why_this_one(watched: Any) -> None:
    await watched.opens("1")
    await watched.takes("A", person=ZHANG)
    watched.clock.forward(seconds=90)
    await watched.takes("A", priority=Priority.ELDER)
    called = await watched.does(CallNext(window="1"))
    assert (called.because.code, called.ticket.why) == ("priority", "priority")
    assert [(one.number, one.behind, one.waited_seconds) for one in called.because.considered] == [
        ("A001", "lower-class", 90)
    ]
    event = (await watched.events())[-1]
    assert event.data["because"]["code"] == "priority"
    assert event.data["because"]["considered"][0]["number"] == "A001"
    assert "张" not in str(event.data["because"])


async def test_the_turns_between_queues_are_remembered_from_call_to_call(
    play: Any, sqlite_url: str, demo_hall_text: str
) -> None:
    text = demo_hall_text.replace(
        "queues: [A, E], pad: true }", "queues: [A, E], pad: true, turns: { A: 2, E: 1 } }", 1
    )
    init(sqlite_url, text, clock=play.clock)
    await play.opens("1")
    for _ in range(4):
        await play.takes("A")
        await play.takes("E")
    seen = [(await play.does(CallNext(window="1", finish_current=Outcome.OTHER))).ticket.queue for _ in range(6)]
    assert seen.count("A") == 4
    assert "AAA" not in "".join(seen)


async def test_an_officer_calls_out_of_order_with_a_reason_that_is_kept(watched: Any) -> None:
    await watched.opens("1")
    first, second = await watched.takes("A"), await watched.takes("A")
    watched.clock.forward(seconds=30)
    command = CallTicket(window="1", ticket=second.id, reason=OTHER, text=" 轮椅 ")
    called = await watched.does(command)
    assert (called.ticket.number, called.ticket.why, called.because.waited_seconds) == ("A002", "out-of-order", 30)
    row = (await watched.office.audit("demo"))[0]
    assert (row.act, row.about, row.reason, row.text) == ("call-out-of-order", second.id, "other", "轮椅")
    assert await watched.state(first.id) is TicketState.WAITING
    finished = await watched.does(CallTicket(window="1", ticket=first.id, reason=NEED, finish_current=Outcome.ACCEPTED))
    assert finished.ticket.number == "A001"
    assert await watched.state(second.id) is TicketState.DONE


async def test_an_out_of_order_call_is_refused_when_it_does_not_fit(watched: Any) -> None:
    a, b = await watched.takes("A"), await watched.takes("B")
    command = CallTicket(window="1", ticket=a.id, reason=NEED)
    assert (await watched.refused(command)).code is Code.WINDOW_NOT_OPEN
    await watched.opens("1")
    without_words = CallTicket(window="1", ticket=a.id, reason=OTHER, text=" ")
    for refused, code in (
        (without_words, Code.REASON_REQUIRED),
        (CallTicket(window="1", ticket=b.id, reason=NEED), Code.BAD_REQUEST),
        (CallTicket(window="1", ticket="x", reason=NEED), Code.NOT_FOUND),
        (CallTicket(window="99", ticket=a.id, reason=NEED), Code.NOT_FOUND),
    ):
        assert (await watched.refused(refused)).code is code
    await watched.does(command)
    assert (await watched.refused(command)).code is Code.WINDOW_BUSY
    await watched.does(FinishService(window="1"))
    assert (await watched.refused(command)).code is Code.WRONG_STATE
    assert len(await watched.office.audit("demo")) == 1


async def test_who_was_sent_to_a_window_can_be_called_there_out_of_order(watched: Any) -> None:
    await watched.opens("1", "7")
    taken = await watched.takes("A")
    await watched.does(CallNext(window="1"))
    await watched.does(TransferTicket(window="1", to_window="7"))
    called = await watched.does(CallTicket(window="7", ticket=taken.id, reason=CallReason.INSTRUCTED))
    assert called.ticket.window == "7"


async def test_somebody_without_a_number_is_served_counted_and_rated(watched: Any) -> None:
    await watched.opens("1")
    await watched.takes("A")
    served = await watched.does(ServeWithoutTicket(window="1", item="A-HUKOU", person=ZHANG))
    assert (served.ticket.number, served.ticket.state, served.ticket.why) == ("WA001", "serving", "without-ticket")
    assert (served.ticket.channel, served.ticket.masked_name, served.ticket.item) == ("window", "张*三", "A-HUKOU")
    done = await watched.does(FinishService(window="1"))
    assert (done.service, done.window.rating) == (served.service, RatingState.INVITED)
    other = await watched.does(ServeWithoutTicket(window="1", queue="E"))
    assert other.ticket.number == "WE001"
    await watched.does(FinishService(window="1"))
    assert (await watched.does(ServeWithoutTicket(window="1"))).ticket.number == "WA002"
    assert (await watched.office.queues("demo"))[0].waiting == 1


async def test_serving_without_a_number_is_not_counted_in_the_quota(
    play: Any, sqlite_url: str, demo_hall_text: str
) -> None:
    text = demo_hall_text.replace("expected_service_minutes: 8,", "expected_service_minutes: 8, quota_per_day: 1,")
    init(sqlite_url, text, clock=play.clock)
    await play.opens("1")
    await play.does(ServeWithoutTicket(window="1"))
    assert (await play.takes("A")).number == "A001"


async def test_without_a_prefix_they_have_ordinary_numbers_until_those_end(
    play: Any, sqlite_url: str, demo_hall_text: str
) -> None:
    text = demo_hall_text.replace("without_ticket_prefix: W", 'without_ticket_prefix: ""')
    text = text.replace("expected_service_minutes: 8,", "expected_service_minutes: 8, numbers: { from: 201, to: 202 },")
    init(sqlite_url, text, clock=play.clock)
    await play.opens("1")
    await play.takes("A")
    assert (await play.does(ServeWithoutTicket(window="1"))).ticket.number == "A202"
    await play.does(FinishService(window="1"))
    for command in (ServeWithoutTicket(window="1"), TakeTicket(queue="A")):
        assert (await play.refused(command)).code is Code.NO_NUMBERS_LEFT


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"queue": "Q"}, Code.NOT_FOUND),
        ({"queue": "B"}, Code.BAD_REQUEST),
        ({"item": "NONE"}, Code.NOT_FOUND),
        ({"item": "B-SSREG"}, Code.BAD_REQUEST),
        ({"window": "99"}, Code.NOT_FOUND),
    ],
)
async def test_what_does_not_fit_the_window_is_not_served_there(
    watched: Any, other: dict[str, Any], code: Code
) -> None:
    command = ServeWithoutTicket(**{"window": "1", **other})
    if "window" not in other:
        assert (await watched.refused(command)).code is Code.WINDOW_NOT_OPEN
    await watched.opens("1")
    assert (await watched.refused(command)).code is code
    await watched.does(ServeWithoutTicket(window="1"))
    assert (await watched.refused(ServeWithoutTicket(window="1"))).code is Code.WINDOW_BUSY
