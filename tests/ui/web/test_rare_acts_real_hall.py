"""What is out of the ordinary, with one real server: console, phone and back office see the same hall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PHONE = {"has_touch": True, "is_mobile": True}
HALL = ZoneInfo("Asia/Shanghai")
PERSON = {"token": "7f3a9c2e5b8d1f4a6c0e", "maskedName": "欧阳*"}


def sign_in(page: Any, name: str, password: str) -> None:
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")


def console(real: Any, glass: Any, window: str) -> Any:
    """A window's officer sits down and opens it."""
    page = glass.open(f"/window/{window}", (1366, 768), enrolled=False, url=real.url)
    sign_in(page, f"officer{window}", real.password)
    page.locator("[data-does=open]:enabled").click()
    page.locator("[data-does=call]:enabled").wait_for()
    return page


def office(real: Any, glass: Any, room: str) -> Any:
    page = glass.open("/admin/", (1366, 768), enrolled=False, url=real.url)
    sign_in(page, "admin", real.password)
    page.locator("#windows tbody tr").nth(7).wait_for()
    page.click(f"[data-room={room}]")
    return page


def close(page: Any) -> None:
    page.locator("[data-act=close]:enabled").click()
    page.locator("[data-does=open]:enabled").wait_for()


def test_an_officer_explains_calls_first_brings_back_and_serves_without_a_ticket(real: Any, glass: Any) -> None:
    page = console(real, glass, "7")
    token = real.post("/login", {"name": "officer1", "password": real.password})["token"]
    first, second, third = (real.post("/tickets", {"queue": "D"}, token) for _ in range(3))
    page.locator(f"[data-first='{third['id']}']").wait_for()

    page.keyboard.press("Space")
    page.locator(f"[data-number={first['number']}]").wait_for()
    expect(page.locator("#why")).to_have_text("排队最靠前")
    page.locator("[data-act=pass]:enabled").click()
    page.click("[data-reason=absent]")

    page.locator(f"[data-first='{third['id']}']:enabled").click()
    page.locator("[data-reason=special-need]").click()
    page.locator(f"[data-number={third['number']}]").wait_for()
    expect(page.locator("#why")).to_have_text("窗口人员点名叫号")
    page.locator("[data-does=start]:enabled").click()
    page.locator("[data-act=transfer]:enabled").click()
    page.get_by_text("插到中间").click()
    page.click("#sheet [data-queue=B]")
    page.locator("#undo:enabled").click()
    page.locator(f"[data-number={third['number']}]").wait_for()
    expect(page.locator("#said")).to_contain_text("已撤回")
    page.locator("[data-act=finish]:enabled").click()
    page.click("[data-outcome=accepted]")
    page.locator("[data-rating=invited]").wait_for()

    page.locator(f"[data-settle='{first['id']}']:enabled").click()
    page.locator("#sheet [data-settle=serve]").click()
    page.locator(f"[data-number={first['number']}]").wait_for()
    expect(page.locator("#why")).to_have_text("过号后回到窗口")
    page.locator("[data-act=finish]:enabled").click()
    page.click("[data-outcome=accepted]")

    page.locator("[data-act=more]:enabled").click()
    page.click("[data-more=serve]")
    page.click("#sheet [data-queue=D]")
    page.locator("#number", has_text="WD001").wait_for()
    page.locator("[data-does=next]:enabled").click()
    page.locator(f"[data-number={second['number']}]").wait_for()
    page.locator("[data-does=start]:enabled").click()
    page.locator("[data-act=finish]:enabled").click()
    page.click("[data-outcome=consult]")
    close(page)

    records = office(real, glass, "audit").locator("#audit-rows")
    expect(records).to_contain_text("点名叫号")
    expect(records).to_contain_text("有特殊困难")
    expect(records).to_contain_text("撤回转移")


def test_a_ticket_with_several_items_walks_on_and_its_phone_sees_the_stops(real: Any, glass: Any) -> None:
    page = console(real, glass, "6")
    token = real.post("/login", {"name": "officer1", "password": real.password})["token"]
    wish = {"queue": "C", "items": ["C-TRANSFER", "D-START"]}
    issued = real.post("/tickets", wish, token)
    link = issued["statusUrl"].rsplit("/", 1)[1]
    phone = glass.open(f"/t/{link}", (390, 844), enrolled=False, url=real.url, **PHONE)
    expect(phone.locator("[aria-current=step]")).to_have_text("不动产登记")

    page.locator("[data-does=call]:enabled").click()
    expect(page.locator("#queue")).to_have_text("不动产登记 → 企业开办")
    page.locator("[data-does=start]:enabled").click()
    page.locator("[data-act=finish]:enabled").click()
    page.click("[data-outcome=accepted]")
    expect(page.locator("#said")).to_have_text(f"{issued['number']} 的下一站：企业开办")
    expect(phone.locator("[aria-current=step]")).to_have_text("企业开办")
    phone.locator("#cancel").tap()
    phone.locator("#leave").tap()
    phone.locator("#card[data-state=cancelled]").wait_for()
    close(page)


