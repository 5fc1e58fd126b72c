"""Real clicks and touches: an appointment, and several matters on one ticket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

SCENES: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("scenes.json").read_text(encoding="utf-8"))
PRESSES = ("click", "touch")


def at(screen: Any, name: str, **changes: Any) -> None:
    """Puts a scene on the screen, in Chinese and ordinary size unless told otherwise."""
    screen.show(**{**screen.blank(), **SCENES[name], **changes})
    screen.visit.calls.clear()


@pytest.mark.parametrize("press", PRESSES)
def test_an_appointment_is_made_moved_given_back_and_used(screen: Any, press: str) -> None:
    tap = getattr(screen, press)
    at(screen, "home")
    tap("offer-appointments")
    assert screen.visit.asked == [("start", "appointments")]
    at(screen, "booking-queues")
    tap("option-C")
    at(screen, "days")
    tap("day-2026-03-11")  # fully booked
    assert screen.visit.asked == []
    tap("day-2026-03-10")
    assert screen.visit.asked == [("submit", {"day": "2026-03-10"})]
    at(screen, "slots")
    tap("slot-10:00")  # full
    assert screen.visit.asked == []
    tap("slot-09:00")
    assert screen.visit.asked == [("submit", {"slot": "2026-03-10T09:00:00+08:00"})]
    at(screen, "confirm")
    assert (screen.find("booked-day").property("text"), screen.find("booked-time").property("text")) == (
        "明天 · 3月10日 星期二",
        "14:00–14:30",
    )
    tap("primary")
    assert screen.visit.asked == [("submit", {"sure": True})]
    at(screen, "booked-no-paper")
    tap("reprint")
    tap("primary")
    assert screen.visit.asked == [("submit", {"print": True}), ("submit", {"done": True})]
    at(screen, "bookings")
    tap("check-in-B1")
    tap("move-B2")
    tap("drop-B2")
    tap("primary")
    assert [given for _, given in screen.visit.asked] == [
        {"act": "check-in", "booking": "B1"},
        {"act": "move", "booking": "B2"},
        {"act": "drop", "booking": "B2"},
        {"act": "book"},
    ]
    assert not screen.has("check-in-B2"), "it is too early for that"
    at(screen, "confirm-drop")
    tap("keep")
    assert screen.visit.asked == [("back", None)]


@pytest.mark.parametrize("press", PRESSES)
def test_several_matters_are_put_on_one_ticket(screen: Any, press: str) -> None:
    tap = getattr(screen, press)
    at(screen, "queue")
    items = [item for item in SCENES["queue"]["data"]["items"] if item["queue"] in ("A", "B")]
    first, second = items[0], next(item for item in items if item["queue"] != items[0]["queue"])
    tap("several")
    screen.keys(first["initials"][:4].lower())
    tap(f"item-{first['id']}")
    assert screen.visit.asked == [], "one more may come"
    tap("another")
    screen.keys(second["initials"][:4].lower())
    tap(f"item-{second['id']}")
    tap("another")
    tap("back")
    tap(f"remove-{first['id']}")
    tap("another")
    screen.keys(first["initials"][:4].lower())
    tap(f"item-{first['id']}")
    tap("primary")
    assert screen.visit.asked == [
        ("submit", {"queue": second["queue"], "items": [second["id"], first["id"]], "priority": "none"})
    ]
    tap("back")
    assert screen.has("queue-A"), "back to the queues, and nothing is kept"
