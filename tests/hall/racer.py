"""Somebody who presses when told to: an office of its own, in a thread or in a process of its own.

``python racer.py DATABASE`` reads one JSON object a line (clock, command, body, key; or only a clock: what is due) and
writes what came of it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec

from queue_server.contract import messages
from queue_server.contract.messages import Role
from queue_server.contract.refusals import Refusal
from queue_server.storage.office import open_office
from queue_server.usecases.ports import Actor


class SetClock:
    """Says the time that it was told."""

    def __init__(self) -> None:
        self.time = datetime.fromisoformat("2026-03-02T01:00:00+00:00")

    def now(self) -> datetime:
        return self.time


async def race(database: str, listen: Callable[[], Awaitable[str]], say: Callable[[str], None]) -> None:
    """Until an empty line comes."""
    clock = SetClock()
    actor = Actor("demo", Role.INTEGRATOR, "racer")
    async with open_office(database, clock=clock) as office:
        say("ready")
        while line := (await listen()).strip():
            wish = json.loads(line)
            clock.time = datetime.fromisoformat(wish["clock"])
            if "command" not in wish:
                await office.due("demo")
                say("{}")
                continue
            command: Any = msgspec.convert(wish["body"], getattr(messages, wish["command"]))
            try:
                reply = await office.carry_out(command, actor, wish["key"])
            except Refusal as refusal:
                say(json.dumps({"no": refusal.code.value}))
            else:
                say(reply.body.decode())


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(race(sys.argv[1], lambda: asyncio.to_thread(sys.stdin.readline), _write))
