"""Numbers lent to kiosks, offline tickets and signs of life."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from queue_server.contract.messages import (
    CallNext,
    DeviceCondition,
    LendNumbers,
    OfflineTicket,
    PersonRef,
    ReportOfflineTickets,
    ReportTerminal,
    Role,
    TakeTicket,
    TicketState,
)
from queue_server.contract.refusals import Code


def printed(play: Any, lent: Any, count: int, key: str, **other: Any) -> OfflineTicket:
    values: dict[str, Any] = {
        "key": key,
        "lease": lent.id,
        "queue": lent.queue,
        "number": f"{lent.prefix}{count:03d}",
        "issued_at": play.clock.now(),
        "status_token": f"status-token-of-{key}",
    }
    return OfflineTicket(**{**values, **other})


async def report(play: Any, *tickets: OfflineTicket, kiosk: str = "K1") -> list[Any]:
    results = await play.does(ReportOfflineTickets(tickets=tickets), play.kiosk(kiosk))
    return list(results.results)


async def test_nobody_is_lent_a_number_twice_not_even_the_same_kiosk(play: Any) -> None:
    lease = await play.does(LendNumbers(queue="A", size=20), play.kiosk(), "first")
    assert (lease.prefix, lease.from_, lease.to, lease.digits) == ("A", 700, 719, 3)
    assert lease.expires_at == play.clock.now() + timedelta(hours=15)
    assert await play.does(LendNumbers(queue="A", size=20), play.kiosk(), "first") == lease, "the answer was lost"
    other = await play.does(LendNumbers(queue="A", size=20), play.kiosk("K2"), "first")
    assert (other.from_, other.to) == (720, 739)
    after_a_lost_disk = await play.does(LendNumbers(queue="A", size=20), play.kiosk(), "another store")
    assert (after_a_lost_disk.from_, after_a_lost_disk.to) == (740, 759)
    play.clock.forward(days=1)
    tomorrow = await play.does(LendNumbers(queue="A", size=20), play.kiosk())
    assert tomorrow.from_ == 700
    assert tomorrow.id != lease.id


async def test_a_used_up_lease_is_followed_by_another_until_none_are_left(play: Any) -> None:
    lease = await play.does(LendNumbers(queue="A", size=2), play.kiosk())
    await report(play, *(printed(play, lease, number, f"k{number}") for number in (700, 701)))
    following = await play.does(LendNumbers(queue="A", size=200), play.kiosk())
    assert (following.from_, following.to) == (702, 901)
    rest = await play.does(LendNumbers(queue="A", size=200), play.kiosk("K2"))
    assert (rest.from_, rest.to) == (902, 999)
    third = await play.refused(LendNumbers(queue="A", size=1), play.integrator)
    assert third.code is Code.NO_NUMBERS_LEFT
    assert (await play.refused(LendNumbers(queue="Q"), play.kiosk())).code is Code.NOT_FOUND


async def test_offline_tickets_arrive_once_and_wait_from_when_they_were_printed(play: Any) -> None:
    await play.opens("1")
    lease = await play.does(LendNumbers(queue="A"), play.kiosk())
    ticket = printed(play, lease, 700, "k1", person=PersonRef(token="Z" * 32, masked_name="张*"))
    play.clock.forward(minutes=10)
    await play.takes("A")
    first = await report(play, ticket)
    again = await report(play, ticket)
    assert [result.result for result in (*first, *again)] == ["accepted", "already-known"]
    assert first[0].ticket == again[0].ticket
    status = await play.office.status_by_token("status-token-of-k1")
    assert (status.ticket.number, status.ticket.offline, status.ahead) == ("A700", True, 0)
    assert (await play.does(CallNext(window="1"))).ticket.number == "A700"


async def test_the_paper_wins_when_the_answer_to_the_request_was_lost(play: Any) -> None:
    await play.does(TakeTicket(queue="A"), play.kiosk(), key="one-visit")
    lease = await play.does(LendNumbers(queue="A"), play.kiosk())
    result = (await report(play, printed(play, lease, 705, "one-visit")))[0]
    assert result.result == "accepted"
    snapshot = await play.office.snapshot("demo")
    assert [ticket.number for ticket in snapshot.tickets.values()] == ["A705"]
    assert snapshot.queues["A"].waiting == 1
    assert (await play.events())[-1].data["formerNumber"] == "A001"
    assert (await play.takes("A")).number == "A002"


async def test_a_request_that_comes_after_its_offline_report_makes_no_second_ticket(play: Any) -> None:
    lease = await play.does(LendNumbers(queue="A"), play.kiosk())
    await report(play, printed(play, lease, 703, "one-visit"))
    issued = await play.does(TakeTicket(queue="A"), play.kiosk(), key="one-visit")
    assert issued.number == "A703"
    assert len((await play.office.snapshot("demo")).tickets) == 1


@pytest.mark.parametrize(
    ("change", "kiosk", "reason"),
    [
        ({"lease": "unknown"}, "K1", "unknown-lease"),
        ({"queue": "Q"}, "K1", "unknown-queue"),
        ({"queue": "B", "number": "B700"}, "K1", "wrong-queue"),
        ({"number": "A730"}, "K1", "wrong-range"),
        ({}, "K2", "foreign-kiosk"),
    ],
)
async def test_what_cannot_be_taken_over_is_parked_for_staff(
    play: Any, change: dict[str, str], kiosk: str, reason: str
) -> None:
    lease = await play.does(LendNumbers(queue="A"), play.kiosk())
    ticket = printed(play, lease, 700, "k1", **change)
    for _ in range(2):
        result = (await report(play, ticket, kiosk=kiosk))[0]
        assert (result.result, result.reason) == ("parked", reason)
    parked = await play.office.parked("demo")
    assert [(one.key, one.kiosk, one.reason) for one in parked] == [("k1", kiosk, reason)]
    assert len([event for event in await play.events() if event.type == "offline.parked"]) == 1


async def test_the_same_number_twice_and_a_lease_of_yesterday_are_parked(play: Any) -> None:
    lease = await play.does(LendNumbers(queue="A"), play.kiosk())
    await report(play, printed(play, lease, 700, "k1"))
    twice = await report(play, printed(play, lease, 700, "k2"))
    assert twice[0].reason == "duplicate-number"
    play.clock.forward(days=1)
    late = await report(play, printed(play, lease, 701, "k3"))
    assert late[0].reason == "expired-lease"


async def test_yesterdays_offline_tickets_come_in_and_expire(play: Any) -> None:
    lease = await play.does(LendNumbers(queue="A"), play.kiosk())
    ticket = printed(play, lease, 700, "k1")
    play.clock.forward(days=1)
    result = (await report(play, ticket))[0]
    assert result.result == "accepted"
    await play.office.due("demo")
    assert await play.state(result.ticket) is TicketState.EXPIRED


async def test_a_kiosk_clock_that_is_ahead_does_not_put_people_into_the_future(play: Any) -> None:
    lease = await play.does(LendNumbers(queue="A"), play.kiosk())
    await report(play, printed(play, lease, 700, "k1", issued_at=play.clock.now() + timedelta(hours=1)))
    status = await play.office.status_by_token("status-token-of-k1")
    assert status.ticket.issued_at == play.clock.now()


async def test_a_terminal_says_that_it_lives_and_hears_how_wrong_its_clock_is(play: Any) -> None:
    sign = ReportTerminal(
        clock=play.clock.now() + timedelta(hours=1),
        conditions=(DeviceCondition(device="printer", code="paper-out", action="refill"),),
        waiting_uploads=2,
    )
    before = await play.office.last_seq("demo")
    for _ in range(2):
        reply = await play.does(sign, play.kiosk(), key="always the same")
    assert reply.clock_off_seconds == 3600.0
    assert reply.catalogue_version == await play.office.catalogue_version("demo")
    assert await play.office.last_seq("demo") == before
    seen = {terminal.name: terminal for terminal in await play.office.terminals("demo")}
    assert seen["K1"].conditions == sign.conditions
    assert (seen["K1"].clock_off_seconds, seen["K1"].last_seen) == (3600.0, play.clock.now())
    assert seen["K2"].last_seen is None
    assert seen["S1"].role is Role.SCREEN
