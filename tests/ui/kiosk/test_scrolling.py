"""Two large buttons scroll what is longer than its place; they come when they are needed, and go again."""

from __future__ import annotations

from typing import Any

import pytest

UP, DOWN = "向上翻", "向下翻"


def buttons(screen: Any, name: str) -> list[Any]:
    return [one for one in screen.items() if one.property("quick") is not None and one.property("name") == name]


@pytest.fixture
def before_it_is_ready(screen: Any) -> Any:
    """The kiosk as it is seen first: what stands behind the window has not said anything."""
    screen.show(**{**screen.blank(), **screen.scene("identify")})
    shell = screen.stage.shell
    shell._ready, shell._home = False, {}
    shell.changed.emit()
    return screen


def test_a_line_that_goes_away_takes_the_scroll_buttons_with_it(before_it_is_ready: Any) -> None:
    screen = before_it_is_ready
    screen.show(**{**screen.blank(), **screen.scene("home")})
    screen.qtbot.waitUntil(lambda: screen.has("offer-take_ticket") and not buttons(screen, UP))


def test_the_arrow_is_in_the_middle_of_its_button(screen: Any) -> None:
    screen.show(**{**screen.blank(), **screen.scene("services-many")})
    (button,) = buttons(screen, DOWN)
    (arrow,) = [one for one in screen.items(button) if one.property("side") is not None]
    assert abs(screen.box(arrow).center().x() - screen.box(button).center().x()) <= 1
