"""Many want the last place at the same instant: from several tasks, and from several processes' offices."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from queue_server.contract.messages import (
    AppointmentState,
    BookAppointment,
    CancelAppointment,
    CheckIn,
    PersonRef,
    RescheduleAppointment,
    Role,
)
from queue_server.contract.refusals import Code, Refusal
from queue_server.storage.office import DatabaseOffice
from queue_server.usecases.ports import Actor


def person(number: int) -> PersonRef:
    return PersonRef(token=f"person-{number:032d}")


async def outcome(office: DatabaseOffice, command: Any, actor: Any) -> Code | None:
    try:
        await office.carry_out(command, actor)
    except Refusal as refusal:
        return refusal.code
    return None


async def test_a_slot_is_never_booked_twice_over(desk: Any) -> None:
    wishes = [BookAppointment(queue="A", start=desk.at("10:00"), person=person(who)) for who in range(24)]
    ends = await asyncio.gather(*(outcome(desk.office, wish, desk.integrator) for wish in wishes))
    assert ends.count(None) == 2
    assert ends.count(Code.SLOT_FULL) == 22
    assert await desk.free("10:00") == 0


@pytest.mark.postgresql
async def test_offices_of_two_processes_share_the_places_of_a_slot(
    postgres_url: str, make_office: Callable[[str], DatabaseOffice], demo_hall_text: str, clock: Any
) -> None:
    clock.forward(hours=1)
    integrator = Actor("demo", Role.INTEGRATOR, "integrator")
    async with make_office(postgres_url) as one, make_office(postgres_url) as two:
        slots = (await one.slots("demo", "C")).slots
        start = next(slot.start for slot in slots if slot.free)
        wishes = [
            (office, BookAppointment(queue="C", start=start, person=person(who)))
            for who in range(12)
            for office in (one, two)
        ]
        ends = await asyncio.gather(*(outcome(office, wish, integrator) for office, wish in wishes))
        assert ends.count(None) == 2
        assert ends.count(Code.SLOT_FULL) + ends.count(Code.ALREADY_BOOKED) == 22
        for office in (one, two):
            again = (await office.slots("demo", "C")).slots
            assert next(slot.free for slot in again if slot.start == start) == 0


async def test_one_person_at_two_kiosks_books_once(desk: Any) -> None:
    wishes = [BookAppointment(queue="A", start=desk.at(wall), person=person(1)) for wall in ("10:00", "10:30", "11:00")]
    ends = await asyncio.gather(*(outcome(desk.office, wish, desk.integrator) for wish in wishes))
    assert (ends.count(None), ends.count(Code.ALREADY_BOOKED)) == (1, 2)


async def test_people_who_move_into_each_others_slots_never_overfill_them(desk: Any) -> None:
    early = [await desk.books("14:00", who) for who in (1, 2)]
    late = [await desk.books("16:00", who) for who in (3, 4)]
    moves = [RescheduleAppointment(appointment=one.id, start=desk.at("16:00")) for one in early]
    moves += [RescheduleAppointment(appointment=one.id, start=desk.at("14:00")) for one in late]
    ends = await asyncio.gather(*(outcome(desk.office, move, desk.integrator) for move in moves))
    assert set(ends) == {Code.SLOT_FULL}  # both are full, so nobody's move can be the first
    await desk.does(CancelAppointment(appointment=late[0].id))
    ends = await asyncio.gather(*(outcome(desk.office, move, desk.integrator) for move in moves[:2] + moves[3:]))
    assert None in ends
    assert (await desk.free("14:00")) + (await desk.free("16:00")) == 1


async def test_of_check_in_and_giving_back_only_one_comes_true(desk: Any) -> None:
    booked = [await desk.books("15:00", who) for who in (1, 2)]
    desk.now_is("14:45")
    commands = [
        command
        for one in booked
        for command in (CheckIn(appointment=one.id), CancelAppointment(appointment=one.id), CheckIn(appointment=one.id))
    ]
    ends = await asyncio.gather(*(outcome(desk.office, command, desk.admin) for command in commands))
    for place, one in enumerate(booked):
        mine = ends[3 * place : 3 * place + 3]
        assert mine.count(None) == 1
        assert mine.count(Code.WRONG_STATE) == 2
        assert await desk.state(one) in {AppointmentState.CHECKED_IN, AppointmentState.CANCELLED}
