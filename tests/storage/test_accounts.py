"""Tokens, codes and log-ins on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from queue_server.contract.messages import Role
from queue_server.contract.refusals import Code, Refusal
from queue_server.storage.office import DatabaseOffice
from queue_server.usecases.ports import Actor


async def test_an_officer_logs_in_for_half_a_day(office: DatabaseOffice, clock: Any) -> None:
    session = await office.log_in("officer1", "demo-hall-24")
    assert await office.authenticate(session.token) == Actor("demo", Role.OFFICER, "officer1")
    clock.forward(hours=12)
    assert await office.authenticate(session.token) is None
    admin = await office.log_in("admin", "demo-hall-24", "demo")
    assert admin.role is Role.ADMIN
    await office.log_out(admin.token)
    assert await office.authenticate(admin.token) is None


@pytest.mark.parametrize(("name", "password"), [("officer1", "wrong"), ("nobody", "demo-hall-24")])
async def test_a_wrong_name_and_a_wrong_password_sound_the_same(
    office: DatabaseOffice, name: str, password: str
) -> None:
    with pytest.raises(Refusal) as refused:
        await office.log_in(name, password)
    assert (refused.value.code, refused.value.message) == (Code.UNAUTHENTICATED, "name or password is wrong")


async def test_a_code_is_good_once_and_for_a_week(office: DatabaseOffice, clock: Any) -> None:
    code = await office.make_enrolment_code("demo", "K9", Role.KIOSK)
    enrolled = await office.enrol(f" {code.code[:5].lower()}-{code.code[5:]} ")
    assert (enrolled.name, enrolled.role, enrolled.hall) == ("K9", Role.KIOSK, "demo")
    assert await office.authenticate(enrolled.token) == Actor("demo", Role.KIOSK, "K9")
    for wrong in (code.code, "WRONGCODE1"):
        with pytest.raises(Refusal) as refused:
            await office.enrol(wrong)
        assert refused.value.code is Code.UNAUTHENTICATED
    late = await office.make_enrolment_code("demo", "3", Role.PAD, code="PADCODE333")
    assert late.window == "3"
    clock.forward(days=7, seconds=1)
    with pytest.raises(Refusal):
        await office.enrol("PADCODE333")


async def test_tokens_are_issued_expire_and_are_revoked(office: DatabaseOffice, clock: Any) -> None:
    token = await office.issue_token("bench", Role.INTEGRATOR, expires_at=clock.now() + timedelta(hours=1))
    assert len(token.token) >= 43
    assert await office.authenticate(token.token) == Actor("demo", Role.INTEGRATOR, "bench")
    clock.forward(hours=1)
    assert await office.authenticate(token.token) is None
    window = await office.issue_token("window-3", Role.WINDOW)
    assert (await office.authenticate(window.token)) == Actor("demo", Role.WINDOW, "window-3", window="3")
    assert await office.revoke_tokens("demo", "window-3") == 1
    assert await office.authenticate(window.token) is None
    assert await office.authenticate("forged") is None


async def test_a_token_that_another_process_revoked_is_forgotten_in_seconds(
    database_url: str, make_office: Any, clock: Any
) -> None:
    async with make_office(database_url) as one, make_office(database_url) as two:
        token = await one.issue_token("K1", Role.KIOSK)
        assert await one.authenticate(token.token) is not None
        await two.revoke_tokens("demo", "K1")
        clock.forward(seconds=5)
        assert await one.authenticate(token.token) is None


@pytest.mark.parametrize(
    ("role", "window", "hall", "code"),
    [
        (Role.OFFICER, None, None, Code.BAD_REQUEST),
        (Role.WINDOW, "99", None, Code.NOT_FOUND),
        (Role.PAD, None, None, Code.NOT_FOUND),
        (Role.KIOSK, None, "elsewhere", Code.NOT_FOUND),
    ],
)
async def test_a_token_needs_a_role_a_window_and_a_hall_that_fit(
    sqlite_url: str, make_office: Any, role: Role, window: str | None, hall: str | None, code: Code
) -> None:
    async with make_office(sqlite_url) as office:
        with pytest.raises(Refusal) as refused:
            await office.issue_token("x", role, window=window, hall=hall)
        assert refused.value.code is code
