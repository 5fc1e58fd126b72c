"""What officers do at their windows, and every no."""

from __future__ import annotations

from typing import Any

import pytest

from queue_server.contract.messages import (
    CallNext,
    CloseWindow,
    FinishService,
    HoldService,
    OpenWindow,
    Outcome,
    PassOver,
    PassReason,
    PauseReason,
    PauseWindow,
    Position,
    Priority,
    Recall,
    ResumeService,
    Role,
    StartService,
    TicketState,
    TransferTicket,
    WindowMode,
)
from queue_server.contract.refusals import Code
from queue_server.usecases.ports import Actor


async def test_one_ticket_from_call_to_finish(play: Any) -> None:
    await play.opens("1")
    taken = await play.takes("A")
    play.clock.forward(seconds=90)
    called = await play.does(CallNext(window="1"))
    assert (called.ticket.number, called.ticket.state, called.ticket.window) == ("A001", TicketState.CALLING, "1")
    assert called.ticket.why == "first-in-line"
    started = await play.does(StartService(window="1"))
    assert started.ticket.state is TicketState.SERVING
    assert started.service is not None
    done = await play.does(FinishService(window="1", outcome=Outcome.COLLECT))
    assert (done.ticket.state, done.ticket.outcome, done.service) == (TicketState.DONE, "collect", started.service)
    assert done.window.ticket is None
    assert await play.state(taken.id) is TicketState.DONE
    types = [event.type for event in await play.events()]
    assert types[-5:] == ["ticket.issued", "ticket.called", "ticket.started", "ticket.finished", "rating.invited"]
    call = next(event for event in await play.events() if event.type == "ticket.called")
    assert call.data["waitedSeconds"] == 90
    assert call.data["call"]["validUntil"] > call.data["call"]["at"]


async def test_nobody_waits_and_nothing_happens(play: Any) -> None:
    await play.opens("1")
    before = await play.office.last_seq("demo")
    called = await play.does(CallNext(window="1"))
    assert called.ticket is None
    assert await play.office.last_seq("demo") == before


async def test_a_busy_window_says_first_how_it_ended(play: Any) -> None:
    await play.opens("1")
    await play.takes("A")
    await play.takes("A")
    await play.does(CallNext(window="1"))
    assert (await play.refused(CallNext(window="1"))).code is Code.WINDOW_BUSY
    called = await play.does(CallNext(window="1", finish_current=Outcome.ACCEPTED))
    assert called.ticket.number == "A002"
    assert called.window.rating == "invited"
    last = await play.does(CallNext(window="1", finish_current=Outcome.CONSULT))
    assert last.ticket is None
    assert last.window.ticket is None


async def test_the_priority_class_then_time_then_the_second_queue(play: Any) -> None:
    await play.opens("1")
    await play.takes("E")
    for priority in (Priority.NONE, Priority.NONE, Priority.PREGNANT):
        play.clock.forward(seconds=1)
        await play.takes("A", priority=priority)
    called = [(await play.does(CallNext(window="1", finish_current=Outcome.ACCEPTED))).ticket for _ in range(4)]
    assert [(ticket.number, ticket.why) for ticket in called] == [
        ("A003", "priority"),
        ("A001", "first-in-line"),
        ("A002", "first-in-line"),
        ("E001", "other-queue-empty"),
    ]


async def test_the_list_at_the_window_is_the_order_of_the_calls(play: Any) -> None:
    await play.opens("1", "3")
    await play.takes("C")
    await play.does(CallNext(window="3"))
    for queue, priority in (("E", Priority.NONE), ("A", Priority.NONE), ("A", Priority.ELDER)):
        await play.takes(queue, priority=priority)
    await play.does(TransferTicket(window="3", to_window="1"))
    shown = [ticket.number for ticket in await play.office.waiting_at("demo", "1", 10)]
    called = [(await play.does(CallNext(window="1", finish_current=Outcome.ACCEPTED))).ticket.number for _ in range(4)]
    assert shown == called == ["C001", "A002", "A001", "E001"]


async def test_recall_waits_ten_seconds_and_ends_after_three(play: Any) -> None:
    await play.opens("1")
    await play.takes("A")
    await play.does(CallNext(window="1"))
    assert (await play.refused(Recall(window="1"))).code is Code.RECALL_TOO_SOON
    for _ in range(3):
        play.clock.forward(seconds=10)
        again = await play.does(Recall(window="1"))
    assert again.ticket.calls == 4
    play.clock.forward(seconds=10)
    assert (await play.refused(Recall(window="1"))).code is Code.RECALL_LIMIT


