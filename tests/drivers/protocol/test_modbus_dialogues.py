"""Byte dialogues of bars, keypads and rating boxes: map v1 over Modbus RTU (Modbus over serial line 1.02, 2.5.1)."""

from __future__ import annotations

import pytest

from drivers.device import DeviceError, Fault
from drivers.keypad.modbus_keypad import ModbusKeypad
from drivers.keypad.port import KeypadKey
from drivers.rating_device.modbus_rater import ModbusRater
from drivers.rating_device.port import RatingKey
from drivers.seams.memory import MemoryPort, Say
from drivers.seams.modbus import ModbusBus
from drivers.seams.modbus_twin import SimulatedBar, SimulatedBus, carry_out, crc16
from drivers.window_display.codec import pack_registers
from drivers.window_display.modbus_bar import ModbusBar
from drivers.window_display.port import Style


def frame(text: str) -> bytes:
    """Hexadecimal digits of an address and a PDU, with the checksum that belongs to them."""
    data = bytes.fromhex(text)
    return data + crc16(data)


def test_the_frame_for_a_call_is_the_one_in_the_device_notes() -> None:
    golden = bytes.fromhex("01 10 00 10 00 08 10 41 30 30 31 20 C7 EB B5 BD 33 BA C5 B4 B0 BF DA B8 5E")
    with MemoryPort([Say(golden, (frame("01 10 00 10 00 08"),))]) as line:
        ModbusBus(line, 9600).write(1, 0x10, pack_registers("A001 请到3号窗口".encode("gb18030")))


def test_the_checksum_is_that_of_the_specification() -> None:
    assert crc16(b"123456789") == bytes.fromhex("37 4B")


def test_a_bar_is_asked_for_its_last_command_once_and_then_told_the_next() -> None:
    dialogue = [
        Say(frame("03 04 0000 0006"), (frame("03 04 0C 5144 0001 0001 0102 0064 0000"),)),
        Say(frame("03 03 0014 0001"), (frame("03 03 02 0007"),)),
        Say(frame("03 10 0014 0006 0C 0008 0001 0006 4130 3132 BAC5"), (frame("03 10 0014 0006"),)),
        Say(frame("03 10 0014 0003 06 0009 0000 0000"), (frame("03 10 0014 0003"),)),
    ]
    with MemoryPort(dialogue) as line:
        bar = ModbusBar(ModbusBus(line, 19200), 3, columns=16)
        bar.open()
        bar.show("A012号", Style.BLINK)
        bar.clear()


def test_a_keypad_press_is_given_out_until_it_is_acknowledged() -> None:
    pressed = frame("08 04 14 0064 0000 0000 0000 0000 0000 0005 0001 0002 0000")
    dialogue = [
        Say(frame("08 04 0000 0006"), (frame("08 04 0C 5144 0001 0002 0102 0064 0000"),)),
        Say(frame("08 04 0004 000A"), (pressed,)),
        Say(frame("08 03 000A 0001"), (frame("08 03 02 0004"),)),
        Say(frame("08 04 0004 000A"), (pressed,)),
        Say(frame("08 10 000A 0001 02 0005"), (frame("08 10 000A 0001"),)),
        Say(frame("08 04 0004 000A"), (pressed,)),
    ]
    with MemoryPort(dialogue) as line:
        keypad = ModbusKeypad(ModbusBus(line, 19200), 8)
        keypad.open()
        first, again = keypad.poll(), keypad.poll()
        assert first is not None
        assert first == again
        assert (first.key, first.sequence, first.age) == (KeypadKey.CALL_NEXT, 5, 2.0)
        keypad.acknowledge(first)
        assert keypad.poll() is None


def test_a_rating_box_is_invited_and_its_press_carries_its_session() -> None:
    dialogue = [
        Say(frame("12 04 0000 0006"), (frame("12 04 0C 5144 0001 0003 0102 0064 0000"),)),
        Say(frame("12 10 000C 0001 02 004D"), (frame("12 10 000C 0001"),)),
        Say(frame("12 04 0004 000A"), (frame("12 04 14 0064 0000 0000 0000 0000 0000 0001 0002 0000 004D"),)),
        Say(frame("12 03 000A 0001"), (frame("12 03 02 0000"),)),
        Say(frame("12 10 000A 0001 02 0001"), (frame("12 10 000A 0001"),)),
        Say(frame("12 10 000C 0001 02 0000"), (frame("12 10 000C 0001"),)),
    ]
    with MemoryPort(dialogue) as line:
        rater = ModbusRater(ModbusBus(line, 19200), 0x12)
        rater.open()
        rater.invite(77)
        press = rater.poll()
        assert press is not None
        assert (press.level, press.session) == (RatingKey.DISSATISFIED, 77)
        rater.acknowledge(press)
        rater.withdraw()


