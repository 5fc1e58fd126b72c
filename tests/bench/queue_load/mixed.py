"""Many callers who do everything that a hall knows, while its server is killed; each repeats until it is answered."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from queue_load.line import Gone, Letters, Line

ACTS = {
    "tickets": 30, "call-next": 26, "start": 8, "recall": 5, "pass": 8, "reactivate": 5, "transfer": 7, "hold": 4,
    "resume": 4, "finish": 6, "cancel": 4, "undo-transfer": 2, "book": 5, "check-in": 4, "reschedule": 2,
    "give-back": 2,
}  # fmt: skip
"""What callers do, and how often."""

BOOKING = {"check-in": "check-in", "reschedule": "reschedule", "give-back": "cancel"}
"""What is done with a booking, and how the path says it."""

WAYS = (["A-IDCARD", "C-QUERY", "E-COLLECT"], ["E-CONSULT", "A-HUKOU"], ["B-SSREG", "B-PENSION", "E-STUCK"])
"""Several matters on one number; those of one queue in a row are one stop."""

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
        """The last word of the path; with that of appointments before it."""
        if self.path == "/appointments":
            return "book"
        last = self.path.rpartition("/")[2]
        return f"booking-{last}" if self.path.startswith("/appointments/") else last

    @property
    def window(self) -> str:
        return self.path.split("/")[2] if self.path.startswith("/windows/") else ""

    @property
    def ticket(self) -> str:
        """The ticket, or the booking, that stands in the path."""
        parts = self.path.split("/")
        return parts[2] if len(parts) > 3 and parts[1] in {"tickets", "appointments"} else ""


@dataclass
class Crowd:
    """All callers together: what they know of the hall, and what they were told."""

    ports: Sequence[int]
    token: str
    seed: int = 24
    acts: list[Act] = field(default_factory=list)
    tickets: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    bookings: list[str] = field(default_factory=list)
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
        verb = chance.choices(list(ACTS), list(ACTS.values()))[0]
        if verb == "tickets":
            return "/tickets", self._matters()
        if verb == "book" or (verb in BOOKING and not self._crowd.bookings):
            phone = f"1390000{chance.randint(0, 299):04d}"
            return "/appointments", {"queue": chance.choice("AC"), "start": self._slot(), "phone": phone}
        if verb in BOOKING:
            body: dict[str, object] = {"start": self._slot()} if verb == "reschedule" else {}
            return f"/appointments/{chance.choice(self._crowd.bookings[-30:])}/{BOOKING[verb]}", body
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

    def _matters(self) -> dict[str, object]:
        """One matter or several on one number."""
        chance = self._chance
        priority = "elder" if chance.random() < 0.1 else "none"
        if chance.random() < 0.15:
            way = chance.choice(WAYS)
            return {"queue": way[0][0], "channel": "kiosk", "priority": priority, "items": way}
        return {"queue": chance.choice("ABCDE"), "channel": "kiosk", "priority": priority}

    def _slot(self) -> str:
        """One of the next half hours; of the first it may be too late."""
        now = int(time.time())
        start = now - now % 1800 + 1800 * self._chance.choice([1, 2, 2, 3, 4, 5])
        return datetime.fromtimestamp(start, UTC).isoformat()

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
        if act.status in {200, 201} and act.verb in {"book", "booking-reschedule"}:
            self._crowd.bookings.append(json.loads(act.reply)["id"])
        elif act.status == 201:
            self._crowd.tickets.append(json.loads(act.reply)["id"])
        elif act.status == 200 and act.verb == "booking-check-in":
            self._crowd.tickets.append(json.loads(act.reply)["ticket"]["id"])
        elif act.verb == "pass" and act.status == 200:
            self._crowd.passed.append(json.loads(act.reply)["ticket"]["id"])
