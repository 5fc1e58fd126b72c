"""The booking desk of the real server: an officer books for somebody, moves it, and the hall knows the person again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

NUMBER = "11010519491231002X"


def sign_in(page: Any, name: str, password: str) -> None:
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")


def find(page: Any) -> None:
    page.fill("[name=document]", NUMBER)
    page.fill("[name=person]", "张小三")
    page.keyboard.press("Enter")
    expect(page.locator(".strip strong")).to_have_text("张*三 · 1101**********002X")


def choose(page: Any, day: int, slot: int) -> str:
    page.locator(".day").nth(day).click()
    expect(page.locator(".day").nth(day)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".slot")).to_have_count(48)
    page.locator(".slot").nth(slot).click()
    start = page.locator(".slot[aria-pressed=true]").get_attribute("data-start")
    assert start is not None
    return str(start)


def test_an_officer_books_moves_and_gives_back_for_somebody(real: Any, glass: Any) -> None:
    glass.expect_complaint("409")
    desk = glass.open("/desk/", (1366, 768), enrolled=False, url=real.url)
    sign_in(desk, "officer4", real.password)
    find(desk)
    expect(desk.locator(".who .about")).to_have_text("还没有预约。")
    first = choose(desk, 2, 20)
    desk.locator("[data-act=book]").click()
    expect(desk.locator(".plan > .done-line")).to_contain_text("约好了：综合业务")
    row = desk.locator("[data-booking]")
    expect(row).to_have_count(1)
    desk.locator(f".slot[data-start='{first}'] .free", has_text="余 3").wait_for()

    choose(desk, 2, 22)
    desk.locator("[data-act=book]").click()
    expect(desk.locator(".plan > .trouble")).to_have_text("这个人这一天已经有预约了，可以改期。")
    row.locator("[data-act=move]").click()
    second = choose(desk, 3, 21)
    desk.locator("[data-act=book]").click()
    expect(desk.locator(".plan > .done-line")).to_contain_text("已改到：综合业务")
    expect(row).to_have_count(1)

    admin = glass.open("/admin/", (1366, 768), enrolled=False, url=real.url)
    sign_in(admin, "admin", real.password)
    admin.click("[data-room=appointments]")
    admin.fill("#booked-day", datetime.fromisoformat(second).date().isoformat())
    expect(admin.locator("#appointment-rows")).to_contain_text("张*三")
    admin.click("#book")
    find(admin)
    admin.locator("[data-booking] [data-act=cancel]").click()
    admin.fill("#ask [name=text]", "办事人来电取消")
    admin.click("#ask [data-act=send]")
    expect(admin.locator(".plan > .done-line")).to_have_text("预约已取消，原因已记录。")
    expect(admin.locator(".who .about")).to_have_text("还没有预约。")
    expect(row).to_have_count(0)
    admin.click("[data-room=audit]")
    expect(admin.locator("#audit-rows")).to_contain_text("办事人来电取消")
    admin.click("[data-room=appointments]")
    expect(admin.locator("#counter")).to_be_hidden()


def test_a_restricted_person_is_told_until_when(real: Any, glass: Any) -> None:
    glass.expect_complaint("409")
    boss = real.post("/login", {"name": "admin", "password": real.password})["token"]
    person = real.post("/persons/known", {"document": "440524188001010014"}, boss)
    wish = {"reason": "no-shows", "scope": "booking", "until": "2036-04-01T00:00:00+08:00"}
    real.post("/restrictions", {**wish, "person": {"token": person["token"]}}, boss)
    desk = glass.open("/desk/", (1366, 768), enrolled=False, url=real.url)
    sign_in(desk, "officer5", real.password)
    desk.fill("[name=document]", "440524188001010014")
    desk.keyboard.press("Enter")
    desk.locator(".strip").wait_for()
    choose(desk, 2, 30)
    desk.locator("[data-act=book]").click()
    expect(desk.locator(".plan > .trouble")).to_have_text("这个人被限制预约，到 04/01 00:00 为止。")


def test_an_admin_closes_a_window_that_was_left(real: Any, glass: Any) -> None:
    officer = real.post("/login", {"name": "officer6", "password": real.password})["token"]
    issued = real.post("/tickets", {"queue": "C"}, officer)
    real.post("/windows/6/open", {}, officer)
    called = real.post("/windows/6/call-next", {}, officer)
    admin = glass.open("/admin/", (1366, 768), enrolled=False, url=real.url)
    sign_in(admin, "admin", real.password)
    admin.locator("[data-close='6']").click()
    expect(admin.locator("#ask .about")).to_contain_text(called["ticket"]["number"])
    admin.click("#ask [data-act=send]")
    expect(admin.locator("#windows-said")).to_contain_text("已回到队伍里。")
    expect(admin.locator("[data-close='6']")).to_have_count(0)
    admin.click("[data-room=audit]")
    expect(admin.locator("#audit-rows tbody tr").first).to_contain_text("强制关窗")
    real.post(f"/tickets/{issued['id']}/cancel", {}, officer)
