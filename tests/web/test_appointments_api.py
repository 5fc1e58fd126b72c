"""Booking, checking in and coming back over HTTP: who sees what, and what every kind of caller may do."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from queue_server.contract.messages import ReactivateTicket
from queue_server.contract.refusals import Code, Refusal

CARD = {"token": "c" * 32, "maskedName": "张*三"}
OTHER = {"token": "d" * 32, "maskedName": "李*"}


async def slot_of_tomorrow(hall: Any, place: int = 20, queue: str = "A") -> str:
    """The start of a slot of the next day, which can be booked, moved and given back."""
    days = (await hall.get(f"/api/v1/slots?queue={queue}")).json()["days"]
    slots = (await hall.get(f"/api/v1/slots?queue={queue}&date={days[1]}")).json()["slots"]
    start: str = slots[place]["start"]
    return start


async def book(hall: Any, who: str = "integrator", place: int = 20, **other: Any) -> dict[str, Any]:
    body = {"queue": "A", "start": await slot_of_tomorrow(hall, place), "person": CARD, **other}
    answer = await hall.post("/api/v1/appointments", body, who)
    assert answer.status_code == 201, answer.text
    booked: dict[str, Any] = answer.json()
    return booked


def time_goes_to(hall: Any, start: str) -> None:
    hall.clock.shift += datetime.fromisoformat(start) - hall.clock.now()


# --- slots and lists ---


@pytest.mark.parametrize("who", ["kiosk", "screen", "window", "pad", "gateway", "integrator", "officer3", "admin"])
async def test_everybody_with_a_token_sees_the_slots(hall: Any, who: str) -> None:
    answer = await hall.get("/api/v1/slots?queue=C", who)
    assert answer.status_code == 200
    assert answer.json()["days"]
    tomorrow = answer.json()["days"][1]
    slots = (await hall.get(f"/api/v1/slots?queue=C&date={tomorrow}", who)).json()["slots"]
    assert len(slots) == 48
    assert {(slot["queue"], slot["capacity"], slot["free"]) for slot in slots} == {("C", 2, 2)}


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("", 422, "queue"),
        ("?queue=", 422, "queue"),
        (f"?queue={'x' * 65}", 422, "queue"),
        ("?queue=A&date=tomorrow", 422, "date"),
        ("?queue=Q", 404, None),
    ],
)
async def test_a_question_for_slots_that_cannot_be_understood_says_where(
    hall: Any, query: str, status: int, field: str | None
) -> None:
    answer = await hall.get(f"/api/v1/slots{query}")
    assert answer.status_code == status
    assert answer.json()["detail"].get("field") == field


@pytest.mark.parametrize("date", ["1000-01-01", "9999-12-31", "0001-01-01"])
async def test_a_day_that_nobody_can_book_has_no_slots(hall: Any, date: str) -> None:
    answer = await hall.get(f"/api/v1/slots?queue=A&date={date}")
    assert (answer.status_code, answer.json()["slots"]) == (200, [])


async def test_the_bookings_of_a_day_are_for_staff(hall: Any) -> None:
    booked = await book(hall)
    hall_day = (datetime.fromisoformat(booked["start"]) + timedelta(hours=8)).date()
    for who in ("window", "officer3", "admin", "integrator"):
        answer = await hall.get(f"/api/v1/appointments?date={hall_day}&queue=A", who)
        assert [one["maskedName"] for one in answer.json()["appointments"]] == ["张*三"]
        assert (await hall.get(f"/api/v1/appointments?date={hall_day}&queue=C", who)).json()["appointments"] == []
        hall.refused(await hall.get("/api/v1/appointments", who), 422, "bad_request")
    for who in ("kiosk", "screen", "pad", "gateway"):
        hall.refused(await hall.get(f"/api/v1/appointments?date={hall_day}", who), 403, "forbidden")


# --- booking ---


async def test_a_kiosk_books_finds_and_gives_back_and_never_reads_a_name(hall: Any) -> None:
    booked = await book(hall, "kiosk")
    assert "maskedName" not in booked or booked["maskedName"] == ""
    assert booked["state"] == "booked"
    assert booked["checkInFrom"] < booked["start"] < booked["checkInUntil"]
    found = await hall.post("/api/v1/appointments/find", {"person": CARD}, "kiosk")
    (one,) = found.json()["appointments"]
    assert (one["id"], one["maskedName"]) == (booked["id"], "")
    nothing = await hall.post("/api/v1/appointments/find", {"person": OTHER}, "kiosk")
    assert nothing.json()["appointments"] == []
    hall.refused(await hall.post("/api/v1/appointments/find", {}, "kiosk"), 422, "bad_request")
    path = f"/api/v1/appointments/{booked['id']}/cancel"
    hall.refused(await hall.post(path, {}, "kiosk"), 409, "not_your_own")
    hall.refused(await hall.post(path, {"person": OTHER}, "kiosk"), 409, "not_your_own")
    assert (await hall.post(path, {"person": CARD}, "kiosk")).json()["state"] == "cancelled"
    hall.refused(await hall.post(path, {"person": CARD}, "kiosk"), 409, "wrong_state")


async def test_the_same_key_is_the_same_booking_and_another_body_is_refused(hall: Any) -> None:
    body = {"queue": "A", "start": await slot_of_tomorrow(hall), "phone": "13800001234"}
    first = await hall.post("/api/v1/appointments", body, "kiosk", key="k1")
    again = await hall.post("/api/v1/appointments", body, "kiosk", key="k1")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    other = await hall.post("/api/v1/appointments", {**body, "phone": "13800009999"}, "kiosk", key="k1")
    hall.refused(other, 409, "key_reused")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"person": None}, 422, "bad_request"),
        ({"start": "2026-03-02T09:00:00"}, 422, "bad_request"),
        ({"start": "9999-12-31T23:59:59-14:00"}, 422, "bad_request"),
        ({"start": "0001-01-01T00:00:00+14:00"}, 422, "bad_request"),
        ({"start": "soon"}, 422, "bad_request"),
        ({"queue": "B"}, 422, "bad_request"),
        ({"queue": "Q"}, 404, "not_found"),
        ({"colour": "red"}, 422, "bad_request"),
        ({"phone": "not a number"}, 422, "bad_request"),
        ({"person": {"token": "short"}}, 422, "bad_request"),
        ({"item": "x" * 100_000}, 413, "bad_request"),
    ],
)
async def test_what_is_no_booking_is_refused_with_a_reason(
    hall: Any, change: dict[str, Any], status: int, code: str
) -> None:
    body = {"queue": "A", "start": await slot_of_tomorrow(hall), "person": CARD, **change}
    hall.refused(await hall.post("/api/v1/appointments", body), status, code)


async def test_a_full_slot_and_a_second_booking_are_refused(hall: Any) -> None:
    start = await slot_of_tomorrow(hall, queue="C")
    for number in (1, 2):
        body = {"queue": "C", "start": start, "phone": f"1380000000{number}"}
        assert (await hall.post("/api/v1/appointments", body)).status_code == 201
    hall.refused(await hall.post("/api/v1/appointments", {**body, "phone": "13800000003"}), 409, "slot_full")
    body["start"] = await slot_of_tomorrow(hall, 21, queue="C")
    hall.refused(await hall.post("/api/v1/appointments", body), 409, "already_booked")


async def test_a_booking_moves_by_its_owner_or_by_staff(hall: Any) -> None:
    booked = await book(hall, "kiosk")
    later = await slot_of_tomorrow(hall, 22)
    path = f"/api/v1/appointments/{booked['id']}/reschedule"
    hall.refused(await hall.post(path, {"start": later}, "kiosk"), 409, "not_your_own")
    hall.refused(await hall.post(path, {}, "kiosk"), 422, "bad_request")
    moved = (await hall.post(path, {"start": later}, "officer3")).json()
    assert (moved["start"], moved["state"], moved["maskedName"]) == (later, "booked", "张*三")
    hall.refused(await hall.post(path, {"start": later}, "officer3"), 409, "wrong_state")
    rows = (await hall.get("/api/v1/admin/audit", "admin")).json()["rows"]
    assert [(row["by"], row["act"]) for row in rows] == [("officer3", "reschedule-appointment")]


# --- coming ---


async def test_checking_in_gives_a_ticket_and_a_late_one_is_a_walk_in(hall: Any) -> None:
    booked = await book(hall, "kiosk")
    path = f"/api/v1/appointments/{booked['id']}/check-in"
    hall.refused(await hall.post(path, {"channel": "kiosk", "person": CARD}, "kiosk"), 409, "too_early")
    other = await book(hall, "kiosk", person=OTHER)
    time_goes_to(hall, booked["start"])
    body = {"channel": "kiosk", "person": CARD}
    first = await hall.post(path, body, "kiosk", key="c1")
    assert first.status_code == 200, first.text
    came = first.json()
    assert (came["ticket"]["number"], came["appointment"]["state"]) == ("YA001", "checked-in")
    assert came["ticket"]["appointmentStart"] == booked["start"]
    assert came["appointment"]["maskedName"] == ""
    assert (await hall.post(path, body, "kiosk", key="c1")).content == first.content
    hall.refused(await hall.post(path, body, "kiosk", key="c2"), 409, "wrong_state")
    hall.clock.shift += timedelta(minutes=31)
    late = await hall.post(f"/api/v1/appointments/{other['id']}/check-in", {"person": OTHER}, "integrator")
    assert (late.json()["appointment"]["state"], late.json()["appointment"]["maskedName"]) == ("late", "李*")
    assert late.json()["ticket"]["number"] == "A001"
    hall.refused(await hall.post(path + "/twice", body, "kiosk"), 404, "not_found")
    hall.refused(await hall.post("/api/v1/appointments/nothing/check-in", {}, "integrator"), 404, "not_found")


def test_a_screen_hears_of_bookings_without_names_and_staff_with_them(live: Any) -> None:
    with httpx.Client(base_url=f"{live.url}/api/v1", timeout=30) as client:
        days = client.get("/slots?queue=A", headers=live.headers("integrator")).json()["days"]
        slots = client.get(f"/slots?queue=A&date={days[1]}", headers=live.headers("integrator")).json()["slots"]
        body = {"queue": "A", "start": slots[20]["start"], "person": CARD}
        assert client.post("/appointments", json=body, headers=live.headers("integrator")).status_code == 201
        for who, seen in (("screen", False), ("officer3", True)):
            with client.stream("GET", "/events?after=0", headers=live.headers(who)) as stream:
                lines = stream.iter_lines()
                line = next(line for line in lines if "appointment.booked" in line and line.startswith("data:"))
            assert ("张*三" in line) is seen


# --- a number that was missed ---


async def passed_over(hall: Any) -> dict[str, Any]:
    ticket: dict[str, Any] = await hall.take("A")
    for verb, body in (("open", {}), ("call-next", {}), ("pass", {"reason": "absent"})):
        answer = await hall.act("3", verb, body)
        assert answer.status_code == 200, answer.text
    return ticket


async def test_a_citizen_who_missed_the_call_comes_back_by_the_link_once(hall: Any) -> None:
    ticket = await passed_over(hall)
    link = ticket["statusUrl"].rsplit("/", 1)[-1]
    answer = await hall.post(f"/api/v1/my/{link}/reactivate", {}, None)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["ticket"]["state"], answer.json()["ticket"]["standing"]) == ("waiting", "returned")
    assert answer.json()["ticket"]["maskedName"] == ""
    hall.refused(await hall.post(f"/api/v1/my/{link}/reactivate", {}, None), 409, "wrong_state")


async def test_a_link_brings_back_no_other_ticket(hall: Any) -> None:
    missed = await passed_over(hall)
    other = (await hall.take("B"))["statusUrl"].rsplit("/", 1)[-1]
    citizen = await hall.office.authenticate_citizen(other)
    with pytest.raises(Refusal) as refusal:
        await hall.office.carry_out(ReactivateTicket(ticket=missed["id"]), citizen)
    assert refusal.value.code is Code.FORBIDDEN
