"""A running reference back end and the hall's door to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from queue_server.integrations.providers import Providers, make_providers
from queue_server.integrations.reference_backend import RunningBackend


@pytest.fixture
def backend() -> Iterator[RunningBackend]:
    """The reference back end on a free port."""
    with RunningBackend() as running:
        yield running


@pytest.fixture
async def providers(backend: RunningBackend) -> AsyncIterator[Providers]:
    """The providers of a hall that is connected to it, watched several times a second."""
    made = make_providers(backend.url, probe_every=0.2)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    """Waits until something is so; fails after half a minute."""

    async def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail("it did not happen in time")
            await asyncio.sleep(0.02)

    return wait
