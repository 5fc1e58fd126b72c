"""Screen, window and pad of one real server: from the call to the rating."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser


def test_from_the_call_to_the_rating_with_the_real_server(real: Any, glass: Any) -> None:
    screen = glass.open("/screen/S1", (1920, 1080), enrolled=False, url=real.url, code=real.codes["screen:S1"])
    pad = glass.open("/rate/3", (1280, 800), enrolled=False, url=real.url, code=real.codes["pad:pad-3"])
    window = glass.open("/window/3", (420, 640), enrolled=False, url=real.url)
    window.fill("[name=name]", "officer3")
    window.fill("[name=password]", real.password)
    window.keyboard.press("Enter")
    window.click("[data-act=open]")
    screen.locator("html[data-state=live]").wait_for()
    pad.locator("#card:visible", has_text="陈静").wait_for()

    token = real.post("/login", {"name": "officer2", "password": real.password})["token"]
    first = real.post("/tickets", {"queue": "A"}, token)["number"]
    second = real.post("/tickets", {"queue": "A", "priority": "none"}, token)["number"]
    window.locator("#next", has_text=second).wait_for()

    window.click("[data-act=primary]")
    screen.locator(f"[data-call-number={first}]").wait_for()
    window.locator("[data-does=start]:enabled").click()
    window.locator("[data-act=finish]:enabled").click()
    window.click("[data-outcome=accepted]")
    pad.click("[data-level=dissatisfied]")
    pad.locator(".chip").first.click()
    pad.click("[data-act=send]")
    pad.locator("#thanks:visible").wait_for()
    window.locator("[data-rating=submitted]").wait_for()
    assert "不满意" not in window.inner_text("body")

    window.locator("[data-does=call]:enabled").click()
    screen.locator(f"[data-call-number={second}]").wait_for()
    window.locator("[data-act=transfer]:enabled").click()
    window.click("#sheet [data-window='1']")
    window.locator("[data-does=call]:enabled").wait_for()
    window.locator("[data-act=pause]:enabled").click()
    window.click("[data-reason=lunch]")
    pad.locator("[data-mode=paused]").wait_for()
    window.locator("[data-act=close]:enabled").click()
    window.locator("[data-does=open]:enabled").wait_for()


def test_a_window_terminal_of_the_real_server_works_without_a_login(real: Any, glass: Any) -> None:
    page = glass.open("/window/4", (420, 640), enrolled=False, url=real.url, code=real.codes["window:window-4"])
    page.locator("[data-does=open]:enabled").click()
    page.locator("[data-does=call]:enabled").click()
    page.locator("#said", has_text="现在没有人等候").wait_for()
    page.locator("[data-act=close]:enabled").click()
    page.locator("[data-does=open]:enabled").wait_for()
