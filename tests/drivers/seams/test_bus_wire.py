"""What goes wrong on RS-485 wires: echo, swapped wires, wrong speed, collisions, noise, dead nodes, mixed protocols."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.device import Cancel, DeviceError, DeviceState, Fault
from drivers.keypad.crc_frame import CrcFrameKeypad
from drivers.keypad.modbus_keypad import ModbusKeypad
from drivers.keypad.port import KeypadKey
from drivers.loading import SharedPorts, make_device
from drivers.seams.bus_line import BusLine, LineTimes, Within
from drivers.seams.frame_bus import FrameBus
from drivers.seams.frames import REPLY, Frame, FrameCommand, encode_frame
from drivers.seams.line_doctor import SPEEDS, Heard, Suspicion, diagnose
from drivers.seams.modbus import ModbusBus
from drivers.seams.modbus_twin import SimulatedBox, SimulatedBus, SimulatedKeypad, SimulatedRater
from drivers.seams.serial_port import SerialPort

QUICK = LineTimes(turnaround=0.25, first_rest=0.02, rest=0.05, reopen=0.0)


@pytest.fixture
def wire() -> Iterator[SimulatedBus]:
    nodes = {8: SimulatedKeypad(), 40: SimulatedBox()}
    with SimulatedBus(nodes, frames={3: SimulatedKeypad(), 4: SimulatedRater()}) as bus:
        yield bus


@pytest.fixture
def line(wire: SimulatedBus) -> Iterator[BusLine]:
    made = BusLine(SerialPort(wire.path, 19200), 19200, times=QUICK)
    yield made
    made.close()


@pytest.fixture
def shared() -> Iterator[SharedPorts]:
    ports = SharedPorts()
    yield ports
    ports.close()


def test_nodes_of_both_protocols_share_one_line(wire: SimulatedBus, shared: SharedPorts) -> None:
    modbus = make_device("keypad", "modbus_keypad", wire.url(8), {}, shared)
    frames = make_device("keypad", "crc_frame", wire.frame_url(3), {}, shared)
    for keypad in (modbus, frames):
        assert isinstance(keypad, ModbusKeypad | CrcFrameKeypad)
        keypad.open()
        assert keypad.probe().state is DeviceState.READY
    wire.keypad(8).press("recall")
    wire.frames[3].press("pass")  # type: ignore[attr-defined]  # because it is a keypad
    presses = [modbus.poll(), frames.poll()]  # type: ignore[attr-defined]  # because they are keypads
    assert [press and press.key for press in presses] == [KeypadKey.RECALL, KeypadKey.PASS]


def test_an_adapter_that_echoes_confirms_nothing_by_itself(wire: SimulatedBus) -> None:
    """The confirmation of function 5 is the same as the request: without care an echo would be taken for it."""
    wire.echo = True
    line = BusLine(SerialPort(wire.path, 19200), 19200, times=QUICK, echo=True)
    bus = ModbusBus(line)
    bus.write_coil(40, 0, True)
    assert wire.box(40).outputs[0]
    assert bus.read_coils(40, 0, 3) == (True, False, False)
    wire.box(40).faults.silent = True
    with pytest.raises(DeviceError) as caught:
        bus.write_coil(40, 0, False)
    assert caught.value.fault is Fault.SILENT
    assert caught.value.uncertain
    assert wire.box(40).outputs[0]
    line.close()


def test_an_echo_does_not_disturb_frames_and_registers(wire: SimulatedBus, line: BusLine) -> None:
    wire.echo = True
    FrameBus(line).ping(3)
    assert ModbusBus(line).read_input(8, 2, 1) == (2,)


def test_two_nodes_that_talk_at_once_are_noise_and_asked_again(wire: SimulatedBus, line: BusLine) -> None:
    bus = ModbusBus(line)
    wire.collisions = 1
    assert bus.read_input(8, 2, 1) == (2,)
    assert bus.counts(8).checksum_errors == 1
    wire.collisions = 2
    with pytest.raises(DeviceError) as caught:
        FrameBus(line).ping(3)
    assert caught.value.fault is Fault.CHECKSUM


def test_a_line_that_needs_many_repetitions_is_said_to_be_noisy_until_it_is_well(
    wire: SimulatedBus, line: BusLine
) -> None:
    keypad = CrcFrameKeypad(FrameBus(line), 3)
    keypad.open()
    assert keypad.probe().conditions == ()
    for _ in range(8):
        wire.collisions = 1
        keypad.poll()
    status = keypad.probe()
    assert (status.state, [found.code for found in status.conditions]) == (DeviceState.IMPAIRED, ["bus.noisy"])
    for _ in range(20):
        keypad.poll()
    assert keypad.probe().conditions == ()


@pytest.mark.parametrize("frames", [True, False])
def test_somebody_who_talks_without_end_does_not_keep_a_command_for_ever(
    wire: SimulatedBus, line: BusLine, frames: bool
) -> None:
    bus, modbus = FrameBus(line), ModbusBus(line)

    def ask() -> None:
        within = Within.seconds(0.5)
        bus.ping(9, within) if frames else modbus.read_input(9, 0, 6, within)

    stop, talking = threading.Event(), threading.Event()

    def babble() -> None:
        while not stop.is_set():
            wire.say(bytes(range(256)))
            talking.set()

    talker = threading.Thread(target=babble)
    talker.start()
    try:
        assert talking.wait(20)
        begin = time.monotonic()
        with pytest.raises(DeviceError) as caught:
            ask()
        assert caught.value.fault is Fault.CHECKSUM
        assert time.monotonic() - begin < 10
    finally:
        stop.set()
        wire.unplug()
        talker.join()


def test_frames_survive_noise_and_lost_bytes(wire: SimulatedBus, line: BusLine) -> None:
    bus = FrameBus(line)
    wire.noise, wire.noisy = b"\x55\xaa\x01\x03\xff\x55", 3
    for _ in range(3):
        assert bus.identify(3).node_class == 2
    wire.frames[3].faults.wrong_crc = 1
    bus.ping(3)
    assert bus.counts(3).checksum_errors == 1


def test_a_late_answer_is_not_taken_for_the_next_one(wire: SimulatedBus, line: BusLine) -> None:
    bus = FrameBus(line)
    wire.frames[3].faults.lost_replies = 2
    with pytest.raises(DeviceError) as caught:
        bus.ask(3, FrameCommand.IDENTIFY)
    assert caught.value.fault is Fault.SILENT
    wire.noise, wire.noisy = encode_frame(Frame(3, 1, FrameCommand.IDENTIFY | REPLY, bytes(10))), 1  # now it comes
    assert bus.identify(3).node_class == 2


def test_a_node_says_what_it_cannot_do(line: BusLine) -> None:
    with pytest.raises(DeviceError) as caught:
        FrameBus(line).ask(3, FrameCommand.INVITE, b"\1\0")
    assert caught.value.fault is Fault.UNSUPPORTED


def test_a_dead_frame_node_rests_and_does_not_slow_the_others(wire: SimulatedBus) -> None:
    line = BusLine(SerialPort(wire.path, 19200), 19200, times=LineTimes(turnaround=0.25))
    bus = FrameBus(line)
    wire.frames[3].faults.silent = True
    for _ in range(20):
        with pytest.raises(DeviceError):
            bus.ping(3)
        bus.ping(4)
    assert bus.counts(3).requests < 15, "it was wanted twenty times, each of them twice"
    assert bus.counts(4).requests == 20
    line.close()


def test_a_command_ends_at_its_time_and_can_be_called_off(wire: SimulatedBus) -> None:
    line = BusLine(SerialPort(wire.path, 19200), 19200, times=LineTimes(turnaround=60.0))
    bus = FrameBus(line)
    wire.frames[3].faults.slow_seconds = 30.0
    begin = time.monotonic()
    with pytest.raises(DeviceError) as caught:
        bus.ask(3, FrameCommand.PING, b"", Within.seconds(0.2))
    assert caught.value.fault is Fault.SILENT
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(DeviceError) as off:
        bus.ask(3, FrameCommand.PING, b"", Within.seconds(60, cancel))
    assert off.value.fault is Fault.CANCELLED
    assert not off.value.uncertain
    assert time.monotonic() - begin < 10
    line.close()


def test_calling_one_command_off_leaves_the_line_to_the_others(wire: SimulatedBus, line: BusLine) -> None:
    bus = FrameBus(line)
    bus.ping(3)
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(DeviceError):
        bus.ask(3, FrameCommand.PING, b"", Within.seconds(1, cancel))
    begin = time.monotonic()
    bus.ping(4)
    assert time.monotonic() - begin < 5


def test_a_line_without_time_left_is_busy_not_hanging(wire: SimulatedBus, line: BusLine) -> None:
    with line._lock, pytest.raises(DeviceError) as caught:
        FrameBus(line).ask(3, FrameCommand.PING, b"", Within.seconds(0.05))
    assert caught.value.fault is Fault.BUSY


@pytest.mark.parametrize(
    ("change", "suspicion", "first"),
    [
        ("nothing", Suspicion.NONE, Heard.ANSWER),
        ("swapped", Suspicion.SWAPPED, Heard.NOISE),
        ("wrong speed", Suspicion.WRONG_BAUD, Heard.NOTHING),
        ("echo", Suspicion.ECHO_ONLY, Heard.ECHO),
        ("dead", Suspicion.SILENCE, Heard.NOTHING),
    ],
)
def test_the_doctor_tells_noise_from_silence_and_finds_the_speed(
    change: str, suspicion: Suspicion, first: Heard
) -> None:
    with SimulatedBus({8: SimulatedKeypad()}, baud=38400) as wire:
        wire.minds_speed = True
        wire.swapped = change == "swapped"
        wire.echo = change == "echo"
        wire.keypad(8).faults.silent = change in ("echo", "dead")
        told = 9600 if change == "wrong speed" else 38400
        listening = {"nothing": 1.0, "wrong speed": 0.4, "dead": 0.05}.get(change, 0.2)
        found = diagnose(lambda speed: SerialPort(wire.path, speed), told, (8,), listening)
        assert found.suspicion is suspicion
        assert found.heard[0] == (told, first)
        assert found.baud == (38400 if suspicion in (Suspicion.NONE, Suspicion.WRONG_BAUD) else 0)
        assert suspicion is not Suspicion.SILENCE or len(found.heard) == len(SPEEDS)


def test_the_doctor_finds_a_node_that_speaks_frames_and_somebody_who_speaks_unasked(wire: SimulatedBus) -> None:
    assert diagnose(lambda speed: SerialPort(wire.path, speed), 19200, (3,), 0.2).suspicion is Suspicion.NONE
    port = SerialPort(wire.path, 19200)
    port.open()
    wire.say(b"\x01\x04\x00")

    class Open:
        """The port as it is, so that what was said before is not thrown away."""

        def __getattr__(self, name: str) -> object:
            return getattr(port, name)

        def open(self) -> None: ...

        def close(self) -> None: ...

    found = diagnose(lambda _: Open(), 19200, (3,), 0.2)  # type: ignore[arg-type,return-value]  # because it passes all on
    assert found.suspicion is Suspicion.SECOND_MASTER
    port.close()


def test_a_recording_of_the_bus_plays_back(wire: SimulatedBus, tmp_path: Path) -> None:
    file = tmp_path / "bus.jsonl"
    wire.frames[3].press("recall")  # type: ignore[attr-defined]  # because it is a keypad

    def played(url: str) -> object:
        shared = SharedPorts()
        keypad = make_device("keypad", "crc_frame", url, {}, shared)
        assert isinstance(keypad, CrcFrameKeypad)
        try:
            keypad.open()
            press = keypad.poll()
            assert press is not None
            keypad.acknowledge(press)
            return press.key, keypad.poll()
        finally:
            shared.close()

    real = played(f"{wire.frame_url(3)}&record={file}")
    assert real == (KeypadKey.RECALL, None)
    assert played(f"replay://{file}?unit=3") == real


def test_a_recording_of_registers_plays_back(wire: SimulatedBus, tmp_path: Path) -> None:
    file = tmp_path / "registers.jsonl"
    wire.keypad(8).press("start")
    answers = []
    for url in (f"{wire.url(8)}&record={file}", f"replay://{file}?unit=8"):
        shared = SharedPorts()
        keypad = make_device("keypad", "modbus_keypad", url, {}, shared)
        assert isinstance(keypad, ModbusKeypad)
        keypad.open()
        answers.append(keypad.poll())
        shared.close()
    assert answers[0] is not None
    assert answers[0].key is KeypadKey.START
    assert answers[0] == answers[1]