async def test_a_passed_number_frees_the_window_and_keeps_its_reason(play: Any) -> None:
    await play.opens("1")
    taken = await play.takes("A")
    await play.does(CallNext(window="1"))
    passed = await play.does(PassOver(window="1", reason=PassReason.LEFT))
    assert passed.window.ticket is None
    assert await play.state(taken.id) is TicketState.PASSED
    assert (await play.events())[-1].data["reason"] == "left"


async def test_a_held_service_is_taken_up_again_at_its_window(play: Any) -> None:
    await play.opens("1")
    for _ in range(3):
        await play.takes("A")
    for _ in range(2):
        await play.does(CallNext(window="1"))
        await play.does(StartService(window="1"))
        play.clock.forward(seconds=5)
        held = await play.does(HoldService(window="1"))
    assert [ticket.number for ticket in held.window.held] == ["A001", "A002"]
    assert (await play.refused(CloseWindow(window="1"))).code is Code.WINDOW_BUSY
    last = await play.does(ResumeService(window="1"))
    assert last.ticket.number == "A002"
    assert (await play.refused(ResumeService(window="1"))).code is Code.WINDOW_BUSY
    await play.does(FinishService(window="1"))
    named = await play.does(ResumeService(window="1", ticket=held.window.held[0].id))
    assert named.ticket.number == "A001"
    assert named.service is not None
    await play.does(FinishService(window="1"))
    assert (await play.refused(ResumeService(window="1"))).code is Code.NO_CURRENT_TICKET
    assert (await play.refused(ResumeService(window="1", ticket="x"))).code is Code.NOT_FOUND


@pytest.mark.parametrize("position", list(Position))
async def test_a_transfer_keeps_the_number_and_either_the_place_or_not(play: Any, position: Position) -> None:
    await play.opens("1", "4")
    await play.takes("A")
    play.clock.forward(seconds=60)
    await play.takes("B")
    await play.does(CallNext(window="1"))
    await play.does(StartService(window="1"))
    moved = await play.does(TransferTicket(window="1", queue="B", position=position))
    assert (moved.ticket.number, moved.ticket.queue, moved.ticket.state) == ("A001", "B", TicketState.WAITING)
    assert moved.window.ticket is None
    called = await play.does(CallNext(window="4"))
    assert called.ticket.number == ("A001" if position is Position.ORIGINAL else "B001")


async def test_a_transfer_to_a_window_is_called_only_there(play: Any) -> None:
    await play.opens("1", "2", "7")
    await play.takes("A")
    await play.does(CallNext(window="1"))
    moved = await play.does(TransferTicket(window="1", to_window="7"))
    assert moved.ticket.window == "7"
    assert (await play.does(CallNext(window="2"))).ticket is None
    called = await play.does(CallNext(window="7"))
    assert (called.ticket.number, called.ticket.why) == ("A001", "sent-here")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (TransferTicket(window="1"), Code.BAD_REQUEST),
        (TransferTicket(window="1", queue="B", to_window="2"), Code.BAD_REQUEST),
        (TransferTicket(window="1", to_window="1"), Code.BAD_REQUEST),
        (TransferTicket(window="1", queue="Q"), Code.NOT_FOUND),
        (TransferTicket(window="1", to_window="99"), Code.NOT_FOUND),
    ],
)
async def test_a_transfer_names_one_aim_that_exists(play: Any, command: TransferTicket, code: Code) -> None:
    await play.opens("1")
    await play.takes("A")
    await play.does(CallNext(window="1"))
    assert (await play.refused(command)).code is code


@pytest.mark.parametrize(
    "command",
    [
        Recall(window="1"),
        StartService(window="1"),
        PassOver(window="1"),
        HoldService(window="1"),
        FinishService(window="1"),
        TransferTicket(window="1", queue="B"),
    ],
)
async def test_without_a_ticket_in_front_there_is_nothing_to_act_on(play: Any, command: Any) -> None:
    await play.opens("1")
    assert (await play.refused(command)).code is Code.NO_CURRENT_TICKET