@pytest.mark.parametrize(
    ("code", "fault"),
    [(1, Fault.UNSUPPORTED), (2, Fault.UNSUPPORTED), (3, Fault.BAD_DATA), (4, Fault.MECHANICAL), (6, Fault.BUSY)],
)
def test_an_exception_of_the_node_says_what_is_wrong(code: int, fault: Fault) -> None:
    with (
        MemoryPort([Say(frame("05 04 0000 0006"), (frame(f"05 84 {code:02X}"),))]) as line,
        pytest.raises(DeviceError) as caught,
    ):
        ModbusBus(line, 19200).read_input(5, 0, 6)
    assert caught.value.fault is fault


def test_a_reply_is_found_between_bytes_of_noise_and_in_single_bytes() -> None:
    reply = frame("05 04 02 1234")
    chunks = tuple(bytes((byte,)) for byte in b"\x05\x04\xff\x00\x05" + reply)
    with MemoryPort([Say(frame("05 04 0004 0001"), chunks)]) as line:
        assert ModbusBus(line, 19200).read_input(5, 4, 1) == (0x1234,)


def test_a_reply_of_another_node_or_function_is_not_taken() -> None:
    foreign = (frame("06 04 02 1111"), frame("05 03 02 2222"))
    ask = frame("05 04 0004 0001")
    with MemoryPort([Say(ask, foreign), Say(ask, (frame("05 04 02 3333"),))]) as line:
        assert ModbusBus(line, 19200, turnaround=0.01).read_input(5, 4, 1) == (0x3333,)


def test_a_confirmation_of_other_registers_is_no_confirmation() -> None:
    ask, other = frame("05 10 000A 0001 02 0005"), (frame("05 10 000B 0001"),)
    with (
        MemoryPort([Say(ask, other), Say(ask, other)]) as line,
        pytest.raises(DeviceError) as caught,
    ):
        ModbusBus(line, 19200, turnaround=0.01).write(5, 10, (5,))
    assert caught.value.fault is Fault.CHECKSUM
    assert caught.value.uncertain


def test_a_foreign_device_and_a_newer_map_are_named() -> None:
    for registers, fault in (("0000 0001 0001", Fault.BAD_DATA), ("5144 0002 0001", Fault.UNSUPPORTED)):
        reply = frame(f"03 04 0C {registers} 0102 0064 0000")
        with (
            MemoryPort([Say(frame("03 04 0000 0006"), (reply,))]) as line,
            pytest.raises(DeviceError) as caught,
        ):
            ModbusBar(ModbusBus(line, 19200), 3, 16).open()
        assert caught.value.fault is fault


def test_a_keypad_where_a_bar_should_be_is_a_mistake_of_the_settings() -> None:
    reply = frame("03 04 0C 5144 0001 0002 0102 0064 0000")
    with (
        MemoryPort([Say(frame("03 04 0000 0006"), (reply,))]) as line,
        pytest.raises(DeviceError) as caught,
    ):
        ModbusBar(ModbusBus(line, 19200), 3, 16).open()
    assert caught.value.fault is Fault.CONFIGURATION


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("04 0000 0006", "04 0C 5144 0001 0001 0102"),
        ("04 0000 0000", "84 03"),
        ("04 0032 0001", "84 02"),
        ("03 0014 0001", "03 02 0000"),
        ("06 0015 0002", "06 0015 0002"),
        ("10 0014 0002 03 000000", "90 03"),
        ("10 0000 0001 02 0000", "90 02"),
        ("2B 0E01", "AB 01"),
    ],
)
def test_the_simulated_node_answers_as_the_protocol_says(request_: str, answer: str) -> None:
    reply = carry_out(SimulatedBar(), bytes.fromhex(request_))
    assert reply.hex().startswith(bytes.fromhex(answer).hex())


def test_the_simulated_bus_ignores_frames_with_a_wrong_checksum() -> None:
    with SimulatedBus({3: SimulatedBar()}) as bus:
        good = frame("03 04 0000 0006")
        bus._received(good[:-1] + b"\x00")  # because only the wire's side sees broken frames
        bus._received(b"\x03\x04" + good)
        assert bus.seen == [good]
