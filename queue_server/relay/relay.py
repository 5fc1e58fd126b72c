"""Reads the event table by sequence and hands each event on, in order, at least once.

A commit wakes it; a poll finds what another process committed or a wake-up that was lost. Receivers
ignore what they have seen. A receiver that fails is logged and does not hold up the others.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from queue_server.usecases.ports import News, Office

_PAGE = 200
_SPACING = 0.02  # seconds per hall between looks for lost wake-ups: a database of 1,000 halls is not asked all the time


class Receiver(Protocol):
    """Whoever wants to know: push hub, signs, voices. Must be quick; slow work goes to an own queue."""

    async def receive(self, hall: str, event: News) -> None: ...


class Relay:
    """One task per hall, from the sequence number at start on."""

    def __init__(self, office: Office, receivers: Sequence[Receiver], *, poll_seconds: float = 1.0) -> None:
        self._office = office
        self._receivers = tuple(receivers)
        self._poll = poll_seconds
        self._wakes: dict[str, asyncio.Event] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._deaf: Callable[[], None] | None = None
        self._log = structlog.get_logger("relay")

    async def start(self, halls: Sequence[str]) -> None:
        """Begin with what happens after now; what was before is read by those who connect."""
        self._deaf = self._office.on_commit(self.wake)
        for hall in halls:
            seq = await self._office.last_seq(hall)
            if hall not in self._wakes:  # else something was committed meanwhile, and it is followed already
                self._begin(hall, seq)

    async def stop(self) -> None:
        """Ends all tasks; who listened reads what is missing by its last number when it comes back."""
        if self._deaf is not None:
            self._deaf()
            self._deaf = None
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks.clear()

    def wake(self, hall: str, seq: int) -> None:
        """Something was committed; what it was stands in the table. A hall that is new is followed from here on."""
        wake = self._wakes.get(hall)
        if wake is None:
            self._begin(hall, seq - 1)
        else:
            wake.set()

    def _begin(self, hall: str, seq: int) -> None:
        self._wakes[hall] = asyncio.Event()
        self._tasks.append(asyncio.create_task(self._follow(hall, seq), name=f"relay {hall}"))

    async def _follow(self, hall: str, seq: int) -> None:
        wake = self._wakes[hall]
        while True:
            wake.clear()
            try:
                seq = await self._catch_up(hall, seq)
            except Exception as error:  # noqa: BLE001  # because a database that is away for a while must not end the feed
                self._log.error("relay.failed", hall=hall, error=type(error).__name__)
                await asyncio.sleep(self._poll)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(self._poll, len(self._tasks) * _SPACING)):
                    await wake.wait()

    async def _catch_up(self, hall: str, seq: int) -> int:
        while rows := await self._office.events_after(hall, seq, _PAGE):
            for row in rows:
                await self._hand_on(hall, row)
                seq = row.seq
            if len(rows) < _PAGE:
                break
        return seq

    async def _hand_on(self, hall: str, event: News) -> None:
        for receiver in self._receivers:
            try:
                await receiver.receive(hall, event)
            except Exception as error:  # noqa: BLE001  # because one sign that fails must not silence the others
                self._log.error(
                    "receiver.failed", hall=hall, receiver=type(receiver).__name__, error=type(error).__name__
                )
