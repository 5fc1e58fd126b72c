"""Keypads and rating boxes that speak the CRC-16 frame: exactly once, whatever the line and the power do."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from drivers.device import DeviceError, DeviceState, Fault
from drivers.keypad.crc_frame import CrcFrameKeypad
from drivers.keypad.port import KeypadKey
from drivers.loading import SharedPorts, make_device
from drivers.rating_device.crc_frame import CrcFrameRater
from drivers.rating_device.port import RatingKey
from drivers.seams.bus_line import BusLine, LineTimes
from drivers.seams.frame_bus import FrameBus
from drivers.seams.frame_events import FrameEvents
from drivers.seams.frames import Frame, FrameCommand, encode_frame
from drivers.seams.memory import MemoryPort, Say
from drivers.seams.modbus_twin import SimulatedBus, SimulatedKeypad, SimulatedRater
from drivers.seams.serial_port import SerialPort

TIMES = LineTimes(turnaround=0.25, first_rest=0.0, rest=0.0, reopen=0.0)
HASTY = LineTimes(turnaround=0.015, first_rest=0.0, rest=0.0, reopen=0.0)
"""For a test in which answers that do not come, or come too late, are what it is about."""


@pytest.fixture
def keypad() -> SimulatedKeypad:
    return SimulatedKeypad()


@pytest.fixture
def rater() -> SimulatedRater:
    return SimulatedRater()


@pytest.fixture
def wire(keypad: SimulatedKeypad, rater: SimulatedRater) -> Iterator[SimulatedBus]:
    with SimulatedBus({}, frames={8: keypad, 18: rater}) as bus:
        yield bus


@pytest.fixture
def bus(wire: SimulatedBus) -> Iterator[FrameBus]:
    made = FrameBus(BusLine(SerialPort(wire.path, 19200), 19200, times=TIMES))
    yield made
    made.close()


def test_a_rating_is_taken_byte_for_byte_as_the_specification_says() -> None:
    identity = bytes((3, 1, 2, 1)) + (100).to_bytes(4, "little") + bytes(2)
    dialogue = [
        Say(encode_frame(Frame(3, 1, 0x02)), (encode_frame(Frame(3, 1, 0x82, identity)),)),
        Say(encode_frame(Frame(3, 2, 0x03)), (encode_frame(Frame(3, 2, 0x83, b"\0\0")),)),
        Say(encode_frame(Frame(3, 3, 0x11, b"\x4d\0")), (encode_frame(Frame(3, 3, 0x91)),)),
        Say(encode_frame(Frame(3, 4, 0x03)), (bytes.fromhex("55 AA 01 03 07 21 01 00 05 25 CC"),)),
        Say(encode_frame(Frame(3, 5, 0x04, b"\x07")), (encode_frame(Frame(3, 5, 0x84, b"\x07")),)),
        Say(encode_frame(Frame(3, 6, 0x03)), (encode_frame(Frame(3, 6, 0x83, b"\x4d\0")),)),
    ]
    with MemoryPort(dialogue) as line:
        box = CrcFrameRater(FrameBus(BusLine(line, 19200)), 3)
        box.open()
        box.invite(77)
        press = box.poll()
        assert press is not None
        assert (press.level, press.session) == (RatingKey.VERY_SATISFIED, 77)
        box.acknowledge(press)
        assert box.poll() is None


def test_every_key_comes_in_order_and_once(bus: FrameBus, keypad: SimulatedKeypad) -> None:
    device = CrcFrameKeypad(bus, 8)
    device.open()
    assert device.capabilities.exactly_once
    for key in KeypadKey:
        keypad.press(key.value, age=2)
    sequences = []
    for key in KeypadKey:
        press = device.poll()
        assert press is not None
        assert press == device.poll(), "it is shown until it is acknowledged"
        assert (press.key, press.age) == (key, 2.0)
        sequences.append(press.sequence)
        device.acknowledge(press)
    assert device.poll() is None
    assert sequences == sorted(set(sequences))


def test_a_lost_acknowledgement_gives_the_press_out_under_its_number_again(
    bus: FrameBus, keypad: SimulatedKeypad
) -> None:
    device = CrcFrameKeypad(bus, 8)
    device.open()
    keypad.press("start")
    press = device.poll()
    assert press is not None
    keypad.faults.lost_requests = 2
    with pytest.raises(DeviceError) as caught:
        device.acknowledge(press)
    assert caught.value.uncertain
    assert device.poll() == press
    device.acknowledge(press)
    keypad.wait_until_taken()


def test_a_press_after_a_power_cut_is_another_one_although_its_number_is_the_same(
    bus: FrameBus, keypad: SimulatedKeypad
) -> None:
    now = [100.0]
    events = FrameEvents(bus, 8, FrameCommand.KEY, lambda: now[0])
    keypad.press("start")
    first = events.poll()
    keypad.power_cycle()
    now[0] += 10
    keypad.press("start")
    second = events.poll()
    assert first is not None
    assert second is not None
    assert second.sequence > first.sequence
    events.acknowledge(first.sequence)
    assert keypad.unacknowledged == 1, "the press before the power cut is not this one"
    events.acknowledge(second.sequence)
    assert keypad.unacknowledged == 0


def test_an_event_that_is_none_does_not_stand_before_the_others_for_ever(
    bus: FrameBus, keypad: SimulatedKeypad
) -> None:
    device = CrcFrameKeypad(bus, 8)
    device.open()
    keypad.press(99)
    keypad.press("recall")
    with pytest.raises(DeviceError) as caught:
        device.poll()
    assert caught.value.fault is Fault.BAD_DATA
    press = device.poll()
    assert press is not None
    assert press.key is KeypadKey.RECALL
    keypad.frame_event_bytes = 2
    with pytest.raises(DeviceError):
        device.poll()
    assert keypad.unacknowledged == 0


@pytest.mark.parametrize("said", [1, 3, 5])
def test_a_press_for_the_person_before_never_counts_for_the_next(
    bus: FrameBus, rater: SimulatedRater, said: int
) -> None:
    rater.frame_event_bytes = said
    box = CrcFrameRater(bus, 18)
    box.open()
    box.invite(7)
    rater.press("dissatisfied")
    box.withdraw()
    box.invite(8)
    press = box.poll()
    assert press is not None
    assert press.session == 7
    box.acknowledge(press)
    rater.press("satisfied")
    after = box.poll()
    assert after is not None
    assert (after.session, after.level) == (8, RatingKey.SATISFIED)


@pytest.mark.parametrize("said", [1, 3, 5])
def test_of_several_presses_for_the_person_before_none_counts_for_the_next(
    bus: FrameBus, rater: SimulatedRater, said: int
) -> None:
    rater.frame_event_bytes = said
    box = CrcFrameRater(bus, 18)
    box.open()
    box.invite(7)
    for level in ("dissatisfied", "very-dissatisfied", "satisfied"):
        rater.press(level)
    box.invite(8)
    for _ in range(3):
        press = box.poll()
        assert press is not None
        assert press.session != 8
        box.acknowledge(press)
    assert rater.unacknowledged == 0
    rater.press("satisfied")
    after = box.poll()
    assert after is not None
    assert (after.session, after.level) == (8, RatingKey.SATISFIED)


def test_a_rating_box_without_power_is_invited_again(bus: FrameBus, rater: SimulatedRater) -> None:
    box = CrcFrameRater(bus, 18)
    box.open()
    box.invite(7)
    rater.power_cycle()
    assert not rater.invited
    assert box.poll() is None
    assert rater.session == 7
    with pytest.raises(DeviceError):
        box.invite(0)


def test_a_wrong_class_is_a_mistake_of_the_settings_and_a_silent_node_is_unknown(
    wire: SimulatedBus, keypad: SimulatedKeypad
) -> None:
    shared = SharedPorts()
    with pytest.raises(DeviceError) as caught:
        make_device("rating_device", "crc_frame", wire.frame_url(8), {}, shared).open()
    assert caught.value.fault is Fault.CONFIGURATION
    device = make_device("keypad", "crc_frame", wire.frame_url(8), {}, shared)
    device.open()
    keypad.faults_word = 2
    assert [condition.code for condition in device.probe().conditions] == ["node.key-stuck"]
    keypad.faults.silent = True
    assert device.probe().state is DeviceState.UNKNOWN
    for url in ("serial:///dev/x", "serial:///dev/x?unit=255", "serial:///dev/x?unit=1&echo=loud", "usb://1:2?unit=1"):
        with pytest.raises(DeviceError) as wrong:
            make_device("keypad", "crc_frame", url)
        assert wrong.value.fault is Fault.CONFIGURATION
    shared.close()


@pytest.mark.parametrize("seed", range(5))
def test_every_press_is_given_out_once_under_any_mixture_of_faults(
    wire: SimulatedBus, keypad: SimulatedKeypad, seed: int
) -> None:
    """What is taken is what was pressed, in order: lost questions, lost answers, wrong checksums, noise."""
    chance = random.Random(seed)
    bus = FrameBus(BusLine(SerialPort(wire.path, 19200), 19200, times=HASTY))
    events = FrameEvents(bus, 8, FrameCommand.KEY)
    pressed: list[int] = []
    taken: dict[int, int] = {}

    def step() -> None:
        try:
            event = events.poll()
            if event is not None:
                assert taken.setdefault(event.sequence, event.code) == event.code
                if chance.random() < 0.7:
                    events.acknowledge(event.sequence)
        except DeviceError:
            return

    for _ in range(40):
        if chance.random() < 0.4 and keypad.unacknowledged < 8:
            pressed.append(len(pressed) + 1)
            keypad.press(pressed[-1])
        fault = chance.choice(["lost_requests", "lost_replies", "wrong_crc", "noise", "", "", "", ""])
        if fault == "noise":
            wire.noise, wire.noisy = chance.choice([b"\x55\xaa\x01\x08\x01\x20", b"\x00\x55"]), 1
        elif fault:
            setattr(keypad.faults, fault, chance.randrange(1, 4))
        step()
    keypad.faults.lost_requests = keypad.faults.lost_replies = keypad.faults.wrong_crc = wire.noisy = 0
    while keypad.unacknowledged:
        step()
    bus.close()
    assert list(taken.values()) == pressed
