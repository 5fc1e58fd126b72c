"""What a line can do to a printer's driver: speak without end, break at once, be closed while it is being opened."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from drivers.device import DeviceError, DeviceState, Fault
from drivers.seams.memory import MemoryPort, Say
from drivers.ticket_printer.escpos import EscPosPrinter
from drivers.ticket_printer.port import Proof, Raster, Slip
from drivers.ticket_printer.sample import sample_slip
from drivers.ticket_printer.settings import Settings
from drivers.ticket_printer.status import AnswerParser, Automatic, Cleared, Processed
from drivers.ticket_printer.twin import SimulatedPrinter

SLIP = Slip("job-1", Raster(8, 1, b"\xff"))
QUICK = Settings(answer_seconds=0.05, watch_seconds=0.02, quiet_seconds=0.02, unproven_seconds=0.1)
GENEROUS = 20.0


class EndlessPort:
    """A line on which something is always said; ``answers`` to DLE EOT come in between."""

    def __init__(self, noise: bytes, *, answers: bool) -> None:
        self.noise = noise
        self._answers = answers
        self._asked = 0
        self._open = False

    def open(self) -> None:
        self._open = True

    def close(self) -> None:
        self._open = False

    def write(self, data: bytes, deadline: float) -> None:
        del deadline
        self._asked += self._answers and data[:2] == b"\x10\x04"

    def read_some(self, deadline: float) -> bytes:
        del deadline
        if not self._open:
            raise DeviceError(Fault.CANCELLED, "closed")
        time.sleep(0.001)
        if self._asked:
            self._asked -= 1
            return b"\x12"
        return self.noise

    def purge(self) -> None:
        """There is always more."""


def ended(act: Callable[[], object]) -> list[object]:
    """What came of it, within a time that no machine needs for it."""
    results: list[object] = []

    def run() -> None:
        try:
            results.append(act())
        except DeviceError as error:
            results.append(error.fault)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(GENEROUS)
    assert not thread.is_alive(), "it never ends"
    return results


def test_a_printer_that_speaks_without_end_holds_nobody_up() -> None:
    driver = EscPosPrinter(EndlessPort(b"\xff", answers=False), QUICK)
    driver.open()
    assert ended(lambda: driver.probe().state) == [DeviceState.UNKNOWN]
    assert ended(lambda: driver.print(SLIP, 0.5)) == [Fault.SILENT]
    ended(driver.forget)
    driver.close()


def test_endless_words_of_an_older_slip_hold_nobody_up_either() -> None:
    port = EndlessPort(b"\xff", answers=True)
    driver = EscPosPrinter(port, QUICK)
    driver.open()
    assert ended(lambda: driver.print(SLIP, 0.5)) == [Fault.SILENT]
    port.noise = b"\0"
    assert ended(lambda: driver.print(SLIP, 0.5)) == [Fault.BUSY]
    driver.close()


def test_what_was_said_in_time_counts_also_when_it_is_read_late() -> None:
    class Bytewise(MemoryPort):
        """One byte at a time, as slow lines give them."""

        late = b""

        def read_some(self, deadline: float) -> bytes:
            if self.late:
                said, self.late = self.late[:1], self.late[1:]
                return said
            return super().read_some(deadline)

    port = Bytewise([])
    driver = EscPosPrinter(port, QUICK)
    driver.open()
    driver._talk.begin()
    port.late = b"\x10\x00\x00\x00" + bytes(4)
    assert driver._talk.listen(time.monotonic())


def test_xon_and_xoff_between_the_bytes_change_no_answer() -> None:
    answers = AnswerParser().feed(bytes.fromhex("13 00 00 11 00 00  10 13 00 11 03 00  37 11 25 13 00"))
    assert answers == [Processed(0), Automatic(bytes.fromhex("10 00 03 00")), Cleared()]


def test_a_line_that_breaks_as_it_is_opened_is_opened_anew_the_next_time() -> None:
    class Breaking(MemoryPort):
        opened = 0
        broken = True

        def open(self) -> None:
            self.opened += 1
            super().open()

        def purge(self) -> None:
            if self.broken:
                raise DeviceError(Fault.UNPLUGGED, "pulled out")
            super().purge()

    port = Breaking([])
    driver = EscPosPrinter(port, Settings(pushes=True))
    with pytest.raises(DeviceError):
        driver.open()
    port.broken = False
    port.load([Say(b"\x1d\x61\x0e")])
    driver.open()
    assert port.opened == 2
    driver.close()


def test_a_printer_closed_while_its_line_is_being_opened_prints_nothing_and_stays_closed() -> None:
    opening, go_on = threading.Event(), threading.Event()

    class Slow(MemoryPort):
        is_open = False
        written = 0

        def open(self) -> None:
            if opening.is_set():
                go_on.wait(GENEROUS)
            super().open()
            self.is_open = True

        def close(self) -> None:
            super().close()
            self.is_open = False

        def write(self, data: bytes, deadline: float) -> None:
            self.written += len(data)
            super().write(data, deadline)

    port = Slow([])
    driver = EscPosPrinter(port, QUICK)
    driver.open()
    opening.set()
    results: list[Fault] = []

    def printing() -> None:
        try:
            driver.print(SLIP, GENEROUS)
        except DeviceError as error:
            results.append(error.fault)

    printer = threading.Thread(target=printing)
    printer.start()
    closer = threading.Thread(target=driver.close)
    while driver._lock.acquire(blocking=False):
        driver._lock.release()
    closer.start()
    while driver._opened:
        time.sleep(0.001)
    go_on.set()
    printer.join(GENEROUS)
    closer.join(GENEROUS)
    assert results == [Fault.ABSENT]
    assert not port.is_open
    assert port.written == 0


def test_the_end_of_an_earlier_visit_does_not_throw_away_the_next_ones_slip(
    printer_for: Callable[..., EscPosPrinter], wait_until: Callable[..., None]
) -> None:
    with SimulatedPrinter() as printer:
        driver = printer_for(printer)
        with driver._lock:  # somebody else has the printer, and lets it go without looking who is gone
            driver.forget()
        slip = sample_slip()
        printer.paper_out_after_bytes = 9000
        with pytest.raises(DeviceError) as held:
            driver.print(slip, GENEROUS)
        assert held.value.fault is Fault.PAPER_OUT
        printer.paper_out = False
        wait_until(lambda: len(printer.slips) == 1)
        assert driver.print(slip, GENEROUS) is Proof.PROVEN
        assert len(printer.slips) == 1
