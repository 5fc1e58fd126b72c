"""Booking, moving and giving back: what is possible, until when, and every no on the way."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from queue_server.contract.messages import (
    AppointmentState,
    BookAppointment,
    CancelAppointment,
    LiftRestriction,
    PersonRef,
    RescheduleAppointment,
    RestrictionReason,
    RestrictionScope,
    RestrictPerson,
    Role,
)
from queue_server.contract.refusals import Code
from queue_server.usecases.ports import Actor

ZHANG = PersonRef(token="Z" * 32, masked_name="张*三")
LI = PersonRef(token="L" * 32, masked_name="李*")


def desk_person(number: int) -> PersonRef:
    """The person whom the desk knows by that number."""
    return PersonRef(token=f"person-{number:032d}")


async def test_a_booking_holds_a_place_and_says_when_to_come(desk: Any) -> None:
    booked = await desk.books("10:00", item="A-IDCARD")
    assert (booked.start, booked.end) == (desk.at("10:00"), desk.at("10:30"))
    assert (booked.check_in_from, booked.check_in_until) == (desk.at("09:30"), desk.at("10:30"))
    assert booked.change_until == desk.at("08:00")
    assert (booked.state, booked.item, booked.masked_name) == (AppointmentState.BOOKED, "A-IDCARD", "张*三")
    assert await desk.free("10:00") == 1
    assert await desk.free("10:30") == 2
    (event,) = await desk.events("appointment.")
    assert event.type == "appointment.booked"
    assert event.data["appointment"]["id"] == booked.id


async def test_the_days_and_slots_that_are_offered_follow_calendar_and_clock(desk: Any) -> None:
    desk.now_is("10:21")
    slots = await desk.office.slots("demo", "A")
    assert [day.isoformat()[-2:] for day in slots.days] == ["02", "03", "05", "06", "07", "09"]
    free = {slot.start: slot.free for slot in slots.slots}
    assert [free[desk.at(clock)] for clock in ("09:00", "10:30", "11:00", "16:30")] == [0, 0, 2, 2]
    assert [slot.start for slot in slots.slots if slot.over] == [start for start in free if start <= desk.at("10:30")]
    assert desk.at("12:00") not in free
    assert desk.at("17:00") not in free
    assert (await desk.office.slots("demo", "A", date(2026, 3, 4))).slots == ()
    make_up = await desk.office.slots("demo", "A", date(2026, 3, 7))
    assert len(make_up.slots) == 13
    assert (await desk.office.slots("demo", "B")).days == ()


async def test_a_slot_takes_as_many_as_it_has_places(desk: Any) -> None:
    await desk.books("10:00", 1)
    second = await desk.books("10:00", 2)
    wish = BookAppointment(queue="A", start=desk.at("10:00"), person=LI)
    assert (await desk.refused(wish)).code is Code.SLOT_FULL
    await desk.does(CancelAppointment(appointment=second.id), desk.admin)
    assert (await desk.does(wish)).state is AppointmentState.BOOKED
    assert (await desk.refused(BookAppointment(queue="A", start=desk.at("10:00"), phone="13800001234"))).code is (
        Code.SLOT_FULL
    )


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"queue": "Q"}, Code.NOT_FOUND),
        ({"queue": "B"}, Code.BAD_REQUEST),
        ({"item": "NONE"}, Code.NOT_FOUND),
        ({"item": "B-SSCARD"}, Code.BAD_REQUEST),
        ({"person": None}, Code.BAD_REQUEST),
        ({"start": datetime(2026, 3, 2, 2, 1, tzinfo=UTC)}, Code.BAD_REQUEST),
        ({"start": datetime(2026, 3, 2, 4, 0, tzinfo=UTC)}, Code.BAD_REQUEST),
        ({"start": datetime(2026, 3, 4, 2, 0, tzinfo=UTC)}, Code.BAD_REQUEST),
        ({"start": datetime.max.replace(tzinfo=UTC)}, Code.BAD_REQUEST),
        ({"start": datetime(2026, 3, 2, 1, 0, tzinfo=UTC)}, Code.SLOT_CLOSED),
        ({"start": datetime(2026, 3, 10, 2, 0, tzinfo=UTC)}, Code.SLOT_CLOSED),
    ],
)
async def test_what_cannot_be_booked_is_refused(desk: Any, wish: dict[str, Any], code: Code) -> None:
    usual = {"queue": "A", "start": desk.at("10:00"), "person": ZHANG}
    assert (await desk.refused(BookAppointment(**{**usual, **wish}))).code is code
    assert await desk.events("appointment.") == []


async def test_one_person_books_once_a_day_whether_by_card_or_by_phone(desk: Any) -> None:
    booked = await desk.books("10:00")
    again = await desk.refused(BookAppointment(queue="C", start=desk.at("11:00"), person=desk_person(1)))
    assert (again.code, again.detail["appointment"]) == (Code.ALREADY_BOOKED, booked.id)
    await desk.books("10:00", day=3)
    by_phone = {"queue": "A", "start": desk.at("11:00"), "phone": "13800001234"}
    await desk.does(BookAppointment(**by_phone))
    assert (await desk.refused(BookAppointment(**{**by_phone, "start": desk.at("11:30")}))).code is Code.ALREADY_BOOKED


async def test_the_same_key_books_once(desk: Any) -> None:
    wish = BookAppointment(queue="A", start=desk.at("10:00"), person=ZHANG)
    first = await desk.office.carry_out(wish, desk.kiosk, "k1")
    again = await desk.office.carry_out(wish, desk.kiosk, "k1")
    assert (first.status, again.body, again.repeated) == (201, first.body, True)
    assert await desk.free("10:00") == 1


async def test_what_a_person_has_booked_is_found_by_the_card_or_the_phone_it_was_booked_with(desk: Any) -> None:
    mine = await desk.books("10:00", 1)
    await desk.books("10:00", 2)
    other_day = await desk.books("10:00", 1, day=3)
    given_back = await desk.books("10:00", 1, day=5)
    await desk.does(CancelAppointment(appointment=given_back.id))
    found = await desk.office.appointments_of("demo", desk_person(1), None)
    assert [one.id for one in found] == [mine.id, other_day.id]
    assert await desk.office.appointments_of("demo", None, "13800001234") == []
    phoned = await desk.does(BookAppointment(queue="C", start=desk.at("10:00"), phone="13800001234"))
    assert [one.id for one in await desk.office.appointments_of("demo", None, "13800001234")] == [phoned.id]
    day = await desk.office.appointments("demo", date(2026, 3, 2))
    assert {one.id for one in day} >= {mine.id, phoned.id}
    assert [one.id for one in await desk.office.appointments("demo", date(2026, 3, 2), "C")] == [phoned.id]


# --- moving ---


async def test_a_moved_booking_frees_its_place_and_takes_the_new_one(desk: Any) -> None:
    old = await desk.books("14:00")
    new = await desk.does(RescheduleAppointment(appointment=old.id, start=desk.at("15:00", 3)))
    assert new.id != old.id
    assert (new.start, new.state, new.masked_name) == (desk.at("15:00", 3), AppointmentState.BOOKED, "张*三")
    assert await desk.state(old) is AppointmentState.RESCHEDULED
    assert (await desk.free("14:00"), await desk.free("15:00", 3)) == (2, 1)
    event = (await desk.events("appointment.rescheduled"))[0]
    assert (event.data["appointment"]["id"], event.data["movedFrom"]) == (new.id, old.id)
    assert (await desk.refused(RescheduleAppointment(appointment=old.id, start=desk.at("16:00")))).code is (
        Code.WRONG_STATE
    )


async def test_a_booking_that_cannot_move_stays_where_it_is(desk: Any) -> None:
    mine = await desk.books("15:00")
    await desk.books("15:30", 2)
    await desk.books("15:30", 3)
    await desk.books("10:00", 1, day=3)

    async def move(start: datetime, appointment: str = mine.id) -> Code:
        return (await desk.refused(RescheduleAppointment(appointment=appointment, start=start))).code  # type: ignore[no-any-return]  # the fixture is not typed

    assert await move(desk.at("15:30")) is Code.SLOT_FULL
    assert await move(desk.at("15:01")) is Code.BAD_REQUEST
    assert await move(desk.at("09:00")) is Code.SLOT_CLOSED
    assert await move(desk.at("11:00", 3)) is Code.ALREADY_BOOKED
    assert await move(desk.at("15:00")) is Code.ALREADY_BOOKED
    assert await move(desk.at("16:00"), "nothing") is Code.NOT_FOUND
    assert await desk.state(mine) is AppointmentState.BOOKED
    assert await desk.free("15:00") == 1
    moved = await desk.does(RescheduleAppointment(appointment=mine.id, start=desk.at("16:00")))
    assert moved.state is AppointmentState.BOOKED


# --- giving back ---


async def test_citizens_give_back_until_two_hours_before_and_staff_at_any_time(desk: Any) -> None:
    until = await desk.books("11:00", 1)
    after = await desk.books("11:00", 2)
    desk.now_is("09:00")
    await desk.does(CancelAppointment(appointment=until.id, person=desk_person(1)), desk.kiosk)
    desk.now_is("09:00", seconds=1)
    for actor in (desk.kiosk, desk.integrator):
        late = await desk.refused(CancelAppointment(appointment=after.id, person=desk_person(2)), actor)
        assert (late.code, late.detail["until"]) == (Code.TOO_LATE_TO_CHANGE, desk.at("09:00").isoformat())
        moved = RescheduleAppointment(appointment=after.id, start=desk.at("16:00"), person=desk_person(2))
        assert (await desk.refused(moved, actor)).code is Code.TOO_LATE_TO_CHANGE
    assert await desk.office.audit("demo") == []
    done = await desk.does(CancelAppointment(appointment=after.id, text=" ill "), desk.officer)
    assert done.state is AppointmentState.CANCELLED
    (row,) = await desk.office.audit("demo")
    assert (row.by, row.act, row.about, row.text) == ("officer1", "cancel-appointment", after.id, "ill")
    assert (await desk.refused(CancelAppointment(appointment=after.id), desk.admin)).code is Code.WRONG_STATE
    assert (await desk.refused(CancelAppointment(appointment="nothing"), desk.admin)).code is Code.NOT_FOUND


async def test_a_kiosk_must_show_whose_booking_it_is(desk: Any) -> None:
    mine = await desk.books("15:00", 1)
    phoned = await desk.does(BookAppointment(queue="A", start=desk.at("15:00"), phone="13800001234"))
    for shown in ({}, {"person": desk_person(2)}, {"phone": "13800001234"}):
        assert (await desk.refused(CancelAppointment(appointment=mine.id, **shown), desk.kiosk)).code is (
            Code.NOT_YOUR_OWN
        )
        move = RescheduleAppointment(appointment=mine.id, start=desk.at("16:00"), **shown)
        assert (await desk.refused(move, desk.kiosk)).code is Code.NOT_YOUR_OWN
    wrong = CancelAppointment(appointment=mine.id, person=desk_person(2))
    assert (await desk.refused(wrong, desk.integrator)).code is Code.NOT_YOUR_OWN
    await desk.does(CancelAppointment(appointment=mine.id, person=desk_person(1)), desk.kiosk)
    await desk.does(CancelAppointment(appointment=phoned.id, phone="13800001234"), desk.kiosk)


# --- who may not book ---


@pytest.mark.parametrize("scope", [RestrictionScope.BOOKING, RestrictionScope.ALL])
async def test_a_restricted_person_books_and_moves_nothing_until_it_is_lifted(
    desk: Any, scope: RestrictionScope
) -> None:
    mine = await desk.books("15:00", 1)
    made = await desk.does(
        RestrictPerson(reason=RestrictionReason.SCALPING, scope=scope, appointment=mine.id), desk.admin
    )
    wish = BookAppointment(queue="A", start=desk.at("10:00", 3), person=desk_person(1))
    refusal = await desk.refused(wish)
    assert (refusal.code, refusal.detail) == (Code.RESTRICTED, {"reason": "scalping", "until": None})
    move = RescheduleAppointment(appointment=mine.id, start=desk.at("16:00"))
    assert (await desk.refused(move)).code is Code.RESTRICTED
    await desk.does(LiftRestriction(restriction=made.id), desk.admin)
    assert (await desk.does(wish)).state is AppointmentState.BOOKED


async def test_somebody_who_may_take_no_numbers_may_still_book(desk: Any) -> None:
    mine = await desk.books("15:00", 1)
    until = desk.clock.now() + timedelta(days=2)
    await desk.does(
        RestrictPerson(
            reason=RestrictionReason.ABUSE, scope=RestrictionScope.TICKETS, appointment=mine.id, until=until
        ),
        desk.admin,
    )
    assert (await desk.books("15:00", 1, day=3)).state is AppointmentState.BOOKED


async def test_nothing_of_a_person_stands_in_the_events_but_the_masked_name(desk: Any) -> None:
    await desk.does(BookAppointment(queue="A", start=desk.at("15:00"), person=ZHANG, phone="13800001234"))
    rows = await desk.office.events_after("demo", 0)
    text = "".join(row.data_json.decode() for row in rows)
    assert "张*三" in text
    assert "13800001234" not in text
    assert ZHANG.token not in text


async def test_a_screen_books_nothing(desk: Any) -> None:
    screen = Actor("demo", Role.SCREEN, "S1")
    wish = BookAppointment(queue="A", start=desk.at("15:00"), person=ZHANG)
    assert (await desk.refused(wish, screen)).code is Code.FORBIDDEN
