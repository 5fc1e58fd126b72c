"""The call screen in every state, both shapes and both languages."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser

SHAPES = {"landscape": (1920, 1080), "portrait": (1080, 1920)}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_call_screen_can_be_read_in_every_state(hall: Any, glass: Any, shape: str, lang: str) -> None:
    page = glass.open("/screen/S1", SHAPES[shape], lang=lang, enrolled=True)
    page.locator("#welcome").wait_for()
    page.locator("#queues li").first.wait_for()
    glass.picture(page, f"screen-resting-{shape}-{lang}")
    hall.crowd()
    page.locator("#calls li").nth(6).wait_for()
    glass.picture(page, f"screen-busy-{shape}-{lang}")
    hall.call("A012", "3")
    page.locator("#call").wait_for()
    glass.picture(page, f"screen-calling-{shape}-{lang}")
    glass.expect_complaint("503|ERR_|incomplete")
    hall.down = True
    hall.wake()
    page.locator("#cut").wait_for()
    glass.picture(page, f"screen-cut-{shape}-{lang}")
