"""The kiosk in a window on a desk: the whole glass is seen and can be touched, however small the window is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QSize

from kiosk.viewmodels.program import fitting

GLASS = QSize(1080, 1920)


@pytest.fixture
def on_a_desk(screen: Any) -> Iterator[Any]:
    window = screen.stage.window
    window.setProperty("model", GLASS)
    window.resize(540, 960)
    screen.settle()
    yield screen
    window.setProperty("model", QSize(0, 0))


@pytest.mark.parametrize(
    ("desk", "window"),
    [
        (QSize(1920, 1080), QSize(558, 993)),
        (QSize(1366, 768), QSize(397, 706)),
        (QSize(3840, 2160), GLASS),
        (QSize(800, 2400), QSize(736, 1308)),
    ],
)
def test_the_window_is_as_large_as_the_desk_lets_it_be(desk: QSize, window: QSize) -> None:
    found = fitting(GLASS, desk)
    assert abs(found.width() - window.width()) <= 1
    assert abs(found.height() - window.height()) <= 1


def test_the_whole_glass_is_seen_in_half_its_size(on_a_desk: Any) -> None:
    box = on_a_desk.box(on_a_desk.find("help"))
    assert box.bottom() <= 960
    assert box.bottom() > 900, "the bar of actions is at the lower edge, as on the kiosk"
    assert on_a_desk.stage.theme.property("portrait")


def test_a_click_meets_what_is_drawn_there(on_a_desk: Any) -> None:
    on_a_desk.click("help")
    assert on_a_desk.has("helpClose")


def test_a_window_of_another_shape_keeps_the_shape_of_the_glass(on_a_desk: Any) -> None:
    on_a_desk.stage.window.resize(1600, 960)
    on_a_desk.settle()
    box = on_a_desk.box(on_a_desk.find("help"))
    assert 530 <= box.left() <= box.right() <= 1070
