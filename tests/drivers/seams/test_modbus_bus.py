"""The bus under noise, dead nodes, pulled plugs and power cuts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.device import DeviceError, DeviceState, Fault
from drivers.keypad.modbus_keypad import ModbusKeypad
from drivers.keypad.port import KeypadKey
from drivers.loading import DeviceUrl, SharedPorts
from drivers.rating_device.modbus_rater import ModbusRater
from drivers.seams import bus_line
from drivers.seams.modbus import ModbusBus, bus_of
from drivers.seams.modbus_events import EventLine
from drivers.seams.modbus_twin import SimulatedBar, SimulatedBus, SimulatedKeypad, SimulatedRater
from drivers.seams.serial_port import SerialPort
from drivers.window_display.modbus_bar import ModbusBar
from drivers.window_display.port import Style


@pytest.fixture
def wire() -> Iterator[SimulatedBus]:
    with SimulatedBus({3: SimulatedBar(), 8: SimulatedKeypad(), 18: SimulatedRater()}) as bus:
        yield bus


@pytest.fixture
def shared() -> Iterator[SharedPorts]:
    ports = SharedPorts()
    yield ports
    ports.close()


def connect(wire: SimulatedBus, shared: SharedPorts, turnaround: int = 500) -> ModbusBus:
    """With milliseconds in which also a twin on a busy machine answers."""
    return bus_of(DeviceUrl.parse(f"{wire.url(3)}&turnaround={turnaround}"), shared)[0]


def eventually(what: object, timeout: float = 30.0) -> None:
    assert callable(what)
    end = time.monotonic() + timeout
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_drivers_of_one_line_share_one_bus(wire: SimulatedBus, shared: SharedPorts) -> None:
    first, unit = bus_of(DeviceUrl.parse(wire.url(3)), shared)
    second, other = bus_of(DeviceUrl.parse(wire.url(8)), shared)
    assert first is second
    assert (unit, other) == (3, 8)


@pytest.mark.parametrize(
    "url",
    [
        "modbus+serial:///dev/x",
        "modbus+serial:///dev/x?unit=0",
        "modbus+serial:///dev/x?unit=248",
        "modbus+serial:///dev/x?unit=a",
        "modbus+serial:///dev/x?unit=3&baud=fast",
        "modbus+serial://?unit=3",
        "serial:///dev/x?unit=3",
        "tcp://192.0.2.1:70000?unit=3",
        "tcp://192.0.2.1:\u00b2?unit=3",
    ],
)
def test_a_wrong_url_is_a_mistake_of_the_settings(url: str, shared: SharedPorts) -> None:
    with pytest.raises(DeviceError) as caught:
        bus_of(DeviceUrl.parse(url), shared)
    assert caught.value.fault is Fault.CONFIGURATION


def test_noise_and_wrong_checksums_are_survived_and_counted(wire: SimulatedBus, shared: SharedPorts) -> None:
    bus = connect(wire, shared)
    wire.noise, wire.noisy = b"\x03\x04\xff\x55", 1
    assert bus.read_input(3, 0, 1) == (0x5144,)
    wire.bar(3).faults.wrong_crc = 1
    assert bus.read_input(3, 0, 1) == (0x5144,)
    assert bus.counts(3).checksum_errors == 1
    wire.bar(3).faults.wrong_crc = 2
    with pytest.raises(DeviceError) as caught:
        bus.read_input(3, 0, 1)
    assert caught.value.fault is Fault.CHECKSUM
    assert caught.value.retryable


def test_a_dead_node_does_not_slow_the_others(wire: SimulatedBus, shared: SharedPorts) -> None:
    bus = connect(wire, shared, turnaround=200)
    wire.bar(3).faults.silent = True
    started = time.monotonic()
    for _ in range(20):
        with pytest.raises(DeviceError) as caught:
            bus.read_input(3, 0, 6)
        assert caught.value.fault is Fault.SILENT
        bus.read_input(8, 4, 10)
    seconds = time.monotonic() - started
    print(f"20 rounds with a dead node: {seconds * 1000:.0f} ms")  # noqa: T201  # because it is a figure to look at
    assert bus.counts(3).requests < 15, "it was wanted twenty times, each of them twice"
    assert bus.counts(3).resting_until > started
    assert bus.counts(8).requests == 20


def test_a_dead_node_rests_longer_each_time_and_at_most_five_seconds() -> None:
    assert [bus_line.LineTimes().rest_after(failures) for failures in range(3, 9)] == [0.5, 1, 2, 4, 5, 5]
    assert bus_line.LineTimes().rest_after(10_000) == 5


def test_a_node_that_comes_back_is_asked_again_after_its_rest(wire: SimulatedBus) -> None:
    now = [1000.0]
    bus = ModbusBus(SerialPort(wire.path, 19200), 19200, clock=lambda: now[0])
    wire.bar(3).faults.silent = True
    for _ in range(3):
        with pytest.raises(DeviceError):
            bus.read_input(3, 0, 1)
    wire.bar(3).faults.silent = False
    with pytest.raises(DeviceError):
        bus.read_input(3, 0, 1)
    now[0] += bus_line.REST_SECONDS
    assert bus.read_input(3, 0, 1) == (0x5144,)
    assert bus.counts(3).failures_in_a_row == 0
    bus.close()


def test_a_pulled_plug_is_said_at_once_and_the_bus_returns_by_itself(wire: SimulatedBus, shared: SharedPorts) -> None:
    bus = connect(wire, shared)
    bus.read_input(3, 0, 1)
    wire.unplug()
    with pytest.raises(DeviceError) as caught:
        bus.read_input(3, 0, 1)
    assert caught.value.fault in (Fault.UNPLUGGED, Fault.ABSENT)
    with pytest.raises(DeviceError) as again:
        bus.read_input(3, 0, 1)
    assert again.value.fault is Fault.ABSENT
    wire.plug_in()

    def answers() -> bool:
        try:
            return bus.read_input(3, 0, 1) == (0x5144,)
        except DeviceError:
            return False

    eventually(answers)


def test_an_absent_bus_is_absent_and_appears_later(shared: SharedPorts) -> None:
    wire = SimulatedBus({3: SimulatedBar()})
    wire.start()
    wire.unplug()
    bar = ModbusBar(connect(wire, shared), 3, 16)
    with pytest.raises(DeviceError) as caught:
        bar.open()
    assert caught.value.fault is Fault.ABSENT
    assert bar.probe().state is DeviceState.ABSENT
    wire.plug_in()
    eventually(lambda: bar.probe().state is DeviceState.READY)
    wire.stop()


def test_closing_ends_a_request_under_way(wire: SimulatedBus) -> None:
    bus = ModbusBus(SerialPort(wire.path, 19200), 19200, turnaround=60.0)
    wire.bar(3).faults.slow_seconds = 30.0
    faults: list[Fault] = []

    def ask() -> None:
        try:
            bus.read_input(3, 0, 1)
        except DeviceError as error:
            faults.append(error.fault)

    thread = threading.Thread(target=ask)
    thread.start()
    eventually(lambda: wire.seen)
    started = time.monotonic()
    bus.close()
    thread.join(20)
    assert faults == [Fault.CANCELLED]
    assert time.monotonic() - started < 10


def test_many_threads_get_their_own_answers(wire: SimulatedBus, shared: SharedPorts) -> None:
    bus = connect(wire, shared)
    seen: dict[int, set[int]] = {3: set(), 8: set(), 18: set()}

    def ask(unit: int) -> None:
        for _ in range(20):
            seen[unit].add(bus.read_input(unit, 2, 1)[0])

    threads = [threading.Thread(target=ask, args=(unit,)) for unit in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {3: {1}, 8: {2}, 18: {3}}


def test_a_lost_confirmation_does_not_show_a_line_twice(wire: SimulatedBus, shared: SharedPorts) -> None:
    bar = ModbusBar(connect(wire, shared), 3, 16)
    bar.open()
    bar.show("第一")
    wire.bar(3).faults.lost_replies = 1
    bar.show("A012 请到3号窗口", Style.BLINK)
    assert wire.bar(3).shown == ["第一", "A012 请到3号窗口"]
    assert wire.bar(3).style == 1


def test_a_bar_without_power_says_that_it_is_blank_and_takes_the_next_line(
    wire: SimulatedBus, shared: SharedPorts
) -> None:
    bar = ModbusBar(connect(wire, shared), 3, 16)
    bar.open()
    bar.show("欢迎光临")
    assert bar.probe().conditions == ()
    wire.bar(3).power_cycle()
    assert wire.bar(3).text == ""
    assert [condition.code for condition in bar.probe().conditions] == ["display.blank"]
    bar.show("欢迎光临")
    assert wire.bar(3).text == "欢迎光临"
    assert bar.probe().state is DeviceState.READY


def test_a_second_driver_of_a_bar_is_heard_although_it_starts_anew(wire: SimulatedBus, shared: SharedPorts) -> None:
    bus = connect(wire, shared)
    for text in ("一", "二", "三"):
        bar = ModbusBar(bus, 3, 16)
        bar.open()
        bar.show(text)
    assert wire.bar(3).shown == ["一", "二", "三"]


FAULTS = st.lists(
    st.sampled_from(
        ["press", "press", "poll", "poll", "ack", "lose reply", "lose request", "bad crc", "noise", "power"]
    ),
    max_size=30,
)


class Storm:
    """A keypad on a bad line, who pressed what, and what the driver's side took."""

    def __init__(self, wire: SimulatedBus) -> None:
        self.wire = wire
        self.node = SimulatedKeypad()
        wire.nodes[8] = self.node
        line = SerialPort(wire.path, 115200)
        self.bus = ModbusBus(line, 115200, turnaround=0.05, clock=lambda: 0.0)
        self.later = 0.0
        self.events = EventLine(self.bus, 8, lambda: time.monotonic() + self.later)
        self.pressed: list[int] = []
        self.taken: dict[int, int] = {}
        self.lost: set[int] = set()

    def step(self, name: str) -> None:
        getattr(self, name.replace(" ", "_"))()

    def press(self) -> None:
        if self.node.unacknowledged < 8:
            self.pressed.append(len(self.pressed) + 1)
            self.node.press(self.pressed[-1])

    def poll(self, *, acknowledge: bool = False) -> None:
        self.later += 10  # nobody switches a keypad off and on between two polls: its uptime counts whole seconds
        self.node._started -= 10
        try:
            event = self.events.poll()
            if event is not None:
                assert self.taken.setdefault(event.sequence, event.code) == event.code
                if acknowledge:
                    self.events.acknowledge(event.sequence)
        except DeviceError:
            self.bus._line._counts.clear()  # because the clock stands still here, so a dead node would rest for ever

    def ack(self) -> None:
        self.poll(acknowledge=True)

    def lose_reply(self) -> None:
        self.node.faults.lost_replies += 1

    def lose_request(self) -> None:
        self.node.faults.lost_requests += 1

    def bad_crc(self) -> None:
        self.node.faults.wrong_crc += 1

    def noise(self) -> None:
        self.wire.noise, self.wire.noisy = b"\x08\x04\x14\x00", self.wire.noisy + 1

    def power(self) -> None:
        self.lost |= set(self.pressed) - set(self.taken.values())
        self.node.power_cycle()

    def calm(self) -> None:
        faults = self.node.faults
        faults.lost_replies = faults.lost_requests = faults.wrong_crc = self.wire.noisy = 0
        end = time.monotonic() + 30
        while self.node.unacknowledged and time.monotonic() < end:
            self.ack()
        for _ in range(4):  # nothing is given out again
            self.ack()
        self.bus.close()


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(FAULTS)
def test_every_press_is_given_out_once_under_any_mixture_of_faults(wire: SimulatedBus, steps: list[str]) -> None:
    """What is taken is what was pressed, in order; only a power cut of the keypad loses what was not taken yet."""
    storm = Storm(wire)
    storm.ack()
    for step in steps:
        storm.step(step)
    storm.calm()
    codes = list(storm.taken.values())
    assert sorted(set(codes)) == codes, "in order and never twice"
    assert set(codes) | storm.lost == set(storm.pressed)
    assert storm.node.unacknowledged == 0


