"""Phone, back office and index of one real server: from the paper's link to the counted rating."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PHONE = {"has_touch": True, "is_mobile": True}


def sign_in(page: Any, password: str) -> None:
    page.fill("[name=name]", "admin")
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")
    page.locator("#overview").wait_for()


def test_a_phone_follows_its_ticket_through_the_real_hall(real: Any, glass: Any) -> None:
    token = real.post("/login", {"name": "officer3", "password": real.password})["token"]
    issued = real.post("/tickets", {"queue": "C"}, token)
    behind = real.post("/tickets", {"queue": "C"}, token)
    link = issued["statusUrl"].rsplit("/", 1)[1]
    page = glass.open(f"/t/{link}", (360, 640), enrolled=False, url=real.url, **PHONE)
    expect(page.locator(f"[data-number={issued['number']}]")).to_be_visible()
    page.locator("[data-ahead='0']").wait_for()
    last = behind["statusUrl"].rsplit("/", 1)[1]
    other = glass.open(f"/t/{last}", (360, 640), enrolled=False, url=real.url, **PHONE)
    other.locator("[data-ahead='1']").wait_for()

    for verb, body, state in (
        ("open", {}, "waiting"),
        ("call-next", {}, "calling"),
        ("start", {}, "serving"),
        ("finish", {"outcome": "accepted"}, "done"),
    ):
        real.post(f"/windows/3/{verb}", body, token)
        page.locator(f"#card[data-state={state}]").wait_for()
    page.locator("[data-level=dissatisfied]").tap()
    page.locator("[data-reason='213']").tap()
    page.locator("[data-act=send]").tap()
    expect(page.locator("#line")).to_have_text("已收到您的评价，谢谢")

    other.locator("[data-ahead='0']").wait_for()
    other.locator("#cancel").tap()
    other.locator("#leave").tap()
    other.locator("#card[data-state=cancelled]").wait_for()

    admin = glass.open("/admin/", enrolled=False, url=real.url)
    sign_in(admin, real.password)
    admin.click("[data-room=ratings]")
    admin.click("[data-count=dissatisfied]")
    row = admin.locator("#rating-rows tbody tr", has_text=issued["number"])
    expect(row).to_contain_text("窗口人员业务不熟练")
    expect(row).to_contain_text("手机扫码")
    real.post("/windows/3/close", {}, token)


def test_an_unknown_link_at_the_real_hall(real: Any, glass: Any) -> None:
    glass.expect_complaint("404")
    page = glass.open("/t/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", (360, 640), enrolled=False, url=real.url, **PHONE)
    page.locator("#card[data-state=unknown]").wait_for()


def test_the_back_office_of_the_real_hall_enrols_a_screen(real: Any, glass: Any) -> None:
    page = glass.open("/admin/", enrolled=False, url=real.url)
    sign_in(page, real.password)
    expect(page.locator("#queues tbody tr")).to_have_count(5)
    expect(page.locator("#windows tbody tr")).to_have_count(8)
    page.click("[data-room=parked]")
    page.locator("#no-parked").wait_for()
    page.click("[data-room=setup]")
    page.locator("#role").select_option("screen")
    page.fill("#name", "S7")
    page.click("#code-form .primary-button")
    expect(page.locator("#address")).to_contain_text("/screen/S7#enrol=")
    address = page.inner_text("#address")
    with page.expect_download() as waiting:
        page.click("#download")
    assert "云山区政务服务中心" in waiting.value.path().read_text()

    screen = glass.open("/screen/S7", enrolled=False, url=real.url, code=address.split("=")[1])
    screen.locator("html[data-state=live]").wait_for()
    page.click("[data-room=terminals]")
    page.reload()
    row = page.locator("[data-terminal=S7]")
    expect(row).to_contain_text("叫号屏")
    expect(row).to_contain_text("刚刚")


def test_the_index_of_the_real_hall_leads_to_its_pages(real: Any, glass: Any) -> None:
    page = glass.open("/", enrolled=False, url=real.url)
    page.click("a[href='/admin/']")
    page.locator("[name=password]").wait_for()
