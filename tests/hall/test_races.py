"""Two who press at once: real threads and real processes, each with an office of its own, on both databases."""

from __future__ import annotations

import asyncio
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the neighbour below is a module of no package

from racer import race

ROUNDS = 6
MORNING = datetime.fromisoformat("2026-03-02T01:00:00+00:00")  # 09:00 in Shanghai
EVENING = datetime.fromisoformat("2026-03-02T15:59:59.500+00:00")
NEXT_DAY = EVENING + timedelta(hours=3)
PATIENCE = 120.0

Answer = dict[str, Any]


class Racer(Protocol):
    def ask(self, line: str) -> None: ...
    def answer(self) -> str: ...
    def stop(self) -> None: ...


class ThreadRacer:
    """In a thread with an event loop of its own."""

    def __init__(self, database: str) -> None:
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()

        async def listen() -> str:
            return await asyncio.to_thread(self._lines.get)

        self._thread = threading.Thread(target=lambda: asyncio.run(race(database, listen, self._answers.put)))
        self._thread.start()

    def ask(self, line: str) -> None:
        self._lines.put(line)

    def answer(self) -> str:
        return self._answers.get(timeout=PATIENCE)

    def stop(self) -> None:
        self._lines.put("")
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


class ProcessRacer:
    """In a process of its own."""

    def __init__(self, database: str) -> None:
        command = [sys.executable, str(Path(__file__).with_name("racer.py")), database]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def stop(self) -> None:
        self._process.communicate("\n", timeout=PATIENCE)
        assert self._process.returncode == 0


class Racers:
    """Two of them, and what both are told at once."""

    def __init__(self, two: tuple[Racer, Racer]) -> None:
        self._two = two
        self._count = 0
        self.clock = MORNING

    def line(self, command: str, key: str | None = None, clock: datetime | None = None, **body: Any) -> str:
        self._count += 1
        told: dict[str, Any] = {"clock": (clock or self.clock).isoformat()}
        if command:
            told |= {"command": command, "body": body, "key": key or f"key-{self._count}"}
        return json.dumps(told)

    def does(self, command: str, **body: Any) -> Answer:
        """The first one alone."""
        self.clock += timedelta(seconds=1)
        self._two[0].ask(self.line(command, **body))
        answer: Answer = json.loads(self._two[0].answer())
        assert "no" not in answer, answer
        return answer

    def at_once(self, one: str, other: str) -> tuple[Answer, Answer]:
        for racer, line in zip(self._two, (one, other), strict=True):
            racer.ask(line)
        return json.loads(self._two[0].answer()), json.loads(self._two[1].answer())


@pytest.fixture(params=[ThreadRacer, ProcessRacer])
def racers(request: pytest.FixtureRequest, database_url: str) -> Iterator[Racers]:
    make: Callable[[str], Racer] = request.param
    two = (make(database_url), make(database_url))
    for racer in two:
        assert racer.answer().strip() == "ready"
    yield Racers(two)
    for racer in two:
        racer.stop()


def test_of_two_windows_that_press_at_once_one_gets_the_only_ticket(racers: Racers) -> None:
    for window in "12":
        racers.does("OpenWindow", window=window)
    for _ in range(ROUNDS):
        taken = racers.does("TakeTicket", queue="A")
        calls = [racers.line("CallNext", window=window, finishCurrent="accepted") for window in "12"]
        called = [answer["ticket"] for answer in racers.at_once(calls[0], calls[1])]
        assert [one["id"] for one in called if one] == [taken["id"]]


def test_one_key_in_two_processes_is_one_ticket(racers: Racers) -> None:
    numbers = []
    for turn in range(ROUNDS):
        same = racers.line("TakeTicket", key=f"tap-{turn}", queue="A")
        one, other = racers.at_once(same, same)
        assert one == other
        numbers.append(one["number"])
    assert numbers == [f"A{count:03d}" for count in range(1, ROUNDS + 1)]


def test_a_transfer_is_taken_back_or_the_ticket_is_called_never_both(racers: Racers) -> None:
    for window in "16":
        racers.does("OpenWindow", window=window)
    for _ in range(ROUNDS):
        taken = racers.does("TakeTicket", queue="A")
        assert racers.does("CallNext", window="1")["ticket"]["id"] == taken["id"]
        racers.does("TransferTicket", window="1", queue="C")
        undone, called = racers.at_once(racers.line("UndoTransfer", window="1"), racers.line("CallNext", window="6"))
        if "no" in undone:
            assert undone["no"] == "nothing_to_undo"
            assert called["ticket"]["id"] == taken["id"]
            racers.does("FinishService", window="6")
        else:
            assert undone["ticket"]["id"] == taken["id"]
            assert called["ticket"] is None
            racers.does("FinishService", window="1")


def test_who_checks_in_twice_at_once_has_one_number(racers: Racers) -> None:
    start = (MORNING + timedelta(minutes=30)).isoformat()
    phones = [f"1390000000{place}" for place in range(4)]
    bookings = [racers.does("BookAppointment", queue="A", start=start, phone=phone) for phone in phones]
    for booked in bookings:
        answers = racers.at_once(
            racers.line("CheckIn", appointment=booked["id"]), racers.line("CheckIn", appointment=booked["id"])
        )
        assert sorted(answer.get("no", "") for answer in answers) == ["", "wrong_state"]


def test_a_ticket_that_comes_back_at_midnight_does_not_wait_for_ever(racers: Racers) -> None:
    racers.clock = EVENING - timedelta(minutes=1)
    racers.does("OpenWindow", window="1")
    taken = racers.does("TakeTicket", queue="A")
    racers.does("CallNext", window="1")
    racers.does("PassOver", window="1")
    back, _ = racers.at_once(
        racers.line("ReactivateTicket", clock=EVENING, ticket=taken["id"]), racers.line("", clock=NEXT_DAY)
    )
    assert back.get("no", "wrong_state") == "wrong_state"
    racers.clock = NEXT_DAY
    racers.at_once(racers.line("", clock=NEXT_DAY), racers.line("", clock=NEXT_DAY))
    again = racers.at_once(
        racers.line("CancelTicket", ticket=taken["id"]), racers.line("ReactivateTicket", ticket=taken["id"])
    )
    assert [answer.get("no") for answer in again] == ["wrong_state", "too_late"]
    assert racers.does("TakeTicket", queue="A")["ahead"] == 0
