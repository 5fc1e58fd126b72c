"""Scanners on a line and as a keyboard: armed reads, one code for one visit, and every way in which they fail."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from drivers.code_scanner.codec import Framing
from drivers.code_scanner.keys import Alt, Typewriter
from drivers.code_scanner.port import Code
from drivers.code_scanner.scanner import ArmedScanner
from drivers.code_scanner.twin import Presentation, SimulatedKeyboardScanner, SimulatedScanner
from drivers.device import Cancel, DeviceError, DeviceState, Fault
from drivers.loading import make_device
from drivers.seams.input_port import InputPort, grab_of_a_stand_in
from drivers.seams.serial_port import SerialPort

PERSON = "110105199001020032"
KINDS = ("serial", "hid_keyboard")
GAP = 0.03
PATIENT = 30.0
"""Seconds for what comes anyway, however slow the machine is."""


def twin_of(kind: str) -> Presentation:
    return SimulatedScanner(again=0.06) if kind == "serial" else SimulatedKeyboardScanner(again=0.06)


def driver_of(
    twin: Presentation, debounce: float = 0.0, framing: Framing | None = None, gap: float = GAP
) -> ArmedScanner:
    framing = framing or Framing(patience=5.0)
    if isinstance(twin, SimulatedScanner):
        return ArmedScanner(SerialPort(twin.path, 9600), framing, debounce=debounce, gap=gap)
    port = InputPort(twin.path, grab_of_a_stand_in)
    return ArmedScanner(port, framing, wire=Typewriter(), debounce=debounce, gap=gap)


@pytest.fixture(params=KINDS)
def twin(request: pytest.FixtureRequest) -> Iterator[Presentation]:
    with twin_of(request.param) as simulated:
        yield simulated


@pytest.fixture
def scanner(twin: Presentation) -> Iterator[ArmedScanner]:
    driver = driver_of(twin)
    driver.open()
    yield driver
    driver.close()


def failure(act: Callable[[], object]) -> DeviceError:
    with pytest.raises(DeviceError) as failed:
        act()
    return failed.value


def while_armed(scanner: ArmedScanner, deed: Callable[[], object], seconds: float = PATIENT) -> Code:
    """Reads, and does something once the scanner is armed and has been quiet."""
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(scanner.read, seconds)
        deadline = time.monotonic() + PATIENT
        while not scanner.armed and not reading.done():
            assert time.monotonic() < deadline, "it was never armed"
            Cancel().wait(0.005)
        deed()
        return reading.result()


# What is read.


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_code_is_read_as_it_was_printed(scanner: ArmedScanner, twin: Presentation, encoding: str) -> None:
    content = "预约号 HALL:1:A001 张三"
    before = time.monotonic()
    code = while_armed(scanner, lambda: twin.scan(content.encode(encoding)))
    assert code.text.reveal() == content
    assert code.data.reveal() == content.encode(encoding)
    assert before < code.scanned_at <= time.monotonic()
    assert content not in repr(code) + str(code) + f"{code.text}{code.data}"


def test_a_scanner_that_sends_numbers_of_gbk_is_read_with_that_setting() -> None:
    with SimulatedKeyboardScanner(again=0.06, gbk_numbers=True) as twin:
        port = InputPort(twin.path, grab_of_a_stand_in)
        driver = ArmedScanner(port, Framing(), wire=Typewriter(Alt.GBK), gap=GAP)
        driver.open()
        twin.hold("张三".encode("gb18030"))
        assert driver.read(PATIENT).text.reveal() == "张三"
        driver.close()


def test_a_scanner_behind_a_converter_is_read_as_well() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        driver = make_device("code_scanner", "serial", f"tcp://127.0.0.1:{server.getsockname()[1]}?suffix=lf")
        assert isinstance(driver, ArmedScanner)
        driver.open()
        converter, _ = server.accept()
        with converter:
            code = while_armed(driver, lambda: converter.sendall(b"HALL:1:A001\n"))
        assert code.text.reveal() == "HALL:1:A001"
        assert failure(lambda: driver.read(1)).fault is Fault.UNPLUGGED
        assert driver.probe().state is DeviceState.ABSENT
        driver.close()


def test_a_code_without_suffix_ends_with_silence_when_the_hall_says_so(twin: Presentation) -> None:
    twin.no_suffix = True
    driver = driver_of(twin, framing=Framing(suffix="none", silence=0.12))
    driver.open()
    assert while_armed(driver, lambda: twin.scan("A001")).text.reveal() == "A001"
    driver.close()


def test_slow_bytes_are_waited_for(scanner: ArmedScanner, twin: Presentation) -> None:
    twin.slow_bytes = 0.0005 if isinstance(twin, SimulatedKeyboardScanner) else 0.02
    assert while_armed(scanner, lambda: twin.scan("A001")).text.reveal() == "A001"


def test_keys_that_repeat_type_once() -> None:
    with SimulatedKeyboardScanner(again=0.06) as twin:
        twin.repeats = True
        driver = driver_of(twin)
        driver.open()
        twin.hold("AAB 11")
        assert driver.read(PATIENT).text.reveal() == "AAB 11"
        driver.close()


# Nothing but what was asked for.


def test_a_code_scanned_before_anybody_asked_never_arrives(scanner: ArmedScanner, twin: Presentation) -> None:
    twin.scan("BEFORE")
    assert failure(lambda: scanner.read(0.3)).fault is Fault.NO_CODE
    twin.scan("BEFORE")
    assert while_armed(scanner, lambda: twin.scan("NOW")).text.reveal() == "NOW"


def test_the_rest_of_a_code_that_began_before_never_arrives(twin: Presentation) -> None:
    scanner = driver_of(twin, gap=PATIENT)
    scanner.open()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(scanner.read, PATIENT)
        while not scanner._listening:
            Cancel().wait(0.001)
        twin.scan("REST OF THE ONE BEFORE")
        twin.scan("NOW")
        assert reading.result().text.reveal() == "NOW"
    scanner.close()


def test_what_is_scanned_between_two_visits_never_arrives(scanner: ArmedScanner, twin: Presentation) -> None:
    assert while_armed(scanner, lambda: twin.scan("FIRST VISITOR")).text.reveal() == "FIRST VISITOR"
    twin.scan("FIRST VISITOR AGAIN")
    scanner.forget()
    twin.scan("NOBODY")
    assert while_armed(scanner, lambda: twin.scan("SECOND VISITOR")).text.reveal() == "SECOND VISITOR"


def test_the_end_of_a_visit_ends_a_read(scanner: ArmedScanner, twin: Presentation) -> None:
    assert failure(lambda: while_armed(scanner, scanner.forget)).fault is Fault.CANCELLED
    twin.scan("LATE")
    assert failure(lambda: scanner.read(0.2)).fault is Fault.NO_CODE


def test_a_scanner_that_shouts_while_nobody_asks_is_drained(scanner: ArmedScanner, twin: Presentation) -> None:
    twin.shouting = True
    twin.hold("SHOUTED")
    Cancel().wait(0.3)
    assert scanner.read(PATIENT).text.reveal() == "SHOUTED"
    scanner.forget()
    twin.shouting = False
    twin.take_away()
    assert failure(lambda: scanner.read(0.3)).fault is Fault.NO_CODE


def test_a_phone_that_is_still_held_there_is_not_read_again_for_a_while(twin: Presentation) -> None:
    scanner = driver_of(twin, debounce=PATIENT)
    scanner.open()
    twin.hold("HELD")
    scanner.read(PATIENT)
    scanner.forget()
    assert failure(lambda: scanner.read(0.3)).fault is Fault.NO_CODE
    scanner._debounce = 0.5
    assert scanner.read(PATIENT).text.reveal() == "HELD"
    twin.hold("ANOTHER")
    assert scanner.read(PATIENT).text.reveal() == "ANOTHER"
    assert scanner._last, "a digest with a key of its own"
    assert b"ANOTHER" not in scanner._last
    scanner.close()


def test_a_code_that_is_sent_twice_is_one_code(scanner: ArmedScanner, twin: Presentation) -> None:
    twin.doubled = True
    assert while_armed(scanner, lambda: twin.scan("TWICE")).text.reveal() == "TWICE"
    assert failure(lambda: scanner.read(0.3)).fault is Fault.NO_CODE


# What fails, and says why.


@pytest.mark.parametrize(
    ("kind", "fault", "reason"),
    [
        ("serial", "no_suffix", "suffix"),
        ("serial", "rubbish", "not a code"),
        ("serial", "over_long", "longer"),
        ("hid_keyboard", "no_suffix", "suffix"),
        ("hid_keyboard", "rubbish", "no character"),
        ("hid_keyboard", "over_long", "longer"),
        ("hid_keyboard", "lost_events", "lost"),
    ],
)
def test_what_is_no_code_is_refused_with_a_reason(kind: str, fault: str, reason: str) -> None:
    with twin_of(kind) as twin:
        scanner = driver_of(twin, framing=Framing(patience=0.3 if fault == "no_suffix" else 5.0))
        scanner.open()
        setattr(twin, fault, True)
        sending = threading.Thread(target=twin.scan, args=(PERSON,), daemon=True)
        failed = failure(lambda: while_armed(scanner, sending.start))
        assert failed.fault is Fault.BAD_DATA
        assert failed.retryable
        assert reason in failed.detail
        assert PERSON not in failed.detail
        setattr(twin, fault, False)
        while sending.is_alive():  # somebody has to take what is still sent
            with contextlib.suppress(DeviceError):
                scanner.read(0.2)
        assert failure(lambda: scanner.read(0.3)).fault is Fault.NO_CODE
        assert while_armed(scanner, lambda: twin.scan("GOOD")).text.reveal() == "GOOD"
        scanner.close()


def test_a_scanner_pulled_out_in_the_middle_of_a_code_gives_none_and_comes_back(
    scanner: ArmedScanner, twin: Presentation
) -> None:
    twin.unplugged_mid_code = True
    assert failure(lambda: while_armed(scanner, lambda: twin.scan("HALF"))).fault is Fault.UNPLUGGED
    assert scanner.probe().state is DeviceState.ABSENT
    scanner.close()
    assert failure(scanner.open).fault is Fault.ABSENT
    twin.unplugged_mid_code = False
    twin.plug_in()
    scanner.open()
    assert while_armed(scanner, lambda: twin.scan("WHOLE")).text.reveal() == "WHOLE"


def test_a_second_program_finds_the_scanner_busy(scanner: ArmedScanner, twin: Presentation) -> None:
    other = driver_of(twin)
    assert failure(other.open).fault is Fault.BUSY
    scanner.close()
    other.open()
    other.close()
    assert scanner.capabilities.exclusive


def test_a_second_read_waits_its_turn_and_is_told_so(scanner: ArmedScanner) -> None:
    with ThreadPoolExecutor(1) as pool:
        cancel = Cancel()
        reading = pool.submit(scanner.read, PATIENT, cancel)
        while not scanner._lock.locked():
            Cancel().wait(0.005)
        assert failure(lambda: scanner.read(0.1)).fault is Fault.BUSY
        assert scanner.probe().state is DeviceState.BUSY
        cancel.cancel()
        assert failure(reading.result).fault is Fault.CANCELLED


def test_a_scanner_that_has_read_nothing_yet_is_not_called_proven(scanner: ArmedScanner, twin: Presentation) -> None:
    assert [condition.code for condition in scanner.probe().conditions] == ["scanner.unproven"]
    assert not scanner.capabilities.answers
    while_armed(scanner, lambda: twin.scan("A001"))
    assert scanner.probe().conditions == ()


def test_nothing_of_a_code_is_in_the_log(
    scanner: ArmedScanner, twin: Presentation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    while_armed(scanner, lambda: twin.scan(PERSON))
    assert PERSON not in caplog.text


# Recorded once, played back for ever.


@pytest.mark.parametrize("kind", KINDS)
def test_a_recording_plays_back_and_holds_nothing_of_the_code(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "scanner.jsonl"
    with twin_of(kind) as twin:
        assert isinstance(twin, SimulatedScanner | SimulatedKeyboardScanner)
        driver = make_device("code_scanner", kind, twin.url, {"record": str(file)})
        assert isinstance(driver, ArmedScanner)
        driver.open()
        while_armed(driver, lambda: twin.scan(f"Hall:{PERSON}:张三"))
        driver.close()
    kept = file.read_text("utf-8")
    assert PERSON.encode().hex(" ") not in kept
    assert "张三".encode().hex(" ") not in kept
    replayed = make_device("code_scanner", kind, f"replay://{file}")
    assert isinstance(replayed, ArmedScanner)
    replayed.open()
    digit = "0" if kind == "serial" else "1"
    assert replayed.read(PATIENT).text.reveal() == f"Aaaa:{digit * 18}:一一"
    replayed.close()
