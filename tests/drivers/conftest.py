"""What the driver tests share: a simulated reader, printers that are waited for briefly, waiting without sleep."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from drivers.id_card_reader.sam_v import SamVReader
from drivers.id_card_reader.twin import SimulatedReader, TwinCard
from drivers.loading import DeviceUrl
from drivers.seams.bytes_port import TracedPort
from drivers.seams.faulty import FaultyPort, LineFaults
from drivers.seams.serial_port import SerialPort
from drivers.ticket_printer import settings as printer_settings
from drivers.ticket_printer.escpos import EscPosPrinter, make
from drivers.ticket_printer.twin import SimulatedPrinter


@pytest.fixture
def simulated_reader() -> Iterator[SimulatedReader]:
    """A reader at the far end of a pty that answers at once."""
    with SimulatedReader(baud=0) as reader:
        yield reader


@pytest.fixture
def reader_on_bad_line(simulated_reader: SimulatedReader) -> Iterator[Callable[..., SamVReader]]:
    """Makes an open driver whose line has the faults that are asked for."""
    opened: list[SamVReader] = []

    def make(faults: LineFaults, seed: int = 0) -> SamVReader:
        line = FaultyPort(SerialPort(simulated_reader.path), faults, seed)
        reader = SamVReader(TracedPort(line, "id-card"))
        reader.open()
        opened.append(reader)
        return reader

    yield make
    for reader in opened:
        reader.close()


@pytest.fixture
def resident() -> TwinCard:
    return TwinCard.synthetic()


@pytest.fixture
def printer_for(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., EscPosPrinter]]:
    """Makes an open driver for a simulated printer, with options; it waits for answers however slow the machine is."""
    made: list[EscPosPrinter] = []
    patient = partial(printer_settings.Settings, answer_seconds=5.0, watch_seconds=0.1, quiet_seconds=0.3)
    monkeypatch.setattr(printer_settings, "Settings", patient)

    def make_one(twin: SimulatedPrinter, **options: str) -> EscPosPrinter:
        driver = make(DeviceUrl.parse(twin.url), options, twin.shared)
        made.append(driver)
        driver.open()
        return driver

    yield make_one
    for driver in made:
        driver.close()


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Waits until something is so; fails after half a minute."""

    def wait(condition: Callable[[], bool], seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail("it did not happen in time")
            time.sleep(0.005)

    return wait
