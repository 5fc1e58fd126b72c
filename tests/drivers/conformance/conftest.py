"""What the tests of drivers share: opening them patiently; for card readers a PC/SC service of their own and a slot."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from drivers.card_reader.pcsc import PcscCardReader
from drivers.card_reader.twin import SimulatedSlot
from drivers.card_reader.twin_service import SimulatedService
from drivers.device import Device, DeviceError
from drivers.seams.pcsc_channel import PcscChannel


@pytest.fixture
def open_in_the_end(wait_until: Callable[..., None]) -> Callable[[Device], None]:
    """Opens a device as a kiosk does, again and again: on a busy machine its answer may come too late."""

    def opened(device: Device) -> bool:
        with contextlib.suppress(DeviceError):
            device.open()
            return True
        return False

    return lambda device: wait_until(lambda: opened(device))


@pytest.fixture
def service() -> Iterator[SimulatedService]:
    with SimulatedService() as running:
        yield running


@pytest.fixture
def slot(service: SimulatedService) -> Iterator[SimulatedSlot]:
    with SimulatedSlot(service.ports[0]) as empty:
        yield empty


@pytest.fixture
def reader(
    service: SimulatedService, slot: SimulatedSlot, open_in_the_end: Callable[[Device], None]
) -> Iterator[PcscCardReader]:
    """It has as much patience with service and card as a busy machine may need."""
    channel = PcscChannel(service.names[0], service=service.path)
    made = PcscCardReader(channel, service_back=30.0, put_back=30.0, answer_seconds=20.0)
    open_in_the_end(made)
    yield made
    made.close()
