"""The back office in every room, on a desk and on a phone, by real keys and clicks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SIZES = {"desk": (1280, 800), "phone": (390, 844)}
ROOMS = ("overview", "terminals", "parked", "ratings", "setup")


def ago(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


def rating(number: str, window: str, level: str, **more: Any) -> dict[str, Any]:
    row = {"service": f"S-{number}", "ticket": f"T-{number}", "number": number, "window": window, "queue": number[0]}
    return (
        row | {"at": ago(600), "state": "submitted", "level": level, "channel": "pad", "reasons": [], "text": ""} | more
    )


def parked(key: str, kiosk: str, number: str, age: float, reason: str) -> dict[str, Any]:
    row = {"key": key, "kiosk": kiosk, "queue": number[0], "number": number}
    return row | {"issuedAt": ago(age), "reason": reason}


@pytest.fixture
def office(hall: Any) -> Any:
    """A hall in which something happened in every room."""
    hall.crowd()
    for window in ("1", "2", "3", "4"):
        hall.act(f"/windows/{window}/open", {})
    hall.act("/windows/4/pause", {"reason": "lunch"})
    hall.call("A012", "3")
    hall.act("/windows/3/start", {})
    printer = {"device": "ticket_printer", "code": "paper.out", "action": "staff"}
    sound = {"device": "speaker", "code": "sound-blocked", "action": "touch-screen"}
    bar = {"device": "bar3", "code": "state.absent", "action": "none"}
    strange = {"device": "camera", "code": "lens.foggy", "action": "none"}
    slot = {"device": "card_reader", "code": "fault.absent", "action": "staff"}

    def terminal(name: str, role: str, seen: float | None, *conditions: Any, off: float = 0, waits: int = 0) -> Any:
        last = None if seen is None else ago(seen)
        rest = {"clockOffSeconds": off, "conditions": list(conditions), "waitingUploads": waits}
        return {"name": name, "role": role, "lastSeen": last, **rest}

    hall.admin = {
        "terminals": {
            "terminals": [
                terminal("K1", "kiosk", 20, printer, off=190),
                terminal("K2", "kiosk", 7200, waits=3),
                terminal("S1", "screen", 5, sound),
                terminal("S2", "screen", 12),
                terminal("gateway", "gateway", 30, bar, strange, slot),
                terminal("3", "window", None),
            ]
        },
        "parked": {
            "tickets": [
                parked("k1", "K2", "A702", 9000, "expired-lease"),
                parked("k2", "K1", "B701", 4000, "duplicate-number"),
            ]
        },
        "ratings": {
            "rows": [
                rating("A001", "1", "very-satisfied"),
                rating("A002", "1", "satisfied", reasons=["413"], channel="device"),
                rating("A003", "2", "very-satisfied", channel="qr"),
                rating("A004", "2", "very-dissatisfied", reasons=["113", "115"], text="跑了三个窗口才知道少一份材料"),
                rating("B001", "4", "basically-satisfied"),
                rating("B002", "4", "dissatisfied", reasons=["214"], channel="kiosk"),
            ]
        },
    }  # fmt: skip
    return hall


@pytest.fixture
def desk(office: Any, glass: Any) -> Any:
    """Signs in as the administrator does and goes to a room."""
    glass.expect_complaint("409|401|ERR_")

    def open_page(room: str = "overview", size: str = "desk", lang: str = "zh", **more: Any) -> Any:
        page = glass.open("/admin/", SIZES[size], lang=lang, enrolled=False, **more)
        page.locator("input[name=name]").fill("admin")
        page.locator("input[name=password]").fill("right horse")
        page.keyboard.press("Enter")
        page.locator("#overview").wait_for()
        page.locator("#windows tbody tr").nth(7).wait_for()
        go(page, room)
        return page

    return open_page


def go(page: Any, room: str) -> None:
    page.locator(f"[data-room={room}]").click()
    page.locator(f"#{room}").wait_for()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_every_room_can_be_read(office: Any, glass: Any, desk: Any, size: str, lang: str) -> None:
    del office
    page = desk("overview", size, lang)
    for room in ROOMS:
        go(page, room)
        if room == "ratings":
            page.locator("#rating-rows tbody tr").nth(5).wait_for()
        glass.picture(page, f"admin-{room}-{size}-{lang}")
    page.locator("#role").select_option("screen")
    page.locator("#name").fill("S1")
    page.keyboard.press("Enter")
    page.locator("#made").wait_for()
    glass.picture(page, f"admin-code-{size}-{lang}")
    go(page, "ratings")
    page.locator("[data-count=very-dissatisfied]").click()
    glass.picture(page, f"admin-rows-{size}-{lang}")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_door_and_an_empty_hall_can_be_read(hall: Any, glass: Any, lang: str) -> None:
    glass.expect_complaint("401|ERR_|503")
    hall.admin = {"terminals": {"terminals": []}, "parked": {"tickets": []}, "ratings": {"rows": []}}
    page = glass.open("/admin/", SIZES["phone"], lang=lang, enrolled=False)
    page.locator("input[name=password]").wait_for()
    glass.picture(page, f"admin-door-phone-{lang}")
    page.locator("input[name=name]").fill("admin")
    page.locator("input[name=password]").fill("wrong horse")
    page.keyboard.press("Enter")
    expect(page.locator(".door-trouble")).not_to_be_empty()
    page.locator("input[name=password]").fill("right horse")
    page.keyboard.press("Enter")
    for room in ("terminals", "parked", "ratings"):
        go(page, room)
        page.locator(f"#{room} .none:visible").wait_for()
        glass.picture(page, f"admin-empty-{room}-phone-{lang}")
    expect(page.locator("#rate")).to_have_text("——")
    hall.down = True
    hall.wake()
    page.locator("#lost").wait_for()
    glass.picture(page, f"admin-lost-phone-{lang}")


def test_an_officer_is_sent_back_to_the_door(hall: Any, glass: Any) -> None:
    del hall
    page = glass.open("/admin/", enrolled=False)
    page.locator("input[name=name]").fill("officer3")
    page.locator("input[name=password]").fill("right horse")
    page.keyboard.press("Enter")
    expect(page.locator(".door-trouble")).to_have_text("这个账号不是管理员，请用管理员账号登录。")
    page.locator("#office").wait_for(state="hidden")


def test_the_overview_follows_the_hall(office: Any, desk: Any) -> None:
    page = desk()
    waiting = sum(queue.waiting for queue in office.snapshot.queues.values())
    expect(page.locator("[data-figure=waiting] dd")).to_have_text(str(waiting))
    expect(page.locator("[data-figure=open] dd")).to_have_text("3 / 8")
    row = page.locator("#windows tbody tr").nth(2)
    expect(row).to_contain_text("A012 办理中")
    expect(page.locator("#windows tbody tr").nth(3)).to_contain_text("暂停：用餐")
    office.act("/windows/3/finish", {})
    expect(row).not_to_contain_text("A012")
    office.publish("hall.changed", queues=[office.queue("A", waiting=20, open=False, closed_reason="full")])
    expect(page.locator("#queues tbody tr").first).to_contain_text("今日号已取完")


def test_terminals_say_in_words_what_is_wrong_and_the_worst_come_first(desk: Any) -> None:
    page = desk("terminals")
    expect(page.locator("#terminals-badge")).to_have_text("4")
    expect(page.locator("#terminal-rows tbody tr").first).to_have_attribute("data-terminal", "gateway")
    words = {
        "K1": [
            "打印机：打印机缺纸（请工作人员处理）",
            "时钟快 3 分钟，请校准",
        ],
        "K2": ["失去联系", "2 小时前", "3"],
        "S1": ["扬声器：浏览器没有放行声音，叫号不出声（请在屏幕上点一下）"],
        "S2": ["正常", "刚刚"],
        "gateway": ["bar3：未连接", "摄像头：其他情况（lens.foggy）", "社保卡读卡器：设备未连接"],
        "3": ["还没有报告过"],
    }
    for name, sentences in words.items():
        for sentence in sentences:
            expect(page.locator(f"[data-terminal='{name}']")).to_contain_text(sentence)


def test_parked_tickets_say_why(office: Any, desk: Any) -> None:
    page = desk("parked")
    expect(page.locator("#parked-rows tbody tr").first).to_contain_text("号段已过期")
    expect(page.locator("#parked-badge")).to_have_text("2")
    more = parked("k3", "K1", "C700", 60, "wrong-range")
    office.admin["parked"]["tickets"].insert(0, more)
    office.publish("offline.parked", parked=more)
    expect(page.locator("#parked-rows tbody tr").first).to_contain_text("号码不在借出的号段之内")


def test_every_figure_of_the_ratings_opens_into_its_rows(desk: Any) -> None:
    page = desk("ratings")
    expect(page.locator("#rate")).to_have_text("66.67%")
    expect(page.locator("#formula")).to_have_text("好评 4 ÷ 评价 6")
    expect(page.locator("[data-count=all] strong")).to_have_text("6")
    rows = page.locator("#rating-rows tbody tr")
    page.locator("[data-count=very-dissatisfied]").click()
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("多头跑窗口和部门；服务态度差效率低；“跑了三个窗口才知道少一份材料”")
    page.locator("#by-window tbody tr").first.locator(".figure").last.click()
    expect(rows).to_have_count(2)
    expect(page.locator("#rows-title")).to_have_text("1号窗口 · 全部评价：2 条明细")
    page.locator("[data-count=all]").click()
    expect(rows).to_have_count(6)
    page.locator("#from").fill("2026-03-02")
    page.locator("#to").fill("2026-03-01")
    page.locator("#days .primary-button").click()
    expect(page.locator("#ratings-trouble")).to_have_text("开始日期在结束日期之后，请检查。")


def test_a_code_is_shown_once(office: Any, desk: Any) -> None:
    page = desk("setup")
    page.locator("#role").select_option("pad")
    page.locator("#window").select_option("3")
    page.locator("#code-form .primary-button").click()
    expect(page.locator("#code")).to_have_text("K7QX-42MP")
    expect(page.locator("#address")).to_have_text(f"{office.url}/rate/3#enrol=K7QX-42MP")
    wishes = [one.body for one in office.asked if one.path == "/admin/enrolment-codes"]
    assert wishes == [{"name": "pad-3", "role": "pad", "window": "3"}]
    go(page, "overview")
    go(page, "setup")
    page.locator("#made").wait_for(state="hidden")
    assert "K7QX" not in page.content()


def test_the_description_of_the_hall_can_be_saved(desk: Any) -> None:
    page = desk("setup")
    with page.expect_download() as waiting:
        page.locator("#download").click()
    assert waiting.value.suggested_filename == "hall.yaml"
    assert waiting.value.path().read_text() == "hall: {}\n"


def test_the_back_office_works_by_keys_alone(desk: Any) -> None:
    page = desk()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.room") == "ratings":
            break
    page.keyboard.press("Enter")
    page.locator("#ratings-body").wait_for()
    assert page.evaluate("document.activeElement.closest('section').id") == "ratings"
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.count") == "dissatisfied":
            break
    page.keyboard.press("Enter")
    expect(page.locator("#rating-rows tbody tr")).to_have_count(1)
    page.go_back()
    page.locator("#overview").wait_for()


def test_signing_out_leaves_nothing_behind(desk: Any) -> None:
    page = desk()
    page.locator("#leave").click()
    page.locator("input[name=password]").wait_for()
    assert page.evaluate("sessionStorage.length") == 0
