"""Many callers who do everything that a hall knows, while its server is killed; each repeats until it is answered."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from queue_load.line import Gone, Letters, Line

PATIENCE = 60.0
"""Seconds until a caller who gets no answer gives up, and the measurement fails."""


@dataclass
class Act:
    """One request and the answer that it got in the end; times are the wall clock's."""

    path: str
    body: bytes
    key: str
    invoked: float
    answered: float = 0.0
    status: int = 0
    reply: bytes = b""
    tries: int = 0

    @property
    def verb(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def window(self) -> str:
        return self.path.split("/")[2] if self.path.startswith("/windows/") else ""

    @property
    def ticket(self) -> str:
        """The ticket that stands in the path."""
        parts = self.path.split("/")
        return parts[2] if len(parts) > 3 and parts[1] == "tickets" else ""


@dataclass
class Crowd:
    """All callers together: what they know of the hall, and what they were told."""

    ports: Sequence[int]
    token: str
    seed: int = 24
    acts: list[Act] = field(default_factory=list)
    tickets: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    over: bool = False

    async def work(self, clients: int) -> None:
        """Until ``over`` is set and everybody has been answered."""
        letters = Letters(self.token)
        opener = _Caller(self, letters, 0, random.Random(self.seed))
        for window in "12345678":
            await opener.do(f"/windows/{window}/open", {})
        opener.hang_up()
        callers = [
            _Caller(self, letters, number, random.Random(self.seed + number)) for number in range(1, clients + 1)
        ]
        await asyncio.gather(*(caller.work() for caller in callers))

    async def again(self, acts: Sequence[Act], clients: int = 16) -> int:
        """Repeats requests with their keys; how many replies are not byte for byte what they were."""
        letters, waiting, different = Letters(self.token), iter(acts), 0

        async def repeat() -> None:
            nonlocal different
            line = await Line.open(self.ports[0])
            for act in waiting:
                status, reply = await line.ask(letters.post(act.path, act.body, act.key))
                different += (status, reply) != (act.status, act.reply)
            line.close()

        await asyncio.gather(*(repeat() for _ in range(clients)))
        return different


class _Caller:
    def __init__(self, crowd: Crowd, letters: Letters, number: int, chance: random.Random) -> None:
        self._crowd = crowd
        self._letters = letters
        self._number = number
        self._chance = chance
        self._line: Line | None = None
        self._count = 0

    async def work(self) -> None:
        while not self._crowd.over:
            path, body = self._wish()
            act = await self.do(path, body)
            self._remember(act)
        self.hang_up()

    def hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def _wish(self) -> tuple[str, dict[str, object]]:
        chance, window = self._chance, f"/windows/{self._chance.randint(1, 8)}"
        acts: dict[str, int] = {
            "take": 30, "call-next": 26, "start": 8, "recall": 5, "pass": 8, "reactivate": 5, "transfer": 7,
            "hold": 4, "resume": 4, "finish": 6, "cancel": 4, "undo-transfer": 2,
        }  # fmt: skip
        verb = chance.choices(list(acts), list(acts.values()))[0]
        if verb == "take":
            priority = "elder" if chance.random() < 0.1 else "none"
            return "/tickets", {"queue": chance.choice("ABCDE"), "channel": "kiosk", "priority": priority}
        if verb == "call-next":
            return f"{window}/call-next", {"finishCurrent": "accepted"} if chance.random() < 0.8 else {}
        if verb in {"reactivate", "cancel"}:
            known = self._crowd.passed if verb == "reactivate" else self._crowd.tickets
            if known:
                return f"/tickets/{chance.choice(known[-30:])}/{verb}", {}
            verb = "start"
        if verb == "transfer":
            aim = {"queue": chance.choice("ABCDE")} if chance.random() < 0.7 else {"window": str(chance.randint(1, 8))}
            return f"{window}/transfer", {**aim, "position": chance.choice(["original", "last", "middle"])}
        return f"{window}/{verb}", {"outcome": "accepted"} if verb == "finish" else {}

    async def do(self, path: str, body: dict[str, object]) -> Act:
        self._count += 1
        act = Act(path, json.dumps(body).encode(), f"{self._number}-{self._count}", time.time())
        request = self._letters.post(path, act.body, act.key)
        while True:
            act.tries += 1
            if time.time() - act.invoked > PATIENCE:
                raise TimeoutError(f"{path} was not answered in {PATIENCE:.0f} s")
            try:
                if self._line is None:
                    self._line = await Line.open(self._chance.choice(self._crowd.ports))
                act.status, act.reply = await self._line.ask(request)
            except Gone:
                self.hang_up()
                await asyncio.sleep(0.02 + 0.03 * self._chance.random())
                continue
            if act.status >= 500:  # busy: come again
                await asyncio.sleep(0.05)
                continue
            break
        act.answered = time.time()
        self._crowd.acts.append(act)
        return act

    def _remember(self, act: Act) -> None:
        if act.status == 201:
            self._crowd.tickets.append(json.loads(act.reply)["id"])
        elif act.verb == "pass" and act.status == 200:
            self._crowd.passed.append(json.loads(act.reply)["ticket"]["id"])
