"""An officer left a window open: an admin closes it in the back office, whoever is in front."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SIZES = {"laptop": (1366, 768), "desk": (1920, 1080), "phone": (390, 844)}


@pytest.fixture
def office(hall: Any) -> Any:
    """Window 1 calls, 2 serves and holds, 3 is on a break, the others are closed."""
    hall.crowd()
    for window in ("1", "2", "3"):
        hall.act(f"/windows/{window}/open", {})
    hall.act("/windows/3/pause", {"reason": "lunch"})
    hall.call("A012", "1")
    hall.call("A013", "2")
    hall.act("/windows/2/start", {})
    held = (hall.ticket("A008", "held", window="2"), hall.ticket("A009", "held", window="2"))
    hall.publish("window.opened", window=hall.window("2", held=held))
    hall.admin = {"terminals": {"terminals": []}, "parked": {"tickets": []}}
    return hall


@pytest.fixture
def desk(office: Any, glass: Any) -> Any:
    del office
    glass.expect_complaint("409|ERR_|502|503")

    def open_page(size: str = "laptop", lang: str = "zh") -> Any:
        page = glass.open("/admin/", SIZES[size], lang=lang, enrolled=False)
        page.locator("input[name=name]").fill("admin")
        page.locator("input[name=password]").fill("right horse")
        page.keyboard.press("Enter")
        page.locator("#windows tbody tr").nth(7).wait_for()
        return page

    return open_page


def close(page: Any, window: str) -> None:
    page.locator(f"[data-close='{window}']").click()
    page.locator("#ask[open]").wait_for()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_the_question_says_what_becomes_of_the_people(glass: Any, desk: Any, size: str, lang: str) -> None:
    page = desk(size, lang)
    page.locator("#windows").scroll_into_view_if_needed()
    glass.picture(page, f"admin-windows-{size}-{lang}")
    for window in ("1", "2"):
        close(page, window)
        glass.picture(page, f"admin-close-{window}-{size}-{lang}")
        page.locator("#ask [data-act=back]").click()


def test_only_windows_that_somebody_opened_can_be_closed(desk: Any) -> None:
    page = desk()
    expect(page.locator("[data-close]")).to_have_count(3)
    close(page, "1")
    expect(page.locator("#ask .about")).to_contain_text("正在呼叫的 A012 回到原来的位置继续排队。")
    page.locator("#ask [data-act=back]").click()
    close(page, "2")
    expect(page.locator("#ask .about")).to_contain_text("正在办理的 A013 记为“未正常办结”")
    expect(page.locator("#ask .about")).to_contain_text("挂起的 2 个号留在这个窗口")


def test_a_window_is_closed_once_with_a_reason_and_the_page_says_so(office: Any, desk: Any) -> None:
    page = desk()

    def closed(body: dict[str, Any]) -> dict[str, Any]:
        del body
        back = office.ticket("A012")
        shut = office.window("1", mode="closed", officer=None, ticket=None)
        office.publish("ticket.call-withdrawn", ticket=back, window=shut)
        return {"window": {}, "ticket": {"number": "A012", "state": "waiting"}}

    office.answers["/windows/1/force-close"] = closed
    close(page, "1")
    page.locator("#ask [name=reason]").select_option("fault")
    page.locator("#ask [name=text]").fill("电脑黑屏")
    page.locator("#ask [data-act=send]").dblclick()
    expect(page.locator("#windows-said")).to_have_text("1号窗口已关闭，A012 已回到队伍里。")
    expect(page.locator("[data-close='1']")).to_have_count(0)
    sent = [(one.path, one.body) for one in office.asked if one.path != "/login"]
    assert sent == [("/windows/1/force-close", {"reason": "fault", "text": "电脑黑屏"})]


def test_a_refusal_stands_in_the_question(office: Any, desk: Any) -> None:
    page = desk()
    close(page, "2")
    for code, words in (("reason_required", "请写明原因。"), ("window_not_open", "这个窗口已经关了。")):
        office.refusals["/windows/2/force-close"] = (409, {"code": code, "message": ""})
        page.locator("#ask [name=reason]").select_option("other")
        page.locator("#ask [data-act=send]").click()
        expect(page.locator("#ask .trouble")).to_have_text(words)


def test_the_button_stays_under_the_finger_while_the_hall_moves(office: Any, desk: Any) -> None:
    page = desk()
    page.locator("[data-close='2']").hover()
    page.mouse.down()
    office.publish("ticket.issued", ticket=office.ticket("A099"), queues=[office.queue("A", waiting=42)])
    expect(page.locator("#queues tbody tr").first).to_contain_text("42")
    page.mouse.up()
    page.locator("#ask[open]").wait_for()


def test_the_records_name_the_window_and_the_reason(office: Any, desk: Any) -> None:
    row = {"id": "1", "at": "2026-03-02T18:30:00+08:00", "by": "admin", "act": "force-close-window", "about": "1"}
    office.admin["audit"] = {"rows": [row | {"reason": "officer-left", "text": "已回家"}]}
    page = desk()
    page.locator("[data-room=audit]").click()
    shown = page.locator("#audit-rows tbody tr").first
    for words in ("强制关窗", "1号窗口", "人员离岗未退出", "“已回家”"):
        expect(shown).to_contain_text(words)
