"""The booking desk: staff book for others, move, cancel and check in, by real keys and clicks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SIZES = {"laptop": (1366, 768), "desk": (1920, 1080), "phone": (390, 844)}
DAYS = ["2036-03-03", "2036-03-04", "2036-03-05"]
NUMBER = "11010519491231002X"
PERSON = {"token": "t" * 52, "maskedName": "张*三", "maskedDocument": "1101**********002X"}
WHOSE = {"person": {"token": PERSON["token"], "maskedName": "张*三"}}


def instant(day: str, time: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{time}:00+08:00").astimezone(UTC)


def slot(day: str, time: str, free: int) -> dict[str, Any]:
    start = instant(day, time)
    return {"queue": "A", "start": start.isoformat(), "end": (start + timedelta(minutes=30)).isoformat()} | {
        "capacity": 4,
        "free": free,
        "over": time == "09:00",
    }


def booking(name: str, day: str, time: str, **more: Any) -> dict[str, Any]:
    start = instant(day, time)
    half, two = timedelta(minutes=30), timedelta(hours=2)
    times = {"start": start, "end": start + half, "checkInFrom": start - half, "checkInUntil": start + half}
    times["changeUntil"] = start - two
    rest = {"queue": "A", "queueName": {"zh": "综合业务", "en": "General affairs"}, "state": "booked"}
    return {"id": name, "maskedName": "张*三", **rest, **{key: at.isoformat() for key, at in times.items()}, **more}


@pytest.fixture
def desk_hall(hall: Any) -> Any:
    """Two queues can be booked; the second day is full, the third has no slot; somebody has booked before."""
    hall.publish("hall.changed", queues=[hall.queue("A", bookable=True), hall.queue("C", bookable=True)])
    times = ("09:00", "09:30", "10:00", "10:30", "11:00", "11:30", "14:00", "14:30", "15:00", "15:30", "16:00", "16:30")
    of_day = {
        DAYS[0]: [slot(DAYS[0], time, at % 5) for at, time in enumerate(times)],
        DAYS[1]: [slot(DAYS[1], time, 0) for time in times],
        DAYS[2]: [],
    }
    hall.slots = lambda queue, day: {
        "days": DAYS if queue == "A" else [],
        "slots": of_day[day or DAYS[0]] * (queue == "A"),
    }
    hall.theirs = [booking("p1", DAYS[1], "09:30")]
    hall.answers["/persons/known"] = lambda body: PERSON | ({} if body["name"] else {"maskedName": ""})
    hall.answers["/appointments/find"] = lambda _: {"appointments": hall.theirs}
    hall.admin = {
        "appointments": {
            "appointments": [
                booking("p1", DAYS[1], "09:30"),
                booking("p2", DAYS[0], "10:00", maskedName="", maskedPhone="138****1234"),
                booking("p3", DAYS[0], "09:00", state="checked-in", maskedName="王*"),
            ]
        },
        "terminals": {"terminals": []},
        "parked": {"tickets": []},
    }
    return hall


@pytest.fixture
def desk(desk_hall: Any, glass: Any) -> Any:
    del desk_hall
    glass.expect_complaint("409|401|422|403|50.|ERR_")

    def open_page(size: str = "laptop", lang: str = "zh", who: str = "officer3") -> Any:
        page = glass.open("/desk/", SIZES[size], lang=lang, enrolled=False)
        glass.log_in(page, who)
        page.locator(".slot").first.wait_for()
        return page

    return open_page


def find(page: Any, number: str = NUMBER, name: str = "张小三") -> None:
    page.locator("[name=document]").fill(number)
    page.locator("[name=person]").fill(name)
    page.keyboard.press("Enter")


def at(page: Any, time: str, day: str = DAYS[0]) -> Any:
    return page.locator(f".slot[data-start='{instant(day, time).isoformat()}']")


def acts(hall: Any) -> list[tuple[str, dict[str, Any]]]:
    quiet = {"/login", "/appointments/find", "/persons/known"}
    return [(one.path, one.body) for one in hall.asked if one.path not in quiet]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_the_desk_can_be_read_in_every_state(desk_hall: Any, glass: Any, desk: Any, size: str, lang: str) -> None:
    page = desk(size, lang)
    glass.picture(page, f"desk-empty-{size}-{lang}")
    find(page)
    page.locator("[data-booking=p1]").wait_for()
    at(page, "10:30").click()
    glass.picture(page, f"desk-ready-{size}-{lang}")
    refusal = {"reason": "no-shows", "until": "2036-04-01T00:00:00+08:00"}
    desk_hall.refusals["/appointments"] = (409, {"code": "restricted", "message": "", "detail": refusal})
    page.locator("[data-act=book]").click()
    page.locator(".plan .trouble:not(:empty)").last.wait_for()
    glass.picture(page, f"desk-refused-{size}-{lang}")
    page.locator("[data-booking=p1] [data-act=move]").click()
    at(page, "11:00").click()
    glass.picture(page, f"desk-moving-{size}-{lang}")
    page.locator(f"[data-day='{DAYS[1]}']").click()
    page.locator(".slot:disabled").nth(11).wait_for()
    glass.picture(page, f"desk-full-{size}-{lang}")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_admins_have_the_same_desk_above_their_list(desk_hall: Any, glass: Any, size: str, lang: str) -> None:
    del desk_hall
    page = glass.open("/admin/", SIZES[size], lang=lang, enrolled=False)
    glass.log_in(page, "admin")
    page.locator("[data-room=appointments]").click()
    page.locator("#book").click()
    find(page)
    page.locator("[data-booking=p1]").wait_for()
    at(page, "10:30").click()
    glass.picture(page, f"desk-admin-{size}-{lang}")
    page.locator("[data-room=overview]").click()
    page.locator("[data-room=appointments]").click()
    expect(page.locator("#counter")).to_be_hidden()
    page.locator("#book").click()
    expect(page.locator(".strip")).to_be_hidden()


def test_somebody_is_booked_for_with_a_document(desk_hall: Any, desk: Any) -> None:
    page = desk()
    expect(page.locator("[data-act=book]")).to_be_disabled()
    expect(page.locator(".summary")).to_have_text("请选一个时段。")
    at(page, "10:30").click()
    expect(page.locator(".summary")).to_have_text("请先填办事人。")
    find(page)
    expect(page.locator(".strip strong")).to_have_text("张*三 · 1101**********002X")
    expect(page.locator("[data-booking=p1]")).to_contain_text("09:30–10:00 · 综合业务")
    page.locator("[name=desk-item]").select_option("A-IDCARD")
    start = instant(DAYS[0], "10:30").isoformat()
    desk_hall.answers["/appointments"] = lambda _: booking("p9", DAYS[0], "10:30")
    page.locator("[data-act=book]").dblclick()
    expect(page.locator(".plan .done-line")).to_contain_text("约好了：综合业务，3月3日")
    expect(page.locator(".plan .done-line")).to_contain_text("请办事人 10:00–11:00 来取号")
    assert acts(desk_hall) == [("/appointments", {"queue": "A", "start": start, "item": "A-IDCARD", **WHOSE})]
    expect(page.locator("[data-act=book]")).to_be_disabled()


def test_a_phone_is_enough_and_what_was_typed_leaves_the_page(desk_hall: Any, desk: Any) -> None:
    page = desk()
    page.locator("[data-kind=phone]").click()
    page.locator("[name=phone]").fill("138 0000")
    page.keyboard.press("Enter")
    expect(page.locator(".who .trouble")).to_have_text("手机号不对，请填11位手机号。")
    page.locator("[name=phone]").fill("138 0000-1234")
    page.keyboard.press("Enter")
    expect(page.locator(".strip strong")).to_have_text("138****1234")
    assert page.locator("[name=phone]").input_value() == ""
    assert "13800001234" not in page.content()
    assert "1380000" not in page.url
    at(page, "09:30").click()
    desk_hall.answers["/appointments"] = lambda _: booking("p9", DAYS[0], "09:30")
    page.locator("[data-act=book]").click()
    expect(page.locator(".plan .done-line")).to_contain_text("约好了")
    assert acts(desk_hall)[0][1]["phone"] == "13800001234"


def test_the_next_person_sees_nothing_of_the_one_before(desk: Any) -> None:
    page = desk()
    find(page)
    page.locator("[data-booking=p1]").wait_for()
    page.locator("[data-act=other]").click()
    expect(page.locator("[data-booking]")).to_have_count(0)
    expect(page.locator("[name=document]")).to_have_value("")
    assert "002X" not in page.locator(".counter").inner_text()
    assert page.evaluate("JSON.stringify([localStorage, sessionStorage])").count("tttt") == 0


def test_a_desk_that_was_left_forgets_who_was_there(desk: Any) -> None:
    page = desk()
    page.clock.install()
    find(page)
    page.locator("[data-booking=p1]").wait_for()
    page.clock.fast_forward(181_000)
    expect(page.locator(".strip")).to_be_hidden()


def test_a_wrong_number_is_told_and_can_be_put_right(desk_hall: Any, desk: Any) -> None:
    page = desk()
    wrong = {"code": "bad_request", "message": "", "detail": {"field": "document"}}
    desk_hall.refusals["/persons/known"] = (422, wrong)
    find(page, "110105194912310021")
    expect(page.locator(".who .trouble")).to_have_text("证件号码不对，请对照证件再看一遍。")
    expect(page.locator("[name=document]")).to_have_value("110105194912310021")
    expect(page.locator("[name=document]")).to_be_focused()


@pytest.mark.parametrize(
    ("code", "detail", "words"),
    [
        ("restricted", {"until": "2036-04-01T00:00:00+08:00"}, "这个人被限制预约，到 04/01 00:00 为止。"),
        ("restricted", {"until": None}, "这个人被限制预约，解除前一直有效。"),
        ("already_booked", {"appointment": "p1"}, "这个人这一天已经有预约了，可以改期。"),
        ("slot_full", {}, "这个时段刚刚约满，请另选。"),
        ("slot_closed", {}, "这个时段不能预约，请选其他时段。"),
    ],
)
def test_a_refusal_says_why(desk_hall: Any, desk: Any, code: str, detail: dict[str, Any], words: str) -> None:
    page = desk()
    find(page)
    at(page, "10:30").click()
    desk_hall.refusals["/appointments"] = (409, {"code": code, "message": "", "detail": detail})
    page.locator("[data-act=book]").click()
    expect(page.locator(".plan > .trouble")).to_contain_text(words)
    expect(page.locator("[data-booking=p1]")).to_be_visible()


def test_a_lost_answer_is_asked_for_again_and_books_once(desk_hall: Any, desk: Any) -> None:
    page = desk()
    find(page)
    at(page, "10:30").click()
    desk_hall.answers["/appointments"] = lambda _: booking("p9", DAYS[0], "10:30")
    desk_hall.lost.append("/appointments")
    page.locator("[data-act=book]").click()
    expect(page.locator(".plan .done-line")).to_contain_text("约好了")
    sent = [one for one in desk_hall.asked if one.path == "/appointments"]
    assert len(sent) == 2
    assert len({one.key for one in sent}) == 1


def test_a_booking_moves_within_its_queue(desk_hall: Any, desk: Any) -> None:
    page = desk()
    find(page)
    page.locator("[data-booking=p1] [data-act=move]").click()
    expect(page.locator(".plan h2")).to_contain_text("改期：3月4日")
    expect(page.locator("[name=desk-queue]")).to_be_disabled()
    at(page, "16:30").click()
    desk_hall.answers["/appointments/p1/reschedule"] = lambda _: booking("p9", DAYS[0], "16:30")
    page.locator("[data-act=book]").click()
    expect(page.locator(".plan .done-line")).to_contain_text("已改到：综合业务，3月3日")
    assert acts(desk_hall) == [("/appointments/p1/reschedule", {"start": instant(DAYS[0], "16:30").isoformat()})]
    expect(page.locator(".plan h2")).to_have_text("新预约")


def test_a_booking_of_the_day_is_moved_without_its_person(desk_hall: Any, desk: Any) -> None:
    page = desk()
    expect(page.locator("[data-appointment=p2]")).to_contain_text("138****1234")
    assert page.locator("[data-act=restrict]").count() == 0, "officers restrict by a ticket, not by a booking"
    page.locator("[data-appointment=p2] [data-act=move]").click()
    at(page, "15:30").click()
    expect(page.locator(".summary")).to_contain_text("138****1234")
    page.locator("[data-act=stay]").click()
    expect(page.locator("[data-act=book]")).to_be_disabled()
    assert acts(desk_hall) == []


def test_whoever_is_here_is_checked_in_or_gives_back(desk_hall: Any, desk: Any) -> None:
    page = desk()
    find(page)
    desk_hall.answers["/appointments/p1/check-in"] = lambda _: {"ticket": {"number": "YA003"}}
    page.locator("[data-booking=p1] [data-act=check-in]").click()
    desk_hall.theirs = [booking("p1", DAYS[1], "09:30", state="checked-in")]
    page.locator("#ask [data-act=send]").click()
    expect(page.locator(".plan .done-line")).to_have_text("张*三 已取号：YA003")
    expect(page.locator("[data-booking=p1] [data-act=cancel]")).to_be_hidden()
    desk_hall.theirs = [booking("p1", DAYS[1], "09:30")]
    desk_hall.publish("appointment.booked", appointment=desk_hall.theirs[0])
    page.locator("[data-booking=p1] [data-act=cancel]").click()
    page.locator("#ask [name=text]").fill("不来了")
    page.locator("#ask [data-act=send]").click()
    expect(page.locator(".plan .done-line")).to_have_text("预约已取消，原因已记录。")
    assert acts(desk_hall)[-1] == ("/appointments/p1/cancel", {"text": "不来了"})


def test_days_and_queues_without_places_say_so(desk_hall: Any, desk: Any) -> None:
    page = desk()
    expect(at(page, "09:00").locator(".free")).to_have_text("已截止")
    expect(at(page, "11:30").locator(".free")).to_have_text("约满")
    page.locator(f"[data-day='{DAYS[1]}']").click()
    expect(page.locator(".plan .about")).to_have_text("这一天已约满，请选其他日期。")
    page.locator(f"[data-day='{DAYS[2]}']").click()
    expect(page.locator(".plan .about")).to_have_text("这一天没有可约的时段，请选其他日期。")
    page.locator("[name=desk-queue]").select_option("C")
    expect(page.locator(".plan .about")).to_have_text("这项业务近期没有可约的日期。")
    gone = [desk_hall.queue(queue, bookable=False) for queue in ("A", "C")]
    desk_hall.publish("hall.changed", queues=gone)
    expect(page.locator(".plan .about")).to_contain_text("大厅没有开放预约的业务。")


def test_a_slot_that_somebody_else_took_is_no_longer_chosen(desk_hall: Any, desk: Any) -> None:
    page = desk()
    at(page, "09:30").click()
    expect(at(page, "09:30")).to_have_attribute("aria-pressed", "true")
    before = desk_hall.slots

    def taken(queue: str, day: str | None) -> Any:
        found = before(queue, day)
        return found | {"slots": [one | {"free": 0} for one in found["slots"]]}

    desk_hall.slots = taken
    desk_hall.publish("appointment.booked", appointment=booking("p9", DAYS[0], "09:30"))
    expect(at(page, "09:30")).to_be_disabled()
    expect(page.locator(".summary")).to_have_text("请选一个时段。")


def test_slots_that_do_not_come_can_be_asked_for_again(desk_hall: Any, desk: Any) -> None:
    page = desk()
    page.route("**/api/v1/slots**", lambda route: route.abort())
    page.locator(f"[data-day='{DAYS[1]}']").click()
    page.locator("[data-act=again]").wait_for()
    page.unroute("**/api/v1/slots**")
    page.locator("[data-act=again]").click()
    page.locator(".slot:disabled").first.wait_for()
    expect(page.locator("[data-act=again]")).to_be_hidden()


def test_the_whole_way_goes_by_keys_alone(desk_hall: Any, desk: Any) -> None:
    page = desk()
    page.locator("[name=document]").focus()
    page.keyboard.type(NUMBER)
    page.keyboard.press("Enter")
    page.locator("[data-booking=p1]").wait_for()
    at(page, "10:30").focus()
    page.keyboard.press("Enter")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.act") == "book":
            break
    desk_hall.answers["/appointments"] = lambda _: booking("p9", DAYS[0], "10:30")
    page.keyboard.press("Enter")
    expect(page.locator(".plan .done-line")).to_contain_text("约好了")
