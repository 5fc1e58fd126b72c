"""Push by equality: a board kept by events is the board that a newcomer fetches."""

from __future__ import annotations

import random
from typing import Any

import pytest

from hall24.demo.stage import Stage

pytestmark = pytest.mark.hall

ACTS = (
    ("open", {}), ("call-next", {}), ("call-next", {"finishCurrent": "consult"}), ("recall", {}), ("start", {}),
    ("pass", {"reason": "absent"}), ("hold", {}), ("resume", {}), ("finish", {"outcome": "accepted"}),
    ("transfer", {"queue": "E", "position": "original"}), ("pause", {"reason": "lunch"}), ("close", {}),
)  # fmt: skip


def test_the_board_kept_by_events_is_the_board_that_is_fetched(stage: Stage, caller: Any, listen: Any) -> None:
    chance = random.Random(7)
    early = listen()
    done, refused = 0, set()
    for turn in range(250):
        if turn == 120:
            late = listen()
        if chance.random() < 0.35:
            answer = caller.post("/tickets", {"queue": chance.choice("ABCDE"), "channel": "staff"})
        else:
            act, body = chance.choice(ACTS)
            answer = caller.post(f"/windows/{chance.randint(1, 8)}/{act}", dict(body))
        assert answer.status_code in {200, 201, 409}, answer.text
        done += answer.status_code < 300
        if answer.status_code == 409:
            refused.add(answer.json()["code"])
    assert done > 100
    assert {"window_not_open", "no_current_ticket"} <= refused
    for page in (early, late):
        page.agrees()
