"""What lies behind a page's own buttons, drawn and checked like pages: search, priority, help, the staff's room."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

WAYS = list(product(("portrait", "landscape"), ("zh", "en"), ("normal", "elder")))
REPORT = {
    "devices": [
        {"kind": "id_card_reader", "name": "", "state": "ready", "conditions": [], "detail": "SAM_V 05.03"},
        {"kind": "ticket_printer", "name": "", "state": "impaired", "conditions": ["paper.low"], "detail": ""},
        {"kind": "camera", "name": "", "state": "unknown", "conditions": ["fault.silent"], "detail": ""},
    ],
    "waitingUploads": 3,
    "parked": [{"number": "A701", "queue": "A", "reason": "unknown-lease"}],
    "leases": [{"queue": "A", "left": 17}, {"queue": "B", "left": 0}],
    "versions": {"hall24": "0.1.0", "python": "3.11.7"},
    "online": False,
    "clockOff": True,
    "storeDamaged": True,
}


def dressed(screen: Any, name: str, size: str, language: str, look: str) -> None:
    screen.dress(size, language, look)
    screen.show(page="Home")
    screen.show(**{**screen.blank(), **screen.scene(name), "language": language, "elder": look == "elder"})


def looked_at(screen: Any, album: Path | None, name: str, *way: str) -> None:
    screen.save(album, "-".join((name, *way)))
    assert screen.faults() == []


@pytest.mark.parametrize(("size", "language", "look"), WAYS)
def test_searching_an_item(screen: Any, album: Path | None, size: str, language: str, look: str) -> None:
    dressed(screen, "queue", size, language, look)
    screen.click("search")
    looked_at(screen, album, "search-empty", size, language, look)
    screen.click("key-S")
    looked_at(screen, album, "search-letter", size, language, look)
    screen.keys("xqq")
    looked_at(screen, album, "search-nothing", size, language, look)


@pytest.mark.parametrize(("size", "language", "look"), WAYS)
def test_collecting_several_matters(screen: Any, album: Path | None, size: str, language: str, look: str) -> None:
    dressed(screen, "queue", size, language, look)
    screen.click("several")
    looked_at(screen, album, "several-search", size, language, look)
    items = [item for item in screen.scene("queue")["data"]["items"] if item["queue"] in "ABC"][:3]
    for item in items:
        screen.keys(item["initials"].lower())
        screen.click(f"item-{item['id']}")
        if item is not items[-1]:
            screen.click("another")
    looked_at(screen, album, "several", size, language, look)


@pytest.mark.parametrize(("size", "language", "look"), WAYS)
def test_choosing_a_priority(screen: Any, album: Path | None, size: str, language: str, look: str) -> None:
    dressed(screen, "queue", size, language, look)
    screen.click("priority")
    looked_at(screen, album, "priority", size, language, look)
    screen.click("priority-disabled")
    looked_at(screen, album, "priority-chosen", size, language, look)


@pytest.mark.parametrize(("size", "language", "look"), WAYS)
def test_help_and_the_staffs_door_and_room(
    screen: Any, album: Path | None, size: str, language: str, look: str
) -> None:
    dressed(screen, "home", size, language, look)
    screen.click("help")
    screen.save(album, f"help-{size}-{language}-{look}")
    assert [fault for fault in screen.faults() if "overlap" not in fault] == []
    screen.click("helpClose")
    door = screen.stage.maintenance
    door.knock()
    door.enter("0000")
    screen.settle()
    screen.save(album, f"pin-{size}-{language}-{look}")
    assert [fault for fault in screen.faults() if "overlap" not in fault] == []
    screen.report.update(REPORT)
    door.enter("246810")
    screen.qtbot.waitUntil(lambda: "A701" in screen.texts(), timeout=30_000)
    looked_at(screen, album, "staff", size, language, look)
    door.close()
