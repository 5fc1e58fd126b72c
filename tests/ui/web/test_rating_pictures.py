"""The rating pad in every state, both shapes, both languages and other colours."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.browser

PADS = {"landscape": (1280, 800), "portrait": (800, 1280)}


@pytest.mark.parametrize("lang", ["zh", "en"])
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


@pytest.mark.parametrize("palette", ["contrast", "night"])
def test_the_rating_pad_keeps_its_shape_in_other_colours(hall: Any, glass: Any, palette: str) -> None:
    page = glass.open(f"/rate/4?palette={palette}", PADS["landscape"])
    hall.invite("4", "S-2", for_=timedelta(seconds=50))
    page.click("[data-level=satisfied]")
    glass.picture(page, f"rating-reasons-{palette}")
