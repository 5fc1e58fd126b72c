"""Every page, in every state, size, language and look: drawn, kept as a picture, and checked for what a person could stumble over."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

SCENES: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("scenes.json").read_text(encoding="utf-8"))
LOOKS = ("normal", "elder", "contrast")


@pytest.mark.parametrize("name", list(SCENES))
def test_a_page_is_whole_in_every_size_language_and_look(screen: Any, album: Path, name: str) -> None:
    wrong: list[str] = []
    for size, language, look in product(("portrait", "landscape"), ("zh", "en"), LOOKS):
        screen.dress(size, language, look)
        screen.show(**{**screen.blank(), **SCENES[name], "language": language, "elder": look == "elder"})
        screen.save(album, f"{name}-{size}-{language}-{look}")
        wrong += [f"{size} {language} {look}: {fault}" for fault in screen.faults()]
    assert not wrong, "\n".join(wrong)
