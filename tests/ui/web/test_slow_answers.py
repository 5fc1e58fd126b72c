"""Answers that come late, in another order than they were asked for, or not at all: no page believes the older one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from queue_server.contract.codec import convert
from queue_server.contract.messages import TicketStatus

pytestmark = pytest.mark.browser

HD = (1920, 1080)
LAPTOP = (1366, 768)
TOKEN = "k7x4c2m9q1w8e5r3t6y0u2i4"  # because a made-up link of a ticket is no secret
PHONE = {"has_touch": True, "is_mobile": True}
EMPTY = {"terminals": {"terminals": []}, "parked": {"tickets": []}, "alerts": {"alerts": []}}
NAME = {"zh": "综合业务", "en": "General affairs"}


def booking(name: str, at: str) -> dict[str, Any]:
    start = datetime.fromisoformat(f"2036-03-03T{at}:00+08:00")
    times = {"start": start, "end": start, "checkInFrom": start, "checkInUntil": start, "changeUntil": start}
    rest = {"queue": "A", "queueName": NAME, "state": "booked", "maskedName": "张*三"}
    return {"id": name, **rest, **{key: value.isoformat() for key, value in times.items()}}


def parked(number: str) -> dict[str, Any]:
    issued = (datetime.now(UTC) - timedelta(minutes=90)).isoformat()
    row = {"key": f"key-{number}", "kiosk": "K1", "queue": "A", "number": number}
    return {**row, "issuedAt": issued, "reason": "expired-lease"}


def alert(name: str) -> dict[str, Any]:
    raised = datetime.now(UTC).isoformat()
    row = {"id": name, "rule": "waiting-long", "level": "yellow", "queue": "A"}
    return {**row, "raisedAt": raised, "value": 1860, "limit": 1800}


def rating(number: str, level: str) -> dict[str, Any]:
    row = {"service": f"S-{number}", "ticket": f"T-{number}", "number": number, "window": "1", "queue": "A"}
    rest = {"state": "submitted", "level": level, "channel": "pad", "reasons": [], "text": ""}
    return {**row, **rest, "at": datetime.now(UTC).isoformat()}


def office(hall: Any, glass: Any, room: str) -> Any:
    hall.admin = {**EMPTY, **hall.admin}
    page = glass.open("/admin/", LAPTOP, enrolled=False)
    glass.log_in(page, "admin")
    page.locator("#windows tbody tr").nth(7).wait_for()
    page.locator(f"[data-room={room}]").click()
    page.locator(f"#{room}").wait_for()
    return page


def arrive(hall: Any, page: Any, path: str) -> None:
    """The slow answer to ``path`` comes, and the page has done with it what it does."""
    with page.expect_event("requestfinished", lambda request: request.url.split("?")[0].endswith(path)):
        hall.let_go(path)
    page.evaluate("new Promise((resolve) => setTimeout(() => setTimeout(resolve)))")


def keep_back(hall: Any, page: Any, until: Any, path: str) -> None:
    until(page, lambda: path in hall.on_its_way)


def test_a_call_that_is_faster_than_the_zones_of_a_screen_is_announced(hall: Any, glass: Any, until: Any) -> None:
    hall.slow.append("/catalogue")
    page = glass.open("/screen/S1", HD)
    page.locator("html[data-state=live]").wait_for()
    keep_back(hall, page, until, "/catalogue")
    event = hall.call("A012", "3")
    withdrawn = hall.call("C006", "6")
    hall.withdraw(withdrawn)
    arrive(hall, page, "/catalogue")
    page.locator("[data-call-number=A012]").wait_for()
    last = hall.call("E031", "2")
    until(page, lambda: last.seq in hall.spoken)
    assert hall.spoken == [event.seq, last.seq]


@pytest.mark.parametrize(
    ("path", "times"), [("/screen/S1", 1), ("/rate/3", 1), ("/window/3", 1), ("/desk/", 2), ("/admin/", 2)]
)
def test_a_page_that_did_not_hear_about_its_hall_asks_again(hall: Any, glass: Any, path: str, times: int) -> None:
    glass.expect_complaint("502")
    hall.admin = EMPTY
    hall.broken += ["/catalogue"] * times
    page = glass.open(path, LAPTOP, enrolled=times == 1)
    if times > 1:
        glass.log_in(page, "admin")
    page.locator("#demo").wait_for()
    assert hall.broken == []


def test_an_older_list_of_bookings_never_takes_the_place_of_a_newer_one(hall: Any, glass: Any, until: Any) -> None:
    hall.admin["appointments"] = {"appointments": [booking("p1", "09:00")]}
    page = office(hall, glass, "appointments")
    page.locator("[data-appointment=p1]").wait_for()
    hall.slow.append("/appointments")
    hall.publish("appointment.booked", appointment=booking("p2", "09:30"))
    keep_back(hall, page, until, "/appointments")
    hall.admin["appointments"] = {"appointments": [booking("p1", "09:00"), booking("p2", "09:30")]}
    hall.publish("appointment.booked", appointment=booking("p2", "09:30"))
    page.locator("[data-appointment=p2]").wait_for()
    arrive(hall, page, "/appointments")
    expect(page.locator("#appointment-rows tbody tr")).to_have_count(2)


def test_an_alert_that_was_raised_while_the_list_was_read_stays(hall: Any, glass: Any, until: Any) -> None:
    page = office(hall, glass, "alerts")
    page.locator("#no-alerts").wait_for()
    hall.slow.append("/alerts")
    hall.publish("offline.settled", parked=parked("A701"))
    keep_back(hall, page, until, "/alerts")
    raised = alert("a1")
    hall.admin["alerts"] = {"alerts": [raised]}  # because the page reads the list anew every 15 s
    hall.publish("supervision.raised", alert=raised)
    page.locator("[data-alert=a1]").wait_for()
    arrive(hall, page, "/alerts")
    expect(page.locator("[data-alert=a1]")).to_be_visible()
    expect(page.locator("#alerts-badge")).to_have_text("1")


def test_a_figure_that_was_opened_while_the_ratings_were_read_anew_stays_open(
    hall: Any, glass: Any, until: Any
) -> None:
    rows = [rating("A001", "very-satisfied"), rating("A002", "satisfied")]
    hall.admin["ratings"] = {"rows": rows}
    page = office(hall, glass, "ratings")
    expect(page.locator("#rating-rows tbody tr")).to_have_count(2)
    page.locator("[data-room=overview]").click()
    page.locator("#overview").wait_for()
    hall.slow.append("/admin/ratings")
    page.locator("[data-room=ratings]").click()
    keep_back(hall, page, until, "/admin/ratings")
    page.locator("[data-count=satisfied]").click()
    expect(page.locator("#rating-rows tbody tr")).to_have_count(1)
    arrive(hall, page, "/admin/ratings")
    expect(page.locator("#rating-rows tbody tr")).to_have_count(1)


def test_a_button_of_a_list_stays_under_the_finger_while_the_list_is_read_anew(hall: Any, glass: Any) -> None:
    hall.admin["parked"] = {"tickets": [parked("A701")]}
    page = office(hall, glass, "parked")
    page.locator("[data-parked=key-A701] [data-act=dismiss]").hover()
    page.mouse.down()
    hall.admin["parked"] = {"tickets": [parked("A701"), parked("A702")]}
    hall.publish("offline.parked", parked=parked("A702"))
    page.locator("[data-parked=key-A702]").wait_for()
    page.mouse.up()
    expect(page.locator("#ask[open] h2")).to_contain_text("A701")


@pytest.mark.parametrize("refused", [False, True])
def test_a_late_answer_to_a_rating_says_nothing_to_the_next_citizen(
    hall: Any, glass: Any, until: Any, refused: bool
) -> None:
    glass.expect_complaint("409")
    path = "/services/S-1/rating"
    if refused:
        hall.refusals[path] = (409, {"code": "rating_closed", "message": "", "retryable": False})
    page = glass.open("/rate/3", LAPTOP)
    hall.invite("3", "S-1")
    page.click("[data-level=satisfied]")
    hall.slow.append(path)
    page.click("[data-act=send]")
    keep_back(hall, page, until, path)
    hall.invite("3", "S-2")
    page.locator("[data-act=send]").wait_for(state="hidden")
    page.click("[data-level=very-satisfied]")
    arrive(hall, page, path)
    expect(page.locator("[data-level=very-satisfied]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#trouble")).to_have_text("")
    page.click("[data-act=send]")
    page.locator("#thanks:visible").wait_for()
    assert [one.path for one in hall.asked] == [path, "/services/S-2/rating"]


def ticket(state: str, **more: Any) -> TicketStatus:
    issued = "2026-03-02T01:10:00Z"
    one = {"id": "T1", "number": "A012", "queue": "A", "state": state, "issuedAt": issued, "channel": "kiosk"}
    return convert({"ticket": one, "queueName": NAME, "timeZone": "Asia/Shanghai"} | more, TicketStatus)


def phone(hall: Any, glass: Any, at: TicketStatus) -> Any:
    hall.status[TOKEN] = at
    return glass.open(f"/t/{TOKEN}", (390, 844), enrolled=False, **PHONE)


def test_who_has_rated_is_not_asked_again_by_a_form_that_was_late(hall: Any, glass: Any, until: Any) -> None:
    hall.slow.append("/levels")
    page = phone(hall, glass, ticket("done", rating="invited", service="S1"))
    keep_back(hall, page, until, "/levels")
    hall.status[TOKEN] = ticket("done", rating="submitted", service="S1")
    hall.wake()
    expect(page.locator("#line")).to_have_text("已收到您的评价，谢谢")
    arrive(hall, page, "/levels")
    expect(page.locator("#rate")).to_be_hidden()


def test_the_stop_on_the_phone_is_the_present_one_when_its_styles_come_late(hall: Any, glass: Any, until: Any) -> None:
    steps = [NAME, {"zh": "社保医保", "en": "Social and medical insurance"}]
    styles = "/static/ticket/steps.css"
    hall.slow.append(styles)
    page = phone(hall, glass, ticket("waiting", ahead=3, steps=steps, step=0))
    keep_back(hall, page, until, styles)
    hall.status[TOKEN] = ticket("waiting", ahead=2, steps=steps, step=1)
    hall.wake()
    page.locator("[data-ahead='2']").wait_for()
    arrive(hall, page, styles)
    expect(page.locator("[aria-current=step]")).to_have_text("社保医保")


def at_work(hall: Any, glass: Any) -> Any:
    hall.publish("window.opened", window=hall.manned("3", mode="open"))
    hall.publish("ticket.issued", ticket=hall.ticket("A012"))
    page = glass.open("/window/3", LAPTOP, enrolled=False)
    glass.log_in(page, "officer3")
    page.locator("[data-does=call]:enabled").wait_for()
    return page


def test_an_answer_about_who_has_gone_does_not_come_back_to_the_window(hall: Any, glass: Any, until: Any) -> None:
    page = at_work(hall, glass)
    hall.slow.append("/me")
    hall.publish("hall.changed", queues=[hall.queue("A", waiting=1)])
    keep_back(hall, page, until, "/me")
    page.click("#leave")
    page.locator("[name=password]").wait_for()
    arrive(hall, page, "/me")
    expect(page.locator("#who")).to_have_text("")


def test_a_second_tap_that_a_slow_computer_handles_late_does_nothing(hall: Any, glass: Any) -> None:
    page = at_work(hall, glass)
    page.evaluate(
        """() => {
          const primary = document.getElementById("primary");
          const changed = new MutationObserver(() => (window.changedAt = performance.now()));
          changed.observe(primary, { attributeFilter: ["data-does"] });
          const made = (event) => window.late && Object.defineProperty(event, "timeStamp", { value: window.changedAt });
          addEventListener("click", made, true);
        }"""
    )
    page.locator("[data-does=call]").click()
    page.locator("[data-does=start]:enabled").wait_for()
    page.evaluate("window.late = true; 0")
    page.locator("[data-does=start]").click()
    page.evaluate("window.late = false; 0")
    page.locator("[data-does=start]").click()
    page.locator("[data-does=next]:enabled").wait_for()
    acts = [one.path for one in hall.asked if one.path.startswith("/windows/3/")]
    assert acts == ["/windows/3/call-next", "/windows/3/start"]


def test_a_slow_answer_does_not_set_the_clock_of_a_page_back(glass: Any) -> None:
    page = glass.open("/", enrolled=False)
    page.locator("[data-group=admin] a").wait_for()
    ahead = """async ([took, off]) => {
      const { Api } = await import("/static/shared/api.js");
      const api = new Api();
      const asked = Date.now() - took;
      api.setClock({ headers: new Headers({ Date: new Date(asked + off).toUTCString() }) }, asked);
      return api.ahead;
    }"""
    assert page.evaluate(ahead, [9000, 300]) == 0, "made at once, nine seconds on its way"
    assert page.evaluate(ahead, [9000, 8700]) == 0, "made late, at once here"
    assert abs(page.evaluate(ahead, [100, 300_000]) - 300_000) < 2000, "the clock of this device is slow"
    assert abs(page.evaluate(ahead, [4000, -300_000]) + 300_000) < 5000, "and here it is fast"
