"""The step in which somebody shows an ID card or a social-security card; several flows begin with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kiosk.desk import Desk
from kiosk.flows.flow import Answers


def ways_of(desk: Desk, other: str = "") -> list[str]:
    """How somebody can say who they are here and now; ``other`` is the way without a card, if the flow has one."""
    del desk  # the card is always named: its page says why it cannot be read
    return ["card", *([other] if other else [])]


def identify(desk: Desk, answers: Answers) -> Answers | None:
    """Waits for a card, unless another way was chosen. Raises ``KioskError`` with what to do now."""
    way = str(answers.get("way") or "card")
    if way != "card":
        return {"way": way}
    desk.stage.show(reading=True)
    try:
        person = desk.identity.read_card(desk.stage.cancel)
    finally:
        desk.stage.show(reading=False)
    return {"way": "card", "person": person, "face": bool(person.photo) and desk.offers().face is None}


def show_ways(desk: Desk, other: str = "") -> Mapping[str, Any]:
    """What the page shows: the ways, the cards that can be read here, and that nothing is being read yet."""
    return {"ways": ways_of(desk, other), "cards": list(desk.offers().cards), "reading": False}
