"""Loading a hall's description, again and again, and who gets passwords and codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from queue_server.contract.messages import CallNext, LendNumbers, OpenWindow, Role, TakeTicket
from queue_server.storage.init import init
from queue_server.storage.office import DatabaseOffice
from queue_server.storage.passwords import Argon2Passwords
from queue_server.usecases.hall_description import HallFileError
from queue_server.usecases.ports import Actor, StorageError


async def test_loading_again_keeps_tickets_people_and_secrets(
    database_url: str, make_office: Callable[[str], DatabaseOffice], integrator: Actor, demo_hall_text: str, clock: Any
) -> None:
    async with make_office(database_url) as office:
        await office.carry_out(OpenWindow(window="1"), integrator)
        for _ in range(3):
            await office.carry_out(TakeTicket(queue="A"), integrator)
        await office.carry_out(CallNext(window="1"), integrator)
        key = (await office.catalogue("demo", with_person_key=True)).person_key
        made = init(database_url, demo_hall_text.replace("综合业务", "一窗综合"), clock=clock)
        assert (made.hall, made.passwords, made.codes) == ("demo", {}, ())
        after = await office.catalogue("demo", with_person_key=True)
        assert after.person_key == key
        assert (await office.catalogue("demo")).person_key == ""
        assert after.queues[0].name.zh == "一窗综合"
        assert after.queues[0].waiting == 2
        assert after.windows[0].ticket is not None
        event = (await office.events_after("demo", 0, 1_000))[-1]
        assert event.type == "hall.changed"
        assert "一窗综合" in await office.hall_yaml("demo")
        await office.carry_out(TakeTicket(queue="A"), integrator)


def test_everybody_gets_a_password_and_every_device_a_code_once(tmp_path: Any, demo_hall_text: str) -> None:
    url = f"sqlite:///{tmp_path}/hall.db"
    made = init(url, demo_hall_text, passwords={"admin": "given"}, codes={"K1": "KIOSKCODE1"})
    assert set(made.passwords) == {*(f"officer{n}" for n in range(1, 9)), "admin"}
    assert made.passwords["admin"] == "given"
    assert len(set(made.passwords.values())) == 9
    codes = {code.name: code for code in made.codes}
    assert codes["K1"].code == "KIOSKCODE1"
    assert (codes["window-8"].role, codes["window-8"].window) == (Role.WINDOW, "8")
    assert set(codes) == {
        "K1", "K2", "S1", "S2", "gateway",
        *(f"window-{n}" for n in range(1, 9)), *(f"pad-{n}" for n in range(1, 8)),
    }  # fmt: skip
    again = init(url, demo_hall_text, codes={"K1": "KIOSKCODE2"})
    assert [code.code for code in again.codes] == ["KIOSKCODE2"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("prefix: A,", "prefix: X,", "another prefix"),
        ("  - { id: B, name: { zh: 社保医保, en: Social", "  - { id: F, name: { zh: 社保医保, en: Social", "queue B"),
        ('  - { id: "7",', '  - { id: "9",', "window 7"),
    ],
)
async def test_what_is_in_use_cannot_vanish(
    sqlite_url: str, make_office: Any, integrator: Actor, demo_hall_text: str, old: str, new: str, says: str
) -> None:
    text = demo_hall_text.replace(old, new)
    assert text != demo_hall_text
    if "F," in new:
        text = text.replace("queues: [B", "queues: [F").replace("queue: B,", "queue: F,")
    if '"9"' in new:
        text = text.replace('windows: ["7"]', 'windows: ["9"]')
    async with make_office(sqlite_url) as office:
        for queue in "AB":
            await office.carry_out(TakeTicket(queue=queue), integrator)
        await office.carry_out(OpenWindow(window="7"), integrator)
        with pytest.raises(StorageError, match=says):
            init(sqlite_url, text)
        assert (await office.queues("demo"))[0].prefix == "A"


async def test_who_left_cannot_log_in_any_more(
    sqlite_url: str, make_office: Any, demo_hall_text: str, clock: Any
) -> None:
    async with make_office(sqlite_url) as office:
        session = await office.log_in("officer8", "demo-hall-24")
        line = next(line for line in demo_hall_text.splitlines() if "id: officer8" in line)
        init(sqlite_url, demo_hall_text.replace(line, ""), clock=clock)
        clock.forward(seconds=6)
        assert await office.authenticate(session.token) is None


def test_a_hall_file_with_errors_touches_nothing(tmp_path: Any) -> None:
    with pytest.raises(HallFileError):
        init(f"sqlite:///{tmp_path}/hall.db", "hall: {}")
    assert list(tmp_path.iterdir()) == []


async def test_two_halls_live_in_one_database_side_by_side(
    database_url: str, make_office: Any, demo_hall_text: str, clock: Any, integrator: Actor
) -> None:
    init(database_url, demo_hall_text.replace("id: demo", "id: north"), clock=clock)
    async with make_office(database_url) as office:
        assert await office.halls() == ("demo", "north")
        north = Actor("north", Role.INTEGRATOR, "integrator")
        for actor in (integrator, north):
            reply = await office.carry_out(TakeTicket(queue="A"), actor, "the same key")
            assert b'"A001"' in reply.body
            assert not reply.repeated
        await office.carry_out(LendNumbers(queue="A"), Actor("north", Role.KIOSK, "K1"))
        assert len((await office.snapshot("demo")).tickets) == 1
        assert await office.last_seq("north") == 3
        assert await office.last_seq("demo") == 2


def test_argon2_knows_the_password_and_takes_its_time_for_nobody() -> None:
    passwords = Argon2Passwords()
    hashed = passwords.hash("secret")
    assert hashed.startswith("$argon2id$")
    assert passwords.fits(hashed, "secret")
    assert not passwords.fits(hashed, "wrong")
    assert not passwords.fits(None, "nobody")
    assert not passwords.fits("not a hash", "secret")
