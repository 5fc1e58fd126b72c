"""The call screen in every state, both shapes, both languages and other colours."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser

SCREENS = {"landscape": (1920, 1080), "portrait": (1080, 1920)}
LOST = "503|ERR_|incomplete"


@pytest.mark.parametrize("lang", ["zh", "en"])
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


@pytest.mark.parametrize("palette", ["contrast", "night"])
def test_the_call_screen_keeps_its_shape_in_other_colours(hall: Any, glass: Any, palette: str) -> None:
    hall.crowd()
    page = glass.open(f"/screen/S1?palette={palette}", SCREENS["landscape"])
    page.locator("#calls li").nth(6).wait_for()
    hall.call("A012", "3")
    page.locator("#call").wait_for()
    glass.picture(page, f"screen-calling-{palette}")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("shape", SCREENS)
def test_the_longest_numbers_fit(hall: Any, glass: Any, shape: str, lang: str) -> None:
    hall.crowd()
    for number, window in (("YA001", "1"), ("WA002", "2"), ("YA1012", "3"), ("YC103", "6")):
        hall.call(number, window, age=60)
    page = glass.open("/screen/S1", SCREENS[shape], lang=lang)
    page.locator("#calls li").nth(6).wait_for()
    hall.call("YA1013", "8")
    page.locator("#call").wait_for()
    glass.picture(page, f"screen-longest-{shape}-{lang}")
