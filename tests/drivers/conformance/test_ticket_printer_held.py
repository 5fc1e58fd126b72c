"""A slip that the printer keeps because its paper ended: never doubled, never for the next visitor."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest

from drivers.device import Action, DeviceError, DeviceState, Fault
from drivers.ticket_printer.escpos import EscPosPrinter
from drivers.ticket_printer.port import Proof
from drivers.ticket_printer.sample import URL, sample_slip
from drivers.ticket_printer.twin import SimulatedPrinter

Make = Callable[..., EscPosPrinter]
SLIP = sample_slip()
OTHER = sample_slip("job-2", content="https://hall.example.org/t/other")


@pytest.fixture(params=["tcp", "usb"])
def printer(request: pytest.FixtureRequest) -> Iterator[SimulatedPrinter]:
    with SimulatedPrinter(line=request.param) as twin:
        yield twin


@pytest.fixture
def make(printer: SimulatedPrinter, printer_for: Make) -> Make:
    return partial(printer_for, printer)


def failure(act: Callable[[], object]) -> DeviceError:
    with pytest.raises(DeviceError) as failed:
        act()
    return failed.value


def codes(driver: EscPosPrinter) -> list[str]:
    return [condition.code for condition in driver.probe().conditions]


def test_a_slip_held_without_paper_comes_out_once_after_the_roll_is_changed(
    printer: SimulatedPrinter, make: Make, wait_until: Callable[..., None]
) -> None:
    driver = make()
    printer.paper_out_after_bytes = 9000
    failed = failure(lambda: driver.print(SLIP, 30))
    assert failed.fault is Fault.PAPER_OUT
    assert failed.uncertain
    assert failure(lambda: driver.print(SLIP, 30)).uncertain
    assert driver.probe().state is DeviceState.FAULT
    printer.paper_out = False
    wait_until(lambda: len(printer.slips) == 1)
    assert driver.print(SLIP, 30) is Proof.PROVEN
    assert len(printer.slips) == 1
    assert printer.slips[0].qr == URL


def test_a_held_slip_that_came_out_unasked_is_known_when_it_is_asked_for(
    printer: SimulatedPrinter, make: Make, wait_until: Callable[..., None]
) -> None:
    driver = make()
    printer.paper_out_after_bytes = 9000
    assert failure(lambda: driver.print(SLIP, 30)).uncertain
    printer.paper_out = False
    wait_until(lambda: len(printer.slips) == 1)
    wait_until(lambda: driver.probe().state is DeviceState.READY)
    assert driver.print(SLIP, 30) is Proof.PROVEN
    assert len(printer.slips) == 1
    assert driver.print(SLIP, 30) is Proof.PROVEN
    assert len(printer.slips) == 2


def test_after_a_power_cycle_the_same_job_is_printed_anew(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    printer.paper_out_after_bytes = 9000
    assert failure(lambda: driver.print(SLIP, 30)).uncertain
    printer.power_cycle()
    printer.paper_out = False
    driver.probe()
    assert driver.probe().state is DeviceState.READY
    assert driver.print(SLIP, 30) is Proof.PROVEN
    assert [slip.qr for slip in printer.slips] == [URL]
    assert printer.complaints == []


def test_the_next_visitor_does_not_wait_for_the_held_slip_of_another(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    printer.paper_out_after_bytes = 9000
    assert failure(lambda: driver.print(SLIP, 30)).uncertain
    failed = failure(lambda: driver.print(OTHER, 30))
    assert failed.fault is Fault.PAPER_OUT
    assert not failed.uncertain
    printer.paper_out = False
    assert driver.print(OTHER, 30) is Proof.PROVEN
    assert printer.slips[-1].qr == OTHER.qr
    assert printer.complaints == []


def test_when_the_visit_is_over_the_kept_slip_is_thrown_away(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    printer.paper_out_after_bytes = 9000
    assert failure(lambda: driver.print(SLIP, 30)).uncertain
    driver.forget()
    driver.forget()
    assert codes(driver) == ["paper.out", "paper.low"]
    printer.paper_out = False
    assert driver.print(OTHER, 30) is Proof.PROVEN
    assert [slip.qr for slip in printer.slips if slip.qr] == [OTHER.qr]
    assert printer.slips[-1].image.height < 900, "what was printed of the old slip is on a paper of its own"
    assert printer.complaints == []


def test_a_slip_that_cannot_be_thrown_away_is_said_and_comes_out_before_the_next(
    printer: SimulatedPrinter, make: Make, wait_until: Callable[..., None]
) -> None:
    printer.can_clear = False
    driver = make()
    printer.paper_out_after_bytes = 9000
    assert failure(lambda: driver.print(SLIP, 30)).uncertain
    driver.forget()
    held = {condition.code: condition for condition in driver.probe().conditions}
    assert held["slip.held"].action is Action.STAFF
    assert not held["slip.held"].blocking
    refused = failure(lambda: driver.print(OTHER, 30))
    assert (refused.fault, refused.uncertain) == (Fault.PAPER_OUT, False)
    printer.paper_out = False
    assert driver.print(OTHER, 30) is Proof.PROVEN
    assert [slip.qr for slip in printer.slips] == [URL, OTHER.qr]
    assert codes(driver) == []


def test_a_slip_that_nobody_asks_for_any_more_expires(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    driver._settings = replace(driver._settings, hold_seconds=0.0)
    printer.paper_out_after_bytes = 9000
    assert failure(lambda: driver.print(SLIP, 30)).uncertain
    driver.probe()
    printer.paper_out = False
    assert driver.probe().state is DeviceState.READY
    assert printer.wait_until_idle()
    assert printer.slips == []


def test_a_visit_that_ends_during_the_print_does_not_end_the_print(
    printer: SimulatedPrinter, make: Make, wait_until: Callable[..., None]
) -> None:
    driver = make()
    printer.slow = 60_000.0
    proofs: list[Proof] = []
    thread = threading.Thread(target=lambda: proofs.append(driver.print(SLIP, 30)))
    thread.start()
    wait_until(lambda: printer.received > 1000)
    began = time.monotonic()
    driver.forget()
    assert time.monotonic() - began < 8.0
    thread.join(60)
    assert proofs == [Proof.PROVEN]


def test_a_visit_that_ends_while_the_paper_runs_out_leaves_nothing_in_the_printer(
    printer: SimulatedPrinter, make: Make, wait_until: Callable[..., None]
) -> None:
    driver = make()
    printer.slow = 60_000.0
    printer.paper_out_after_bytes = 9000
    failed: list[DeviceError] = []
    thread = threading.Thread(target=lambda: failed.append(failure(lambda: driver.print(SLIP, 30))))
    thread.start()
    wait_until(lambda: printer.received > 1000)
    driver.forget()
    thread.join(60)
    assert failed[0].fault is Fault.PAPER_OUT
    printer.slow = None
    printer.paper_out = False
    assert driver.print(OTHER, 30) is Proof.PROVEN
    assert [slip.qr for slip in printer.slips if slip.qr] == [OTHER.qr]


def test_a_slip_kept_behind_a_jam_goes_on_when_the_jam_is_gone(
    printer: SimulatedPrinter, make: Make, wait_until: Callable[..., None]
) -> None:
    printer.latches_errors = True
    driver = make()
    printer.slow = 4_000.0
    failed: list[DeviceError] = []
    thread = threading.Thread(target=lambda: failed.append(failure(lambda: driver.print(SLIP, 30))))
    thread.start()
    wait_until(lambda: printer.received > 20_000)
    printer.cutter_jam = True
    thread.join(60)
    assert (failed[0].fault, failed[0].uncertain) == (Fault.MECHANICAL, True)
    printer.slow = None
    printer.cutter_jam = False
    assert driver.print(SLIP, 30) is Proof.PROVEN
    assert [slip.qr for slip in printer.slips] == [URL]