@pytest.mark.parametrize("command", [Recall(window="1"), PassOver(window="1"), StartService(window="1")])
async def test_a_served_ticket_is_not_called_again(play: Any, command: Any) -> None:
    await play.opens("1")
    await play.takes("A")
    await play.does(CallNext(window="1"))
    await play.does(StartService(window="1"))
    assert (await play.refused(command)).code is Code.WRONG_STATE


@pytest.mark.parametrize("command", [CallNext(window="99"), OpenWindow(window="99"), CloseWindow(window="99")])
async def test_a_window_that_does_not_exist(play: Any, command: Any) -> None:
    assert (await play.refused(command)).code is Code.NOT_FOUND


async def test_a_window_calls_only_while_it_is_open(play: Any) -> None:
    await play.takes("A")
    assert (await play.refused(CallNext(window="1"))).code is Code.WINDOW_NOT_OPEN
    assert (await play.refused(PauseWindow(window="1"))).code is Code.WINDOW_NOT_OPEN
    await play.opens("1")
    paused = await play.does(PauseWindow(window="1", reason=PauseReason.LUNCH))
    assert (paused.window.mode, paused.window.pause_reason) == (WindowMode.PAUSED, PauseReason.LUNCH)
    assert (await play.refused(CallNext(window="1"))).code is Code.WINDOW_NOT_OPEN
    await play.opens("1")
    await play.does(CallNext(window="1"))
    assert (await play.refused(PauseWindow(window="1"))).code is Code.WINDOW_BUSY
    assert (await play.refused(CloseWindow(window="1"))).code is Code.WINDOW_BUSY


async def test_one_officer_sits_at_one_window(play: Any) -> None:
    opened = await play.does(OpenWindow(window="1"), play.officer(1))
    assert (opened.window.officer.id, opened.window.officer.number) == ("officer1", "001")
    assert (await play.refused(OpenWindow(window="2"), play.officer(1))).code is Code.FORBIDDEN
    assert (await play.refused(CallNext(window="1"), play.officer(2))).code is Code.WINDOW_TAKEN
    assert (await play.refused(CallNext(window="2"), play.officer(2))).code is Code.WINDOW_NOT_OPEN
    seq = await play.office.last_seq("demo")
    await play.does(OpenWindow(window="1"), play.officer(1))
    assert await play.office.last_seq("demo") == seq
    closed = await play.does(CloseWindow(window="1"), play.officer(1))
    assert closed.window.officer is None
    assert (await play.does(CloseWindow(window="1"), play.officer(1))).window.mode is WindowMode.CLOSED


async def test_an_officer_of_two_windows_must_leave_one(play: Any, sqlite_url: str, demo_hall_text: str) -> None:
    from queue_server.storage.init import init

    text = demo_hall_text.replace('name: 王敏, windows: ["1"]', 'name: 王敏, windows: ["1", "2"]')
    init(sqlite_url, text, clock=play.clock)
    await play.does(OpenWindow(window="1"), play.officer(1))
    assert (await play.refused(OpenWindow(window="2"), play.officer(1))).code is Code.WINDOW_TAKEN
    await play.does(OpenWindow(window="2"), play.officer(2))
    await play.does(CloseWindow(window="1"), play.officer(1))
    assert (await play.refused(OpenWindow(window="2"), play.officer(1))).code is Code.WINDOW_TAKEN


async def test_a_terminal_acts_at_its_own_window_and_an_admin_may_close_any(play: Any) -> None:
    terminal = Actor("demo", Role.WINDOW, "window-1", window="1")
    admin = Actor("demo", Role.ADMIN, "admin")
    await play.does(OpenWindow(window="1"), terminal)
    assert (await play.refused(OpenWindow(window="2"), terminal)).code is Code.FORBIDDEN
    assert (await play.refused(CallNext(window="1"), admin)).code is Code.FORBIDDEN
    assert (await play.does(CloseWindow(window="1"), admin)).window.mode is WindowMode.CLOSED


async def test_opening_a_window_changes_the_estimates_of_its_queues(play: Any) -> None:
    for _ in range(4):
        await play.takes("A")
    before = (await play.office.queues("demo"))[0].estimated_wait_seconds
    await play.opens("1", "2")
    after = (await play.office.queues("demo"))[0].estimated_wait_seconds
    assert after.likely < before.likely
    assert {queue["id"] for queue in (await play.events())[-1].data["queues"]} == {"A", "E"}
