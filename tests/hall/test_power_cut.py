"""Power cuts: the server is killed at random instants while many write; nothing acknowledged may be lost."""

from __future__ import annotations

import json
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from hall24.demo.processes import wait_until
from hall24.demo.stage import Stage

ROUNDS = 6
ANSWERS = 12
"""So many at least in each round, however slow this machine is."""
CLIENTS = 4
PATIENCE = 60.0

pytestmark = pytest.mark.hall


@dataclass
class Acknowledged:
    """What the server said yes to, by key: the body of the reply."""

    tickets: dict[str, bytes] = field(default_factory=dict)
    unanswered: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)


def write_until(stop: threading.Event, stage: Stage, token: str, name: str, seed: int, said: Acknowledged) -> None:
    """Takes tickets and calls them, as fast as answers come; notes only what was acknowledged."""
    chance = random.Random(seed)
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    window = str(1 + seed % 3)
    count = 0
    while not stop.is_set():
        count += 1
        key, body = f"{name}-{count}", {"queue": chance.choice("ABCDE"), "channel": "kiosk"}
        try:
            answer = session.post(
                f"{stage.url}/api/v1/tickets", json=body, headers={"Idempotency-Key": key}, timeout=PATIENCE
            )
            assert answer.status_code == 201, answer.text
            said.tickets[key] = answer.content
        except requests.RequestException:
            said.unanswered.append((key, body))
            break
        if chance.random() < 0.4:
            try:
                called = session.post(
                    f"{stage.url}/api/v1/windows/{window}/call-next",
                    json={"finishCurrent": "accepted"},
                    headers={"Idempotency-Key": f"{key}-call"},
                    timeout=PATIENCE,
                )
            except requests.RequestException:
                break
            ticket = called.json().get("ticket") if called.status_code == 200 else None
            if ticket:
                said.calls.append((ticket["id"], window))
    session.close()


def test_nothing_acknowledged_is_lost_when_the_power_goes(stage: Stage, caller: Any, listen: Any) -> None:
    chance = random.Random(20260302)
    token = caller.session.headers["Authorization"].removeprefix("Bearer ")
    for window in ("1", "2", "3"):
        assert caller.post(f"/windows/{window}/open").status_code == 200
    page = listen()
    said = Acknowledged()
    for turn in range(ROUNDS):
        stop = threading.Event()
        clients = [
            threading.Thread(target=write_until, args=(stop, stage, token, f"r{turn}c{n}", 10 * turn + n, said))
            for n in range(CLIENTS)
        ]
        enough = len(said.tickets) + ANSWERS
        for client in clients:
            client.start()
        time.sleep(chance.uniform(0.3, 1.2))
        wait_until(lambda enough=enough: len(said.tickets) >= enough, PATIENCE, "answers of the server")
        stage.kill_server()
        stop.set()
        for client in clients:
            client.join(PATIENCE)
            assert not client.is_alive()
        stage.start_server()
    assert len(said.tickets) > 50

    for key, body in said.unanswered:  # whoever got no answer asks again with the same key
        answer = caller.post("/tickets", body, key)
        assert answer.status_code == 201
        said.tickets[key] = answer.content
    numbers = [json.loads(body)["number"] for body in said.tickets.values()]
    assert len(set(numbers)) == len(numbers), "a number was given out twice"
    for key in chance.sample(sorted(said.tickets), 40):  # the stored reply, byte for byte
        queue = json.loads(said.tickets[key])["queue"]
        assert caller.post("/tickets", {"queue": queue, "channel": "kiosk"}, key).content == said.tickets[key]
    assert len({ticket for ticket, _ in said.calls}) == len(said.calls), "a ticket was called twice"

    page.agrees()
    seen = list(page.seen)
    assert seen == list(range(seen[0], seen[0] + len(seen))), "the sequence of events has a gap"
