"""What every ticket printer has to put on paper, asked of the real driver and the simulated printer on the line."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.device import Cancel, DeviceError, DeviceState, Fault
from drivers.loading import make_device
from drivers.ticket_printer.escpos import EscPosPrinter
from drivers.ticket_printer.port import Proof, Slip
from drivers.ticket_printer.sample import URL, sample_picture, sample_slip
from drivers.ticket_printer.twin import SimulatedPrinter

Make = Callable[..., EscPosPrinter]
SLIP = Slip("job-1", sample_picture(), ("# A001", "综合受理", "张*"), URL)


@pytest.fixture(params=["tcp", "pty", "usb"])
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


def test_a_printed_ticket_shows_every_dot_and_its_code_can_be_read(printer: SimulatedPrinter, make: Make) -> None:
    assert make().print(SLIP, 30) is Proof.PROVEN
    slip = printer.wait_for_slip(30)
    wanted = np.unpackbits(np.frombuffer(SLIP.picture.data, np.uint8)).reshape(780, 576)
    shown = np.asarray(slip.image) < 128
    rows = min(len(shown), len(wanted))
    assert np.array_equal(shown[:rows], wanted[:rows].astype(bool))
    assert not wanted[rows:].any()
    assert not shown[rows:].any()
    content, _, _ = cv2.QRCodeDetector().detectAndDecode(np.asarray(slip.image))
    assert content == slip.qr == URL
    assert len(slip.data) <= 60_000
    assert printer.complaints == []


def test_a_ticket_as_text_says_the_same(printer: SimulatedPrinter, make: Make) -> None:
    assert make(mode="text").print(SLIP, 30) is Proof.PROVEN
    slip = printer.wait_for_slip(30)
    assert slip.text.split() == ["A001", "综合受理", "张*"]
    assert slip.qr == URL
    content, _, _ = cv2.QRCodeDetector().detectAndDecode(np.pad(np.asarray(slip.image), 40, constant_values=255))
    assert content == URL
    assert len(slip.data) < 250


def test_a_rare_character_without_a_font_turns_the_slip_into_its_picture(printer: SimulatedPrinter, make: Make) -> None:
    make(mode="text", font="/nowhere/font.ttf").print(Slip("job-1", SLIP.picture, ("# A001", "㛃*"), URL), 30)
    slip = printer.wait_for_slip(30)
    assert slip.text == ""
    assert slip.qr == URL


def test_a_rare_character_is_drawn_in_its_line(printer: SimulatedPrinter, make: Make) -> None:
    make(mode="text").print(Slip("job-1", SLIP.picture, ("# A001", "㛃*")), 30)
    slip = printer.wait_for_slip(30)
    drawn = np.asarray(slip.image)[72:] < 128
    marks = np.argwhere(drawn)
    assert slip.text.strip() == "A001", "fonts-noto-cjk has the character and is installed by the set-up"
    assert abs((marks[:, 1].min() + marks[:, 1].max()) / 2 - 288) < 8


def test_a_reprint_says_so_in_text_too(printer: SimulatedPrinter, make: Make) -> None:
    make(mode="text").print(Slip("job-1", SLIP.picture, ("补打 第1次", "# A001"), URL), 30)
    assert printer.wait_for_slip(30).text.startswith("补打 第1次\n")


def test_a_yuan_sign_is_printed_in_its_wide_form(printer: SimulatedPrinter, make: Make) -> None:
    make(mode="text").print(Slip("job-1", SLIP.picture, ("¥12.50 ① —— ：",)), 30)
    assert printer.wait_for_slip(30).text.strip() == "￥12.50 ① —— ："


def test_a_picture_wider_than_the_paper_is_bad_data(printer: SimulatedPrinter, make: Make) -> None:
    failed = failure(lambda: make(paper="58").print(SLIP, 2))
    assert failed.fault is Fault.BAD_DATA
    assert not failed.uncertain
    assert printer.slips == []


def test_a_code_too_long_for_a_slip_is_bad_data(printer: SimulatedPrinter, make: Make) -> None:
    failed = failure(lambda: make(mode="text").print(Slip("1", SLIP.picture, ("A001",), "x" * 2000), 2))
    assert failed.fault is Fault.BAD_DATA


def test_jobs_from_several_threads_come_out_one_after_the_other(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    proofs: list[Proof] = []
    slips = [sample_slip(f"job-{number}", content=f"https://hall.example.org/t/{number}") for number in range(4)]
    threads = [threading.Thread(target=lambda slip=slip: proofs.append(driver.print(slip, 30))) for slip in slips]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert proofs == [Proof.PROVEN] * 4
    assert sorted(slip.qr for slip in printer.slips) == [f"https://hall.example.org/t/{number}" for number in range(4)]


def test_a_slip_that_is_not_begun_in_its_time_is_never_printed(
    printer: SimulatedPrinter, make: Make, wait_until: Callable[..., None]
) -> None:
    driver = make()
    printer.slow = 3_000.0
    first = threading.Thread(target=lambda: driver.print(SLIP, 30))
    first.start()
    wait_until(lambda: printer.received > 1000)
    failed = failure(lambda: driver.print(sample_slip("job-2"), 0.3))
    assert failed.fault is Fault.BUSY
    assert not failed.uncertain
    printer.slow = None
    first.join(60)
    assert driver.probe().state is DeviceState.READY
    assert len(printer.slips) == 1


def test_a_print_is_called_off_before_and_while_it_is_waited_for(
    printer: SimulatedPrinter, make: Make, wait_until: Callable[..., None]
) -> None:
    driver = make()
    cancel = Cancel()
    cancel.cancel()
    before = failure(lambda: driver.print(SLIP, 30, cancel))
    assert before.fault is Fault.CANCELLED
    assert not before.uncertain
    printer.slow = 5_000.0
    cancel = Cancel()
    received = printer.received

    def call_off() -> None:
        wait_until(lambda: printer.received > received + 1000)
        cancel.cancel()

    threading.Thread(target=call_off).start()
    began = time.monotonic()
    waiting = failure(lambda: driver.print(SLIP, 30, cancel))
    assert waiting.fault is Fault.CANCELLED
    assert waiting.uncertain
    assert time.monotonic() - began < 20
    printer.slow = None
    assert driver.print(sample_slip("job-2"), 30) is Proof.PROVEN
    assert printer.slips[-1].qr == URL


def test_nothing_of_a_slip_is_in_the_log(
    printer: SimulatedPrinter, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = Slip("job-1", SLIP.picture, ("# A001", "张* 4401**********1234"), URL)
    make(mode="text").print(secret, 30)
    printer.paper_out = True
    failure(lambda: make(mode="raster", asb="no").print(secret, 30))
    assert "DLE EOT" in caplog.text
    for word in ("张", "4401", "A001", "hall.example.org", "3F7K"):
        assert word not in caplog.text + repr(secret)


def test_many_openings_leave_no_descriptor_and_no_thread_behind(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    driver.watch(lambda _: None)
    driver.close()
    descriptors, threads = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
    for _ in range(100):
        driver.open()
        driver.close()
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors + 1
    assert threading.active_count() <= threads


# What differs between models.


def test_a_printer_without_cutter_puts_out_58_mm_slips(printer_for: Make) -> None:
    with SimulatedPrinter(384) as printer:
        driver = printer_for(printer)
        able = driver.capabilities
        assert (able.width_dots, able.cuts, able.native_qr, able.text) == (384, False, False, False)
        assert driver.print(Slip("1", sample_picture(384)), 30) is Proof.PROVEN
        assert printer.wait_for_slip(30).image.width == 384
        assert printer.slips[0].qr == URL


def test_text_on_58_mm_draws_the_code_that_the_printer_does_not_have(printer_for: Make) -> None:
    with SimulatedPrinter(384, line="pty", baud=9600) as printer:
        driver = printer_for(printer)
        assert driver.capabilities.text
        assert driver.print(Slip("1", sample_picture(384), ("# A001", "综合受理"), URL), 30) is Proof.PROVEN
        slip = printer.wait_for_slip(30)
        assert (slip.native_qr, slip.qr) == ("", URL)
        assert slip.text.split() == ["A001", "综合受理"]
        assert len(slip.data) < 6_000


def test_options_go_before_the_profile(printer_for: Make) -> None:
    with SimulatedPrinter(512) as printer:
        driver = printer_for(printer, paper="58", width="512", dpi="180", cut="yes", qr="yes", near_end="no")
        able = driver.capabilities
        assert (able.width_dots, able.dots_per_mm, able.cuts, able.native_qr) == (512, 7.09, True, True)
        assert able.knows_near_end is False
        assert driver.print(Slip("1", sample_picture(512)), 30) is Proof.PROVEN


def test_a_slow_serial_line_gets_text(printer_for: Make) -> None:
    with SimulatedPrinter(line="pty", baud=9600) as printer:
        driver = printer_for(printer)
        assert driver.print(SLIP, 30) is Proof.PROVEN
        assert printer.wait_for_slip(30).text.startswith("A001")


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("ble://0400:c35a", {}),
        ("usb://lp0", {}),
        ("tcp://", {}),
        ("tcp://h:9100", {"paper": "90"}),
        ("tcp://h:9100", {"width": "9000"}),
        ("tcp://h:9100", {"dpi": "x"}),
        ("tcp://h:9100", {"qr": "maybe"}),
        ("tcp://h:9100", {"mode": "photo"}),
        ("tcp://h:9100", {"asb": "often"}),
        ("tcp://h:9100", {"status": "sometimes"}),
        ("tcp://h:9100", {"proof": "maybe"}),
    ],
)
def test_wrong_settings_are_named(url: str, options: dict[str, str]) -> None:
    assert failure(lambda: make_device("ticket_printer", "escpos", url, options)).fault is Fault.CONFIGURATION
