"""Issuing in two phases: a number waits only once somebody holds it."""

from __future__ import annotations

from typing import Any

import pytest

from queue_server.contract.messages import (
    CallNext,
    CancelTicket,
    PaperState,
    PersonRef,
    ReportPaper,
    TakeTicket,
    TicketIssued,
    TicketState,
)
from queue_server.contract.refusals import Code

ZHANG = PersonRef(token="Z" * 32, masked_name="张*三")
PRINTED, FAILED, SHOWN, ABANDONED = PaperState.PRINTED, PaperState.FAILED, PaperState.SHOWN, PaperState.ABANDONED


async def issuing(play: Any, **other: Any) -> TicketIssued:
    issued: TicketIssued = await play.does(TakeTicket(queue="A", awaits_paper=True, **other), play.kiosk())
    return issued


async def waiting(play: Any, queue: str = "A") -> int:
    found: int = next(view.waiting for view in await play.office.queues("demo") if view.id == queue)
    return found


async def test_a_ticket_without_paper_is_not_called_and_keeps_its_place(watched: Any) -> None:
    await watched.opens("1")
    first = await issuing(watched)
    assert (first.state, first.number) == (TicketState.ISSUING, "A001")
    assert await waiting(watched) == 0
    assert (await watched.does(CallNext(window="1"))).ticket is None
    watched.clock.forward(seconds=5)
    await watched.takes("A")
    status = await watched.does(ReportPaper(ticket=first.id, state=PRINTED), watched.kiosk())
    assert status.ticket.state is TicketState.WAITING
    assert await waiting(watched) == 2
    assert (await watched.does(CallNext(window="1"))).ticket.number == "A001"


async def test_the_same_report_again_says_the_same(watched: Any) -> None:
    await watched.opens("1")
    first, second, third = await issuing(watched), await issuing(watched), await issuing(watched)
    for ticket, states in ((first, [PRINTED, SHOWN]), (second, [FAILED]), (third, [ABANDONED])):
        for state in states:
            report = ReportPaper(ticket=ticket.id, state=state)
            said = await watched.does(report, watched.kiosk())
            seq = await watched.office.last_seq("demo")
            assert await watched.does(report, watched.kiosk()) == said
            assert await watched.office.last_seq("demo") == seq
    await watched.does(CallNext(window="1"))
    late = await watched.does(ReportPaper(ticket=first.id, state=PRINTED), watched.kiosk())
    assert late.ticket.state is TicketState.CALLING


@pytest.mark.parametrize("end", [PRINTED, SHOWN])
async def test_a_failed_print_is_repaired_or_shown(watched: Any, end: PaperState) -> None:
    ticket = await issuing(watched)
    failed = await watched.does(ReportPaper(ticket=ticket.id, state=FAILED), watched.kiosk())
    assert failed.ticket.state is TicketState.PRINT_FAILED
    assert await waiting(watched) == 0
    await watched.does(ReportPaper(ticket=ticket.id, state=end), watched.kiosk())
    assert await watched.state(ticket.id) is TicketState.WAITING
    assert await waiting(watched) == 1


@pytest.mark.parametrize("reports", [(ABANDONED,), (FAILED, ABANDONED)])
async def test_a_number_that_nobody_ever_held_is_void(watched: Any, reports: tuple[PaperState, ...]) -> None:
    ticket = await issuing(watched)
    for state in reports:
        await watched.does(ReportPaper(ticket=ticket.id, state=state), watched.kiosk())
    assert await watched.state(ticket.id) is TicketState.VOID
    refusal = await watched.refused(ReportPaper(ticket=ticket.id, state=PRINTED), watched.kiosk())
    assert (refusal.code, refusal.detail["state"]) == (Code.WRONG_STATE, "void")
    assert (await watched.takes("A")).number == "A002"


@pytest.mark.parametrize("state", [FAILED, ABANDONED])
async def test_what_waits_already_was_printed(watched: Any, state: PaperState) -> None:
    ticket = await watched.takes("A")
    assert (await watched.refused(ReportPaper(ticket=ticket.id, state=state))).code is Code.WRONG_STATE


async def test_a_kiosk_speaks_only_of_its_own_paper(watched: Any) -> None:
    ticket = await issuing(watched)
    report = ReportPaper(ticket=ticket.id, state=PRINTED)
    assert (await watched.refused(report, watched.kiosk("K2"))).code is Code.FORBIDDEN
    assert (await watched.refused(report, watched.officer(1))).code is Code.FORBIDDEN
    assert (await watched.refused(ReportPaper(ticket="x", state=PRINTED), watched.kiosk())).code is Code.NOT_FOUND
    assert (await watched.refused(CancelTicket(ticket=ticket.id))).code is Code.WRONG_STATE


async def test_a_ticket_on_its_way_counts_for_the_person_and_one_without_paper_does_not(watched: Any) -> None:
    first = await issuing(watched, person=ZHANG)
    again = TakeTicket(queue="A", person=ZHANG, awaits_paper=True)
    assert (await watched.refused(again, watched.kiosk("K2"))).code is Code.ALREADY_WAITING
    await watched.does(ReportPaper(ticket=first.id, state=FAILED), watched.kiosk())
    second = await watched.does(again, watched.kiosk("K2"))
    late = await watched.refused(ReportPaper(ticket=first.id, state=SHOWN), watched.kiosk())
    assert (late.code, late.detail["number"]) == (Code.ALREADY_WAITING, second.number)
    await watched.does(ReportPaper(ticket=second.id, state=ABANDONED), watched.kiosk("K2"))
    await watched.does(ReportPaper(ticket=first.id, state=SHOWN), watched.kiosk())


async def test_time_decides_when_the_kiosk_says_nothing(watched: Any) -> None:
    silent, failed = await issuing(watched), await issuing(watched)
    await watched.does(ReportPaper(ticket=failed.id, state=FAILED), watched.kiosk())
    await watched.time_passes(seconds=59)
    assert await watched.state(silent.id) is TicketState.ISSUING
    await watched.time_passes(seconds=1)
    assert await watched.state(silent.id) is TicketState.WAITING
    assert await watched.state(failed.id) is TicketState.PRINT_FAILED
    await watched.time_passes(minutes=9)
    assert await watched.state(failed.id) is TicketState.VOID
