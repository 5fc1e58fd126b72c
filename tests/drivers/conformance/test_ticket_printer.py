"""What every ticket printer driver has to survive, asked of the real driver and the simulated printer on the line."""

from __future__ import annotations

import io
import logging
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
import segno
from PIL import Image, ImageDraw

from drivers.device import Device, DeviceError, DeviceState, Fault
from drivers.loading import make_device
from drivers.seams.faulty import FaultyPort, LineFaults
from drivers.seams.tcp_port import TcpPort
from drivers.ticket_printer import escpos
from drivers.ticket_printer.escpos import EscPosPrinter, Settings
from drivers.ticket_printer.port import Proof, Raster, Slip, TicketPrinter
from drivers.ticket_printer.twin import SimulatedPrinter

URL = "https://hall.example.org/t/3F7K2Q9ZP0ABCDEFGHJKMNPQRS"
Make = Callable[..., TicketPrinter]


def ticket(width: int = 576, height: int = 780, content: str = URL) -> Raster:
    """A slip like a real one: large strokes, small print and a QR code."""
    image = Image.new("1", (width, height), 1)
    draw = ImageDraw.Draw(image)
    draw.rectangle((width // 4, 40, width * 3 // 4, 160), fill=0)
    for line in range(8):
        draw.line((20, 200 + line * 14, width - 20, 200 + line * 14), fill=0, width=3)
    code = io.BytesIO()
    segno.make_qr(content).save(code, kind="png", scale=8, border=4)
    image.paste(Image.open(code).convert("1"), (width // 2 - 165, 340))
    return Raster(width, height, bytes(byte ^ 0xFF for byte in image.tobytes()))


SLIP = Slip("job-1", ticket(), ("# A001", "综合受理", "张*"), URL)


@pytest.fixture(params=["tcp", "pty"])
def printer(request: pytest.FixtureRequest) -> Iterator[SimulatedPrinter]:
    with SimulatedPrinter(line=request.param) as twin:
        yield twin


@pytest.fixture
def make(printer: SimulatedPrinter, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes an open driver for the simulated printer, with options; it waits for silent printers half as long."""
    made: list[Device] = []
    patient = escpos.Settings
    impatient = partial(patient, answer_seconds=0.5, unproven_seconds=1.0, quiet_seconds=0.2)
    monkeypatch.setattr(escpos, "Settings", impatient)

    def make_one(**options: str) -> TicketPrinter:
        driver = make_device("ticket_printer", "escpos", printer.url, options)
        assert isinstance(driver, EscPosPrinter)
        driver.open()
        made.append(driver)
        return driver

    yield make_one
    for driver in made:
        driver.close()


def failure(act: Callable[[], object]) -> DeviceError:
    with pytest.raises(DeviceError) as failed:
        act()
    return failed.value


def test_a_printed_ticket_shows_every_dot_and_its_code_can_be_read(printer: SimulatedPrinter, make: Make) -> None:
    assert make().print(SLIP, 5) is Proof.PROVEN
    slip = printer.wait_for_slip(2)
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
    assert make(mode="text").print(SLIP, 5) is Proof.PROVEN
    slip = printer.wait_for_slip(2)
    assert slip.text.split() == ["A001", "综合受理", "张*"]
    assert slip.qr == URL
    content, _, _ = cv2.QRCodeDetector().detectAndDecode(np.pad(np.asarray(slip.image), 40, constant_values=255))
    assert content == URL
    assert len(slip.data) < 250


def test_a_rare_character_in_text_mode_turns_the_slip_into_its_picture(printer: SimulatedPrinter, make: Make) -> None:
    make(mode="text").print(Slip("job-1", SLIP.picture, ("# A001", "㛃*"), URL), 5)
    slip = printer.wait_for_slip(2)
    assert slip.text == ""
    assert slip.qr == URL


FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")


def test_a_rare_character_is_drawn_when_a_font_is_named(printer: SimulatedPrinter, make: Make) -> None:
    assert FONT.exists(), "the set-up installs fonts-noto-cjk"
    make(mode="text", font=str(FONT)).print(Slip("job-1", SLIP.picture, ("㛃*",)), 5)
    slip = printer.wait_for_slip(2)
    marks = np.argwhere(np.asarray(slip.image) < 128)
    middle = (marks[:, 1].min() + marks[:, 1].max()) / 2
    assert slip.text == "\n" * slip.text.count("\n")
    assert abs(middle - 288) < 8


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ("paper_out", Fault.PAPER_OUT, "paper.out"),
        ("cover_open", Fault.COVER_OPEN, "cover.open"),
        ("cutter_jam", Fault.MECHANICAL, "cutter"),
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
    failed = failure(lambda: driver.print(SLIP, 5))
    assert failed.fault is error
    assert not failed.uncertain
    setattr(printer, fault, False)
    assert driver.probe().state is DeviceState.READY
    assert driver.print(SLIP, 5) is Proof.PROVEN
    assert len(printer.slips) == 1


def test_paper_that_ends_soon_is_said_and_does_not_stop_anything(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    printer.near_end = True
    assert driver.probe().state is DeviceState.IMPAIRED
    assert driver.print(SLIP, 5) is Proof.PROVEN


def test_a_slip_held_without_paper_comes_out_once_after_the_roll_is_changed(
    printer: SimulatedPrinter, make: Make, wait_until: Callable[..., None]
) -> None:
    driver = make()
    printer.paper_out_after_bytes = 9000
    failed = failure(lambda: driver.print(SLIP, 5))
    assert failed.fault is Fault.PAPER_OUT
    assert failed.uncertain
    assert failure(lambda: driver.print(SLIP, 5)).uncertain
    assert driver.probe().state is DeviceState.FAULT
    printer.paper_out = False
    wait_until(lambda: len(printer.slips) == 1)
    assert driver.print(SLIP, 5) is Proof.PROVEN
    assert len(printer.slips) == 1
    assert printer.slips[0].qr == URL


def test_a_held_slip_that_came_out_unasked_is_known_when_it_is_asked_for(
    printer: SimulatedPrinter, make: Make, wait_until: Callable[..., None]
) -> None:
    driver = make()
    printer.paper_out_after_bytes = 9000
    assert failure(lambda: driver.print(SLIP, 5)).uncertain
    printer.paper_out = False
    wait_until(lambda: len(printer.slips) == 1)
    wait_until(lambda: driver.probe().state is DeviceState.READY)
    assert driver.print(SLIP, 5) is Proof.PROVEN
    assert len(printer.slips) == 1
    assert driver.print(SLIP, 5) is Proof.PROVEN
    assert len(printer.slips) == 2


def test_after_a_power_cycle_the_same_job_is_printed_anew(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    printer.paper_out_after_bytes = 9000
    assert failure(lambda: driver.print(SLIP, 5)).uncertain
    printer.power_cycle()
    printer.paper_out = False
    driver.probe()
    assert driver.probe().state is DeviceState.READY
    assert driver.print(SLIP, 8) is Proof.PROVEN
    assert [slip.qr for slip in printer.slips] == [URL]
    assert printer.complaints == []


def test_the_next_visitor_does_not_wait_for_the_held_slip_of_another(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    printer.paper_out_after_bytes = 9000
    assert failure(lambda: driver.print(SLIP, 5)).uncertain
    other = Slip("job-2", ticket(content="https://hall.example.org/t/other"))
    failed = failure(lambda: driver.print(other, 5))
    assert failed.fault is Fault.PAPER_OUT
    assert not failed.uncertain
    printer.paper_out = False
    assert driver.print(other, 8) is Proof.PROVEN
    assert printer.slips[-1].qr == "https://hall.example.org/t/other"
    assert printer.complaints == []


def test_a_silent_printer_is_unknown_and_prints_nothing(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    printer.silent = True
    found = driver.probe()
    assert found.state is DeviceState.UNKNOWN
    assert [condition.code for condition in found.conditions] == ["status.unknown"]
    failed = failure(lambda: driver.print(SLIP, 5))
    assert failed.fault is Fault.SILENT
    assert not failed.uncertain
    assert printer.slips == []


def test_a_silent_printer_prints_without_proof_by_setting(printer: SimulatedPrinter, make: Make) -> None:
    printer.silent = True
    assert make(status="optional").print(SLIP, 10) is Proof.UNPROVEN
    assert printer.wait_for_slip(2).qr == URL


def test_a_printer_that_dies_in_the_middle_is_an_error_within_the_time(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    printer.slow = 2000.0
    began = time.monotonic()
    failed = failure(lambda: driver.print(SLIP, 1.5))
    assert failed.fault is Fault.SILENT
    assert failed.uncertain
    assert time.monotonic() - began < 10


def test_an_unplugged_printer_is_absent(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    printer.unplug()
    assert driver.probe().state is DeviceState.ABSENT
    assert failure(lambda: driver.print(SLIP, 2)).fault in (Fault.ABSENT, Fault.UNPLUGGED)


def test_closing_ends_a_print_and_the_driver_opens_again(
    printer: SimulatedPrinter, make: Make, wait_until: Callable[..., None]
) -> None:
    driver = make()
    printer.slow = 3000.0
    failed: list[DeviceError] = []
    thread = threading.Thread(target=lambda: failed.append(failure(lambda: driver.print(SLIP, 20))))
    thread.start()
    wait_until(lambda: printer.received > 1000)
    driver.close()
    driver.close()
    thread.join(5)
    assert not thread.is_alive()
    assert failed[0].uncertain
    assert failure(lambda: driver.print(SLIP, 1)).fault is Fault.ABSENT
    printer.slow = None
    printer.power_cycle()
    driver.open()
    assert driver.print(SLIP, 5) is Proof.PROVEN


def test_jobs_from_several_threads_come_out_one_after_the_other(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    proofs: list[Proof] = []
    slips = [Slip(f"job-{number}", ticket(content=f"https://hall.example.org/t/{number}")) for number in range(4)]
    threads = [threading.Thread(target=lambda slip=slip: proofs.append(driver.print(slip, 10))) for slip in slips]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(15)
    assert proofs == [Proof.PROVEN] * 4
    assert sorted(slip.qr for slip in printer.slips) == [f"https://hall.example.org/t/{number}" for number in range(4)]


def test_a_probe_does_not_disturb_a_print(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    printer.slow = 40_000.0
    proofs: list[Proof] = []
    thread = threading.Thread(target=lambda: proofs.append(driver.print(SLIP, 10)))
    thread.start()
    states = set()
    while thread.is_alive():
        states.add(driver.probe().state)
        thread.join(0.02)
    assert proofs == [Proof.PROVEN]
    assert states <= {DeviceState.BUSY, DeviceState.READY}
    assert len(printer.slips) == 1


def test_a_picture_wider_than_the_paper_is_bad_data(printer: SimulatedPrinter, make: Make) -> None:
    failed = failure(lambda: make(paper="58").print(SLIP, 2))
    assert failed.fault is Fault.BAD_DATA
    assert not failed.uncertain
    assert printer.slips == []


def test_nothing_of_a_slip_is_in_the_log(
    printer: SimulatedPrinter, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = Slip("job-1", SLIP.picture, ("# A001", "张* 4401**********1234"), URL)
    make(mode="text").print(secret, 5)
    printer.paper_out = True
    failure(lambda: make().print(secret, 5))
    assert "DLE EOT" in caplog.text
    for word in ("张", "4401", "A001", "hall.example.org", "3F7K"):
        assert word not in caplog.text


def test_many_openings_leave_no_descriptor_and_no_thread_behind(printer: SimulatedPrinter, make: Make) -> None:
    driver = make()
    driver.close()
    descriptors, threads = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
    for _ in range(500 if printer.url.startswith("tcp") else 100):
        driver.open()
        driver.close()
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors + 1
    assert threading.active_count() == threads


# Only over the network.


def test_a_printer_that_is_not_there_opens_as_absent_and_appears_later() -> None:
    with SimulatedPrinter() as printer:
        printer.refuse = True
        driver = make_device("ticket_printer", "escpos", printer.url)
        assert isinstance(driver, EscPosPrinter)
        assert failure(driver.open).fault is Fault.ABSENT
        assert driver.probe().state is DeviceState.ABSENT
        printer.refuse = False
        driver.open()
        assert driver.print(SLIP, 5) is Proof.PROVEN
        driver.close()


def test_a_connection_cut_in_the_middle_does_not_spoil_the_next_slip() -> None:
    with SimulatedPrinter() as printer:
        driver = make_device("ticket_printer", "escpos", printer.url)
        assert isinstance(driver, EscPosPrinter)
        driver.open()
        printer.drop_after_bytes = printer.received + 7000
        failed = failure(lambda: driver.print(SLIP, 5))
        assert failed.fault is Fault.UNPLUGGED
        assert failed.uncertain
        assert driver.print(SLIP, 5) is Proof.PROVEN
        assert printer.slips[-1].qr == URL
        assert printer.complaints == []
        driver.close()


@pytest.mark.parametrize("seed", range(4))
def test_a_bad_line_never_makes_a_proof_out_of_nothing(seed: int) -> None:
    with SimulatedPrinter() as printer:
        host, _, number = printer.url.removeprefix("tcp://").partition(":")
        line = FaultyPort(TcpPort(host, int(number)), LineFaults(split=True, drop=0.3, delay=0.3), seed)
        driver = EscPosPrinter(line, Settings(answer_seconds=0.1, watch_seconds=0.05))
        driver.open()
        for _ in range(5):
            before = len(printer.slips)
            proven = uncertain = False
            try:
                proven = driver.print(SLIP, 1.0) is Proof.PROVEN
            except DeviceError as error:
                uncertain = error.uncertain
            came_out = len(printer.slips) > before
            assert came_out if proven else uncertain or not came_out
        driver.close()


def test_a_printer_without_cutter_puts_out_58_mm_slips() -> None:
    with SimulatedPrinter(384) as printer:
        driver = make_device("ticket_printer", "escpos", printer.url)
        assert isinstance(driver, EscPosPrinter)
        driver.open()
        assert driver.capabilities.width_dots == 384
        assert not driver.capabilities.cuts
        assert driver.print(Slip("1", ticket(384)), 5) is Proof.PROVEN
        assert printer.wait_for_slip(2).image.width == 384
        assert printer.slips[0].qr == URL
        driver.close()


def test_a_slow_serial_line_gets_text() -> None:
    with SimulatedPrinter(line="pty") as printer:
        driver = make_device("ticket_printer", "escpos", printer.url.replace("115200", "9600"))
        assert isinstance(driver, EscPosPrinter)
        driver.open()
        assert driver.print(SLIP, 5) is Proof.PROVEN
        assert printer.wait_for_slip(2).text.startswith("A001")
        driver.close()


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("usb://0400:c35a", {}),
        ("tcp://", {}),
        ("tcp://h:9100", {"paper": "90"}),
        ("tcp://h:9100", {"mode": "photo"}),
        ("tcp://h:9100", {"status": "sometimes"}),
        ("tcp://h:9100", {"proof": "maybe"}),
    ],
)
def test_wrong_settings_are_named(url: str, options: dict[str, str]) -> None:
    assert failure(lambda: make_device("ticket_printer", "escpos", url, options)).fault is Fault.CONFIGURATION
