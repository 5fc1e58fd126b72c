"""The citizen's own page on a phone: every state, both languages, two sizes, by real taps."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import expect

from queue_server.contract.codec import convert, plain
from queue_server.contract.messages import TicketState, TicketStatus, WindowPlace

pytestmark = pytest.mark.browser

TOKEN = "k7x4c2m9q1w8e5r3t6y0u2i4"  # because a made-up link of a ticket is no secret
SIZES = {"small": (360, 640), "large": (412, 915)}
PHONE = {"has_touch": True, "is_mobile": True}
BUDGET = 30 * 1024
"""All that an opened page may bring over the air, without the theme."""

GROUND = {"zh": "一楼", "en": "Floor 1"}
ZONE = {"zh": "综合服务区", "en": "General services"}


def places(*ids: str) -> tuple[WindowPlace, ...]:
    rows = [
        {"id": one, "name": {"zh": f"{one}号窗口", "en": f"Window {one}"}, "zone": ZONE, "floor": GROUND} for one in ids
    ]
    return convert(rows, tuple[WindowPlace, ...])


def status(state: str = "waiting", **more: Any) -> TicketStatus:
    issued = (datetime.now(UTC) - timedelta(minutes=12)).isoformat()
    ticket = {"id": "T1", "number": "A012", "queue": "A", "state": state, "issuedAt": issued, "channel": "kiosk"}
    if state in {"calling", "serving", "held"}:
        ticket |= {"window": "3", "calls": 1}
    rest: dict[str, Any] = {"windows": plain(places("3")) if "window" in ticket else []}
    if state == "waiting":
        estimate = {"low": 600, "likely": 900, "high": 1200}
        rest = {"ahead": 3, "estimatedWaitSeconds": estimate, "windows": plain(places("1", "2", "3"))}
    name = {"zh": "云山区政务服务中心", "en": "Yunshan District Government Service Hall"}
    body = {"ticket": ticket, "queueName": {"zh": "综合业务", "en": "General affairs"}, "hallName": name, **rest}
    return convert(body | more, TicketStatus)


@pytest.fixture
def phone(hall: Any, glass: Any) -> Any:
    """Opens the page of one ticket that stands as given."""

    def open_page(at: TicketStatus | None, size: str = "small", lang: str = "zh", **more: Any) -> Any:
        if at:
            hall.status[TOKEN] = at
        return glass.open(f"/t/{TOKEN}", SIZES[size], lang=lang, enrolled=False, **PHONE, **more)

    return open_page


def card(page: Any, state: str) -> Any:
    found = page.locator(f"#card[data-state={state}]")
    found.wait_for()
    return found


def move(hall: Any, to: TicketStatus) -> None:
    hall.status[TOKEN] = to
    hall.wake()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_every_state_of_a_ticket_can_be_read(hall: Any, glass: Any, phone: Any, size: str, lang: str) -> None:
    page = phone(status(), size, lang)
    for state in TicketState:
        move(hall, status(state))
        card(page, state)
        glass.picture(page, f"ticket-{state}-{size}-{lang}")
    move(hall, status(ahead=0, estimatedWaitSeconds={"low": 0, "likely": 30, "high": 60}, windows=plain(places("4"))))
    page.locator("[data-ahead='0']").wait_for()
    glass.picture(page, f"ticket-next-{size}-{lang}")
    page.locator("#cancel").tap()
    page.locator("#stay").wait_for()
    glass.picture(page, f"ticket-sure-{size}-{lang}")
    move(hall, status("done", rating="invited", service="S1"))
    page.locator("[data-level]").nth(4).wait_for()
    glass.picture(page, f"ticket-rate-{size}-{lang}")
    page.locator("[data-level=dissatisfied]").tap()
    page.locator("[data-reason]").first.tap()
    glass.picture(page, f"ticket-why-{size}-{lang}")
    move(hall, status("done", rating="submitted", service="S1"))
    page.locator("#rate").wait_for(state="hidden")
    glass.picture(page, f"ticket-thanks-{size}-{lang}")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_unknown_link_and_a_cut_line_say_what_to_do(hall: Any, glass: Any, phone: Any, lang: str) -> None:
    glass.expect_complaint("404|503|ERR_")
    page = phone(None, lang=lang)
    card(page, "unknown")
    glass.picture(page, f"ticket-unknown-small-{lang}")
    page = phone(status(), lang=lang)
    card(page, "waiting")
    hall.down = True
    hall.wake()
    page.locator("#lost").wait_for()
    expect(page.locator("[data-number=A012]")).to_be_visible()
    glass.picture(page, f"ticket-lost-small-{lang}")


def test_a_page_catches_up_by_itself_when_the_hall_is_back(hall: Any, glass: Any, phone: Any) -> None:
    glass.expect_complaint("503|ERR_")
    page = phone(status())
    card(page, "waiting")
    hall.down = True
    hall.wake()
    page.locator("#lost").wait_for()
    hall.status[TOKEN] = status("calling")
    hall.down = False
    page.evaluate("dispatchEvent(new Event('online'))")
    card(page, "calling")
    page.locator("#lost").wait_for(state="hidden")


@pytest.mark.parametrize("palette", ["contrast", "night"])
def test_other_palettes_can_be_read(hall: Any, glass: Any, palette: str) -> None:
    hall.status[TOKEN] = status("calling")
    page = glass.open(f"/t/{TOKEN}?palette={palette}", SIZES["small"], enrolled=False, **PHONE)
    card(page, "calling")
    glass.picture(page, f"ticket-calling-{palette}")


def test_the_place_in_the_line_moves_as_the_hall_says(hall: Any, phone: Any) -> None:
    page = phone(status())
    expect(page.locator("[data-number]")).to_have_attribute("data-number", "A012")
    expect(page.locator("[data-ahead]")).to_have_text("前面还有 3 位")
    expect(page.locator("#line")).to_have_text("预计等候：约 10–20 分钟")
    expect(page.locator("#where")).to_have_text("1号窗口、2号窗口、3号窗口一楼 · 综合服务区")
    move(hall, status(ahead=1))
    expect(page.locator("[data-ahead]")).to_have_text("前面还有 1 位")


def test_a_call_shows_the_window_and_shakes_the_phone_once_for_each_call(hall: Any, phone: Any, until: Any) -> None:
    page = phone(status())
    card(page, "waiting")
    page.evaluate("window.shaken = []; navigator.vibrate = (how) => window.shaken.push(how); 0")
    page.locator("#remind").tap()
    page.locator("#remind").wait_for(state="hidden")
    move(hall, status("calling"))
    card(page, "calling")
    expect(page.locator("#headline")).to_have_text("请到 3号窗口")
    expect(page.locator("#line")).to_have_text("一楼 · 综合服务区")
    assert page.title() == "A012 请到 3号窗口"
    assert page.locator("#card").evaluate("(node) => getComputedStyle(node).borderTopColor") == "rgb(161, 42, 36)"
    again = status("calling")
    move(hall, replace(again, ticket=replace(again.ticket, calls=2)))
    until(page, lambda: page.evaluate("window.shaken.length") == 3)
    assert page.evaluate("window.shaken") == [200, [400, 200, 400, 200, 800], [400, 200, 400, 200, 800]]


def test_a_page_that_nobody_touched_does_not_try_to_vibrate(hall: Any, phone: Any) -> None:
    page = phone(status())
    card(page, "waiting")
    move(hall, status("calling"))
    card(page, "calling")


def test_cancelling_asks_first_and_happens_once(hall: Any, glass: Any, phone: Any, monkeypatch: Any) -> None:
    glass.expect_complaint("502")
    page = phone(status())
    page.locator("#cancel").tap()
    page.locator("#stay").tap()
    page.locator("#sure").wait_for(state="hidden")
    assert hall.asked == []
    monkeypatch.setattr(hall, "act", lambda *_: plain(status("cancelled")))
    hall.broken.append(f"/my/{TOKEN}/cancel")
    page.locator("#cancel").tap()
    hall.status[TOKEN] = status("cancelled")
    page.locator("#leave").tap()
    card(page, "cancelled")
    assert [one.path for one in hall.asked] == [f"/my/{TOKEN}/cancel"] * 2
    assert len({one.key for one in hall.asked}) == 1


def test_a_ticket_that_was_called_meanwhile_cannot_be_cancelled(hall: Any, glass: Any, phone: Any) -> None:
    glass.expect_complaint("409")
    page = phone(status())
    page.locator("#cancel").tap()
    refusal = {"code": "wrong_state", "message": "called", "retryable": False, "detail": {}}
    hall.refusals[f"/my/{TOKEN}/cancel"] = (409, refusal)
    page.locator("#leave").tap()
    expect(page.locator("#said")).to_have_text("情况已经变化，请看最新状态。")


def test_the_five_levels_are_equal_and_none_is_chosen(phone: Any) -> None:
    page = phone(status("done", rating="timed-out", service="S1"))
    levels = page.locator("[data-level]")
    expect(levels).to_have_text(["非常满意", "满意", "基本满意", "不满意", "非常不满意"])
    boxes = [levels.nth(one).bounding_box() for one in range(5)]
    assert len({(box["width"], box["height"]) for box in boxes if box}) == 1
    looks = {
        levels.nth(one).evaluate(
            "(node) => { const s = getComputedStyle(node); return s.color + s.backgroundColor + s.fontWeight; }"
        )
        for one in range(5)
    }
    assert len(looks) == 1


def test_a_bad_rating_says_why_and_a_good_one_need_not(hall: Any, phone: Any) -> None:
    page = phone(status("done", rating="invited", service="S1"))
    page.locator("[data-level=very-dissatisfied]").tap()
    send = page.locator("[data-act=send]")
    expect(send).to_be_disabled()
    page.locator("[data-reason='113']").tap()
    expect(send).to_be_enabled()
    page.locator("[data-reason='113']").tap()
    expect(send).to_be_disabled()
    page.locator("textarea").fill("等了太久")
    expect(send).to_be_enabled()
    page.locator("#rate .quiet").tap()
    page.locator("[data-level=satisfied]").tap()
    expect(page.locator("textarea")).to_have_value("")
    hall.status[TOKEN] = status("done", rating="submitted", service="S1")
    send.tap()
    expect(page.locator("#line")).to_have_text("已收到您的评价，谢谢")
    assert [(one.path, one.body) for one in hall.asked] == [
        (f"/my/{TOKEN}/rating", {"level": "satisfied", "reasons": [], "text": ""})
    ]


@pytest.mark.parametrize(
    ("lang", "code", "said"),
    [
        ("zh", "rating_closed", "评价时间已过。"),
        ("zh", "rating_not_possible", "这个号还没有办完，或者没有办理过，不能评价。"),
        ("en", "rating_not_possible", "This number was not served, or the service is not finished"),
    ],
)
def test_a_rating_that_the_hall_cannot_take_is_told_why(
    hall: Any, glass: Any, phone: Any, lang: str, code: str, said: str
) -> None:
    glass.expect_complaint("409")
    page = phone(status("done", rating="timed-out", service="S1"), lang=lang)
    hall.refusals[f"/my/{TOKEN}/rating"] = (409, {"code": code, "message": "no", "retryable": False, "detail": {}})
    page.locator("[data-level=satisfied]").tap()
    page.locator("[data-act=send]").tap()
    expect(page.locator("#said")).to_contain_text(said)


def test_the_language_changes_without_a_reload_and_is_kept(phone: Any) -> None:
    page = phone(status())
    card(page, "waiting")
    page.locator("#language").tap()
    expect(page.locator("[data-ahead]")).to_have_text("3 ahead of you")
    assert page.evaluate("localStorage.getItem('hall.lang')") == "en"


def test_an_opened_page_weighs_at_most_thirty_kilobytes(hall: Any, glass: Any) -> None:
    hall.status[TOKEN] = status()
    context = glass.browser.new_context(viewport={"width": 360, "height": 640}, base_url=hall.url)
    glass.contexts.append(context)
    page = context.new_page()
    answers: list[Any] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(f"/t/{TOKEN}")
    card(page, "waiting")
    page.locator("#demo").wait_for()
    weighed = [one for one in answers if not re.search(r"/events$|/theme\.css$", one.url)]
    bodies = {one.url: len(one.body()) for one in weighed}
    assert f"{hall.url}/static/ticket/main.js" in bodies
    assert sum(bodies.values()) <= BUDGET, bodies
