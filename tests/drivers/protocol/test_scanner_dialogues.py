"""What is said to a scanner, byte by byte, and the settings that say so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from drivers.code_scanner.codec import Framing
from drivers.code_scanner.scanner import ArmedScanner, Commands
from drivers.device import Cancel, Device, DeviceError, DeviceState, Fault
from drivers.loading import make_device
from drivers.seams.memory import MemoryPort, Say

# Honeywell N86 user manual, "Trigger Commands": activate SYN T CR, deactivate SYN U CR; until a code was read.
ON, OFF = bytes.fromhex("16 54 0D"), bytes.fromhex("16 55 0D")
# "Menu Command Syntax": the prefix of a menu command is SYN M CR (22, 77, 13); REVINF. asks for the revision.
QUERY = bytes.fromhex("16 4D 0D") + b"REVINF."


def scanner_on(port: MemoryPort, commands: Commands, framing: Framing | None = None) -> ArmedScanner:
    driver = ArmedScanner(port, framing or Framing(patience=0.1), commands=commands, gap=0.01)
    driver.open()
    return driver


def failure(act: Callable[[], object]) -> DeviceError:
    with pytest.raises(DeviceError) as failed:
        act()
    return failed.value


def test_a_triggered_scanner_is_told_to_look_and_to_stop() -> None:
    with MemoryPort([Say(ON, (b"HALL:1", b":A001\r")), Say(OFF)]) as port:
        code = scanner_on(port, Commands(ON, OFF)).read(30)
        assert code.text.reveal() == "HALL:1:A001"


def test_one_that_stops_looking_by_itself_is_told_again_until_the_time_is_over() -> None:
    with MemoryPort([Say(ON), Say(ON), Say(ON, (b"A001\r",)), Say(OFF)]) as port:
        assert scanner_on(port, Commands(ON, OFF, again=0.1)).read(30).text.reveal() == "A001"
    with MemoryPort([Say(ON), Say(OFF)]) as port:
        assert failure(lambda: scanner_on(port, Commands(ON, OFF)).read(1.0)).fault is Fault.NO_CODE


def test_its_acknowledgement_is_no_part_of_a_code() -> None:
    with MemoryPort([Say(ON, (b"\x06", b"\x06A001\r")), Say(OFF, (b"\x06",))]) as port:
        driver = scanner_on(port, Commands(ON, OFF, ignored=b"\x06"))
        assert driver.read(30).data.reveal() == b"A001"
        assert driver.capabilities.controls_beam
        port.read_some(0.0)  # the last acknowledgement


def test_one_that_was_called_off_is_told_to_stop_all_the_same() -> None:
    cancel = Cancel()

    class Called(MemoryPort):
        def read_some(self, deadline: float) -> bytes:
            data = super().read_some(deadline)
            if not self._turns[1:]:
                cancel.cancel()
            return data

    with Called([Say(ON), Say(OFF)]) as port:
        assert failure(lambda: scanner_on(port, Commands(ON, OFF)).read(30, cancel)).fault is Fault.CANCELLED


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ((b"Product Name: N86\r\nREV", b"INF: 1\r\n"), DeviceState.READY),
        ((), DeviceState.UNKNOWN),
        ((b"110105199001020032\r",), DeviceState.UNKNOWN),
    ],
)
def test_only_the_answer_that_was_asked_for_proves_that_it_is_there(
    answers: tuple[bytes, ...], state: DeviceState
) -> None:
    with MemoryPort([Say(QUERY, answers)]) as port:
        driver = scanner_on(port, Commands(query=QUERY, answer=b"REVINF"))
        assert driver.capabilities.answers
        status = driver.probe()
        assert status.state is state
        assert "110105" not in repr(status)


def test_the_settings_of_both_models_make_a_driver() -> None:
    made = make_device(
        "code_scanner",
        "serial",
        "serial:///dev/serial/by-id/none?baud=115200&suffix=cr",
        {"trigger": "hex:16 54 0D", "untrigger": "hex:16 55 0D", "again": "3", "aim": "yes", "debounce": "0"},
    )
    assert isinstance(made, ArmedScanner)
    assert made.capabilities.controls_beam
    assert made.capabilities.tells_symbology
    for url in ("tcp://127.0.0.1:4001", "replay:///nowhere"):
        assert isinstance(make_device("code_scanner", "serial", url), Device)
    typed = make_device("code_scanner", "hid_keyboard", "input:///dev/input/by-id/none-event-kbd?alt=gbk&suffix=tab")
    assert isinstance(typed, ArmedScanner)
    assert failure(typed.open).fault is Fault.ABSENT
    assert not typed.capabilities.controls_beam


@pytest.mark.parametrize(
    ("model", "url", "said"),
    [
        ("serial", "serial:///dev/x?sufix=cr", "sufix"),
        ("serial", "serial:///dev/x?trigger=hex:1", "hex:16"),
        ("serial", "serial:///dev/x?query=hex:05", "come together"),
        ("serial", "serial:///dev/x?again=0", "again"),
        ("serial", "serial:///dev/x?debounce=x", "debounce"),
        ("serial", "serial:///dev/x?baud=fast", "baud"),
        ("serial", "tcp://host", "port"),
        ("serial", "input:///dev/input/by-id/x", "no line"),
        ("hid_keyboard", "serial:///dev/x", "input:///"),
        ("hid_keyboard", "input:///dev/x?alt=utf", "alt is"),
        ("hid_keyboard", "input:///dev/x?baud=9600", "baud"),
        ("hid_keyboard", "input:///dev/x?simulated=maybe", "simulated"),
    ],
)
def test_wrong_settings_are_named(model: str, url: str, said: str) -> None:
    failed = failure(lambda: make_device("code_scanner", model, url))
    assert failed.fault is Fault.CONFIGURATION
    assert said in failed.detail
