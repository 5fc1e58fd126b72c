"""An officer went home and left the window open: an admin closes it, whoever stands in front."""

from __future__ import annotations

from typing import Any

import pytest

from queue_server.contract.messages import (
    CallNext,
    CloseWindow,
    ForceCloseWindow,
    ForceReason,
    HoldService,
    Level,
    OpenWindow,
    Outcome,
    RateService,
    RatingChannel,
    ReactivateTicket,
    ResumeService,
    StartService,
    TicketState,
    TransferTicket,
    WindowMode,
)
from queue_server.contract.messages import PassOver as Pass
from queue_server.contract.refusals import Code
from queue_server.domain.ticket import FORCED_NOTE

GONE = ForceCloseWindow(window="1", reason=ForceReason.OFFICER_LEFT, text=" 下班未退出 ")


async def test_whom_the_window_called_waits_at_the_old_place(watched: Any) -> None:
    await watched.opens("1", "2")
    first = await watched.takes("A")
    await watched.time_passes(seconds=60)
    await watched.takes("A")
    await watched.does(CallNext(window="1"))
    assert (await watched.refused(CloseWindow(window="1"), watched.admin())).code is Code.WINDOW_BUSY
    done = await watched.does(GONE, watched.admin())
    assert (done.window.mode, done.window.officer, done.window.ticket) == (WindowMode.CLOSED, None, None)
    assert (done.ticket.number, done.ticket.state, done.ticket.calls) == ("A001", TicketState.WAITING, 0)
    assert (await watched.office.ticket_status("demo", first.id)).ahead == 0
    board = await watched.office.snapshot("demo")
    assert board.queues["A"].waiting == 2
    assert [(call.number, call.window, call.withdrawn) for call in board.calls] == [("A001", "1", True)]
    again = await watched.does(CallNext(window="2"))
    assert (again.ticket.number, again.because.code) == ("A001", "first-in-line")
    calls = (await watched.office.snapshot("demo")).calls
    assert [(call.number, call.window, call.withdrawn) for call in calls] == [("A001", "2", False)]
    types = [event.type for event in await watched.events()]
    assert types[-3:] == ["ticket.call-withdrawn", "window.closed", "ticket.called"]


async def test_a_call_that_was_withdrawn_does_not_count_as_missed(watched: Any) -> None:
    await watched.opens("1", "2")
    taken = await watched.takes("A")
    await watched.does(CallNext(window="1"))
    await watched.does(Pass(window="1"))
    await watched.does(ReactivateTicket(ticket=taken.id))
    await watched.does(CallNext(window="1"))
    await watched.does(GONE, watched.admin())
    assert (await watched.does(CallNext(window="2"))).ticket.number == "A001"
    await watched.does(StartService(window="2"))


async def test_a_service_under_way_is_closed_and_says_so(watched: Any) -> None:
    await watched.does(OpenWindow(window="1"), watched.officer(1))
    taken = await watched.takes("A")
    await watched.does(CallNext(window="1"), watched.officer(1))
    await watched.does(StartService(window="1"), watched.officer(1))
    done = await watched.does(GONE, watched.admin())
    assert (done.ticket.state, done.ticket.outcome, done.ticket.why) == (
        TicketState.DONE,
        Outcome.OTHER,
        FORCED_NOTE,
    )
    assert done.window.officer is None
    closed = (await watched.events())[-1]
    assert (closed.data["reason"], closed.data["forced"]) == ("officer-left", True)
    assert "text" not in closed.data, "what the admin wrote stands in the audit list alone"
    late = RateService(service=taken.id, level=Level.SATISFIED, channel=RatingChannel.QR)
    assert (await watched.does(late)).state == "submitted"
    await watched.does(OpenWindow(window="1"), watched.officer(1))


async def test_several_items_go_on_to_the_next_of_them(watched: Any) -> None:
    await watched.opens("1", "3")
    taken = await watched.takes("A", items=("A-IDCARD", "B-SSREG"))
    await watched.does(CallNext(window="1"))
    await watched.does(StartService(window="1"))
    done = await watched.does(GONE, watched.admin())
    assert (done.ticket.state, done.ticket.queue) == (TicketState.WAITING, "B")
    assert (await watched.office.snapshot("demo")).queues["B"].waiting == 1
    assert await watched.state(taken.id) is TicketState.WAITING


async def test_whoever_is_on_hold_stays_there_for_the_next_officer(watched: Any) -> None:
    await watched.opens("1")
    await watched.takes("A")
    await watched.does(CallNext(window="1"))
    await watched.does(StartService(window="1"))
    await watched.does(HoldService(window="1"))
    done = await watched.does(GONE, watched.admin())
    assert [one.number for one in done.window.held] == ["A001"]
    await watched.does(OpenWindow(window="1"), watched.officer(1))
    back = await watched.does(ResumeService(window="1"), watched.officer(1))
    assert (back.ticket.number, back.ticket.state) == ("A001", TicketState.SERVING)


async def test_whoever_was_sent_here_waits_for_every_window_of_the_queue(watched: Any) -> None:
    await watched.opens("1", "2")
    await watched.takes("A")
    await watched.does(CallNext(window="2"))
    await watched.does(TransferTicket(window="2", to_window="1"))
    await watched.does(CallNext(window="1"))
    await watched.does(GONE, watched.admin())
    assert (await watched.does(CallNext(window="2"))).ticket.number == "A001"


async def test_it_is_written_down_who_did_it_and_why(play: Any) -> None:
    await play.opens("1")
    await play.does(GONE, play.admin())
    [row] = await play.office.audit("demo")
    assert (row.by, row.act, row.about) == ("admin", "force-close-window", "1")
    assert (row.reason, row.text) == ("officer-left", "下班未退出")


@pytest.mark.parametrize("who", ["integrator", "officer"])
async def test_only_admins_close_by_force(play: Any, who: str) -> None:
    await play.opens("1")
    actor = play.officer(1) if who == "officer" else play.integrator
    assert (await play.refused(GONE, actor)).code is Code.FORBIDDEN


async def test_it_is_refused_without_need_and_without_a_reason(play: Any) -> None:
    assert (await play.refused(GONE, play.admin())).code is Code.WINDOW_NOT_OPEN
    nowhere = ForceCloseWindow(window="99", reason=ForceReason.FAULT)
    assert (await play.refused(nowhere, play.admin())).code is Code.NOT_FOUND
    await play.opens("1")
    unsaid = ForceCloseWindow(window="1", reason=ForceReason.OTHER, text="  ")
    assert (await play.refused(unsaid, play.admin())).code is Code.REASON_REQUIRED


async def test_the_length_of_a_forgotten_service_teaches_the_hall_nothing(play: Any) -> None:
    await play.opens("1")
    before = (await play.office.snapshot("demo")).queues["A"].estimated_wait_seconds
    await play.takes("A")
    await play.does(CallNext(window="1"))
    await play.does(StartService(window="1"))
    play.clock.forward(seconds=4 * 3600)
    await play.does(GONE, play.admin())
    await play.opens("1")
    assert (await play.office.snapshot("demo")).queues["A"].estimated_wait_seconds == before
