"""The browser's board and the server's board are the same function."""

from __future__ import annotations

import json
from typing import Any

import pytest

from queue_server.contract import board
from queue_server.contract.codec import convert, plain
from queue_server.contract.messages import Snapshot

pytestmark = pytest.mark.browser

APPLY = """async ([snapshot, events]) => {
  const { apply } = await import("/static/shared/board.js");
  return JSON.stringify(events.reduce(apply, snapshot));
}"""


def _a_morning(hall: Any) -> None:
    hall.crowd()
    for number in ("A020", "A021", "C020"):
        hall.publish("ticket.issued", ticket=hall.ticket(number), queues=[hall.queue("A", waiting=2)])
    for path, body in (
        ("/windows/3/open", {}),
        ("/windows/3/call-next", {}),
        ("/windows/3/start", {}),
        ("/windows/3/hold", {}),
        ("/windows/3/resume", {}),
        ("/windows/3/finish", {"outcome": "accepted"}),
        ("/windows/3/call-next", {}),
        ("/windows/3/recall", {}),
        ("/windows/3/pass", {"reason": "absent"}),
        ("/windows/3/call-next", {}),
        ("/windows/3/transfer", {"queue": "A"}),
        ("/windows/3/pause", {"reason": "lunch"}),
    ):
        hall.act(path, body)
    hall.publish("hall.changed", windows=[hall.window("1", mode="open"), hall.window("2", mode="paused")])
    hall.publish("ticket.cancelled", ticket=hall.ticket("C020", "cancelled"))
    hall.publish("numbers.lent", lease="L1")


def test_the_browser_keeps_the_same_board_as_the_server(hall: Any, glass: Any) -> None:
    before = hall.snapshot
    _a_morning(hall)
    page = glass.open("/screen/S1")
    page.locator("#queues li").first.wait_for()
    events = [plain(event) for event in hall.events]
    for upto in range(1, len(events) + 1, 7):
        seen = json.loads(page.evaluate(APPLY, [plain(before), events[:upto]]))
        kept = before
        for event in hall.events[:upto]:
            kept = board.apply(kept, event)
        assert convert(seen, Snapshot) == kept
    twice = json.loads(page.evaluate(APPLY, [plain(before), events + events]))
    assert convert(twice, Snapshot) == hall.snapshot
