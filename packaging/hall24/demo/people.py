"""The made-up people of the demo and their cards."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import assets
from drivers.id_card_reader.twin_card import TwinCard, demo_card
from hall24.demo.faces import card_picture

PEOPLE = assets.SAMPLES / "demo_people.json"


@lru_cache
def _entries() -> dict[str, dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = json.loads(PEOPLE.read_text(encoding="utf-8"))["people"]
    return entries


def cards() -> list[dict[str, str]]:
    """The cards that can be laid on the reader: id, and the name that stands on them."""
    return [{"id": who, "name": str(entry["name"])} for who, entry in _entries().items()]


def card(who: str) -> TwinCard:
    """The card of one of them, with the picture that the demo's camera sees."""
    return demo_card(who, PEOPLE, card_picture(who))


def personal_words(who: str) -> list[str]:
    """All that must not be found anywhere once this person has gone."""
    entry = _entries()[who]
    return [str(entry[name]) for name in ("name", "number", "address") if entry.get(name)]
