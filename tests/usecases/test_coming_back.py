"""过号: who missed the number comes back, waits behind others or is served at once, and not for ever."""

from __future__ import annotations

from typing import Any

import pytest

from queue_server.contract.messages import (
    CallNext,
    CancelTicket,
    FinishService,
    OpenWindow,
    Outcome,
    PassOver,
    PassReason,
    PersonRef,
    ReactivateTicket,
    ServePassed,
    TicketIssued,
    TicketState,
    TransferTicket,
)
from queue_server.contract.refusals import Code
from queue_server.storage.init import init

ZHANG = PersonRef(token="Z" * 32, masked_name="张*三")


async def missed(play: Any, window: str = "1", queue: str = "A", **other: Any) -> TicketIssued:
    """Somebody took a number and did not come."""
    taken: TicketIssued = await play.takes(queue, **other)
    await play.does(CallNext(window=window))
    await play.does(PassOver(window=window))
    return taken


async def calls(play: Any, window: str = "1") -> str | None:
    called = await play.does(CallNext(window=window, finish_current=Outcome.OTHER))
    return called.ticket.number if called.ticket else None


async def test_a_passed_ticket_comes_back_behind_three_others(watched: Any) -> None:
    await watched.opens("1")
    gone = await missed(watched)
    for _ in range(5):
        watched.clock.forward(seconds=1)
        await watched.takes("A")
    status = await watched.does(ReactivateTicket(ticket=gone.id))
    assert (status.ticket.state, status.ticket.standing, status.ticket.reactivated) == ("waiting", "returned", 1)
    assert [await calls(watched) for _ in range(6)] == ["A002", "A003", "A004", "A001", "A005", "A006"]


async def test_who_comes_back_to_an_empty_line_is_called_at_once(watched: Any) -> None:
    await watched.opens("1")
    gone = await missed(watched)
    await watched.does(ReactivateTicket(ticket=gone.id))
    called = await watched.does(CallNext(window="1"))
    assert (called.ticket.number, called.ticket.why, called.because.code) == ("A001", "returned", "returned")


async def test_who_misses_it_again_is_out(watched: Any) -> None:
    await watched.opens("1")
    gone = await missed(watched)
    await watched.does(ReactivateTicket(ticket=gone.id))
    await watched.does(CallNext(window="1"))
    passed = await watched.does(PassOver(window="1", reason=PassReason.ABSENT))
    assert (passed.ticket.state, passed.window.ticket) == (TicketState.VOID, None)
    last = (await watched.events())[-1]
    assert (last.type, last.data["reason"]) == ("ticket.voided", "absent")
    for command in (ReactivateTicket(ticket=gone.id), ServePassed(window="1", ticket=gone.id)):
        assert (await watched.refused(command)).code is Code.WRONG_STATE


async def test_the_person_at_the_window_is_served_at_once(watched: Any) -> None:
    await watched.opens("1", "2")
    gone = await missed(watched)
    await watched.takes("A")
    served = await watched.does(ServePassed(window="2", ticket=gone.id))
    assert (served.ticket.state, served.ticket.why) == (TicketState.SERVING, "passed-before")
    assert (served.ticket.window, served.window.ticket.number, served.ticket.reactivated) == ("2", "A001", 1)
    done = await watched.does(FinishService(window="2"))
    assert (done.ticket.state, done.service) == (TicketState.DONE, served.service)


async def test_coming_back_to_the_window_counts_too(watched: Any) -> None:
    await watched.opens("1")
    gone = await missed(watched)
    await watched.does(ServePassed(window="1", ticket=gone.id))
    await watched.does(TransferTicket(window="1", queue="A"))
    await watched.does(CallNext(window="1"))
    passed = await watched.does(PassOver(window="1"))
    assert passed.ticket.state is TicketState.VOID


