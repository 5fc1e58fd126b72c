"""转移: the middle of a line, the old place, and the way back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from queue_server.contract.messages import (
    CallNext,
    CallReason,
    CallTicket,
    CancelTicket,
    CloseWindow,
    FinishService,
    HoldService,
    Outcome,
    PauseWindow,
    Position,
    Priority,
    RatingState,
    ResumeService,
    StartService,
    TicketState,
    TransferTicket,
    UndoTransfer,
)
from queue_server.contract.refusals import Code


async def serving(play: Any, window: str = "1", queue: str = "A", **other: Any) -> Any:
    """Somebody of the queue is served at the window."""
    await play.takes(queue, **other)
    await play.does(CallNext(window=window))
    return await play.does(StartService(window=window))


async def calls(play: Any, window: str, times: int) -> list[str]:
    called = [await play.does(CallNext(window=window, finish_current=Outcome.OTHER)) for _ in range(times)]
    return [one.ticket.number for one in called]


@pytest.mark.parametrize(
    ("position", "order"),
    [
        (Position.ORIGINAL, ["A001", "B001", "B002", "B003", "B004"]),
        (Position.MIDDLE, ["B001", "B002", "A001", "B003", "B004"]),
        (Position.LAST, ["B001", "B002", "B003", "B004", "A001"]),
    ],
)
async def test_a_transferred_person_stands_where_the_officer_says(
    watched: Any, position: Position, order: list[str]
) -> None:
    await watched.opens("1", "4")
    await serving(watched)
    for _ in range(4):
        watched.clock.forward(seconds=10)
        await watched.takes("B")
    await watched.does(TransferTicket(window="1", queue="B", position=position))
    assert await calls(watched, "4", 5) == order


@pytest.mark.parametrize("waiting", [0, 1, 2, 3])
async def test_the_middle_of_a_short_line_is_never_its_head(watched: Any, waiting: int) -> None:
    await watched.opens("1", "4")
    await serving(watched)
    for _ in range(waiting):
        watched.clock.forward(seconds=10)
        await watched.takes("B")
    await watched.does(TransferTicket(window="1", queue="B", position=Position.MIDDLE))
    place = (await calls(watched, "4", waiting + 1)).index("A001")
    assert place == (waiting + 1) // 2


@pytest.mark.parametrize("position", list(Position))
async def test_an_elder_keeps_the_class_in_every_place(watched: Any, position: Position) -> None:
    await watched.opens("1", "4")
    await serving(watched, priority=Priority.ELDER)
    await watched.takes("B")
    moved = await watched.does(TransferTicket(window="1", queue="B", position=position))
    assert moved.ticket.standing == "priority"
    assert await calls(watched, "4", 2) == ["A001", "B001"]


async def test_several_are_sent_to_one_window_and_the_middle_is_among_them(watched: Any) -> None:
    await watched.opens("1", "7")
    for position in (Position.LAST, Position.LAST, Position.MIDDLE):
        await serving(watched)
        await watched.does(TransferTicket(window="1", to_window="7", position=position))
        watched.clock.forward(seconds=10)
    assert await calls(watched, "7", 3) == ["A001", "A003", "A002"]


async def test_who_was_sent_to_a_window_is_not_counted_in_the_middle_of_the_line(watched: Any) -> None:
    await watched.opens("1", "4", "5")
    for _ in range(3):
        await serving(watched, "4", "B")
        await watched.does(TransferTicket(window="4", to_window="5"))
    await serving(watched)
    for _ in range(2):
        watched.clock.forward(seconds=10)
        await watched.takes("B")
    await watched.does(TransferTicket(window="1", queue="B", position=Position.MIDDLE))
    assert await calls(watched, "4", 3) == ["B004", "A001", "B005"]


async def test_undoing_a_transfer_brings_the_person_and_the_service_back(watched: Any) -> None:
    await watched.opens("1", "4")
    before = await serving(watched)
    watched.clock.forward(seconds=30)
    await watched.does(TransferTicket(window="1", queue="B"))
    watched.clock.forward(seconds=30)
    back = await watched.does(UndoTransfer(window="1"))
    assert back.ticket == before.ticket
    assert back.window == before.window
    assert back.service == before.service
    queues = {view.id: view.waiting for view in await watched.office.queues("demo")}
    assert queues["B"] == 0
    done = await watched.does(FinishService(window="1"))
    assert (done.service, done.ticket.queue) == (before.service, "A")
    said = [(row.act, row.by, row.about) for row in await watched.office.audit("demo")]
    assert said == [("undo-transfer", "integrator", before.ticket.id)]


async def test_a_call_that_was_never_started_is_undone_to_a_call(watched: Any) -> None:
    await watched.opens("1", "4")
    await watched.takes("A")
    called = await watched.does(CallNext(window="1"))
    await watched.does(TransferTicket(window="1", to_window="4"))
    back = await watched.does(UndoTransfer(window="1"))
    assert (back.ticket.state, back.service) == (TicketState.CALLING, None)
    assert back.ticket.called_at == called.ticket.called_at
    await watched.does(FinishService(window="1"))
    assert (await watched.refused(UndoTransfer(window="1"))).code is Code.NOTHING_TO_UNDO


async def test_undoing_after_somebody_else_left_ends_that_ones_time_to_answer(watched: Any) -> None:
    await watched.opens("1", "4")
    first = await serving(watched)
    await watched.does(TransferTicket(window="1", queue="B"))
    other = await serving(watched)
    await watched.does(FinishService(window="1"))
    back = await watched.does(UndoTransfer(window="1"))
    assert (back.window.rating, back.window.service) == (RatingState.NOT_YET, first.service)
    assert (await watched.office.service_rating("demo", other.service)).state is RatingState.TIMED_OUT


async def test_what_cannot_be_undone(watched: Any) -> None:
    undo = UndoTransfer(window="1")
    assert (await watched.refused(undo)).code is Code.WINDOW_NOT_OPEN
    await watched.opens("1", "4")
    assert (await watched.refused(undo)).code is Code.NOTHING_TO_UNDO
    await serving(watched)
    await watched.does(TransferTicket(window="1", queue="B"))
    await serving(watched)
    assert (await watched.refused(undo)).code is Code.WINDOW_BUSY
    await watched.does(FinishService(window="1"))
    await watched.does(CallNext(window="4"))
    assert (await watched.refused(undo)).code is Code.NOTHING_TO_UNDO


@pytest.mark.parametrize("end", ["cancelled", "late", "closed"])
async def test_a_transfer_is_past_when_the_ticket_time_or_the_officer_is_gone(watched: Any, end: str) -> None:
    await watched.opens("1", "4")
    served = await serving(watched)
    await watched.does(TransferTicket(window="1", queue="B"))
    if end == "cancelled":
        await watched.does(CancelTicket(ticket=served.ticket.id))
    elif end == "late":
        await watched.time_passes(seconds=301)
    else:
        await watched.does(CloseWindow(window="1"))
        await watched.opens("1")
    assert (await watched.refused(UndoTransfer(window="1"))).code is Code.NOTHING_TO_UNDO


async def test_a_window_state_says_since_when_and_how_the_last_calls_went(watched: Any) -> None:
    async def since() -> datetime:
        since: datetime = (await floor(watched)).windows["1"].since
        return since

    await watched.opens("1")
    opened = watched.clock.now()
    watched.clock.forward(minutes=1)
    await watched.takes("A")
    assert await since() == opened
    called = await watched.does(CallNext(window="1"))
    watched.clock.forward(minutes=1)
    await watched.does(StartService(window="1"))
    assert await since() == called.ticket.called_at
    watched.clock.forward(minutes=3)
    await watched.does(HoldService(window="1"))
    assert await since() == watched.clock.now()
    pace = (await floor(watched)).paces["A"]
    assert [(one.weight, one.total) for one in pace] == [(1.0, 240.0)]
    watched.clock.forward(minutes=1)
    await watched.does(ResumeService(window="1"))
    watched.clock.forward(minutes=2)
    await watched.does(FinishService(window="1"))
    state = (await floor(watched)).windows["1"]
    assert (state.since, state.serving_queue, state.recent) == (watched.clock.now(), None, ".")
    await watched.does(PauseWindow(window="1"))
    assert await since() == watched.clock.now()


async def floor(play: Any) -> Any:
    return await play.office._sight("demo", lambda sight: sight.floor())  # what the estimates see


async def test_a_ticket_that_was_called_out_of_order_cannot_be_taken_back(watched: Any) -> None:
    await watched.opens("1", "4")
    served = await serving(watched)
    await watched.does(TransferTicket(window="1", queue="B"))
    await watched.does(CallTicket(window="4", ticket=served.ticket.id, reason=CallReason.SPECIAL_NEED))
    assert (await watched.refused(UndoTransfer(window="1"))).code is Code.NOTHING_TO_UNDO


async def test_a_transfer_within_a_queue_tells_the_queue_how_long_the_window_was_kept(watched: Any) -> None:
    await watched.opens("1")
    await serving(watched)
    watched.clock.forward(seconds=400)
    await watched.does(TransferTicket(window="1", queue="A", position=Position.LAST))
    learned = await watched.office._sight("demo", lambda sight: sight.queue("A").learned)
    assert (learned.done, learned.took > 0) == (1, True)
