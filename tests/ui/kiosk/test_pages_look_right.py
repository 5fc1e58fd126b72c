"""Every page in every state, size, language and look: drawn, and checked for what a person could stumble over."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

SCENES: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("scenes.json").read_text(encoding="utf-8"))
LOOKS = ("normal", "elder", "contrast")
ON_DEMAND = {
    ("portrait", "en", "normal"),
    ("landscape", "zh", "normal"),
    ("portrait", "zh", "contrast"),
    ("portrait", "en", "contrast"),
    ("landscape", "zh", "contrast"),
    ("landscape", "en", "contrast"),
}
"""Drawn only when pictures are wanted: roomier than another of its size, or different only in colour."""


@pytest.mark.parametrize("name", list(SCENES))
def test_a_page_is_whole_in_every_size_language_and_look(screen: Any, album: Path | None, name: str) -> None:
    wrong: list[str] = []
    for size, language, look in product(("portrait", "landscape"), ("zh", "en"), LOOKS):
        if album is None and (size, language, look) in ON_DEMAND:
            continue
        screen.dress(size, language, look)
        screen.show(**{**screen.blank(), **SCENES[name], "language": language, "elder": look == "elder"})
        screen.save(album, f"{name}-{size}-{language}-{look}")
        wrong += [f"{size} {language} {look}: {fault}" for fault in screen.faults()]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "name",
    [
        "home",
        "identify-error",
        "phone",
        "queue",
        "ticket-failed",
        "consent",
        "answer",
        "bookings",
        "slots",
        "confirm-drop",
    ],
)
def test_with_low_reach_all_that_is_touched_lies_below_120_cm(screen: Any, album: Path | None, name: str) -> None:
    screen.stage.theme.use_screen(476, 850)
    for language, elder in product(("zh", "en"), (False, True)):
        screen.dress("portrait", language, "low")
        screen.show(**{**screen.blank(), **SCENES[name], "language": language, "elder": elder})
        screen.save(album, f"{name}-low-{language}-{'elder' if elder else 'normal'}")
        top = screen.stage.theme.property("reachTop")
        assert top > 400
        high = [item.property("name") for item in screen.targets() if screen.box(item).top() < top]
        assert high == []
        assert screen.faults() == []


def test_a_screen_of_other_millimetres_keeps_the_size_of_type_and_targets(screen: Any) -> None:
    theme = screen.stage.theme
    screen.dress("portrait", "zh", "normal")
    theme.use_screen(476)
    body, touch = theme.property("body"), theme.property("touch")
    theme.use_screen(476 * 2)
    assert abs(theme.property("body") - body / 2) <= 1
    assert abs(theme.property("touch") - touch / 2) <= 2


def test_words_stand_out_enough_in_every_palette(screen: Any) -> None:
    theme = screen.stage.theme
    for palette in ("day", "contrast", "night"):
        theme.set_contrast(palette == "contrast")
        theme.set_night(palette == "night")
        colours = theme.colours()
        for ink, ground in (
            ("ink", "paper"),
            ("ink", "surface"),
            ("quietInk", "paper"),
            ("quietInk", "surface"),
            ("primary", "surface"),
            ("onPrimary", "primary"),
            ("urgent", "surface"),
            ("done", "doneTint"),
            ("attention", "attentionTint"),
            ("attention", "paper"),
            ("primary", "tint"),
        ):
            ratio = contrast(colours[ink], colours[ground])
            least = 4.5 if palette == "night" or ink in ("urgent", "attention", "done", "primary") else 7
            assert ratio >= least, f"{palette}: {ink} on {ground} is {ratio:.1f}"
    theme.set_night(False)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG."""
    light = sorted((luminance(one), luminance(other)))
    return (light[1] + 0.05) / (light[0] + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_any_number_of_queues_comes_to_rest(screen: Any) -> None:
    """Tiles that grew when the scroll buttons came, and let them go again, once kept the window busy for ever."""
    first = SCENES["queue"]["data"]["queues"][2]
    for size, elder, count in product(("portrait", "landscape"), (False, True), range(1, 11)):
        screen.dress(size, "zh", "normal")
        queues = [{**first, "id": f"Q{at}", "prefix": "Q"} for at in range(count)]
        data = {**SCENES["queue"]["data"], "queues": queues}
        screen.show(**{**screen.blank(), **SCENES["queue"], "data": data, "elder": elder})
        assert screen.has("queue-Q0")
        assert screen.faults() == []
