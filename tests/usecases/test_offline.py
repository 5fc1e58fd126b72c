"""Numbers that come back, clocks that are wrong, and parked tickets that staff settle."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from queue_server.contract import board
from queue_server.contract.messages import (
    CallNext,
    LendNumbers,
    OfflineTicket,
    Outcome,
    PersonRef,
    Priority,
    ReportOfflineTickets,
    ReturnNumbers,
    SettleHow,
    SettleParked,
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


async def report(play: Any, *tickets: OfflineTicket, off: timedelta | None = None) -> list[Any]:
    clock = None if off is None else play.clock.now() + off
    results = await play.does(ReportOfflineTickets(tickets=tickets, clock=clock), play.kiosk())
    return list(results.results)


async def park_one(play: Any, **other: Any) -> None:
    """A kiosk printed from a lease that the hall does not know."""
    lease = await play.does(LendNumbers(queue="A"), play.kiosk())
    [result] = await report(play, printed(play, lease, 700, "k1", lease="lost", **other))
    assert result.result == "parked"


# --- papers that cannot be taken over ---


async def test_a_paper_with_the_code_of_another_ticket_is_parked_and_gets_one_of_its_own(play: Any) -> None:
    lease = await play.does(LendNumbers(queue="A"), play.kiosk())
    same = "status-token-of-both"
    results = await report(
        play,
        printed(play, lease, 700, "k1", status_token=same),
        printed(play, lease, 701, "k2", status_token=same),
        printed(play, lease, 702, "k3"),
    )
    assert [one.result for one in results] == ["accepted", "parked", "accepted"]
    assert results[1].reason == "duplicate-link"
    settled = await play.does(SettleParked(kiosk="K1", key="k2", how=SettleHow.ISSUE), play.admin())
    assert same not in settled.ticket.status_url
    assert (await play.office.status_by_token(same)).ticket.number == "A700"


# --- numbers that come back ---


async def test_what_a_kiosk_gives_back_is_lent_again(play: Any) -> None:
    lease = await play.does(LendNumbers(queue="A", size=20), play.kiosk())
    back = await play.does(ReturnNumbers(lease=lease.id, next=705), play.kiosk())
    assert back.returned == 15
    again = await play.does(LendNumbers(queue="A", size=10), play.kiosk("K2"))
    assert (again.from_, again.to) == (705, 714)
    rest = await play.does(LendNumbers(queue="A", size=10), play.kiosk("K2"))
    assert (rest.from_, rest.to) == (715, 724)
    assert (await play.events())[-3].type == "numbers.returned"


async def test_numbers_between_two_lent_blocks_are_lent_without_touching_the_second(play: Any) -> None:
    first = await play.does(LendNumbers(queue="A", size=10), play.kiosk())
    await play.does(LendNumbers(queue="A", size=10), play.kiosk("K2"))
    await play.does(ReturnNumbers(lease=first.id, next=707), play.kiosk())
    filling = await play.does(LendNumbers(queue="A", size=10), play.kiosk("K2"))
    assert (filling.from_, filling.to) == (707, 709)


async def test_giving_back_twice_or_less_than_before_changes_nothing(play: Any) -> None:
    lease = await play.does(LendNumbers(queue="A", size=20), play.kiosk())
    for following in (705, 705, 710):
        assert (await play.does(ReturnNumbers(lease=lease.id, next=following), play.kiosk())).returned == 15
    assert (await play.does(ReturnNumbers(lease=lease.id, next=702), play.kiosk())).returned == 18
    untouched = await play.does(LendNumbers(queue="B", size=5), play.kiosk())
    assert (await play.does(ReturnNumbers(lease=untouched.id, next=705), play.kiosk())).returned == 0


@pytest.mark.parametrize(
    ("lease", "following", "kiosk", "code"),
    [
        ("unknown", 701, "K1", Code.NOT_FOUND),
        (None, 701, "K2", Code.NOT_YOUR_OWN),
        (None, 699, "K1", Code.BAD_REQUEST),
        (None, 722, "K1", Code.BAD_REQUEST),
    ],
)
async def test_only_a_kiosks_own_numbers_can_be_given_back(
    play: Any, lease: str | None, following: int, kiosk: str, code: Code
) -> None:
    lent = await play.does(LendNumbers(queue="A", size=20), play.kiosk())
    refusal = await play.refused(ReturnNumbers(lease=lease or lent.id, next=following), play.kiosk(kiosk))
    assert refusal.code is code


async def test_a_number_that_was_given_back_and_printed_after_all_is_parked(play: Any) -> None:
    lease = await play.does(LendNumbers(queue="A", size=20), play.kiosk())
    await play.does(ReturnNumbers(lease=lease.id, next=705), play.kiosk())
    good, bad = await report(play, printed(play, lease, 704, "k1"), printed(play, lease, 705, "k2"))
    assert (good.result, bad.result, bad.reason) == ("accepted", "parked", "returned-number")


# --- clocks ---


async def test_offline_tickets_stand_where_their_time_of_issue_puts_them(play: Any) -> None:
    await play.opens("1")
    lease = await play.does(LendNumbers(queue="A"), play.kiosk())
    early = printed(play, lease, 700, "k1")
    play.clock.forward(minutes=5)
    await play.takes("A")
    play.clock.forward(minutes=5)
    late = printed(play, lease, 701, "k2")
    play.clock.forward(minutes=5)
    await play.takes("A")
    await report(play, late, early, off=timedelta())
    order = [(await play.does(CallNext(window="1", finish_current=Outcome.ACCEPTED))).ticket.number for _ in range(4)]
    assert order == ["A700", "A001", "A701", "A002"]


@pytest.mark.parametrize("hours", [-3, 5])
async def test_a_kiosk_whose_clock_is_wrong_is_put_right_and_its_tickets_say_so(play: Any, hours: int) -> None:
    lease = await play.does(LendNumbers(queue="A"), play.kiosk())
    play.clock.forward(minutes=1)
    off = timedelta(hours=hours)
    taken_at = play.clock.now()
    ticket = printed(play, lease, 700, "k1", issued_at=taken_at + off)
    play.clock.forward(minutes=30)
    [result] = await report(play, ticket, off=off)
    shown = (await play.office.ticket_status("demo", result.ticket)).ticket
    assert (shown.issued_at, shown.clock_off) == (taken_at, True)


async def test_a_clock_that_is_a_minute_off_is_believed(play: Any) -> None:
    lease = await play.does(LendNumbers(queue="A"), play.kiosk())
    play.clock.forward(minutes=10)
    issued_at = play.clock.now() - timedelta(minutes=3)
    [result] = await report(play, printed(play, lease, 700, "k1", issued_at=issued_at), off=timedelta(seconds=60))
    shown = (await play.office.ticket_status("demo", result.ticket)).ticket
    assert (shown.issued_at, shown.clock_off) == (issued_at, False)


async def test_nobody_waits_since_before_the_numbers_were_lent(play: Any) -> None:
    play.clock.forward(hours=2)
    lease = await play.does(LendNumbers(queue="A"), play.kiosk())
    lent_at = play.clock.now()
    play.clock.forward(minutes=10)
    [result] = await report(play, printed(play, lease, 700, "k1", issued_at=lent_at - timedelta(hours=1)))
    shown = (await play.office.ticket_status("demo", result.ticket)).ticket
    assert (shown.issued_at, shown.clock_off) == (lent_at, True)


async def test_paper_from_a_lease_ends_the_wait_for_the_paper_of_the_lost_answer(play: Any) -> None:
    snapshot = await play.office.snapshot("demo")
    await play.does(TakeTicket(queue="A", awaits_paper=True), play.kiosk(), "one-visit")
    lease = await play.does(LendNumbers(queue="A"), play.kiosk())
    [result] = await report(play, printed(play, lease, 705, "one-visit"))
    shown = (await play.office.ticket_status("demo", result.ticket)).ticket
    assert (shown.number, shown.state) == ("A705", TicketState.WAITING)
    for event in await play.events():
        snapshot = board.apply(snapshot, event)
    assert snapshot == await play.office.snapshot("demo")
    assert snapshot.queues["A"].waiting == 1


# --- parked tickets ---


async def test_staff_give_a_parked_ticket_a_new_number_at_its_old_time(play: Any) -> None:
    await play.opens("1")
    play.clock.forward(minutes=1)
    await park_one(play, person=PersonRef(token="Z" * 32, masked_name="张*"), priority=Priority.ELDER)
    taken_at = play.clock.now()
    play.clock.forward(minutes=10)
    settled = await play.does(SettleParked(kiosk="K1", key="k1", how=SettleHow.ISSUE), play.admin())
    assert (settled.result, settled.ticket.number) == ("issued", "A001")
    assert settled.ticket.issued_at == taken_at
    assert (await play.office.status_by_token("status-token-of-k1")).ticket.masked_name == "张*"
    assert await play.office.parked("demo") == []
    snapshot = await play.office.snapshot("demo")
    assert snapshot.queues["A"].waiting == 1
    assert [row.act for row in await play.office.audit("demo")] == ["settle-parked"]


async def test_dismissing_needs_a_word_and_is_remembered(play: Any) -> None:
    await park_one(play)
    wish = SettleParked(kiosk="K1", key="k1", how=SettleHow.DISMISS)
    assert (await play.refused(wish, play.admin())).code is Code.REASON_REQUIRED
    wish = SettleParked(kiosk="K1", key="k1", how=SettleHow.DISMISS, text="本人已取新号")
    assert (await play.does(wish, play.admin())).result == "dismissed"
    assert await play.office.parked("demo") == []
    assert (await play.refused(wish, play.admin())).code is Code.WRONG_STATE
    [row] = await play.office.audit("demo")
    assert (row.by, row.about, row.reason, row.text) == ("admin", "A700", "dismissed", "本人已取新号")


async def test_only_admins_settle_and_only_what_is_parked(play: Any) -> None:
    await park_one(play)
    wish = SettleParked(kiosk="K1", key="k1", how=SettleHow.ISSUE)
    assert (await play.refused(wish, play.officer(1))).code is Code.FORBIDDEN
    unknown = SettleParked(kiosk="K1", key="k2", how=SettleHow.ISSUE)
    assert (await play.refused(unknown, play.admin())).code is Code.NOT_FOUND
    elsewhere = SettleParked(kiosk="K1", key="k1", how=SettleHow.ISSUE, queue="Q")
    assert (await play.refused(elsewhere, play.admin())).code is Code.NOT_FOUND


async def test_pages_stay_true_while_tickets_are_parked_settled_and_numbers_come_back(play: Any) -> None:
    snapshot = await play.office.snapshot("demo")
    lease = await play.does(LendNumbers(queue="A"), play.kiosk())
    await park_one(play)
    await play.does(SettleParked(kiosk="K1", key="k1", how=SettleHow.ISSUE, queue="B"), play.admin())
    await play.does(ReturnNumbers(lease=lease.id, next=701), play.kiosk())
    for event in await play.events():
        snapshot = board.apply(snapshot, event)
    assert snapshot == await play.office.snapshot("demo")
