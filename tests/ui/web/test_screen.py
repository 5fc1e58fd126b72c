"""The call screen: what is called is seen and heard, once, in time, and only in its zone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

HD = (1920, 1080)
BLOCKED = """
  Object.defineProperty(AudioContext.prototype, "state", { get() { return window.touched ? "running" : "suspended" } });
  addEventListener("click", () => { window.touched = true }, true);
"""


def resting(glass: Any, screen: str = "S1", **more: Any) -> Any:
    page = glass.open(f"/screen/{screen}", HD, **more)
    page.locator("#queues li").first.wait_for()
    page.locator("html[data-state=live]").wait_for()
    return page


def test_a_call_takes_the_band_and_is_spoken(hall: Any, glass: Any, until: Any) -> None:
    page = resting(glass)
    event = hall.call("A012", "3")
    page.locator("[data-call-number=A012]").wait_for()
    assert page.inner_text("#call").split() == ["请", "A012", "到", "3号窗口"]
    assert "请 A012 号到3号窗口办理" in page.inner_text("#caption")
    assert page.locator("#none").is_hidden(), "nobody reads that there are no calls beside a call"
    until(page, lambda: hall.spoken == [event.seq])


def test_calls_are_spoken_one_after_the_other(hall: Any, glass: Any, until: Any) -> None:
    page = resting(glass)
    hall.seconds_of_speech = 0.5
    first, second = hall.call("A012", "3"), hall.call("C006", "6")
    page.locator("[data-call-number=A012]").wait_for()
    assert hall.spoken in ([], [first.seq])
    page.locator("[data-call-number=C006]").wait_for()
    until(page, lambda: hall.spoken == [first.seq, second.seq])
    page.locator("#calls li", has_text="A012").wait_for()


def test_an_old_call_is_listed_but_never_announced(hall: Any, glass: Any, until: Any) -> None:
    page = resting(glass)
    hall.call("A012", "3", age=30)
    page.locator("#calls li", has_text="A012").wait_for()
    assert page.locator("#call").is_hidden()
    fresh = hall.call("C006", "6")
    page.locator("[data-call-number=C006]").wait_for()
    until(page, lambda: fresh.seq in hall.spoken)
    assert hall.spoken == [fresh.seq], "calls are spoken in their order: the old one would have come first"


def test_a_call_elsewhere_is_not_shown_here(hall: Any, glass: Any) -> None:
    page = resting(glass, "S2")
    hall.call("A012", "3")
    hall.call("B004", "4")
    page.locator("[data-call-number=B004]").wait_for()
    assert "A012" not in page.inner_text("body")


def test_a_call_that_is_withdrawn_leaves_the_band_and_the_list(hall: Any, glass: Any) -> None:
    page = resting(glass)
    hall.call("E031", "2", age=30)
    gone = hall.call("A012", "3")
    page.locator("[data-call-number=A012]").wait_for()
    hall.withdraw(gone)
    page.locator("#call").wait_for(state="hidden")
    page.locator("#calls li", has_text="E031").wait_for()
    expect(page.locator("body")).not_to_contain_text("A012", use_inner_text=True)
    hall.call("A012", "2")
    page.locator("[data-call-number=A012]").wait_for()
    assert page.inner_text("#call").split() == ["请", "A012", "到", "2号窗口"]


def test_a_call_that_is_withdrawn_while_another_is_spoken_is_never_announced(hall: Any, glass: Any, until: Any) -> None:
    page = resting(glass)
    hall.seconds_of_speech = 1
    first = hall.call("C006", "6")
    page.locator("[data-call-number=C006]").wait_for()
    hall.withdraw(hall.call("A012", "3"))
    last = hall.call("E031", "2")
    page.locator("[data-call-number=E031]").wait_for()
    until(page, lambda: hall.spoken == [first.seq, last.seq])
    assert page.locator("#calls li", has_text="A012").count() == 0


def test_a_recall_says_so(hall: Any, glass: Any) -> None:
    page = resting(glass)
    hall.call("A012", "3", calls=2)
    page.get_by_text("再次呼叫").wait_for()


def test_a_browser_that_blocks_sound_asks_for_one_touch(hall: Any, glass: Any, until: Any) -> None:
    page = glass.open("/screen/S1", HD, script=BLOCKED)
    page.locator("#sound:visible").wait_for()
    hall.call("A012", "3")
    page.locator("[data-call-number=A012]").wait_for()
    page.locator("#sound").click()
    page.locator("#sound").wait_for(state="hidden")
    event = hall.call("A013", "3")
    until(page, lambda: event.seq in hall.spoken)


def test_after_a_break_calls_are_caught_up_in_silence(hall: Any, glass: Any, until: Any) -> None:
    page = resting(glass)
    glass.expect_complaint("503|ERR_|incomplete")
    hall.lose()
    page.locator("#cut:visible").wait_for()
    assert "连接中断，请听从现场引导" in page.inner_text("#band")
    hall.call("A012", "3", age=60)
    hall.come_back()
    page.locator("#calls li", has_text="A012").wait_for()
    page.locator("#cut").wait_for(state="hidden")
    fresh = hall.call("C006", "6")
    until(page, lambda: fresh.seq in hall.spoken)
    assert hall.spoken == [fresh.seq]


def test_a_screen_that_slept_too_long_starts_from_a_snapshot(hall: Any, glass: Any) -> None:
    page = resting(glass)
    glass.expect_complaint("503|410|ERR_|incomplete")
    hall.lose()
    page.locator("#cut:visible").wait_for()
    hall.call("A012", "3", age=60)
    hall.forget_before = hall.snapshot.seq
    hall.come_back()
    page.locator("#calls li", has_text="A012").wait_for()


def test_a_forgotten_device_asks_for_a_new_code(hall: Any, glass: Any) -> None:
    glass.expect_complaint("401")
    page = glass.open("/screen/S1", HD, enrolled=False)
    page.fill("[name=code]", "WRONG-ONE")
    page.keyboard.press("Enter")
    page.locator(".door-trouble:not(:empty)").wait_for()
    page.fill("[name=code]", "ENROL-ME")
    page.keyboard.press("Enter")
    page.locator("#queues li").first.wait_for()
