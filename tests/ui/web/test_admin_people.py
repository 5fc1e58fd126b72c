"""The back office and people: alerts, bookings, restrictions, offline tickets, longer hours, what is on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SIZES = {"laptop": (1366, 768), "desk": (1920, 1080), "phone": (390, 844)}
ROOMS = ("overview", "alerts", "appointments", "restrictions", "parked", "audit")


def ago(minutes: float) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()


def alert(name: str, rule: str, level: str, value: int, limit: int, **more: Any) -> dict[str, Any]:
    return {"id": name, "rule": rule, "level": level, "raisedAt": ago(12), "value": value, "limit": limit, **more}


def booking(name: str, state: str, at: str, **more: Any) -> dict[str, Any]:
    start = datetime.fromisoformat(f"2026-03-02T{at}:00+08:00")
    times = {
        "start": start,
        "end": start + timedelta(minutes=30),
        "checkInFrom": start - timedelta(minutes=30),
        "checkInUntil": start + timedelta(minutes=30),
        "changeUntil": start - timedelta(hours=2),
    }
    queue = {"queue": "A", "queueName": {"zh": "综合业务", "en": "General affairs"}}
    rest = {"maskedName": "欧阳*", "item": "A-IDCARD", "state": state}
    return {"id": name, **queue, **rest, **{key: value.isoformat() for key, value in times.items()}, **more}


def parked(key: str, number: str, reason: str) -> dict[str, Any]:
    return {
        "key": key,
        "kiosk": "K1",
        "queue": number[0],
        "number": number,
        "issuedAt": ago(90),
        "reason": reason,
    }


def restriction(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "reason": "scalping", "scope": "all", "madeAt": ago(300), "madeBy": "admin", "text": ""} | more


@pytest.fixture
def office(hall: Any) -> Any:
    """A hall in which something happened in every room."""
    hall.crowd()
    hall.publish("hall.changed", queues=[hall.queue("C", warning="may-not-be-served")])
    hall.publish("hall.changed", queues=[hall.queue("D", open=False, closed_reason="no-time-left")])
    hall.publish("ticket.issued", ticket=hall.ticket("A012"))
    social = {"queue": "B", "queueName": {"zh": "社保医保", "en": "Social and medical insurance"}}
    later = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    over = {"clearedAt": ago(2)}
    hall.admin = {
        "terminals": {"terminals": []},
        "parked": {"tickets": [parked("k1", "A702", "returned-number"), parked("k2", "B701", "day-is-over")]},
        "ratings": {"rows": []},
        "alerts": {
            "alerts": [
                alert("a1", "window-idle", "yellow", 720, 600, window="4"),
                alert("a2", "waiting-long", "red", 3720, 3600, queue="A", ticket="T-A012"),
                alert("a3", "many-passes", "note", 40, 30, window="2"),
                alert("a4", "short-service", "note", 14, 60, window="1", queue="A", **over),
                alert("a5", "quick-rating", "note", 1, 3, window="1", queue="A", **over),
            ]
        },
        "appointments": {
            "appointments": [
                booking("p1", "booked", "10:30"),
                booking("p2", "checked-in", "09:00", maskedName="王*华"),
                booking("p3", "no-show", "09:30", item=None, **social),
                booking("p4", "late", "10:00"),
                booking("p5", "cancelled", "11:00"),
            ]
        },
        "restrictions": {
            "restrictions": [
                restriction("r1", until=later, text="三次倒号，值班主任核实"),
                restriction("r2", reason="no-shows", scope="booking", liftedAt=ago(20), madeBy="hall"),
                restriction("r3", reason="other", scope="tickets", text="在大厅吸烟不听劝阻"),
            ]
        },
        "audit": {
            "rows": [
                {"id": "1", "at": ago(9), "by": "officer3", "act": "call-out-of-order", "about": "T-A012"}
                | {"reason": "other", "text": "轮椅"},
                {"id": "2", "at": ago(7), "by": "admin", "act": "settle-parked", "about": "A701", "reason": "issued"},
                {"id": "3", "at": ago(5), "by": "admin", "act": "extend-hours", "about": "A"}
                | {"text": "2026-03-02T18:30:00+08:00"},
                {"id": "4", "at": ago(3), "by": "admin", "act": "cancel-appointment", "about": "01JQ8Z7B5N5V"},
            ]
        },
    }
    return hall


@pytest.fixture
def desk(office: Any, glass: Any) -> Any:
    """Signs in as the administrator does and goes to a room."""
    del office
    glass.expect_complaint("409|401|ERR_")

    def open_page(room: str = "overview", size: str = "laptop", lang: str = "zh") -> Any:
        page = glass.open("/admin/", SIZES[size], lang=lang, enrolled=False)
        page.locator("input[name=name]").fill("admin")
        page.locator("input[name=password]").fill("right horse")
        page.keyboard.press("Enter")
        page.locator("#windows tbody tr").nth(7).wait_for()
        go(page, room)
        return page

    return open_page


def go(page: Any, room: str) -> None:
    page.locator(f"[data-room={room}]").click()
    page.locator(f"#{room}").wait_for()
    if room != "overview":
        page.locator(f"#{room} tbody tr").first.wait_for()


def acts(hall: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(one.path, one.body) for one in hall.asked if one.path != "/login"]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_every_room_about_people_can_be_read(glass: Any, desk: Any, size: str, lang: str) -> None:
    page = desk("overview", size, lang)
    for room in ROOMS:
        go(page, room)
        glass.picture(page, f"admin-{room}-people-{size}-{lang}")
    questions = (
        ("overview", "#extend", "extend"),
        ("appointments", "[data-appointment=p1] [data-act=cancel]", "cancel"),
        ("restrictions", "#restrict", "restrict"),
        ("parked", "[data-parked=k1] [data-act=issue]", "issue"),
    )
    for room, button, name in questions:
        go(page, room)
        page.locator(button).click()
        page.locator("#ask[open]").wait_for()
        glass.picture(page, f"admin-ask-{name}-{size}-{lang}")
        page.locator("#ask [data-act=back]").click()


def test_alerts_say_the_value_against_the_limit_and_the_worst_come_first(desk: Any) -> None:
    page = desk("alerts")
    rows = page.locator("#alert-rows tbody tr")
    expect(rows.first).to_contain_text("红色提醒")
    expect(rows.first).to_contain_text("综合业务等得最久的一位已等 62 分钟，规定不超过 60 分钟（A012）")
    expect(rows.nth(1)).to_contain_text("4号窗口开着，还有人在等，已 12 分钟没有叫号，规定不超过 10 分钟")
    expect(rows.nth(2)).to_contain_text("2号窗口最近叫的号有 40% 过号，达到 30%")
    expect(page.locator("#past-rows tbody tr")).to_have_count(2)
    expect(page.locator("#alerts-badge")).to_have_text("3")


def test_alerts_come_and_go_by_themselves(office: Any, desk: Any) -> None:
    page = desk("alerts")
    raised = alert("a6", "waiting-long", "yellow", 1860, 1800, queue="B")
    known = office.admin["alerts"]["alerts"]
    office.admin["alerts"] = {"alerts": [*known, raised]}
    office.publish("supervision.raised", alert=raised)
    expect(page.locator("#alert-rows [data-alert=a6]")).to_contain_text("社保医保等得最久的一位已等 31 分钟")
    cleared = raised | {"clearedAt": ago(0)}
    office.admin["alerts"] = {"alerts": [*known, cleared]}
    office.publish("supervision.cleared", alert=cleared)
    expect(page.locator("#past-rows [data-alert=a6]")).to_be_visible()
    expect(page.locator("#alerts-badge")).to_have_text("3")


def test_the_overview_says_why_a_queue_is_closed_and_what_may_be_too_late(desk: Any) -> None:
    page = desk()
    expect(page.locator("#queues tbody tr").nth(2)).to_contain_text("今天可能办不完")
    expect(page.locator("#queues tbody tr").nth(3)).to_contain_text("今日已来不及办理")


def test_hours_are_extended_for_one_queue_and_ended_for_all(office: Any, desk: Any) -> None:
    office.clock = datetime(2026, 3, 2, 9, tzinfo=UTC)
    page = desk()
    page.locator("#extend").click()
    page.locator("#ask [name=queue]").select_option("B")
    page.locator("#ask [name=time]").fill("16:30")
    page.locator("#ask [data-act=send]").click()
    expect(page.locator("#ask .trouble")).to_have_text("这个时间已经过了，请填一个以后的时间。")
    page.locator("#ask [name=time]").fill("18:30")
    page.locator("#ask [data-act=send]").click()
    expect(page.locator("#hours-said")).to_have_text("社保医保：今天延时到 18:30")
    page.locator("#shorten").click()
    page.locator("#ask [data-act=send]").click()
    expect(page.locator("#hours-said")).to_have_text("全部业务：已恢复平时的办公时间")
    sent = [body for path, body in acts(office) if path == "/hours/extend"]
    assert sent[0] == {"until": "2026-03-02T10:30:00.000Z", "queue": "B"}
    assert sent[1].keys() == {"until"}


def test_who_booked_gets_a_number_at_the_desk(office: Any, desk: Any) -> None:
    page = desk("appointments")
    page.locator("#booked-day").fill("2026-03-02")
    rows = page.locator("#appointment-rows tbody tr")
    expect(rows.first).to_contain_text("09:00–09:30")
    expect(page.locator("#appointments-count")).to_have_text("共 5 个预约，待到 1 个，已到 2 个。")
    office.answers["/appointments/p1/check-in"] = lambda _: {"ticket": {"number": "YA003"}}
    page.locator("[data-appointment=p1] [data-act=check-in]").click()
    page.locator("#ask [data-act=send]").click()
    expect(page.locator("#appointments-said")).to_have_text("欧阳* 已取号：YA003")
    page.locator("#booked-queue").select_option("B")
    expect(rows).to_have_count(1)
    assert office.days[-1] == "2026-03-02"
    assert page.locator("[data-appointment=p3] [data-act=check-in]").count() == 0


def test_a_booking_is_cancelled_with_a_reason(office: Any, desk: Any) -> None:
    page = desk("appointments")
    page.locator("[data-appointment=p1] [data-act=cancel]").click()
    page.locator("#ask [data-act=send]").click()
    expect(page.locator("#ask")).to_be_visible()
    page.locator("#ask [name=text]").fill("系统检修")
    page.locator("#ask [data-act=send]").click()
    expect(page.locator("#appointments-said")).to_have_text("预约已取消，原因已记录。")
    assert acts(office) == [("/appointments/p1/cancel", {"text": "系统检修"})]


def test_a_refusal_stands_in_the_question_and_nothing_typed_is_lost(office: Any, desk: Any) -> None:
    page = desk("appointments")
    office.refusals["/appointments/p1/check-in"] = (409, {"code": "too_early", "message": ""})
    page.locator("[data-appointment=p1] [data-act=check-in]").click()
    page.locator("#ask [data-act=send]").click()
    expect(page.locator("#ask .trouble")).to_have_text("还没到签到时间。")


def test_somebody_is_restricted_by_the_number_of_today(office: Any, desk: Any) -> None:
    page = desk("restrictions")
    page.locator("#restrict").click()
    page.locator("#ask [name=ticket]").fill("a012")
    page.locator("#ask [name=reason]").select_option("abuse")
    page.locator("#ask [name=scope]").select_option("tickets")
    page.locator("#ask [name=day]").fill("2026-04-01")
    page.locator("#ask [data-act=send]").click()
    page.locator("#ask").wait_for(state="hidden")
    body = {"ticket": "T-A012", "reason": "abuse", "scope": "tickets", "text": "", "until": "2026-04-01T15:59:00.000Z"}
    assert acts(office) == [("/restrictions", body)]


def test_who_booked_is_restricted_from_the_row(office: Any, desk: Any) -> None:
    page = desk("appointments")
    page.locator("[data-appointment=p3] [data-act=restrict]").click()
    expect(page.locator("#ask .about")).to_contain_text("社保医保 · 欧阳*")
    page.locator("#ask [name=reason]").select_option("no-shows")
    page.locator("#ask [data-act=send]").click()
    page.locator("#ask").wait_for(state="hidden")
    body = {"appointment": "p3", "reason": "no-shows", "scope": "all", "text": "", "until": None}
    assert acts(office) == [("/restrictions", body)]


def test_a_restriction_is_lifted_with_a_reason(office: Any, desk: Any) -> None:
    page = desk("restrictions")
    rows = page.locator("#restriction-rows tbody tr")
    expect(rows.last).to_contain_text("已解除")
    assert page.locator("[data-restriction=r2] [data-act=lift]").count() == 0
    page.locator("[data-restriction=r3] [data-act=lift]").click()
    page.locator("#ask [name=text]").fill("申诉成立")
    office.admin["restrictions"]["restrictions"].pop()
    page.locator("#ask [data-act=send]").click()
    expect(rows).to_have_count(2)
    assert acts(office) == [("/restrictions/r3/lift", {"text": "申诉成立"})]


def test_an_offline_ticket_gets_a_number_or_a_reason_why_not(office: Any, desk: Any) -> None:
    page = desk("parked")
    expect(page.locator("[data-parked=k1]")).to_contain_text("终端已经交还了这个号码")
    office.answers["/admin/parked/settle"] = lambda body: {
        "key": body["key"],
        "result": "issued",
        "ticket": {"number": "A031"},
    }
    page.locator("[data-parked=k1] [data-act=issue]").click()
    page.locator("#ask [data-act=send]").click()
    expect(page.locator("#parked-said")).to_have_text("A702 已换成 A031，请告诉办事人。")
    page.locator("[data-parked=k2] [data-act=dismiss]").click()
    page.locator("#ask [name=text]").fill("办事人已离开")
    page.locator("#ask [data-act=send]").click()
    expect(page.locator("#parked-said")).to_have_text("B701 不再发号，原因已记录。")
    assert acts(office) == [
        ("/admin/parked/settle", {"kiosk": "K1", "key": "k1", "how": "issue", "queue": "A"}),
        ("/admin/parked/settle", {"kiosk": "K1", "key": "k2", "how": "dismiss", "text": "办事人已离开"}),
    ]


def test_the_records_say_who_did_what_and_why(desk: Any) -> None:
    page = desk("audit")
    rows = page.locator("#audit-rows tbody tr")
    expect(rows.last).to_contain_text("officer3")
    expect(rows.last).to_contain_text("点名叫号")
    expect(rows.last).to_contain_text("A012")
    expect(rows.last).to_contain_text("其他（请写明）；“轮椅”")
    expect(rows.nth(1)).to_contain_text("综合业务")
    expect(rows.nth(1)).to_contain_text("到 03/02 18:30")
