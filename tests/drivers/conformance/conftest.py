"""What the tests of card readers share: a PC/SC service of their own, a slot, a driver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from drivers.card_reader.pcsc import PcscCardReader
from drivers.card_reader.twin import SimulatedSlot
from drivers.card_reader.twin_service import SimulatedService
from drivers.seams.pcsc_channel import PcscChannel


@pytest.fixture
def service() -> Iterator[SimulatedService]:
    with SimulatedService() as running:
        yield running


@pytest.fixture
def slot(service: SimulatedService) -> Iterator[SimulatedSlot]:
    with SimulatedSlot(service.ports[0]) as empty:
        yield empty


@pytest.fixture
def reader(service: SimulatedService, slot: SimulatedSlot) -> Iterator[PcscCardReader]:
    made = PcscCardReader(PcscChannel(service.names[0], service=service.path))
    made.open()
    yield made
    made.close()
