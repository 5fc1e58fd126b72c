"""The plain index for installers."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SIZES = {"desk": (1280, 800), "phone": (390, 844)}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_the_index_can_be_read(glass: Any, size: str, lang: str) -> None:
    page = glass.open("/", SIZES[size], lang=lang, enrolled=False)
    page.locator("[data-group=admin] a").wait_for()
    glass.picture(page, f"index-{size}-{lang}")


def test_the_index_leads_to_every_page_of_the_hall(hall: Any, glass: Any) -> None:
    page = glass.open("/", enrolled=False)
    page.locator("[data-group=admin] a").wait_for()
    paths = {link.get_attribute("href") for link in page.locator("#groups a").all()}
    windows = [window["id"] for window in hall.description["windows"]]
    pads = [window["id"] for window in hall.description["windows"] if window.get("pad")]
    assert paths == {
        "/screen/S1",
        "/screen/S2",
        "/admin/",
        "/desk/",
        *(f"/window/{window}" for window in windows),
        *(f"/rate/{window}" for window in pads),
    }
    expect(page.locator("[data-group=kiosk] li")).to_have_text(["自助终端 K1", "自助终端 K2"])
    page.locator("[data-group=admin] a").click()
    page.locator("input[name=password]").wait_for()


def test_an_index_without_a_server_says_so(hall: Any, glass: Any) -> None:
    glass.expect_complaint("ERR_|503")
    del hall
    context = glass.browser.new_context(base_url=glass.hall.url)
    glass.contexts.append(context)
    page = context.new_page()
    page.route("**/api/v1/surfaces", lambda route: route.abort())
    page.goto("/")
    expect(page.locator("#trouble")).to_have_text("服务器没有应答，正在重新连接。")