def test_who_missed_the_call_comes_back_by_the_phone_once(real: Any, glass: Any) -> None:
    token = real.post("/login", {"name": "officer4", "password": real.password})["token"]
    issued = real.post("/tickets", {"queue": "B"}, token)
    others = [real.post("/tickets", {"queue": "B"}, token) for _ in range(2)]
    link = issued["statusUrl"].rsplit("/", 1)[1]
    page = glass.open(f"/t/{link}", (390, 844), enrolled=False, url=real.url, **PHONE)
    for verb, body in (("open", {}), ("call-next", {}), ("pass", {"reason": "absent"})):
        real.post(f"/windows/4/{verb}", body, token)
    page.locator("#card[data-state=passed]").wait_for()
    page.locator("#return").tap()
    expect(page.locator("[data-ahead]")).to_have_text("前面还有 2 位")
    expect(page.locator("#hint")).to_contain_text("让过几位")
    for _ in others:
        real.post("/windows/4/call-next", {}, token)
        real.post("/windows/4/start", {}, token)
        real.post("/windows/4/finish", {"outcome": "accepted"}, token)
    page.locator("[data-ahead='0']").wait_for()
    assert real.post("/windows/4/call-next", {}, token)["ticket"]["number"] == issued["number"]
    real.post("/windows/4/pass", {"reason": "absent"}, token)
    page.locator("#card[data-state=void]").wait_for()
    real.post("/windows/4/close", {}, token)


def test_the_back_office_restricts_by_a_number_and_lifts_it(real: Any, glass: Any) -> None:
    token = real.post("/login", {"name": "officer1", "password": real.password})["token"]
    issued = real.post("/tickets", {"queue": "C", "person": PERSON}, token)
    page = office(real, glass, "restrictions")
    page.locator("#restrict").click()
    page.locator("#ask [name=ticket]").fill(issued["number"])
    page.locator("#ask [name=reason]").select_option("abuse")
    page.locator("#ask [data-act=send]").click()
    row = page.locator("#restriction-rows tbody tr", has_text="扰乱秩序")
    expect(row).to_contain_text("解除前一直有效")
    headers = {"Authorization": f"Bearer {token}"}
    body = {"queue": "B", "person": PERSON}
    refused = httpx.post(f"{real.url}/api/v1/tickets", json=body, headers=headers, timeout=30)
    assert refused.json()["code"] == "restricted"
    row.locator("[data-act=lift]").click()
    page.locator("#ask [name=text]").fill("申诉成立")
    page.locator("#ask [data-act=send]").click()
    expect(row).to_contain_text("已解除")
    again = real.post("/tickets", body, token)
    for ticket in (issued, again):
        real.post(f"/tickets/{ticket['id']}/cancel", {}, token)


def test_the_back_office_gives_a_number_to_who_booked_and_extends_hours(real: Any, glass: Any) -> None:
    token = real.post("/login", {"name": "officer1", "password": real.password})["token"]
    headers = {"Authorization": f"Bearer {token}"}
    days = httpx.get(f"{real.url}/api/v1/slots?queue=A", headers=headers, timeout=30).json()["days"]
    asked = f"{real.url}/api/v1/slots?queue=A&date={days[1]}"
    free = [slot for slot in httpx.get(asked, headers=headers, timeout=30).json()["slots"] if slot["free"] > 0]
    someone = {"token": "1a2b3c4d5e6f708192a3", "maskedName": "王*华"}
    booked = real.post("/appointments", {"queue": "A", "start": free[0]["start"], "person": someone}, token)
    page = office(real, glass, "appointments")
    page.locator("#booked-day").fill(datetime.fromisoformat(booked["start"]).astimezone(HALL).date().isoformat())
    row = page.locator(f"[data-appointment='{booked['id']}']")
    expect(row).to_contain_text("王*华")
    row.locator("[data-act=cancel]").click()
    page.locator("#ask [name=text]").fill("系统检修")
    page.locator("#ask [data-act=send]").click()
    expect(row).to_contain_text("已取消")

    page.click("[data-room=overview]")
    page.locator("#extend").click()
    page.locator("#ask [name=queue]").select_option("A")
    now = datetime.now(HALL)
    later = now + timedelta(hours=2)  # at most twelve, and within the day
    until = f"{later:%H:%M}" if later.date() == now.date() else "23:59"
    page.locator("#ask [name=time]").fill(until)
    page.locator("#ask [data-act=send]").click()
    expect(page.locator("#hours-said")).to_contain_text(f"延时到 {until}")
    page.click("[data-room=audit]")
    expect(page.locator("#audit-rows")).to_contain_text("延时服务")
    expect(page.locator("#audit-rows")).to_contain_text("系统检修")


def test_an_offline_ticket_that_nobody_lent_is_settled(real: Any, glass: Any) -> None:
    kiosk = real.post("/enrol", {"code": real.codes["kiosk:K2"]})["token"]
    row = {"lease": "nobody-lent-it", "queue": "E", "issuedAt": datetime.now(UTC).isoformat()}
    tickets = [
        row | {"key": f"key-{number}", "number": number, "statusToken": f"made-up-link-of-{number}"}
        for number in ("E701", "E702")
    ]
    real.post("/offline-tickets", {"tickets": tickets}, kiosk)
    page = office(real, glass, "parked")
    page.locator("[data-parked=key-E701] [data-act=issue]").click()
    page.locator("#ask [data-act=send]").click()
    expect(page.locator("#parked-said")).to_contain_text("E701 已换成 E")
    page.locator("[data-parked=key-E702] [data-act=dismiss]").click()
    page.locator("#ask [name=text]").fill("办事人已离开")
    page.locator("#ask [data-act=send]").click()
    expect(page.locator("#parked-said")).to_contain_text("E702 不再发号")
    page.locator("#no-parked").wait_for()
