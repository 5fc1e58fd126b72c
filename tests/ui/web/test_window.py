"""The window console as an officer uses it: by mouse and by keys, twice by mistake, and without a network."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser

SMALL = (420, 640)


def a_line(hall: Any, *numbers: str) -> None:
    for number in numbers:
        hall.publish("ticket.issued", ticket=hall.ticket(number, maskedName="王*"))


def at_work(hall: Any, glass: Any, *numbers: str) -> Any:
    """An officer sits at window 3, which is open; these people wait."""
    hall.publish("window.opened", window=hall.manned("3", mode="open"))
    a_line(hall, *numbers)
    page = glass.open("/window/3", SMALL, enrolled=False)
    glass.log_in(page, "officer3")
    page.locator("[data-does=call]:enabled").wait_for()
    return page


def acts(hall: Any) -> list[tuple[str, dict[str, Any]]]:
    return [
        (one.path.removeprefix("/windows/3/"), one.body) for one in hall.asked if one.path.startswith("/windows/3/")
    ]


def test_a_wrong_password_is_said_in_words(hall: Any, glass: Any) -> None:
    glass.expect_complaint("401")
    page = glass.open("/window/3", SMALL, enrolled=False)
    page.fill("[name=name]", "officer3")
    page.fill("[name=password]", "wrong")
    page.keyboard.press("Enter")
    page.get_by_text("不对，请检查后再试一次。").wait_for()


def test_a_terminal_with_a_code_needs_no_login(hall: Any, glass: Any) -> None:
    page = glass.open("/window/3", SMALL, enrolled=False, code="ENROL-ME")
    page.locator("[data-does=open]:enabled").wait_for()
    assert "ENROL" not in page.url


def test_an_officer_serves_a_person_by_keys_alone(hall: Any, glass: Any) -> None:
    a_line(hall, "A012")
    page = glass.open("/window/3", SMALL, enrolled=False)
    glass.log_in(page, "officer3")
    for does in ("open", "call", "start"):
        page.locator(f"[data-does={does}]:enabled").wait_for()
        page.keyboard.press("Space")
    page.locator("[data-does=next]:enabled").wait_for()
    page.keyboard.press("f")
    page.locator("[data-outcome=consult]").wait_for()
    page.keyboard.press("2")
    page.locator("[data-rating=invited]").wait_for()
    assert acts(hall) == [("open", {}), ("call-next", {}), ("start", {}), ("finish", {"outcome": "consult"})]


def test_finish_and_call_next_is_one_press(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass, "A012", "A013")
    for does in ("call", "start", "next"):
        page.locator(f"[data-does={does}]:enabled").click()
    page.locator("[data-number=A013]").wait_for()
    assert acts(hall)[-1] == ("call-next", {"finishCurrent": "accepted"})
    page.locator("[data-rating=invited]").wait_for()


def test_a_double_click_is_one_call(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass, "A012", "A013")
    page.locator("[data-does=call]").dblclick()
    page.locator("[data-does=start]:enabled").wait_for()
    assert acts(hall) == [("call-next", {})]


def test_a_press_whose_answer_is_lost_keeps_its_key(hall: Any, glass: Any, until: Any) -> None:
    page = at_work(hall, glass, "A012", "A013")
    glass.expect_complaint("50[24]")
    hall.broken.append("/windows/3/call-next")
    page.locator("[data-does=call]").click()
    until(page, lambda: len(acts(hall)) == 2)
    page.locator("[data-number=A012]").wait_for()
    calls = [one for one in hall.asked if one.path.endswith("/call-next")]
    assert len({one.key for one in calls}) == 1


def test_every_other_act_asks_what_it_must(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass, "A012", "A013", "A014")
    page.locator("[data-does=call]:enabled").click()
    page.locator("[data-act=recall]:enabled").click()
    page.locator("[data-act=pass]:enabled").click()
    page.click("[data-reason=left]")
    page.locator("[data-does=call]:enabled").click()
    page.locator("[data-does=start]:enabled").click()
    page.locator("[data-act=hold]:enabled").click()
    page.locator("[data-resume=T-A013]:enabled").click()
    page.locator("[data-act=transfer]:enabled").click()
    page.get_by_text("排到最后").click()
    page.click("[data-queue=C]")
    page.locator("[data-act=pause]:enabled").click()
    page.click("[data-reason=meeting]")
    page.locator("[data-does=reopen]:enabled").click()
    page.locator("[data-act=close]:enabled").click()
    page.locator("[data-does=open]:enabled").wait_for()
    assert acts(hall) == [
        ("call-next", {}),
        ("recall", {}),
        ("pass", {"reason": "left"}),
        ("call-next", {}),
        ("start", {}),
        ("hold", {}),
        ("resume", {"ticket": "T-A013"}),
        ("transfer", {"position": "last", "queue": "C"}),
        ("pause", {"reason": "meeting"}),
        ("open", {}),
        ("close", {}),
    ]


def test_going_back_from_a_question_does_nothing(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass, "A012")
    page.locator("[data-does=call]:enabled").click()
    page.locator("[data-act=pass]:enabled").click()
    page.click("#sheet [data-act=back]")
    page.locator("[data-does=start]:enabled").wait_for()
    assert acts(hall) == [("call-next", {})]


def test_nothing_moves_between_two_presses(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass, "A012", "A013")
    seen = []
    for does in ("call", "start", "next"):
        page.locator(f"[data-does={does}]:enabled").click()
        acts_row = [button.bounding_box() for button in page.locator("#acts button").all()]
        seen.append([page.locator("#primary").bounding_box(), *acts_row])
    assert seen[0] == seen[1] == seen[2]


def test_the_officer_never_sees_how_he_was_rated(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass, "A012")
    page.locator("[data-does=call]:enabled").click()
    page.locator("[data-act=finish]:enabled").click()
    page.click("[data-outcome=accepted]")
    page.locator("[data-rating=invited]").wait_for()
    hall.publish("rating.submitted", level="very-dissatisfied", window=hall.window("3", rating="submitted"))
    page.locator("[data-rating=submitted]").wait_for()
    assert "A012：已评价" in page.inner_text("body")
    assert "满意" not in page.inner_text("body")


def test_a_refusal_is_said_in_words(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass, "A012")
    glass.expect_complaint("409")
    hall.refusals["/windows/3/call-next"] = (409, {"code": "window_taken", "message": "", "retryable": False})
    page.locator("[data-does=call]:enabled").click()
    page.get_by_text("这个窗口已由其他工作人员使用。").wait_for()


def test_nobody_waits_is_said_in_words(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass)
    page.locator("[data-does=call]:enabled").click()
    page.locator("#said", has_text="现在没有人等候").wait_for()


def test_a_window_of_somebody_else_cannot_be_used(hall: Any, glass: Any) -> None:
    other = {"officer": {"id": "officer1", "number": "001", "name": "王敏"}}
    hall.publish("window.opened", window=hall.manned("3", mode="open") | other)
    page = glass.open("/window/3", SMALL, enrolled=False)
    glass.log_in(page, "officer3")
    page.locator("#said", has_text="001 王敏").wait_for()
    assert page.locator("#primary").is_disabled()


def test_a_lost_connection_is_said_and_caught_up(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass, "A012")
    glass.expect_complaint("503|ERR_|incomplete")
    hall.lose()
    page.locator("#said", has_text="正在重新连接").wait_for()
    hall.call("A012", "3")
    hall.come_back()
    page.locator("[data-number=A012]").wait_for()
    page.locator("html[data-state=live]").wait_for()


def test_who_signs_out_leaves_nothing_behind(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass, "A012")
    page.click("#leave")
    page.locator("[name=password]").wait_for()
    assert "王*" not in page.inner_text("body")
    page.reload()
    page.locator("[name=password]").wait_for()


def test_an_officer_whose_window_was_closed_by_force_is_told(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass, "A012")
    page.locator("[data-does=call]").click()
    page.locator("[data-does=start]:enabled").wait_for()
    hall.withdraw(hall.call("A012", "3", calls=2))
    page.get_by_text("管理员关闭了这个窗口。要继续办理，请重新开放窗口。").wait_for()
    page.locator("[data-does=open]:enabled").wait_for()
