"""The citizen's page when something is out of the ordinary: missed the call, several matters, closing time."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from queue_server.contract.codec import convert, plain
from queue_server.contract.messages import TicketStatus

pytestmark = pytest.mark.browser

TOKEN = "k7x4c2m9q1w8e5r3t6y0u2i4"  # because a made-up link of a ticket is no secret
PHONE = {"has_touch": True, "is_mobile": True}
SIZE = (390, 844)
ISSUED = "2026-03-02T01:10:00Z"

STEPS = [
    {"zh": "综合业务", "en": "General affairs"},
    {"zh": "社保医保", "en": "Social and medical insurance"},
    {"zh": "不动产登记", "en": "Real estate registration"},
]


def status(state: str, ticket: dict[str, Any] | None = None, **more: Any) -> TicketStatus:
    one = {"id": "T1", "number": "A012", "queue": "A", "state": state, "issuedAt": ISSUED, "channel": "kiosk"}
    body = {"ticket": one | (ticket or {}), "queueName": STEPS[0], "timeZone": "Asia/Shanghai"}
    return convert(body | more, TicketStatus)


def waiting(ahead: int | None, **more: Any) -> TicketStatus:
    estimate = None if ahead is None else {"low": 600, "likely": 900, "high": 1500}
    return status("waiting", ahead=ahead, estimatedWaitSeconds=estimate, **more)


@pytest.fixture
def phone(hall: Any, glass: Any) -> Any:
    def open_page(at: TicketStatus, lang: str = "zh") -> Any:
        hall.status[TOKEN] = at
        page = glass.open(f"/t/{TOKEN}", SIZE, lang=lang, enrolled=False, **PHONE)
        page.locator(f"#card[data-state={at.ticket.state}]").wait_for()
        return page

    return open_page


def test_who_missed_the_call_comes_back_behind_others(hall: Any, phone: Any) -> None:
    page = phone(status("passed"))

    def back(_: dict[str, Any]) -> Any:
        hall.status[TOKEN] = waiting(3, ticket={"standing": "returned", "reactivated": 1})
        return plain(waiting(None, ticket={"standing": "returned", "reactivated": 1}))

    hall.answers[f"/my/{TOKEN}/reactivate"] = back
    page.locator("#return").tap()
    expect(page.locator("[data-ahead]")).to_have_text("前面还有 3 位")
    expect(page.locator("#line")).to_have_text("预计等候：约 10–25 分钟")
    expect(page.locator("#hint")).to_contain_text("让过几位后会再叫您")
    page.locator("#return").wait_for(state="hidden")
    assert [one.path for one in hall.asked] == [f"/my/{TOKEN}/reactivate"]


def test_until_the_place_is_known_the_page_says_that_it_worked(phone: Any) -> None:
    page = phone(waiting(None, ticket={"standing": "returned"}))
    expect(page.locator("#headline")).to_have_text("已重新排队")


def test_who_came_back_once_is_told_what_to_do(hall: Any, glass: Any, phone: Any) -> None:
    glass.expect_complaint("409")
    page = phone(status("passed", ticket={"reactivated": 1}))
    hall.refusals[f"/my/{TOKEN}/reactivate"] = (409, {"code": "reactivation_limit", "message": ""})
    page.locator("#return").tap()
    expect(page.locator("#said")).to_have_text("这个号已经回来过一次，请重新取号或找工作人员。")


def test_several_matters_show_their_stops_and_the_present_one(hall: Any, phone: Any) -> None:
    page = phone(waiting(2, steps=STEPS, step=1))
    expect(page.locator("#steps li")).to_have_text(["综合业务", "社保医保", "不动产登记"])
    expect(page.locator("[aria-current=step]")).to_have_text("社保医保")
    hall.status[TOKEN] = status("done", steps=STEPS, step=2)
    hall.wake()
    page.locator("#steps").wait_for(state="hidden")


def test_a_wait_that_may_last_beyond_closing_is_said(hall: Any, phone: Any) -> None:
    page = phone(waiting(9, warning="may-not-be-served"))
    expect(page.locator("#warning")).to_contain_text("今天可能办不完")
    hall.status[TOKEN] = status("calling")
    hall.wake()
    page.locator("#warning").wait_for(state="hidden")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_out_of_the_ordinary_can_be_read(hall: Any, glass: Any, phone: Any, lang: str) -> None:
    page = phone(status("passed"), lang)
    glass.picture(page, f"ticket-back-{lang}")
    shown = {
        "returned": waiting(3, ticket={"standing": "returned", "reactivated": 1}),
        "steps": waiting(2, steps=STEPS, step=1, warning="may-not-be-served"),
        "paper": status("print-failed"),
        "issuing": status("issuing"),
        "void": status("void"),
    }
    for name, at in shown.items():
        hall.status[TOKEN] = at
        hall.wake()
        page.locator(f"#card[data-state={at.ticket.state}]").wait_for()
        page.locator("#steps").wait_for(state="visible" if name == "steps" else "hidden")
        glass.picture(page, f"ticket-{name}-{lang}")