async def test_a_hall_that_lets_nobody_come_back_says_so(play: Any, sqlite_url: str, demo_hall_text: str) -> None:
    init(sqlite_url, demo_hall_text.replace("reactivations: 1", "reactivations: 0"), clock=play.clock)
    await play.opens("1")
    gone = await missed(play)
    assert await play.state(gone.id) is TicketState.PASSED
    for command in (ReactivateTicket(ticket=gone.id), ServePassed(window="1", ticket=gone.id)):
        refusal = await play.refused(command)
        assert (refusal.code, refusal.detail) == (Code.REACTIVATION_LIMIT, {"limit": 0})


async def test_a_ticket_comes_back_only_on_its_own_day(play: Any) -> None:
    await play.opens("1")
    gone = await missed(play)
    play.clock.forward(days=1)
    for command in (ReactivateTicket(ticket=gone.id), ServePassed(window="1", ticket=gone.id)):
        assert (await play.refused(command)).code is Code.TOO_LATE


async def test_who_took_another_number_meanwhile_does_not_get_the_old_one_back(watched: Any) -> None:
    await watched.opens("1")
    gone = await missed(watched, person=ZHANG)
    new = await watched.takes("A", person=ZHANG)
    for command in (ReactivateTicket(ticket=gone.id), ServePassed(window="1", ticket=gone.id)):
        refusal = await watched.refused(command)
        assert (refusal.code, refusal.detail["number"]) == (Code.ALREADY_WAITING, new.number)
    await watched.does(CancelTicket(ticket=new.id))
    await watched.does(ReactivateTicket(ticket=gone.id))


async def test_a_citizen_brings_back_only_the_own_ticket(watched: Any) -> None:
    await watched.opens("1")
    gone, other = await missed(watched), await missed(watched)
    citizen = await watched.office.authenticate_citizen(gone.status_url.rpartition("/")[2])
    assert (await watched.refused(ReactivateTicket(ticket=other.id), citizen)).code is Code.FORBIDDEN
    await watched.does(ReactivateTicket(ticket=gone.id), citizen)


@pytest.mark.parametrize("state", ["waiting", "calling", "done"])
async def test_only_a_passed_ticket_comes_back(watched: Any, state: str) -> None:
    await watched.opens("1", "2")
    taken = await watched.takes("A")
    if state != "waiting":
        await watched.does(CallNext(window="1"))
    if state == "done":
        await watched.does(FinishService(window="1"))
    for command in (ReactivateTicket(ticket=taken.id), ServePassed(window="2", ticket=taken.id)):
        refusal = await watched.refused(command)
        assert (refusal.code, refusal.detail["state"]) == (Code.WRONG_STATE, state)


async def test_a_passed_ticket_is_served_where_its_matter_is_and_where_there_is_room(watched: Any) -> None:
    await watched.opens("1")
    gone = await missed(watched)
    serve = ServePassed(window="2", ticket=gone.id)
    assert (await watched.refused(serve)).code is Code.WINDOW_NOT_OPEN
    await watched.opens("2", "4")
    assert (await watched.refused(ServePassed(window="4", ticket=gone.id))).code is Code.BAD_REQUEST
    assert (await watched.refused(ServePassed(window="2", ticket="x"))).code is Code.NOT_FOUND
    assert (await watched.refused(ReactivateTicket(ticket="x"))).code is Code.NOT_FOUND
    await watched.takes("A")
    await watched.does(CallNext(window="2"))
    assert (await watched.refused(serve)).code is Code.WINDOW_BUSY


async def test_a_ticket_that_was_sent_elsewhere_comes_back_to_the_window_that_called_it(watched: Any) -> None:
    await watched.does(OpenWindow(window="4"))
    await watched.opens("1")
    await watched.takes("A")
    await watched.does(CallNext(window="1"))
    await watched.does(TransferTicket(window="1", to_window="4"))
    called = await watched.does(CallNext(window="4"))
    await watched.does(PassOver(window="4"))
    served = await watched.does(ServePassed(window="4", ticket=called.ticket.id))
    assert served.ticket.state is TicketState.SERVING
