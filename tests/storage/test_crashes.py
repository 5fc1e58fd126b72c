"""``kill -9`` at any instant: what was acknowledged is there, and nothing is half there."""

from __future__ import annotations

import itertools
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from queue_server.contract.messages import Role, TakeTicket
from queue_server.storage.office import DatabaseOffice
from queue_server.usecases.ports import Actor

ROUNDS = 3

TAKER = """
import asyncio, datetime, sys
from queue_server.contract.codec import decode
from queue_server.contract.messages import CallNext, OpenWindow, Outcome, Role, TakeTicket, TicketIssued
from queue_server.storage.office import open_office
from queue_server.usecases.ports import Actor

class Monday:
    def now(self):
        return datetime.datetime(2026, 3, 2, 1, 0, tzinfo=datetime.UTC)  # as in the other tests, and never midnight

async def take(office, actor, who):
    for visit in range(10_000):
        key = f"{sys.argv[2]}-{who}-{visit}"
        reply = await office.carry_out(TakeTicket(queue="ABCDE"[who]), actor, key)
        print("took", key, decode(reply.body, TicketIssued).number, flush=True)
        await office.carry_out(CallNext(window="123"[who % 3], finish_current=Outcome.ACCEPTED), actor)

async def main():
    actor = Actor("demo", Role.INTEGRATOR, "taker")
    async with open_office(sys.argv[1], clock=Monday()) as office:
        for window in "123":
            await office.carry_out(OpenWindow(window=window), actor)
        print("ready", flush=True)
        await asyncio.gather(*(take(office, actor, who) for who in range(5)))

asyncio.run(main())
"""


def take_until_killed(database_url: str, number: int, seconds: float) -> dict[str, str]:
    """What a server of numbers acknowledged before it was killed, some time after its first: key → number."""
    acknowledged: dict[str, str] = {}
    command = [sys.executable, "-c", TAKER, database_url, str(number)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as taker:
        assert taker.stdout is not None
        assert taker.stdout.readline() == "ready\n"
        first = [taker.stdout.readline(), taker.stdout.readline()]
        time.sleep(seconds)
        taker.send_signal(signal.SIGKILL)
        for line in itertools.chain(first, taker.stdout):
            words = line.split()
            if len(words) == 3 and line.endswith("\n"):
                acknowledged[words[1]] = words[2]
    return acknowledged


async def test_nothing_acknowledged_is_lost_by_kill_nine(
    database_url: str, make_office: Callable[[str], DatabaseOffice]
) -> None:
    chance = random.Random(24)
    acknowledged: dict[str, str] = {}
    for number in range(ROUNDS):
        acknowledged |= take_until_killed(database_url, number, chance.uniform(0.05, 0.4))
    assert len(acknowledged) > ROUNDS
    async with make_office(database_url) as office:
        rows = await office.events_after("demo", 0, 1_000_000)
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        assert await office.last_seq("demo") == len(rows)
        issued = sum(row.type == "ticket.issued" for row in rows)
        assert issued >= len(acknowledged)
        taker_again = Actor("demo", Role.INTEGRATOR, "taker")
        for key, written in acknowledged.items():
            who = int(key.split("-")[1])
            again = await office.carry_out(TakeTicket(queue="ABCDE"[who]), taker_again, key)
            assert again.repeated
            assert f'"number":"{written}"'.encode() in again.body
        assert len(set(acknowledged.values())) == len(acknowledged)
        snapshot = await office.snapshot("demo")
        for queue in snapshot.queues.values():
            waiting = [t for t in snapshot.tickets.values() if t.queue == queue.id and t.state == "waiting"]
            assert queue.waiting == len(waiting)
