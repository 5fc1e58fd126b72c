"""The window console out of the ordinary: why this one, call one first, who came back, take a transfer back."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SIZES = {"narrow": (420, 640), "laptop": (1366, 768), "desk": (1920, 1080)}

BECAUSE = {
    "code": "waited-long",
    "waitedSeconds": 2520,
    "standing": "ordinary",
    "risen": 1,
    "turn": "1:2",
    "considered": [
        {"number": "YA003", "queue": "A", "standing": "appointment", "waitedSeconds": 0, "behind": "not-due"},
        {"number": "A021", "queue": "A", "standing": "returned", "waitedSeconds": 300, "behind": "others-first"},
        {"number": "C006", "queue": "C", "standing": "ordinary", "waitedSeconds": 1500, "behind": "secondary-queue"},
    ],
}


def at_work(hall: Any, glass: Any, size: str = "narrow", lang: str = "zh") -> Any:
    """An officer sits at window 3; four wait, two missed their call."""
    hall.publish("window.opened", window=hall.manned("3", mode="open"))
    line = hall.queue("A", waiting=3), hall.queue("C", waiting=1)
    soon = "2026-03-02T02:30:00Z"
    for number, more in (
        ("A013", {"priority": "elder", "standing": "priority", "maskedName": "欧阳*"}),
        ("A014", {"maskedName": "李*"}),
        ("C006", {"maskedName": "Mi*****a", "standing": "transferred"}),
        ("YA003", {"standing": "appointment", "appointmentStart": soon, "maskedName": "王*华"}),
    ):
        hall.publish("ticket.issued", ticket=hall.ticket(number, **more), queues=list(line))
    for number in ("A009", "C002"):
        hall.publish("ticket.passed", ticket=hall.ticket(number, "passed", maskedName="赵*", calledAt=soon))
    page = glass.open("/window/3", SIZES[size], lang=lang, enrolled=False)
    glass.log_in(page, "officer3")
    page.locator("[data-does=call]:enabled").wait_for()
    page.locator("#next li").nth(3).wait_for()
    return page


def acts(hall: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(one.path, one.body) for one in hall.asked]


def test_an_officer_can_say_why_this_one_was_called(hall: Any, glass: Any) -> None:
    hall.because = BECAUSE
    page = at_work(hall, glass)
    page.keyboard.press("Space")
    expect(page.locator("#why")).to_have_text("等得久，提前办理")
    page.locator("[data-does=start]:enabled").wait_for()
    page.keyboard.press("w")
    expect(page.locator(".why-facts")).to_contain_text("42 分钟")
    expect(page.locator(".why-facts")).to_contain_text("预约 1 : 现场 2")
    expect(page.locator("[data-considered=YA003]")).to_contain_text("预约时间还没到")
    expect(page.locator("[data-considered=C006] .facts")).to_have_text("不动产登记 · 普通 · 等了 25 分钟")
    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    page.locator("[data-does=next]:enabled").wait_for()
    expect(page.locator("#why")).to_have_text("等得久，提前办理")


def test_turns_between_queues_are_said_by_their_names(hall: Any, glass: Any) -> None:
    hall.because = BECAUSE | {"code": "queues-turn", "turn": "A=2 C=1", "considered": []}
    page = at_work(hall, glass)
    page.locator("[data-does=call]").click()
    page.locator("#ask-why").click()
    expect(page.locator(".why-facts")).to_contain_text("综合业务 2 : 不动产登记 1")
    expect(page.locator(".why-none")).to_have_text("当时没有别的号可以叫。")


def test_a_page_opened_again_still_says_the_reason(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass)
    hall.call("A013", "3", why="priority")
    expect(page.locator("#why")).to_have_text("优先办理")
    page.locator("#ask-why").click()
    expect(page.locator(".why-none")).to_contain_text("看不到")


def test_one_is_called_first_with_a_reason_in_words(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass)
    page.locator("[data-first=T-C006]").click()
    page.locator("[data-reason=other]").click()
    page.locator("#sheet-words").fill(" 12 号轮椅 ")
    page.locator("[data-act=send]").click()
    page.locator("[data-number=C006]").wait_for()
    expect(page.locator("#why")).to_have_text("窗口人员点名叫号")
    body = {"ticket": "T-C006", "reason": "other", "text": "12 号轮椅"}
    assert acts(hall) == [("/windows/3/call", body)]


def test_one_is_called_first_by_keys_alone(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass)
    page.keyboard.press("m")
    page.locator("[data-more=call]").wait_for()
    page.keyboard.press("1")
    page.locator("[data-ticket=T-A014]").wait_for()
    page.keyboard.press("2")
    page.locator("[data-reason=special-need]").wait_for()
    page.keyboard.press("1")
    page.locator("[data-number=A014]").wait_for()
    assert acts(hall) == [("/windows/3/call", {"ticket": "T-A014", "reason": "special-need"})]


def test_other_needs_words_and_going_back_calls_nobody(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass)
    page.locator("[data-first=T-A014]").click()
    page.locator("[data-reason=other]").click()
    page.locator("[data-act=send]").click()
    expect(page.locator("#sheet-words")).to_be_visible()
    page.locator("#sheet [data-act=back]").click()
    page.locator("[data-does=call]:enabled").wait_for()
    assert acts(hall) == []


def test_who_missed_the_call_is_served_at_once_or_waits_again(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass)
    expect(page.locator("[data-act=passed] .badge")).to_have_text("2")
    page.keyboard.press("g")
    page.locator("#sheet [data-ticket=T-A009]").click()
    page.locator("[data-settle=return]").click()
    expect(page.locator("#said")).to_have_text("A009 已重新排队。")
    page.locator("[data-does=call]:enabled").wait_for()
    page.keyboard.press("g")
    page.locator("#sheet [data-ticket=T-C002]").click()
    page.keyboard.press("1")
    page.locator("[data-number=C002]").wait_for()
    expect(page.locator("#why")).to_have_text("过号后回到窗口")
    assert acts(hall) == [("/tickets/T-A009/reactivate", {}), ("/windows/3/serve-passed", {"ticket": "T-C002"})]


def test_while_somebody_is_served_a_missed_ticket_can_only_wait_again(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass, "laptop")
    page.locator("[data-does=call]").click()
    page.locator("[data-settle=T-A009]:enabled").click()
    page.locator("#sheet [data-settle=return]").wait_for()
    assert page.locator("#sheet [data-settle=serve]").count() == 0


def test_a_ticket_that_came_back_once_is_told_so(hall: Any, glass: Any) -> None:
    glass.expect_complaint("409")
    page = at_work(hall, glass)
    hall.refusals["/tickets/T-A009/reactivate"] = (409, {"code": "reactivation_limit", "message": ""})
    page.keyboard.press("g")
    page.locator("#sheet [data-ticket=T-A009]").click()
    page.locator("[data-settle=return]").click()
    expect(page.locator("#said")).to_contain_text("请重新取号")


def test_somebody_without_a_ticket_is_served(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass)
    page.keyboard.press("m")
    page.locator("[data-more=serve]").click()
    page.locator("#sheet [data-queue=C]").click()
    page.locator("[data-number=WC001]").wait_for()
    expect(page.locator("#why")).to_have_text("没有取号，直接办理")
    assert acts(hall) == [("/windows/3/serve", {"queue": "C"})]


def test_a_transfer_is_taken_back_as_long_as_nobody_called(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass)
    page.locator("[data-does=call]").click()
    page.locator("[data-act=transfer]:enabled").click()
    page.get_by_text("插到中间").click()
    page.click("[data-queue=B]")
    expect(page.locator("#said")).to_have_text("A013 已转到社保医保")
    page.locator("#undo:enabled").wait_for()
    page.keyboard.press("z")
    page.locator("[data-number=A013]").wait_for()
    page.locator("#undo").wait_for(state="hidden")
    assert acts(hall)[1:] == [
        ("/windows/3/transfer", {"position": "middle", "queue": "B"}),
        ("/windows/3/undo-transfer", {}),
    ]


def test_a_transfer_that_somebody_took_up_is_not_offered_any_more(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass)
    page.locator("[data-does=call]").click()
    page.locator("[data-act=transfer]:enabled").click()
    page.click("[data-queue=B]")
    page.locator("#undo:enabled").wait_for()
    hall.call("A013", "4", queue="B")
    page.locator("#undo").wait_for(state="hidden")
    expect(page.locator("#said")).to_have_text("")


def test_a_ticket_with_several_items_says_where_it_goes_next(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass)
    several = {"items": ["A-IDCARD"], "nextQueues": ["B", "E"]}
    hall.publish("ticket.issued", ticket=hall.ticket("A001", **several))
    page.locator("[data-first=T-A001]").wait_for()
    page.locator("[data-does=call]").click()
    expect(page.locator("#queue")).to_have_text("综合业务 → 社保医保")
    expect(page.locator("#facts")).to_contain_text("居民身份证申领预约")
    page.locator("[data-does=start]:enabled").click()
    page.locator("[data-act=finish]:enabled").click()
    expect(page.locator("#sheet-title")).to_have_text("怎样办结？下一站：社保医保、咨询出件")
    page.click("[data-outcome=accepted]")
    expect(page.locator("#said")).to_have_text("A001 的下一站：社保医保")
    expect(page.locator("#rated")).to_contain_text("A001")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_answer_moves_what_can_be_pressed(hall: Any, glass: Any, lang: str) -> None:
    glass.expect_complaint("409")
    page = at_work(hall, glass, lang=lang)

    def places() -> list[Any]:
        return [button.bounding_box() for button in page.locator("#primary, #acts button").all()]

    before = places()
    hall.refusals["/windows/3/call-next"] = (409, {"code": "reactivation_limit", "message": ""})
    page.locator("[data-does=call]").click()
    page.locator("#said[data-tone=trouble]").wait_for()
    assert places() == before
    del hall.refusals["/windows/3/call-next"]
    page.locator("[data-does=call]:enabled").click()
    page.locator("[data-act=transfer]:enabled").click()
    page.click("[data-queue=B]")
    page.locator("#undo:enabled").wait_for()
    assert places() == before


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_the_rare_states_can_be_read(hall: Any, glass: Any, size: str, lang: str) -> None:
    hall.because = BECAUSE
    page = at_work(hall, glass, size, lang)
    glass.picture(page, f"window-line-{size}-{lang}")
    page.keyboard.press("m")
    page.locator("[data-more=call]").wait_for()
    glass.picture(page, f"window-more-{size}-{lang}")
    page.keyboard.press("1")
    page.locator("#sheet [data-ticket=T-A014]").wait_for()
    glass.picture(page, f"window-who-{size}-{lang}")
    page.keyboard.press("2")
    page.locator("[data-reason=other]").wait_for()
    glass.picture(page, f"window-reason-{size}-{lang}")
    page.keyboard.press("5")
    page.locator("#sheet-words").wait_for()
    glass.picture(page, f"window-words-{size}-{lang}")
    page.keyboard.press("Escape")
    page.locator("[data-act=passed]:enabled").wait_for()
    page.keyboard.press("g")
    page.locator("#sheet [data-ticket=T-A009]").wait_for()
    glass.picture(page, f"window-passed-{size}-{lang}")
    page.keyboard.press("1")
    page.locator("[data-settle=return]").wait_for()
    glass.picture(page, f"window-settle-{size}-{lang}")
    page.keyboard.press("Escape")
    several = {"items": ["A-IDCARD", "A-HUKOU"], "nextQueues": ["B", "C"], "maskedName": "欧阳*", "priority": "elder"}
    hall.publish("ticket.issued", ticket=hall.ticket("A001", **several))
    page.locator("[data-first=T-A001]:enabled").wait_for()
    page.locator("[data-does=call]").click()
    page.locator("[data-does=start]:enabled").click()
    page.locator("[data-does=next]:enabled").wait_for()
    glass.picture(page, f"window-several-{size}-{lang}")
    page.keyboard.press("w")
    page.locator(".considered").wait_for()
    glass.picture(page, f"window-why-{size}-{lang}")
    page.keyboard.press("Escape")
    page.locator("[data-act=transfer]:enabled").click()
    page.locator("[data-queue=B]").wait_for()
    glass.picture(page, f"window-positions-{size}-{lang}")
    page.click("[data-queue=B]")
    page.locator("#undo:enabled").wait_for()
    glass.picture(page, f"window-undo-{size}-{lang}")
