"""Taking and cancelling numbers, and every no on the way."""

from __future__ import annotations

from typing import Any

import pytest

from queue_server.contract.messages import (
    CallNext,
    CancelTicket,
    PersonRef,
    Priority,
    Role,
    TakeTicket,
    TicketState,
)
from queue_server.contract.refusals import Code
from queue_server.storage.init import init
from queue_server.usecases.ports import Actor

ZHANG = PersonRef(token="Z" * 32, masked_name="张*三")


def demo_with(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


async def test_the_reply_holds_what_the_kiosk_prints(play: Any) -> None:
    issued = await play.takes("A", person=ZHANG)
    second = await play.takes("A", priority=Priority.NONE)
    elder = await play.takes("A", priority=Priority.ELDER)
    assert (issued.number, second.number, elder.number) == ("A001", "A002", "A003")
    assert (issued.ahead, second.ahead, elder.ahead) == (0, 1, 0)
    assert issued.status_url.startswith("http://hall.test/t/")
    assert [window.id for window in issued.windows] == ["1", "2", "3"]
    assert issued.issued_at == play.clock.now()
    assert second.estimated_wait_seconds.likely > issued.estimated_wait_seconds.likely


async def test_the_status_shows_the_place_as_the_line_moves(play: Any) -> None:
    await play.opens("1")
    first, second = await play.takes("A"), await play.takes("A")
    assert (await play.office.ticket_status("demo", second.id)).ahead == 1
    await play.does(CallNext(window="1"))
    status = await play.office.status_by_token(second.status_url.rpartition("/")[2])
    assert (status.ahead, status.ticket.number) == (0, "A002")
    called = await play.office.ticket_status("demo", first.id)
    assert called.ahead is None
    assert [place.id for place in called.windows] == ["1"]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (TakeTicket(queue="Q"), Code.NOT_FOUND),
        (TakeTicket(queue="A", item="NONE"), Code.NOT_FOUND),
        (TakeTicket(queue="A", item="B-SSCARD"), Code.BAD_REQUEST),
        (CancelTicket(ticket="nobody"), Code.NOT_FOUND),
    ],
)
async def test_what_does_not_exist_is_refused(play: Any, command: TakeTicket, code: Code) -> None:
    assert (await play.refused(command)).code is code


async def test_one_person_waits_once_in_a_queue_and_twice_in_the_hall(play: Any) -> None:
    first = await play.takes("A", person=ZHANG)
    again = await play.refused(TakeTicket(queue="A", person=ZHANG))
    assert (again.code, again.detail) == (Code.ALREADY_WAITING, {"number": "A001", "queue": "A"})
    await play.takes("B", person=ZHANG)
    assert (await play.refused(TakeTicket(queue="C", person=ZHANG))).code is Code.LIMIT_REACHED
    for _ in range(2):
        await play.does(CancelTicket(ticket=first.id))
        first = await play.takes("A", person=ZHANG)
    await play.does(CancelTicket(ticket=first.id))
    fourth = await play.refused(TakeTicket(queue="A", person=ZHANG))
    assert (fourth.code, fourth.detail) == (Code.LIMIT_REACHED, {"limit": 3})
    play.clock.forward(days=1)
    assert (await play.takes("C", person=ZHANG)).number == "C001"


async def test_a_phone_stands_for_the_person_and_is_kept_only_masked(play: Any, sqlite_url: str) -> None:
    await play.takes("A", phone="13800001234")
    assert (await play.refused(TakeTicket(queue="A", phone="13800001234"))).code is Code.ALREADY_WAITING
    await play.takes("A", phone="13800009999")
    await play.office.close()
    path = sqlite_url.removeprefix("sqlite:///")
    with open(path, "rb") as file:  # noqa: PTH123, ASYNC230  # the bytes as they lie on the disk
        raw = file.read()
    assert b"138****1234" in raw
    assert b"13800001234" not in raw
    assert ZHANG.token.encode() not in raw


async def test_only_a_waiting_number_is_cancelled_and_only_by_its_holder(play: Any) -> None:
    await play.opens("1")
    mine, other = await play.takes("A"), await play.takes("A")
    citizen = await play.office.authenticate_citizen(other.status_url.rpartition("/")[2])
    assert citizen is not None
    assert citizen.ticket == other.id
    assert (await play.refused(CancelTicket(ticket=mine.id), citizen)).code is Code.FORBIDDEN
    assert (await play.refused(TakeTicket(queue="A"), citizen)).code is Code.FORBIDDEN
    await play.does(CancelTicket(ticket=other.id), citizen)
    assert await play.state(other.id) is TicketState.CANCELLED
    await play.does(CallNext(window="1"))
    assert (await play.refused(CancelTicket(ticket=mine.id))).code is Code.WRONG_STATE
    assert await play.office.authenticate_citizen("no such token at all") is None


