"""Boxes of a foreign make, known only from settings: asked or speaking unasked, acknowledged or not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from drivers.device import DeviceError, DeviceState, Fault
from drivers.keypad.foreign import ForeignKeypad
from drivers.keypad.port import KeypadKey
from drivers.keypad.rigs import CALLER, ForeignKeypadRig
from drivers.loading import SharedPorts, make_device
from drivers.rating_device.foreign import ForeignRater
from drivers.rating_device.port import RatingKey
from drivers.rating_device.rigs import BOX
from drivers.seams.bus_line import BusLine, LineTimes, Within
from drivers.seams.foreign import ForeignBox, ForeignFrames
from drivers.seams.memory import MemoryPort, Say
from drivers.seams.modbus_twin import SimulatedBus, SimulatedKeypad, SimulatedRater
from drivers.seams.serial_port import SerialPort
from drivers.seams.twin_tongues import CallerTongue, caller_frame

KEYS = [key.value for key in KeypadKey]
QUICK = LineTimes(turnaround=0.25, first_rest=0.0, rest=0.0, reopen=0.0)
UNASKED = {name: text for name, text in CALLER.items() if name not in ("poll", "nothing")}


class Stand:
    """A line with a caller (5) and a rating box (6), and a clock that we turn."""

    def __init__(self, *, acknowledges: bool) -> None:
        self.keypad, self.rater = SimulatedKeypad(), SimulatedRater()
        tongue = CallerTongue({5: self.keypad, 6: self.rater}, acknowledges=acknowledges)
        self.wire = SimulatedBus({}, tongues=(tongue,))
        self.wire.start()
        self.line = BusLine(SerialPort(self.wire.path, 9600), 9600, times=QUICK)
        self.now = 100.0

    def caller(self, options: dict[str, str]) -> ForeignKeypad:
        frames = ForeignFrames.parse(options, KEYS)
        device = ForeignKeypad(ForeignBox(self.line, 5, frames, lambda: self.now), frames)
        device.open()
        return device

    def box(self, options: dict[str, str]) -> ForeignRater:
        frames = ForeignFrames.parse(options, [level.value for level in RatingKey])
        device = ForeignRater(ForeignBox(self.line, 6, frames, lambda: self.now), frames)
        device.open()
        return device


@pytest.fixture
def stand() -> Iterator[Stand]:
    made = Stand(acknowledges=True)
    yield made
    made.line.close()
    made.wire.stop()


@pytest.fixture
def forgetful() -> Iterator[Stand]:
    made = Stand(acknowledges=False)
    yield made
    made.line.close()
    made.wire.stop()


def test_the_bytes_of_a_21_key_caller_are_those_of_its_frame_line() -> None:
    options = {**CALLER, **ForeignKeypadRig.options}
    dialogue = [
        Say(bytes.fromhex("FF 68 02 02 68 05 01 06 16"), (bytes.fromhex("FF 68 02 02 68 05 81 86 16"),)),
        Say(bytes.fromhex("FF 68 02 02 68 05 01 06 16"), (bytes.fromhex("FF 68 03 03 68 05 81 02 88 16"),)),
        Say(bytes.fromhex("FF 68 03 03 68 05 02 02 09 16"), (bytes.fromhex("FF 68 02 02 68 05 82 87 16"),)),
    ]
    with MemoryPort(dialogue) as line:
        frames = ForeignFrames.parse(options, KEYS)
        box = ForeignBox(BusLine(line, 9600), 5, frames)
        device = ForeignKeypad(box, frames)
        device.open()
        assert not device.capabilities.exactly_once
        press = device.poll()
        assert press is not None
        assert press.key is KeypadKey.RECALL
        device.acknowledge(press)


def test_a_press_is_given_out_until_it_is_acknowledged_and_the_same_key_again_is_another(stand: Stand) -> None:
    device = stand.caller(ForeignKeypadRig.options)
    for key in ("start", "start", "finish"):
        stand.keypad.press(key)
    numbers = []
    for key in (KeypadKey.START, KeypadKey.START, KeypadKey.FINISH):
        press = device.poll()
        assert press is not None
        assert press == device.poll()
        assert press.key is key
        numbers.append(press.sequence)
        device.acknowledge(press)
    assert device.poll() is None
    assert numbers == sorted(set(numbers))
    assert device.probe().state is DeviceState.READY


def test_a_box_that_forgets_what_it_said_is_debounced(forgetful: Stand) -> None:
    device = forgetful.caller({**CALLER, "debounce": "500"})
    forgetful.keypad.press("start")
    first = device.poll()
    assert first is not None
    device.acknowledge(first)
    forgetful.keypad.press("start")
    forgetful.now += 0.2
    assert device.poll() is None, "a key that bounces"
    forgetful.keypad.press("start")
    forgetful.now += 0.6
    again = device.poll()
    assert again is not None
    assert again.sequence > first.sequence


def test_a_box_that_speaks_unasked_is_heard_and_a_wrong_sum_is_not(stand: Stand) -> None:
    device = stand.caller(UNASKED)
    stand.wire.say(b"\xff\x68\x03" + caller_frame(5, 0x81, b"\x03") + caller_frame(7, 0x81, b"\x01"))
    spoiled = bytearray(caller_frame(5, 0x81, b"\x05"))
    spoiled[-2] ^= 1
    stand.wire.say(bytes(spoiled))
    press = None
    while press is None:
        press = device.poll()
    assert press.key is KeypadKey.START
    device.acknowledge(press)
    assert device.poll() is None
    status = device.probe()
    assert (status.state, [found.code for found in status.conditions]) == (DeviceState.IMPAIRED, ["box.unproven"])


def test_a_code_that_the_settings_do_not_name_does_nothing(stand: Stand) -> None:
    device = stand.caller({**UNASKED, "codes": "02=recall"})
    assert device.capabilities.keys == {KeypadKey.RECALL}
    stand.wire.say(caller_frame(5, 0x81, b"\x01") + caller_frame(5, 0x81, b"\x02"))
    press = None
    while press is None:
        press = device.poll()
    assert press.key is KeypadKey.RECALL


def test_a_silent_box_that_should_answer_is_unknown_and_a_mute_one_never_rests(stand: Stand) -> None:
    device = stand.caller(ForeignKeypadRig.options)
    stand.keypad.faults.silent = True
    assert device.probe().state is DeviceState.UNKNOWN
    stand.keypad.faults.silent = False
    mute = stand.caller({name: text for name, text in CALLER.items() if name != "nothing"})
    stand.keypad.faults.silent = True
    before = stand.line.counts(("foreign", 5)).failures_in_a_row
    for _ in range(4):
        assert mute.poll() is None
    assert stand.line.counts(("foreign", 5)).failures_in_a_row == before


def test_a_rating_belongs_to_the_invitation_in_which_it_was_pressed(stand: Stand) -> None:
    box = stand.box(BOX)
    stand.rater.become(1)  # this box takes presses at any time
    stand.rater.press("satisfied")
    box.invite(7)
    assert box.poll() is None, "what was pressed before belongs to nobody"
    stand.rater.press("dissatisfied")
    box.withdraw()
    box.invite(8)
    press = box.poll()
    assert press is not None
    assert (press.level, press.session) == (RatingKey.DISSATISFIED, 7)
    box.acknowledge(press)
    assert box.poll() is None


@pytest.mark.parametrize("before", [0, 7])
@pytest.mark.parametrize("acknowledged", [True, False])
def test_of_several_presses_before_an_invitation_none_counts_for_it(before: int, *, acknowledged: bool) -> None:
    stand = Stand(acknowledges=acknowledged)
    options = dict(BOX) if acknowledged else {name: text for name, text in BOX.items() if name not in ("ack", "acked")}
    box = stand.box(options)
    stand.rater.become(1)  # this box takes presses at any time
    if before:
        box.invite(before)
    for level in ("satisfied", "dissatisfied", "very-dissatisfied"):
        stand.rater.press(level)
    box.invite(8)
    while (press := box.poll()) is not None:
        assert press.session == before
        box.acknowledge(press)
    assert stand.rater.unacknowledged == 0
    stand.rater.press("very-satisfied")
    after = box.poll()
    assert after is not None
    assert (after.level, after.session) == (RatingKey.VERY_SATISFIED, 8)
    stand.line.close()
    stand.wire.stop()


def test_a_box_that_can_be_invited_is_told(stand: Stand) -> None:
    options = {**BOX, "invite": "FF 68 03 03 68 {addr:u8} 01 {session:u8} {sum8:addr..} 16", "acked": BOX["nothing"]}
    box = stand.box(options)
    assert box.capabilities.invites
    box.invite(9)
    assert stand.wire.seen[-1] == bytes.fromhex("FF 68 03 03 68 06 01 09 10 16")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"press": ""}, "press"),
        ({"press": "(a+)+"}, "press"),
        ({"press": "(?P<key>.)", "check": ""}, "code"),
        ({"codes": ""}, "codes"),
        ({"codes": "01=jump"}, "jump"),
        ({"codes": "01=recall 01=start"}, "codes"),
        ({"poll": "FF {x:u8}"}, "poll: template, character 4"),
        ({"ack": "{session:u8}"}, "ack"),
        ({"check": "sum9:addr..code"}, "sum9"),
        ({"debounce": "soon"}, "debounce"),
        ({"debounce": "\u00b2"}, "debounce"),
        ({"poll": "{addr:bcd}", "unit": "100"}, "poll: 100 does not fit"),
        ({"ack": "{code:u8}", "codes": "0102=recall"}, "ack: 258 does not fit"),
        ({"ack": "{code:bytes}"}, "ack: bytes are expected"),
        ({"invite": "{session:u8}"}, "invite: 65535 does not fit"),
        ({"unit": "0"}, "unit"),
    ],
)
def test_a_mistake_in_the_settings_is_named(change: dict[str, str], word: str) -> None:
    with pytest.raises(DeviceError, match=word) as caught:
        make_device("keypad", "foreign", "serial:///dev/x?baud=9600", {**CALLER, **change}, SharedPorts())
    assert caught.value.fault is Fault.CONFIGURATION


def test_a_box_behind_a_converter_and_one_on_rs232_need_another_url_only() -> None:
    for url in ("tcp://192.0.2.1:4001", "serial:///dev/ttyS0?baud=9600&unit=5"):
        device = make_device("rating_device", "foreign", url, BOX)
        with pytest.raises(DeviceError):
            device.poll()  # type: ignore[attr-defined]  # because it is a rating box; it is not open


def test_many_presses_while_nobody_asked_are_kept_up_to_a_bound(stand: Stand) -> None:
    frames = ForeignFrames.parse({**UNASKED, "debounce": "0"}, KEYS)
    box = ForeignBox(stand.line, 5, frames)
    box.open(Within.seconds(1))
    for code in range(1, 8):
        stand.wire.say(caller_frame(5, 0x81, bytes((code,))))
    heard: tuple[object, ...] = ()
    while not heard:
        heard = box.poll(Within.seconds(0.3))
    assert len(heard) <= 16
