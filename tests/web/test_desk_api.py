"""What the booking desk asks: a document number becomes the person that a kiosk would know, and nothing is kept."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from drivers.device import Secret
from kiosk.identity import Person

API = "/api/v1"
NUMBER = "11010519491231002X"


async def known(hall: Any, number: str = NUMBER, who: str = "officer3", **more: Any) -> dict[str, Any]:
    answer = await hall.post(f"{API}/persons/known", {"document": number, **more}, who)
    assert answer.status_code == 200, answer.text
    person: dict[str, Any] = answer.json()
    return person


async def slot(hall: Any) -> str:
    days = (await hall.get(f"{API}/slots?queue=A")).json()["days"]
    start: str = (await hall.get(f"{API}/slots?queue=A&date={days[1]}")).json()["slots"][20]["start"]
    return start


async def test_the_desk_and_the_kiosk_know_the_same_person(hall: Any) -> None:
    key = (await hall.get(f"{API}/catalogue", "kiosk")).json()["personKey"]
    card = Person("张*三", "", elder=False, number=Secret(NUMBER)).reference(key)
    assert card is not None
    person = await known(hall, name="张小三")
    assert person == {"token": card.token, "maskedName": "张*三", "maskedDocument": "1101**********002X"}
    whose = {"token": person["token"], "maskedName": person["maskedName"]}
    body = {"queue": "A", "start": await slot(hall), "person": whose}
    booked = await hall.post(f"{API}/appointments", body, "officer3")
    assert booked.status_code == 201
    assert booked.json()["maskedName"] == "张*三"
    found = await hall.post(f"{API}/appointments/find", {"person": {"token": card.token}}, "kiosk")
    assert [one["id"] for one in found.json()["appointments"]] == [booked.json()["id"]]


async def test_small_letters_and_spaces_make_no_other_person(hall: Any) -> None:
    assert (await known(hall, "110105 19491231 002x"))["token"] == (await known(hall))["token"]


@pytest.mark.parametrize("who", ["kiosk", "screen", "window", "pad", "gateway", "integrator"])
async def test_only_people_of_the_hall_ask_it(hall: Any, who: str) -> None:
    hall.refused(await hall.post(f"{API}/persons/known", {"document": NUMBER}, who), 403, "forbidden")
    hall.refused(await hall.post(f"{API}/persons/known", {"document": NUMBER}, None), 401, "unauthenticated")


@pytest.mark.parametrize("wrong", ["110105194912310021", "1234", "x" * 31, ""])
async def test_a_slip_of_the_finger_is_refused_and_not_repeated(hall: Any, wrong: str) -> None:
    answer = await hall.post(f"{API}/persons/known", {"document": wrong}, "admin")
    hall.refused(answer, 422, "bad_request")
    assert not wrong or wrong not in answer.text


async def test_the_number_is_neither_kept_nor_logged(hall: Any, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    person = await known(hall, name="张小三")
    whose = {"token": person["token"], "maskedName": person["maskedName"]}
    await hall.post(f"{API}/appointments", {"queue": "A", "start": await slot(hall), "person": whose}, "officer3")
    with closing(sqlite3.connect(hall.office.db_url.removeprefix("sqlite:///"))) as file:
        kept = "\n".join(file.iterdump())
    assert "appointment.booked" in kept
    for secret in (NUMBER, "张小三", person["token"]):
        assert secret not in kept
        assert secret not in caplog.text


async def test_staff_see_the_end_of_the_phone_that_booked_and_kiosks_do_not(hall: Any) -> None:
    body = {"queue": "A", "start": await slot(hall), "phone": "13800001234"}
    booked = (await hall.post(f"{API}/appointments", body, "officer3")).json()
    assert booked["maskedPhone"] == "138****1234"
    found = (await hall.post(f"{API}/appointments/find", {"phone": "13800001234"}, "kiosk")).json()["appointments"]
    assert [(one["id"], one.get("maskedPhone", "")) for one in found] == [(booked["id"], "")]
