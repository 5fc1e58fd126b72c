"""Every page in every state and both languages, as people see it: nothing cut off, nothing on top of anything."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.browser

SCREENS = {"landscape": (1920, 1080), "portrait": (1080, 1920)}
PADS = {"landscape": (1280, 800), "portrait": (800, 1280)}
PHONE = (360, 740)
LOST = "503|ERR_|incomplete|Failed to load"

languages = pytest.mark.parametrize("lang", ["zh", "en"])


@languages
@pytest.mark.parametrize("shape", SCREENS)
def test_the_call_screen_can_be_read_in_every_state(hall: Any, glass: Any, shape: str, lang: str) -> None:
    page = glass.open("/screen/S1", SCREENS[shape], lang=lang)
    page.locator("#queues li").first.wait_for()
    glass.picture(page, f"screen-resting-{shape}-{lang}")
    hall.crowd()
    hall.publish("window.paused", window=hall.window("2", mode="paused", pause_reason="lunch"))
    page.locator("#calls li").nth(6).wait_for()
    glass.picture(page, f"screen-busy-{shape}-{lang}")
    hall.call("A012", "3", calls=2)
    page.locator("#call").wait_for()
    glass.picture(page, f"screen-calling-{shape}-{lang}")
    glass.expect_complaint(LOST)
    hall.lose()
    page.locator("#cut").wait_for()
    glass.picture(page, f"screen-cut-{shape}-{lang}")


@languages
@pytest.mark.parametrize("shape", PADS)
def test_the_rating_pad_can_be_read_in_every_state(hall: Any, glass: Any, shape: str, lang: str) -> None:
    page = glass.open("/rate/3", PADS[shape], lang=lang)
    hall.publish("window.opened", window=hall.manned("3", mode="open"))
    page.locator("#card:visible").wait_for()
    glass.picture(page, f"rating-card-{shape}-{lang}")
    hall.publish("window.paused", window=hall.manned("3", mode="paused", pause_reason="lunch"))
    page.locator("[data-mode=paused]").wait_for()
    glass.picture(page, f"rating-paused-{shape}-{lang}")
    hall.invite("3", "S-1")
    page.locator("[data-level=satisfied]").wait_for()
    glass.picture(page, f"rating-invited-{shape}-{lang}")
    page.click("[data-level=dissatisfied]")
    page.click("#send")
    page.locator("#trouble:not(:empty)").wait_for()
    page.click("[data-reason='212']")
    glass.picture(page, f"rating-reasons-{shape}-{lang}")
    page.click("#send")
    page.locator("#thanks:visible").wait_for()
    glass.picture(page, f"rating-thanks-{shape}-{lang}")


@languages
def test_the_phone_page_can_be_read_in_every_state(hall: Any, glass: Any, lang: str) -> None:
    hall.my("tok", "A012", "waiting", ahead=3)
    page = glass.open("/t/tok", PHONE, lang=lang, enrolled=False)
    page.locator("[data-state=waiting]").wait_for()
    glass.picture(page, f"ticket-waiting-{lang}")
    page.click("#cancel")
    page.locator("dialog[open]").wait_for()
    glass.picture(page, f"ticket-cancel-{lang}")
    page.click("#no")
    for state in ("calling", "serving", "held", "passed", "done", "cancelled", "expired"):
        hall.my("tok", "A012", state, window="3", ahead=None, rating="timed-out" if state == "done" else "not-yet")
        page.locator(f"[data-state={state}]").wait_for()
        if state == "done":
            page.click("#levels [data-level=dissatisfied]")
            page.click("#send")
            page.locator("#trouble:not(:empty)").wait_for()
        glass.picture(page, f"ticket-{state}-{lang}")
    lost = glass.open("/t/nobody", PHONE, lang=lang, enrolled=False)
    glass.expect_complaint("404")
    lost.locator("#missing:visible").wait_for()
    glass.picture(lost, f"ticket-missing-{lang}")


@languages
def test_the_back_office_can_be_read(hall: Any, glass: Any, lang: str) -> None:
    hall.crowd()
    hall.fill_back_office()
    page = glass.open("/admin/", (1366, 900), lang=lang, enrolled=False)
    page.locator("#door-name").wait_for()
    glass.picture(page, f"admin-login-{lang}")
    glass.log_in(page, "admin")
    page.locator("td").first.wait_for()
    glass.picture(page, f"admin-overview-{lang}")
    for tab in ("terminals", "parked", "ratings"):
        page.click(f"a[href='#{tab}']")
        page.locator("td").first.wait_for()
        glass.picture(page, f"admin-{tab}-{lang}")
    page.click("a[href='#setup']")
    page.fill("[name=name]", "S3")
    page.click(".form .primary-button")
    page.locator(".code").wait_for()
    glass.picture(page, f"admin-setup-{lang}")


@languages
def test_the_index_can_be_read(hall: Any, glass: Any, lang: str) -> None:
    page = glass.open("/", (1280, 900), lang=lang, enrolled=False)
    page.locator("section").first.wait_for()
    glass.picture(page, f"index-{lang}")
    narrow = glass.open("/", PHONE, lang=lang, enrolled=False)
    narrow.locator("section").first.wait_for()
    glass.picture(narrow, f"index-phone-{lang}")


@pytest.mark.parametrize("palette", ["contrast", "night"])
def test_pages_keep_their_shape_in_other_colours(hall: Any, glass: Any, palette: str) -> None:
    hall.crowd()
    screen = glass.open(f"/screen/S1?palette={palette}", SCREENS["landscape"])
    screen.locator("#calls li").nth(6).wait_for()
    hall.call("A012", "3")
    screen.locator("#call").wait_for()
    glass.picture(screen, f"screen-calling-{palette}")
    pad = glass.open(f"/rate/4?palette={palette}", PADS["landscape"])
    hall.invite("4", "S-2", for_=timedelta(seconds=50))
    pad.click("[data-level=satisfied]")
    glass.picture(pad, f"rating-reasons-{palette}")
