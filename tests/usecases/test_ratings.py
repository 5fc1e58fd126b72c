"""Ratings: what the citizen pressed, once, in time, by those who may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from queue_server.contract.messages import (
    CallNext,
    FinishService,
    Level,
    PassOver,
    RateService,
    RatingChannel,
    RatingState,
    Role,
    StartService,
)
from queue_server.contract.refusals import Code
from queue_server.usecases.ports import Actor

PAD = Actor("demo", Role.PAD, "pad-1", window="1")


async def test_the_pad_invites_and_takes_one_answer(play: Any) -> None:
    await play.opens("1")
    done = await play.serves()
    assert (done.window.rating, done.window.service) == (RatingState.INVITED, done.service)
    assert done.window.rating_until == play.clock.now() + timedelta(seconds=60)
    reply = await play.does(RateService(service=done.service, level=Level.SATISFIED), PAD)
    assert (reply.state, reply.level) == (RatingState.SUBMITTED, None)
    rating = await play.office.service_rating("demo", done.ticket.id)
    assert (rating.level, rating.channel) == (Level.SATISFIED, RatingChannel.PAD)
    again = await play.refused(RateService(service=done.service, level=Level.VERY_DISSATISFIED), PAD)
    assert again.code is Code.RATING_EXISTS
    event = next(event for event in await play.events() if event.type == "rating.submitted")
    assert (event.type, event.data["level"], event.data["window"]["rating"]) == (
        "rating.submitted",
        "satisfied",
        "submitted",
    )
    row = (await play.office.ratings("demo"))[0]
    assert (row.number, row.window, row.level) == ("A001", "1", Level.SATISFIED)
    assert await play.office.ratings("demo", start=play.clock.now() + timedelta(seconds=1)) == []
    assert await play.office.ratings("demo", end=play.clock.now()) == []


async def test_no_answer_in_a_minute_is_no_rating_and_the_phone_may_still_answer(play: Any) -> None:
    await play.opens("1")
    done = await play.serves()
    assert await play.office.due("demo") == play.clock.now() + timedelta(seconds=60)
    play.clock.forward(seconds=60)
    await play.office.due("demo")
    event = next(event for event in await play.events() if event.type == "rating.timed-out")
    assert event.data["window"]["rating"] == "timed-out"
    late = RateService(service=done.service, level=Level.SATISFIED)
    assert (await play.refused(late, PAD)).code is Code.RATING_CLOSED
    status = await play.office.ticket_status("demo", done.ticket.id)
    assert (status.rating, status.service) == (RatingState.TIMED_OUT, done.service)
    play.clock.forward(days=7)
    assert (await play.refused(late, PAD)).code is Code.RATING_CLOSED
    citizen = Actor("demo", None, "ticket", ticket=done.ticket.id)
    by_phone = RateService(service=done.ticket.id, level=Level.SATISFIED, channel=RatingChannel.QR)
    assert (await play.refused(by_phone, citizen)).code is Code.RATING_CLOSED
    play.clock.forward(days=-1)
    assert (await play.does(by_phone, citizen)).state is RatingState.SUBMITTED


async def test_the_next_person_cannot_answer_for_the_one_before(play: Any) -> None:
    await play.opens("1")
    done = await play.serves()
    await play.takes("A")
    called = await play.does(CallNext(window="1"))
    assert called.window.rating is RatingState.INVITED
    started = await play.does(StartService(window="1"))
    assert started.window.rating is RatingState.NOT_YET
    assert started.window.service == started.service
    rate = RateService(service=done.service, level=Level.SATISFIED)
    assert (await play.refused(rate, PAD)).code is Code.RATING_CLOSED
    early = RateService(service=started.service, level=Level.SATISFIED)
    assert (await play.refused(early, PAD)).code is Code.RATING_NOT_POSSIBLE


async def test_a_bad_rating_says_why(play: Any) -> None:
    await play.opens("1")
    done = await play.serves()
    bad = RateService(service=done.service, level=Level.VERY_DISSATISFIED)
    assert (await play.refused(bad, PAD)).code is Code.REASON_REQUIRED
    wrong = RateService(service=done.service, level=Level.VERY_DISSATISFIED, reasons=("510",))
    assert (await play.refused(wrong, PAD)).code is Code.UNKNOWN_REASON
    said = RateService(service=done.service, level=Level.VERY_DISSATISFIED, reasons=("110", "113"), text="等太久")
    await play.does(said, PAD)
    row = (await play.office.ratings("demo"))[0]
    assert (row.reasons, row.text) == (("110", "113"), "等太久")
    assert "等太久" not in str([event.data for event in await play.events()])


async def test_passed_waiting_and_unknown_tickets_cannot_be_rated(play: Any) -> None:
    await play.opens("1")
    passed, waiting = await play.takes("A"), await play.takes("A")
    await play.does(CallNext(window="1"))
    await play.does(PassOver(window="1"))
    for service, code in (
        (passed.id, Code.RATING_NOT_POSSIBLE),
        (waiting.id, Code.RATING_NOT_POSSIBLE),
        ("unknown", Code.NOT_FOUND),
    ):
        assert (await play.refused(RateService(service=service, level=Level.SATISFIED))).code is code


@pytest.mark.parametrize("role", [Role.OFFICER, Role.WINDOW, Role.SCREEN, Role.ADMIN])
async def test_nobody_who_works_here_may_rate(play: Any, role: Role) -> None:
    rate = RateService(service="x", level=Level.VERY_SATISFIED)
    assert (await play.refused(rate, Actor("demo", role, "officer1", window="1"))).code is Code.FORBIDDEN


async def test_a_pad_rates_only_what_happened_at_its_window(play: Any) -> None:
    await play.opens("1")
    done = await play.serves()
    other = Actor("demo", Role.PAD, "pad-2", window="2")
    rate = RateService(service=done.service, level=Level.SATISFIED)
    assert (await play.refused(rate, other)).code is Code.FORBIDDEN
    stranger = Actor("demo", None, "ticket", ticket="another")
    assert (await play.refused(rate, stranger)).code is Code.FORBIDDEN


async def test_a_call_that_was_never_started_is_a_service_from_its_last_call_on(play: Any) -> None:
    await play.opens("1")
    await play.takes("A")
    await play.does(CallNext(window="1"))
    called_at = play.clock.now()
    play.clock.forward(minutes=4)
    done = await play.does(FinishService(window="1"))
    assert done.ticket.started_at == called_at
    assert done.window.rating is RatingState.INVITED
