"""A mixed load, servers killed at random instants, and the verdict on what callers were told."""

from __future__ import annotations

import asyncio
import dataclasses
import random
import re
import time
from collections.abc import Sequence
from datetime import timedelta

from queue_load.history import check
from queue_load.mixed import Act, Crowd
from queue_load.model_lines import TURNS, Rules, with_turns
from queue_load.server import Server, hall_text
from queue_load.telling import say
from queue_load.verdict import Verdict, changed
from queue_server.contract.refusals import RETRYABLE
from queue_server.storage.office import open_office

RULES = Rules(
    recall_spacing=0.0,
    bookings_per_day=2,
    places=15,
    change=timedelta(hours=1),
    early=timedelta(minutes=180),
    turns=TURNS,
)


def _hall() -> str:
    """The demo hall by ``RULES``; no line is full, and who booked may come hours before."""
    text = with_turns(hall_text(recall_spacing_seconds="0", max_waiting_per_queue="100000"))
    text = text.replace("rules:\n", "rules:\n  bookings_per_day: 2\n", 1)
    return re.sub(r"capacity: \d+ }", "capacity: 15, change_hours: 1, early_minutes: 180 }", text)


HALL = _hall()


@dataclasses.dataclass(frozen=True)
class Outcome:
    verdict: Verdict
    kills: int
    repeated: int
    """Requests that had to be sent more than once."""
    different: int
    """Stored replies that were not byte for byte what was acknowledged."""


def through_power_cuts(
    servers: Sequence[Server],
    database: str,
    token: str,
    *,
    clients: int,
    kills: int,
    seconds: tuple[float, float],
    answers: int = 0,
) -> Outcome:
    """``servers`` run; they are killed in turn, each after a time between ``seconds``, and started again.

    On a machine so slow that fewer than ``answers`` have come by then, each is killed only after these.
    """
    return asyncio.run(_through(servers, database, token, clients, kills, seconds, answers))


async def _through(
    servers: Sequence[Server],
    database: str,
    token: str,
    clients: int,
    kills: int,
    seconds: tuple[float, float],
    answers: int,
) -> Outcome:
    chance = random.Random(time.time_ns())
    crowd = Crowd([server.port for server in servers], token)
    working = asyncio.create_task(crowd.work(clients))
    for number in range(kills):
        enough = len(crowd.acts) + answers
        await asyncio.wait({working}, timeout=chance.uniform(*seconds))
        while len(crowd.acts) < enough and not working.done():
            await asyncio.wait({working}, timeout=0.02)
        if working.done():
            break
        server = servers[number % len(servers)]
        server.kill()
        await asyncio.to_thread(server.start)
        say(f"killed {number + 1} times, {len(crowd.acts)} answers")
    await asyncio.wait({working}, timeout=seconds[1])
    crowd.over = True
    await working
    stored = [act for act in crowd.acts if _is_stored(act)]
    different = await crowd.again(stored)
    async with open_office(database) as office:
        rows, last = [], 0
        while page := await office.events_after("demo", last, 5_000):
            rows += [(row.seq, row.type, row.at, row.data_json) for row in page]
            last = page[-1].seq
    verdict = check(crowd.acts, rows, RULES)
    verdict.lost_writes += different
    return Outcome(verdict, kills, sum(act.tries > 1 for act in crowd.acts), different)


def _is_stored(act: Act) -> bool:
    """A final answer; those that say "come again" are not kept."""
    if act.status < 400:
        return changed(act) or act.verb == "call-next"
    return not any(f'"{code.value}"'.encode() in act.reply for code in RETRYABLE)
