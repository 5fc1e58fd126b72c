"""What happens to a ticket printer in a hall, and what its driver makes of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest

from drivers.device import DeviceError, DeviceState, Fault
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


def impatient(driver: EscPosPrinter) -> EscPosPrinter:
    """It does not wait long for a printer of which the test knows that it says nothing."""
    driver._talk._settings = replace(driver._talk._settings, answer_seconds=0.2, unproven_seconds=0.5)
    return driver


def codes(driver: EscPosPrinter) -> list[str]:
    return [condition.code for condition in driver.probe().conditions]


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ("paper_out", Fault.PAPER_OUT, "paper.out"),
        ("cover_open", Fault.COVER_OPEN, "cover.open"),
        ("cutter_jam", Fault.MECHANICAL, "cutter"),
        ("offline", Fault.MECHANICAL, "printer.offline"),
    ],
)
def test_a_fault_is_named_nothing_is_sent_and_it_goes_away_by_itself(
    printer: SimulatedPrinter, make: Make, fault: str, error: Fault, code: str
) -> None:
    driver = make()
    setattr(printer, fault, True)
    found = driver.probe()
    assert found.state is DeviceState.FAULT
    assert code in [condition.code for condition in found.conditions]
    failed = failure(lambda: driver.print(SLIP, 30))
    assert failed.fault is error
    assert not failed.uncertain
    setattr(printer, fault, False)
    assert driver.probe().state is DeviceState.READY
    assert driver.print(SLIP, 30) is Proof.PROVEN
    assert len(printer.slips) == 1


def test_paper_that_ends_soon_is_said_and_does_not_stop_anything(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    printer.near_end = True
    assert driver.probe().state is DeviceState.IMPAIRED
    assert driver.print(SLIP, 30) is Proof.PROVEN


def test_a_roll_without_a_sensor_is_counted_and_said_before_it_ends(printer: SimulatedPrinter, make: Make) -> None:
    driver = make(roll="1", near_end="no")
    for number in range(9):
        assert codes(driver) == []
        assert driver.print(sample_slip(f"job-{number}"), 30) is Proof.PROVEN
    assert codes(driver) == ["paper.low"]
    printer.cover_open = True
    assert codes(driver) == ["cover.open", "paper.low"]
    printer.cover_open = False
    assert codes(driver) == []
    assert driver.capabilities.knows_near_end is False


def test_a_silent_printer_is_unknown_and_prints_nothing(printer: SimulatedPrinter, make: Make) -> None:
    driver = impatient(make())
    printer.silent = True
    found = driver.probe()
    assert found.state is DeviceState.UNKNOWN
    assert [condition.code for condition in found.conditions] == ["status.unknown"]
    failed = failure(lambda: driver.print(SLIP, 30))
    assert failed.fault is Fault.SILENT
    assert not failed.uncertain
    assert printer.slips == []


def test_a_silent_printer_prints_without_proof_by_setting(printer: SimulatedPrinter, make: Make) -> None:
    printer.silent = True
    assert impatient(make(status="optional")).print(SLIP, 30) is Proof.UNPROVEN
    assert printer.wait_for_slip(30).qr == URL


def test_a_printer_that_dies_in_the_middle_is_an_error_within_the_time(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    printer.slow = 2000.0
    began = time.monotonic()
    failed = failure(lambda: driver.print(SLIP, 4.0))
    assert failed.fault is Fault.SILENT
    assert failed.uncertain
    assert time.monotonic() - began < 30


def test_closing_ends_a_print_and_the_driver_opens_again(
    printer: SimulatedPrinter, make: Make, wait_until: Callable[..., None]
) -> None:
    driver = make()
    printer.slow = 3000.0
    failed: list[DeviceError] = []
    thread = threading.Thread(target=lambda: failed.append(failure(lambda: driver.print(SLIP, 30))))
    thread.start()
    wait_until(lambda: printer.received > 1000)
    driver.close()
    driver.close()
    thread.join(60)
    assert not thread.is_alive()
    assert failed[0].uncertain
    assert failure(lambda: driver.print(SLIP, 30)).fault is Fault.ABSENT
    printer.slow = None
    printer.power_cycle()
    driver.open()
    assert driver.print(SLIP, 30) is Proof.PROVEN


def test_a_probe_does_not_disturb_a_print(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    printer.slow = 40_000.0
    proofs: list[Proof] = []
    thread = threading.Thread(target=lambda: proofs.append(driver.print(SLIP, 30)))
    thread.start()
    states = set()
    while thread.is_alive():
        states.add(driver.probe().state)
        thread.join(0.02)
    assert proofs == [Proof.PROVEN]
    assert states <= {DeviceState.BUSY, DeviceState.READY}
    assert len(printer.slips) == 1


def test_a_printer_pulled_out_is_absent_and_prints_again_once_it_is_back(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    printer.unplug()
    assert driver.probe().state is DeviceState.ABSENT
    assert codes(driver) == ["printer.absent"]
    assert failure(lambda: driver.print(SLIP, 30)).fault in (Fault.ABSENT, Fault.UNPLUGGED)
    printer.plug_in()
    assert driver.probe().state is DeviceState.READY
    assert driver.print(SLIP, 30) is Proof.PROVEN


def test_switched_off_and_on_between_two_slips_nobody_notices(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    assert driver.print(SLIP, 30) is Proof.PROVEN
    printer.power_cycle()
    assert driver.print(OTHER, 30) is Proof.PROVEN
    assert [slip.qr for slip in printer.slips] == [URL, OTHER.qr]


def test_a_slip_cut_off_in_the_middle_is_not_on_the_next_ones_paper(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    printer.drop_after_bytes = printer.received + 7000
    broken = failure(lambda: driver.print(SLIP, 5.0))
    assert broken.uncertain
    assert driver.print(OTHER, 30) is Proof.PROVEN
    assert printer.slips[-1].qr == OTHER.qr
    assert printer.slips[-1].image.height < 900
    assert printer.complaints == []


def test_a_printer_with_a_small_buffer_that_runs_out_of_paper_is_named(
    printer_for: Make, wait_until: Callable[..., None]
) -> None:
    with SimulatedPrinter(line="usb", buffer_bytes=4096) as printer:
        driver = impatient(printer_for(printer))
        printer.paper_out_after_bytes = 2000
        failed = failure(lambda: driver.print(SLIP, 3.0))
        assert failed.uncertain
        assert codes(driver) in (["paper.out", "paper.low"], ["status.unknown"])
        printer.paper_out = False
        assert driver.print(OTHER, 30) is Proof.PROVEN
        assert printer.slips[-1].qr == OTHER.qr


def test_rubbish_before_each_answer_is_no_answer(printer: SimulatedPrinter, make: Make) -> None:
    printer.chatter = b"\xff\x80\x25\x91"
    driver = make()
    assert driver.probe().state is DeviceState.READY
    assert driver.print(SLIP, 30) is Proof.PROVEN


# Errors from which a printer recovers when it is told to.


def test_an_error_whose_cause_is_gone_ends_before_the_next_slip(printer: SimulatedPrinter, make: Make) -> None:
    printer.latches_errors = True
    driver = make()
    printer.cutter_jam = True
    assert failure(lambda: driver.print(SLIP, 30)).fault is Fault.MECHANICAL
    printer.cutter_jam = False
    assert codes(driver) == ["cutter"], "looking does not move the knife"
    assert driver.print(SLIP, 30) is Proof.PROVEN
    assert len(printer.slips) == 1


def test_a_printer_is_not_told_to_recover_with_an_open_cover_or_against_the_settings(
    printer: SimulatedPrinter, make: Make
) -> None:
    printer.latches_errors = True
    printer.cutter_jam = True
    printer.cutter_jam = False
    assert failure(lambda: make(recover="no").print(SLIP, 30)).fault is Fault.MECHANICAL
    printer.cover_open = True
    driver = make(asb="no") if printer.url.startswith("tcp") else None
    if driver is not None:
        assert failure(lambda: driver.print(SLIP, 30)).fault is Fault.COVER_OPEN
    printer.cover_open = False
    assert printer._said.cutter


# What it tells by itself.


@pytest.mark.parametrize("line", ["pty", "usb"])
def test_paper_that_ends_while_nobody_prints_is_told_without_a_question(
    line: str, printer_for: Make, wait_until: Callable[..., None]
) -> None:
    with SimulatedPrinter(line=line) as printer:
        driver = printer_for(printer)
        told: list[tuple[DeviceState, list[str]]] = []
        driver.watch(lambda status: told.append((status.state, [c.code for c in status.conditions])))
        wait_until(lambda: told == [(DeviceState.READY, [])])
        assert driver.capabilities.pushes_status
        asked = printer.received
        printer.paper_out = True
        wait_until(lambda: len(told) == 2)
        assert told[1] == (DeviceState.FAULT, ["paper.out", "paper.low"])
        assert printer.received == asked
        printer.paper_out = False
        wait_until(lambda: told[-1][0] is DeviceState.READY)
        driver.watch(None)
        printer.near_end = True
        assert codes(driver) == ["paper.low"]
        assert driver.capabilities.knows_near_end
        assert len(told) == 3


def test_a_printer_that_vanishes_is_told_to_whoever_watches(printer_for: Make, wait_until: Callable[..., None]) -> None:
    with SimulatedPrinter(line="usb") as printer:
        driver = printer_for(printer)
        told: list[DeviceState] = []
        driver.watch(lambda status: told.append(status.state))
        wait_until(lambda: told == [DeviceState.READY])
        printer.unplug()
        wait_until(lambda: told[-1] is DeviceState.ABSENT)


def test_a_printer_without_automatic_status_is_asked_and_prints(printer: SimulatedPrinter, make: Make) -> None:
    printer.has_asb = False
    driver = make()
    assert driver.print(SLIP, 30) is Proof.PROVEN
    printer.paper_out = True
    assert codes(driver) == ["paper.out", "paper.low"]
    assert not driver.capabilities.pushes_status


# Which of several.


def test_a_usb_printer_that_may_not_be_used_or_is_held_says_so(printer_for: Make) -> None:
    with SimulatedPrinter(line="usb") as printer:
        other = printer_for(printer)
        assert failure(lambda: printer_for(printer)).fault is Fault.BUSY
        other.close()
        printer_for(printer)
