"""What a take and a call-next that finishes the ticket before cost an office, in processor time.

``python -m queue_load.cost DATABASE WAITING ROUNDS`` in a process of its own prints one JSON object. The line of queue
A is filled to WAITING first; each round takes 50 and calls 50, so that it stays as long.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from queue_load.telling import tell
from queue_server.contract.messages import CallNext, OpenWindow, Outcome, Role, TakeTicket
from queue_server.storage.office import open_office
from queue_server.usecases.ports import Actor

AT_ONCE = 10
PER_ROUND = 50


@dataclass(frozen=True)
class Cost:
    """Processor milliseconds per operation; ``due`` is the wall time of what the clock makes due."""

    take: float
    call: float
    due: float


def cost(database: str, waiting: int, rounds: int) -> Cost:
    words = [sys.executable, "-m", "queue_load.cost", database, str(waiting), str(rounds)]
    path = os.pathsep.join([str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True, env={**os.environ, "PYTHONPATH": path})
    return Cost(**json.loads(done.stdout))


async def _at_once(act: Callable[[], Awaitable[object]], times: int) -> None:
    for _ in range(times // AT_ONCE):
        await asyncio.gather(*(act() for _ in range(AT_ONCE)))


async def _measure(database: str, waiting: int, rounds: int) -> Cost:
    actor = Actor("demo", Role.INTEGRATOR, "load")
    keys, windows = count(), count()
    run = f"{time.time_ns():x}"
    async with open_office(database, public_url="http://127.0.0.1:8080") as office:

        async def take() -> None:
            await office.carry_out(TakeTicket(queue="A"), actor, f"{run}-{next(keys)}")

        async def call() -> None:
            command = CallNext(window="123"[next(windows) % 3], finish_current=Outcome.ACCEPTED)
            await office.carry_out(command, actor, f"{run}-{next(keys)}")

        for window in "123":
            await office.carry_out(OpenWindow(window=window), actor)
        known = next(queue.waiting for queue in await office.queues("demo") if queue.id == "A")
        await _at_once(take, waiting - known)
        began = time.perf_counter()
        await office.due("demo")
        due = time.perf_counter() - began
        used = {take: 0.0, call: 0.0}
        gc.collect()
        gc.freeze()
        for number in range(rounds + 4):
            for act in used:
                before = time.process_time()
                await _at_once(act, PER_ROUND)
                if number >= 4:  # the first ones fill what is kept between transactions
                    used[act] += time.process_time() - before
        done = rounds * PER_ROUND
        return Cost(1000 * used[take] / done, 1000 * used[call] / done, 1000 * due)


def main() -> None:
    database, waiting, rounds = sys.argv[1:]
    found = asyncio.run(_measure(database, int(waiting), int(rounds)))
    tell(json.dumps({"take": found.take, "call": found.call, "due": found.due}))


if __name__ == "__main__":
    main()
