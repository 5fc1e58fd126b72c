"""Does in time what time makes due: ratings that nobody gave, opening and closing, the end of the day."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import structlog

from queue_server.usecases.ports import Office

_LONGEST = 30.0
_SPACING = 0.5
_AFTER_A_FAILURE = 5.0


class Clock(Protocol):
    """Aware time, given from outside."""

    def now(self) -> datetime: ...


class Timers:
    """One task per hall; a commit may bring the next moment forward, so it also looks again after each."""

    def __init__(self, office: Office, clock: Clock) -> None:
        self._office = office
        self._clock = clock
        self._wakes: dict[str, asyncio.Event] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._running = False
        self._log = structlog.get_logger("timers")

    async def start(self, halls: Sequence[str]) -> None:
        """Looks at once, so that what fell due while the server was down is done now."""
        self._running = True
        for hall in halls:
            self._begin(hall)

    async def receive(self, hall: str, event: object) -> None:
        """Something happened (as a receiver of the relay): there may be a nearer moment now."""
        del event
        wake = self._wakes.get(hall)
        if wake is not None:
            wake.set()
        elif self._running:
            self._begin(hall)

    async def stop(self) -> None:
        """Ends all tasks."""
        self._running = False
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks.clear()

    def _begin(self, hall: str) -> None:
        self._wakes[hall] = asyncio.Event()
        self._tasks.append(asyncio.create_task(self._watch(hall), name=f"timers {hall}"))

    async def _watch(self, hall: str) -> None:
        wake = self._wakes[hall]
        while True:
            wake.clear()
            try:
                moment = await self._office.due(hall)
                seconds = (moment - self._clock.now()).total_seconds()
            except Exception as error:  # noqa: BLE001  # because a full disk now must not stop every later time-out
                self._log.error("timers.failed", hall=hall, error=type(error).__name__)
                seconds = _AFTER_A_FAILURE
            await asyncio.sleep(_SPACING)  # a busy hall wakes us with every event; looking now and then is enough
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(_LONGEST, max(0.0, seconds - _SPACING))):
                    await wake.wait()
