"""The window console in every state, narrow and wide, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser

SIZES = {"narrow": (420, 640), "desktop": (1280, 800)}


def people(hall: Any) -> None:
    """A line at windows 1, 2 and 3."""
    waiting = hall.queue("A", waiting=6), hall.queue("C", waiting=2)
    for number, more in (
        ("A013", {"priority": "elder", "maskedName": "欧阳*"}),
        ("A014", {"maskedName": "李*"}),
        ("A015", {"maskedName": "王*华"}),
        ("C006", {"window": "3", "maskedName": "Mi*****a"}),
        ("C007", {}),
    ):
        hall.publish("ticket.issued", ticket=hall.ticket(number, **more), queues=list(waiting))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_the_console_can_be_read_in_every_state(hall: Any, glass: Any, size: str, lang: str) -> None:
    page = glass.open("/window/3", SIZES[size], lang=lang, enrolled=False)
    page.locator("[name=name]").fill("officer3")
    glass.picture(page, f"window-door-{size}-{lang}")
    page.locator("[name=password]").fill("right horse")
    page.keyboard.press("Enter")
    page.locator("[data-act=open]").wait_for()
    glass.picture(page, f"window-closed-{size}-{lang}")
    people(hall)
    page.locator("[data-act=open]").click()
    page.locator("[data-does=call]:enabled").wait_for()
    page.locator("#next li").nth(4).wait_for()
    glass.picture(page, f"window-open-{size}-{lang}")
    page.locator("[data-act=primary]").click()
    page.locator("[data-number=A013]").wait_for()
    page.locator("[data-does=start]:enabled").wait_for()
    glass.picture(page, f"window-calling-{size}-{lang}")
    for act in ("pass", "finish", "transfer"):
        page.locator(f"[data-act={act}]").click()
        page.locator("#sheet[open]").wait_for()
        glass.picture(page, f"window-ask-{act}-{size}-{lang}")
        page.keyboard.press("Escape")
        page.locator("[data-does=start]:enabled").wait_for()
    page.locator("[data-act=primary]").click()
    page.locator("[data-act=hold]:enabled").click()
    page.locator("#held li").wait_for()
    page.locator("[data-does=call]:enabled").click()
    page.locator("[data-does=start]:enabled").click()
    page.locator("[data-does=next]:enabled").wait_for()
    glass.picture(page, f"window-serving-{size}-{lang}")
    page.locator("[data-does=next]:enabled").click()
    page.locator("[data-does=start]:enabled").wait_for()
    hall.publish("rating.submitted", window=hall.window("3", rating="submitted"))
    page.locator("[data-rating=submitted]").wait_for()
    glass.picture(page, f"window-rated-{size}-{lang}")
    glass.expect_complaint("409|503|ERR_|incomplete")
    hall.refusals["/windows/3/recall"] = (409, {"code": "recall_too_soon", "message": "", "retryable": True})
    page.locator("[data-act=recall]").click()
    page.locator("#said[data-tone=trouble]").wait_for()
    glass.picture(page, f"window-refused-{size}-{lang}")
    hall.publish("window.paused", window=hall.window("3", ticket=None, mode="paused", pause_reason="lunch"))
    page.locator("[data-does=reopen]").wait_for()
    hall.down = True
    hall.wake()
    page.locator("html[data-state=lost]").wait_for()
    glass.picture(page, f"window-lost-{size}-{lang}")
