"""What tests of the whole hall share: programs in processes of their own, a kiosk without a screen, a listener."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from hall24.demo.people import card
from hall24.demo.processes import wait_until
from hall24.demo.stage import Stage
from kiosk.compose import Kiosk, build
from kiosk.settings import load
from queue_server.contract.board import apply
from queue_server.contract.codec import convert, decode
from queue_server.contract.messages import Event, Role, Snapshot

PATIENCE = 60.0
"""Seconds for what has to come, however slow this machine is."""


class Caller:
    """Somebody with a token who talks to the server as an integrator does."""

    def __init__(self, stage: Stage, token: str) -> None:
        self._stage = stage
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def post(
        self, path: str, body: dict[str, Any] | None = None, key: str = "", timeout: float = PATIENCE
    ) -> requests.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return self.session.post(f"{self._stage.url}/api/v1{path}", json=body or {}, headers=headers, timeout=timeout)

    def get(self, path: str) -> Any:
        answer = self.session.get(f"{self._stage.url}/api/v1{path}", timeout=PATIENCE)
        answer.raise_for_status()
        return answer.json()

    def snapshot(self) -> Snapshot:
        return convert(self.get("/snapshot"), Snapshot)

    def close(self) -> None:
        self.session.close()


class Listener:
    """A page of the hall: a snapshot kept true by the feed; it reconnects with the last number it saw."""

    def __init__(self, caller: Caller, stage: Stage) -> None:
        self._url = f"{stage.url}/api/v1/events"
        self._caller = caller
        self._headers = dict(caller.session.headers)
        self.board = caller.snapshot()
        self.seen: list[int] = []
        self.reconnected = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="listener", daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                with requests.get(
                    self._url, params={"after": self.board.seq}, headers=self._headers, stream=True, timeout=(1, 20)
                ) as answer:
                    for line in answer.iter_lines():
                        if self._ended.is_set():
                            return
                        if line.startswith(b"data:"):
                            event = decode(line[5:], Event)
                            self.seen.append(event.seq)
                            self.board = apply(self.board, event)
            except requests.RequestException:
                self.reconnected += 1
                time.sleep(0.1)

    def agrees(self) -> Snapshot:
        """The hall as a newcomer fetches it, once this page has heard of all of it: both are the same."""
        for _ in range(20):  # something may happen between the two looks, such as a minute that is over
            snapshot = self._caller.snapshot()
            wait_until(lambda seq=snapshot.seq: self.board.seq >= seq, PATIENCE, f"event {snapshot.seq} at the page")
            board = self.board
            if board.seq == snapshot.seq:
                assert board == snapshot
                return snapshot
        raise AssertionError("the hall does not come to rest")

    def close(self) -> None:
        self._ended.set()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path / "hall") as running:
        yield running


@pytest.fixture
def caller(stage: Stage) -> Iterator[Caller]:
    made = Caller(stage, integrator_token(stage))
    yield made
    made.close()


def integrator_token(stage: Stage) -> str:
    """A token as ``hall token issue --role integrator`` gives it."""
    command = [sys.executable, "-m", "hall24", "token", "issue", "test", "--role", Role.INTEGRATOR.value]
    answer = subprocess.run([*command, "--db", stage.database, "--json"], capture_output=True, text=True, check=True)
    token: str = json.loads(answer.stdout)["token"]
    return token


@pytest.fixture
def listen(caller: Caller, stage: Stage) -> Iterator[Callable[[], Listener]]:
    listeners: list[Listener] = []

    def begin() -> Listener:
        listeners.append(Listener(caller, stage))
        return listeners[-1]

    yield begin
    for listener in listeners:
        listener.close()


class AtTheKiosk:
    """A citizen at a kiosk without a screen: the same visit, the same devices, no QML."""

    def __init__(self, kiosk: Kiosk, stage: Stage) -> None:
        self.kiosk = kiosk
        self._stage = stage

    def shows(self, page: str, timeout: float = PATIENCE) -> None:
        wait_until(
            lambda: self.kiosk.visit.view.page == page,
            timeout,
            f"page {page}; it shows {self.kiosk.visit.view.page}, {self.kiosk.visit.view.error}",
        )

    def submit(self, **answers: Any) -> None:
        wait_until(
            lambda: not self.kiosk.visit.view.busy or self.kiosk.visit.view.page == "Identify",
            PATIENCE,
            "a kiosk that rests",
        )
        time.sleep(0.45)  # a second tap within 400 ms does nothing
        self.kiosk.visit.submit(answers)

    def take_ticket(self, who: str, queue: str) -> dict[str, Any]:
        """From the first page to the printed ticket and home again; what the ticket page said."""
        self.shows("Home")
        self.kiosk.visit.start("take_ticket")
        self.shows("Identify")
        self._stage.devices.reader.lay(card(who))
        self.shows("Queue")
        self.submit(queue=queue)
        self.shows("Ticket")
        wait_until(lambda: self.kiosk.visit.data.get("printing") != "printing", PATIENCE, "a ticket on paper")
        said = dict(self.kiosk.visit.data)
        self._stage.devices.reader.take_away()
        self.kiosk.visit.cancel()
        self.shows("Home")
        return said


@pytest.fixture
def citizen(stage: Stage) -> Iterator[AtTheKiosk]:
    """Somebody at a kiosk that has all its devices and has borrowed its numbers."""
    kiosk = build(load(stage.kiosk_config, {"timeouts.page": 900.0, "timeouts.result": 900.0}))
    kiosk.start()
    try:
        wait_until(lambda: len(kiosk.report()["leases"]) >= 5, PATIENCE, "numbers borrowed for every queue")
        wait_until(lambda: all(report.works for report in kiosk.bench.reports()), PATIENCE, "all its devices")
        yield AtTheKiosk(kiosk, stage)
    finally:
        kiosk.stop()
