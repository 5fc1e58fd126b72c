"""The rating pad as a citizen uses it: asked once, nothing chosen beforehand, nothing left for the next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.browser

LANDSCAPE = (1280, 800)


def ratings(hall: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(one.path, one.body) for one in hall.asked if one.path.endswith("/rating")]


def invited(hall: Any, glass: Any, **more: Any) -> Any:
    page = glass.open("/rate/3", LANDSCAPE, **more)
    hall.publish("window.opened", window=hall.manned("3", mode="open"))
    page.locator("#card:visible").wait_for()
    hall.invite("3", "S-1")
    page.locator("[data-level=satisfied]").wait_for()
    return page


def test_five_equal_answers_and_none_is_chosen(hall: Any, glass: Any) -> None:
    page = invited(hall, glass)
    answers = page.locator("#faces button")
    sizes = {(round(box["width"]), round(box["height"])) for box in (one.bounding_box() for one in answers.all())}
    assert answers.count() == 5
    assert len(sizes) == 1
    looks = "getComputedStyle(node).backgroundColor + getComputedStyle(node).color + getComputedStyle(node).borderColor"
    assert len(set(answers.evaluate_all(f"nodes => nodes.map((node) => {looks})"))) == 1
    assert page.locator("[aria-pressed=true]").count() == 0
    assert page.locator("[data-act=send]").is_hidden()


def test_a_bad_rating_asks_why(hall: Any, glass: Any) -> None:
    page = invited(hall, glass)
    page.click("[data-level=very-dissatisfied]")
    page.click("[data-act=send]")
    page.get_by_text("请选择至少一个原因").wait_for()
    assert ratings(hall) == []
    page.click("[data-reason='115']")
    page.click("[data-reason='108']")
    page.click("[data-reason='108']")
    page.click("[data-act=send]")
    page.locator("#thanks:visible").wait_for()
    body = {"level": "very-dissatisfied", "reasons": ["115"], "text": "", "channel": "pad"}
    assert ratings(hall) == [("/services/S-1/rating", body)]


def test_own_words_are_reason_enough(hall: Any, glass: Any) -> None:
    page = invited(hall, glass)
    page.click("[data-level=dissatisfied]")
    page.fill("#words", "等得太久")
    page.click("[data-act=send]")
    page.locator("#thanks:visible").wait_for()
    assert ratings(hall)[0][1]["text"] == "等得太久"


def test_a_good_rating_needs_no_reason_and_two_taps_are_one(hall: Any, glass: Any) -> None:
    page = invited(hall, glass)
    page.click("#language")
    page.get_by_text("Very satisfied").click()
    page.locator("[data-act=send]").dblclick()
    page.locator("#thanks:visible").wait_for()
    page.locator("#card:visible").wait_for()
    assert [body["level"] for _, body in ratings(hall)] == ["very-satisfied"]
    page.get_by_text("本窗口办理").wait_for()  # the next person finds the language of the hall


def test_no_answer_sends_nothing_and_leaves_nothing(hall: Any, glass: Any) -> None:
    page = invited(hall, glass)
    page.click("[data-level=dissatisfied]")
    page.fill("#words", "等得太久")
    hall.invite("3", "S-1", for_=timedelta(seconds=1))
    page.locator("#card:visible").wait_for()
    assert ratings(hall) == []
    hall.invite("3", "S-2")
    page.locator("[data-level=satisfied]").wait_for()
    assert page.locator("[aria-pressed=true]").count() == 0
    assert page.input_value("#words") == ""


def test_a_service_that_is_rated_already_says_so(hall: Any, glass: Any) -> None:
    page = invited(hall, glass)
    glass.expect_complaint("409")
    hall.refusals["/services/S-1/rating"] = (409, {"code": "rating_exists", "message": "", "retryable": False})
    page.click("[data-level=satisfied]")
    page.click("[data-act=send]")
    page.get_by_text("这次服务已经评价过了。").wait_for()


def test_a_break_is_told(hall: Any, glass: Any) -> None:
    page = glass.open("/rate/3", LANDSCAPE)
    hall.publish("window.paused", window=hall.manned("3", mode="paused", pause_reason="lunch"))
    page.locator("[data-mode=paused]", has_text="暂停服务").wait_for()


def test_a_pad_without_network_says_so(hall: Any, glass: Any) -> None:
    page = glass.open("/rate/3", LANDSCAPE)
    page.locator("#card:visible").wait_for()
    glass.expect_complaint("503|ERR_|incomplete")
    hall.lose()
    page.locator("#link:visible").wait_for()
