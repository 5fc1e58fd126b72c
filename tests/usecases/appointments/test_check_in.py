"""Coming in time, too early, too late or never: numbers, no-shows, their ban, and what walk-ins get."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from queue_server.contract.messages import (
    AppointmentState,
    BookAppointment,
    CallNext,
    CancelAppointment,
    CheckIn,
    LiftRestriction,
    OpenWindow,
    Outcome,
    PersonRef,
    Priority,
    RestrictionReason,
    RestrictionScope,
    RestrictPerson,
    Standing,
    TakeTicket,
    TicketState,
)
from queue_server.contract.refusals import Code


def person(number: int) -> PersonRef:
    """The person whom the desk knows by that number."""
    return PersonRef(token=f"person-{number:032d}")


@pytest.mark.parametrize(
    ("wall", "outcome"),
    [
        ("14:29", Code.TOO_EARLY),
        ("14:30", AppointmentState.CHECKED_IN),
        ("15:00", AppointmentState.CHECKED_IN),
        ("15:30", AppointmentState.CHECKED_IN),
        ("15:31", AppointmentState.LATE),
    ],
)
async def test_thirty_minutes_around_the_slot_are_in_time(desk: Any, wall: str, outcome: Any) -> None:
    booked = await desk.books("15:00")
    desk.now_is(wall)
    if isinstance(outcome, Code):
        refusal = await desk.refused(CheckIn(appointment=booked.id))
        assert (refusal.code, refusal.detail["from"]) == (outcome, desk.at("14:30").isoformat())
        return
    came = await desk.comes(booked)
    in_time = outcome is AppointmentState.CHECKED_IN
    assert (came.appointment.state, came.appointment.ticket) == (outcome, came.ticket.id)
    assert came.ticket.number == ("YA001" if in_time else "A001")
    assert came.ticket.appointment_start == (booked.start if in_time else None)
    status = await desk.office.ticket_status("demo", came.ticket.id)
    assert status.ticket.standing is (Standing.APPOINTMENT if in_time else Standing.ORDINARY)
    assert status.ticket.masked_name == "张*三"
    (event,) = await desk.events("appointment.checked-in")
    assert event.data["appointment"]["state"] == outcome.value


async def test_one_appointment_is_one_number(desk: Any) -> None:
    booked = await desk.books("15:00")
    desk.now_is("15:00")
    first = await desk.does(CheckIn(appointment=booked.id, person=person(1)), desk.kiosk, "k1")
    again = await desk.does(CheckIn(appointment=booked.id, person=person(1)), desk.kiosk, "k1")
    assert first == again
    twice = await desk.refused(CheckIn(appointment=booked.id, person=person(1)), desk.kiosk, "k2")
    assert (twice.code, twice.detail["state"]) == (Code.WRONG_STATE, "checked-in")
    assert (await desk.refused(CancelAppointment(appointment=booked.id), desk.admin)).code is Code.WRONG_STATE
    assert (await desk.refused(CheckIn(appointment="nothing"))).code is Code.NOT_FOUND


async def test_at_a_kiosk_only_the_person_of_the_booking_checks_in(desk: Any) -> None:
    booked = await desk.books("15:00")
    phoned = await desk.does(BookAppointment(queue="A", start=desk.at("15:00"), phone="13800001234"))
    desk.now_is("15:00")
    for shown in ({}, {"person": person(2)}, {"phone": "13800001234"}):
        refusal = await desk.refused(CheckIn(appointment=booked.id, **shown), desk.kiosk)
        assert refusal.code is Code.NOT_YOUR_OWN
    assert (await desk.does(CheckIn(appointment=booked.id), desk.officer)).ticket.number == "YA001"
    assert (await desk.does(CheckIn(appointment=phoned.id, phone="13800001234"), desk.kiosk)).ticket.number == "YA002"


async def test_a_booking_that_was_given_back_or_is_of_yesterday_is_no_number(desk: Any) -> None:
    given_back, yesterdays = await desk.books("15:00", 1), await desk.books("15:00", 2)
    await desk.does(CancelAppointment(appointment=given_back.id))
    desk.now_is("15:00")
    assert (await desk.refused(CheckIn(appointment=given_back.id))).code is Code.WRONG_STATE
    desk.now_is("10:00", 3)
    assert (await desk.refused(CheckIn(appointment=yesterdays.id))).code is Code.WRONG_STATE
    await desk.office.due("demo")
    assert await desk.state(yesterdays) is AppointmentState.NO_SHOW
    assert (await desk.refused(CheckIn(appointment=yesterdays.id))).code is Code.WRONG_STATE


async def test_who_checks_in_is_bound_by_the_limits_of_everybody(desk: Any) -> None:
    booked = await desk.books("15:00", 1)
    desk.now_is("15:00")
    await desk.takes("A", person=person(1))
    assert (await desk.refused(CheckIn(appointment=booked.id))).code is Code.ALREADY_WAITING
    other = await desk.books("16:00", 2)
    await desk.does(
        RestrictPerson(reason=RestrictionReason.ABUSE, scope=RestrictionScope.TICKETS, appointment=other.id), desk.admin
    )
    desk.now_is("16:00")
    assert (await desk.refused(CheckIn(appointment=other.id))).code is Code.RESTRICTED
    assert await desk.state(other) is AppointmentState.BOOKED


async def test_who_comes_at_lunch_for_a_slot_after_it_checks_in_and_waits_for_its_time(desk: Any) -> None:
    booked = await desk.books("13:30")
    desk.now_is("13:15")
    came = await desk.comes(booked)
    assert (came.ticket.number, came.ticket.appointment_start) == ("YA001", booked.start)


async def test_who_is_late_into_the_break_is_turned_away_like_every_walk_in(desk: Any) -> None:
    booked = await desk.books("11:30")
    desk.now_is("12:10")
    refusal = await desk.refused(CheckIn(appointment=booked.id))
    assert (refusal.code, refusal.detail["reason"]) == (Code.QUEUE_CLOSED, "out-of-hours")


async def test_an_elder_with_an_appointment_goes_with_the_priority_people(desk: Any) -> None:
    booked = await desk.books("15:00")
    desk.now_is("15:00")
    came = await desk.comes(booked, priority=Priority.ELDER)
    status = await desk.office.ticket_status("demo", came.ticket.id)
    assert status.ticket.standing is Standing.PRIORITY


async def test_an_elder_who_comes_before_the_booked_time_need_not_wait_for_it(desk: Any) -> None:
    booked = await desk.books("15:00")
    desk.now_is("14:40")
    await desk.does(OpenWindow(window="1"))
    await desk.takes("A")
    came = await desk.comes(booked, priority=Priority.ELDER)
    desk.now_is("14:41")
    assert (await desk.does(CallNext(window="1"))).ticket.number == came.ticket.number


async def test_a_ticket_of_an_appointment_waits_for_its_paper_too(desk: Any) -> None:
    booked = await desk.books("15:00")
    desk.now_is("15:00")
    came = await desk.comes(booked, awaits_paper=True)
    assert came.ticket.state is TicketState.ISSUING


async def test_an_appointment_waits_for_its_time_and_then_goes_by_turns_with_walk_ins(desk: Any) -> None:
    booked = await desk.books("15:00")
    desk.now_is("14:50")
    await desk.does(OpenWindow(window="1"))
    came = await desk.comes(booked)
    walk_ins = [(await desk.takes("A")).number for _ in range(5)]
    called = []
    for wall in ("14:51", "14:52", "15:00", "15:01", "15:02"):
        desk.now_is(wall)
        finish = Outcome.ACCEPTED if called else None
        called.append((await desk.does(CallNext(window="1", finish_current=finish))).ticket.number)
    assert called[:2] == walk_ins[:2]
    assert came.ticket.number in called[2:]
    assert [number for number in called if number != came.ticket.number] == walk_ins[:4]


# --- nobody came ---


async def test_who_does_not_come_is_a_no_show_at_the_first_instant_after_the_time(desk: Any) -> None:
    booked, other = await desk.books("15:00", 1), await desk.books("15:30", 2)
    desk.now_is("15:30")
    assert (await desk.office.due("demo")) <= desk.at("15:31")
    assert await desk.state(booked) is AppointmentState.BOOKED
    desk.now_is("15:30", seconds=0.001)
    await desk.office.due("demo")
    assert await desk.state(booked) is AppointmentState.NO_SHOW
    assert await desk.state(other) is AppointmentState.BOOKED
    (event,) = await desk.events("appointment.no-show")
    assert event.data["appointment"]["id"] == booked.id
    await desk.office.due("demo")
    assert len(await desk.events("appointment.no-show")) == 1


async def missed(desk: Any, day: int, who: int = 1) -> Any:
    desk.now_is("09:00", day)
    booked = await desk.books("10:00", who, day)
    desk.now_is("10:31", day)
    await desk.office.due("demo")
    return booked


async def test_three_no_shows_ban_from_booking_but_not_from_taking_numbers(desk: Any) -> None:
    for day in (2, 3):
        await missed(desk, day)
    assert await desk.office.restrictions("demo") == []
    await missed(desk, 5)
    (ban,) = await desk.office.restrictions("demo")
    assert (ban.reason, ban.scope, ban.made_by) == (RestrictionReason.NO_SHOWS, RestrictionScope.BOOKING, "hall")
    wish = BookAppointment(queue="A", start=desk.at("15:00", 6), person=person(1))
    refusal = await desk.refused(wish)
    assert refusal.code is Code.RESTRICTED
    assert refusal.detail["until"] == ban.until.isoformat()
    assert (ban.until - desk.at("10:00", 5)).days == 30
    assert (await desk.takes("A", person=person(1))).number == "A001"
    assert [event.data["reason"] for event in await desk.events("person.restricted")] == ["no-shows"]
    await desk.does(LiftRestriction(restriction=ban.id), desk.admin)
    assert (await desk.does(wish)).state is AppointmentState.BOOKED


async def test_a_ban_for_no_shows_is_over_after_its_days(desk: Any) -> None:
    for day in (2, 3, 5):
        await missed(desk, day)
    (ban,) = await desk.office.restrictions("demo")
    monday = ban.until + timedelta(days=2, hours=5)
    wish = BookAppointment(queue="A", start=monday, person=person(1))
    desk.clock.set(ban.until - timedelta(milliseconds=1))
    assert (await desk.refused(wish)).code is Code.RESTRICTED
    desk.clock.set(ban.until)
    assert (await desk.does(wish)).state is AppointmentState.BOOKED


async def test_who_comes_late_after_all_is_not_counted_and_the_ban_ends(desk: Any) -> None:
    for day in (2, 3):
        await missed(desk, day)
    last = await missed(desk, 5)
    assert len(await desk.office.restrictions("demo")) == 1
    came = await desk.comes(last)
    assert (came.appointment.state, came.ticket.number) == (AppointmentState.LATE, "A001")
    (ban,) = await desk.office.restrictions("demo")
    assert ban.lifted_at == desk.clock.now()
    assert (await desk.books("15:00", 1, day=6)).state is AppointmentState.BOOKED


# --- what walk-ins get ---

QUOTA = "quota_per_day: 5, appointments: { slot_minutes: 60, capacity: 2, days_ahead: 1 }"
"""Six slots would be twelve places: only those of the afternoon are left when the tests begin."""


async def test_unbooked_places_go_to_walk_ins_when_their_slot_closes(desk: Any) -> None:
    desk.rules(QUOTA)
    desk.now_is("15:15")  # only 15:30 (2 places) can be booked still
    await desk.office.due("demo")
    before = await desk.office.snapshot("demo")
    booked = await desk.books("15:30", 1)
    for _ in range(3):
        await desk.takes("A")
    full = await desk.refused(TakeTicket(queue="A"))
    assert (full.code, full.detail["reason"]) == (Code.QUEUE_FULL, "full")
    assert not await desk.opens()
    desk.now_is("15:20")  # the slot closes: one place was not booked
    await desk.office.due("demo")
    assert await desk.opens()
    await desk.takes("A")
    assert (await desk.refused(TakeTicket(queue="A"))).code is Code.QUEUE_FULL
    came = await desk.comes(booked)  # the fifth number was kept for this one
    assert came.ticket.number == "YA001"
    assert (await desk.refused(TakeTicket(queue="A"))).code is Code.QUEUE_FULL
    await desk.board_is_true(before)


async def test_the_place_of_a_no_show_or_of_a_booking_given_back_goes_to_a_walk_in(desk: Any) -> None:
    desk.rules(QUOTA)
    desk.now_is("15:00")
    missed_one, given_back = await desk.books("15:30", 1), await desk.books("15:30", 2)
    before = await desk.office.snapshot("demo")
    desk.now_is("15:25")
    await desk.office.due("demo")
    for _ in range(3):
        await desk.takes("A")
    assert (await desk.refused(TakeTicket(queue="A"))).code is Code.QUEUE_FULL
    await desk.does(CancelAppointment(appointment=given_back.id), desk.officer)
    assert await desk.opens()
    await desk.takes("A")
    assert (await desk.refused(TakeTicket(queue="A"))).code is Code.QUEUE_FULL
    desk.now_is("16:01")
    await desk.office.due("demo")
    assert await desk.state(missed_one) is AppointmentState.NO_SHOW
    assert (await desk.takes("A")).number == "A005"
    late = await desk.refused(CheckIn(appointment=missed_one.id))  # late: a walk-in like any other
    assert late.code is Code.QUEUE_FULL
    await desk.board_is_true(before)


async def test_a_full_queue_does_not_turn_away_who_has_an_appointment(desk: Any) -> None:
    desk.rules("appointments: { capacity: 2 }", ("max_waiting_per_queue: 300", "max_waiting_per_queue: 1"))
    booked = await desk.books("15:00")
    desk.now_is("15:00")
    await desk.takes("A")
    assert (await desk.refused(TakeTicket(queue="A"))).code is Code.QUEUE_FULL
    assert (await desk.comes(booked)).ticket.number == "YA001"