def test_a_press_for_the_person_before_never_counts_for_the_next(wire: SimulatedBus, shared: SharedPorts) -> None:
    rater = ModbusRater(connect(wire, shared), 18)
    rater.open()
    rater.invite(7)
    assert wire.rater(18).press("dissatisfied")
    rater.invite(8)
    press = rater.poll()
    assert press is not None
    assert press.session == 7


def test_a_rating_box_without_power_is_invited_again(wire: SimulatedBus, shared: SharedPorts) -> None:
    rater = ModbusRater(connect(wire, shared), 18)
    rater.open()
    rater.invite(7)
    assert rater.poll() is None
    wire.rater(18).power_cycle()
    assert not wire.rater(18).invited
    assert rater.poll() is None
    assert wire.rater(18).session == 7


def test_a_key_that_does_not_exist_does_not_jam_the_keypad(wire: SimulatedBus, shared: SharedPorts) -> None:
    keypad = ModbusKeypad(connect(wire, shared), 8)
    keypad.open()
    wire.keypad(8).press(99)
    wire.keypad(8).press("recall")
    with pytest.raises(DeviceError) as caught:
        keypad.poll()
    assert caught.value.fault is Fault.BAD_DATA
    press = keypad.poll()
    assert press is not None
    assert press.key is KeypadKey.RECALL


@pytest.mark.parametrize(
    ("word", "state", "code"),
    [
        (1, DeviceState.FAULT, "node.internal"),
        (2, DeviceState.IMPAIRED, "node.key-stuck"),
        (4, DeviceState.IMPAIRED, "node.supply-low"),
    ],
)
def test_the_fault_bits_of_a_node_become_conditions(
    wire: SimulatedBus, shared: SharedPorts, word: int, state: DeviceState, code: str
) -> None:
    wire.keypad(8).faults_word = word
    status = ModbusKeypad(connect(wire, shared), 8).probe()
    assert status.state is state
    assert [condition.code for condition in status.conditions] == [code]


def test_a_bar_is_drawn_in_red_dots() -> None:
    bar = SimulatedBar(16)
    dark = bar.picture().convert("RGB")
    bar.text = "A012 请到3号窗口"
    lit = bar.picture().convert("RGB")
    assert lit.size == (16 * 8 * 8 + 24, 16 * 8 + 24)
    red = [sum(1 for pixel in picture.get_flattened_data() if pixel[0] > 200) for picture in (dark, lit)]
    assert red[0] == 0
    assert red[1] > 5000