@pytest.mark.parametrize(
    ("old", "new", "code", "reason"),
    [
        ("needs_open_window: false", "needs_open_window: true", Code.QUEUE_CLOSED, "no-window"),
        ('{ from: "00:00", to: "24:00" }', '{ from: "14:00", to: "17:00" }', Code.QUEUE_CLOSED, "out-of-hours"),
        ("open_every_day: true", "weekdays: [tue]", Code.QUEUE_CLOSED, "day-off"),
        ("expected_service_minutes: 8,", "expected_service_minutes: 8, quota_per_day: 1,", Code.QUEUE_FULL, "full"),
        ("max_waiting_per_queue: 300", "max_waiting_per_queue: 1", Code.QUEUE_FULL, "full"),
    ],
)
async def test_a_closed_or_full_queue_says_why(
    play: Any, sqlite_url: str, demo_hall_text: str, old: str, new: str, code: Code, reason: str
) -> None:
    init(sqlite_url, demo_with(demo_hall_text, old, new), clock=play.clock)
    if code is Code.QUEUE_FULL:
        await play.takes("A")
    refusal = await play.refused(TakeTicket(queue="A"))
    assert (refusal.code, refusal.detail["reason"]) == (code, reason)
    shown = (await play.office.queues("demo"))[0]
    assert not shown.open
    assert shown.closed_reason == reason


async def test_a_hall_that_needs_to_know_who_comes_says_so(play: Any, sqlite_url: str, demo_hall_text: str) -> None:
    init(sqlite_url, demo_with(demo_hall_text, "require_identity: false", "require_identity: true"), clock=play.clock)
    assert (await play.refused(TakeTicket(queue="A"))).code is Code.BAD_REQUEST
    assert (await play.takes("A", phone="13800001234")).number == "A001"


async def test_the_same_key_gives_the_same_number_and_another_body_is_refused(play: Any) -> None:
    kiosk = play.kiosk()
    first = await play.office.carry_out(TakeTicket(queue="A"), kiosk, "key-1")
    again = await play.office.carry_out(TakeTicket(queue="A"), kiosk, "key-1")
    assert (again.status, again.body, again.repeated) == (201, first.body, True)
    assert (await play.refused(TakeTicket(queue="B"), kiosk, "key-1")).code is Code.KEY_REUSED
    other = await play.office.carry_out(TakeTicket(queue="A"), play.kiosk("K2"), "key-1")
    assert other.body != first.body
    assert len([event for event in await play.events() if event.type == "ticket.issued"]) == 2


async def test_a_final_no_is_repeated_and_one_that_may_change_is_not(play: Any) -> None:
    await play.takes("A", person=ZHANG)
    no = await play.refused(TakeTicket(queue="A", person=ZHANG), key="no")
    for ticket in (await play.office.snapshot("demo")).tickets:
        await play.does(CancelTicket(ticket=ticket))
    again = await play.refused(TakeTicket(queue="A", person=ZHANG), key="no")
    assert (again.code, again.message, again.detail) == (no.code, no.message, no.detail)
    assert (await play.takes("A", person=ZHANG)).number == "A002"


@pytest.mark.parametrize("role", [Role.SCREEN, Role.PAD, Role.GATEWAY])
async def test_a_screen_takes_no_numbers(play: Any, role: Role) -> None:
    assert (await play.refused(TakeTicket(queue="A"), Actor("demo", role, "x"))).code is Code.FORBIDDEN


async def test_an_unknown_hall_has_no_numbers(play: Any) -> None:
    stranger = Actor("elsewhere", Role.KIOSK, "K1")
    assert (await play.refused(TakeTicket(queue="A"), stranger, "key")).code is Code.NOT_FOUND


async def test_numbers_begin_again_on_the_next_business_day(play: Any) -> None:
    assert (await play.takes("A")).number == "A001"
    play.clock.forward(hours=15, minutes=1)  # 00:01 in Shanghai
    assert (await play.takes("A")).number == "A001"
