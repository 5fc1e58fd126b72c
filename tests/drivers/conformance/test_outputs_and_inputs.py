"""Lamps, locks, contacts and power: switched and looked at, debounced, and never guessed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import ClassVar

import pytest

from drivers.device import Action, DeviceError, DeviceState, Fault
from drivers.indicators.modbus_coils import ModbusCoils
from drivers.loading import SharedPorts, make_device
from drivers.seams.bus_line import Within
from drivers.seams.memory import MemoryPort, Say
from drivers.seams.modbus import ModbusBus
from drivers.seams.modbus_twin import SimulatedBox, SimulatedBus, carry_out, crc16
from drivers.seams.named_bits import NamedBits
from drivers.sensors.debounce import Debounce
from drivers.sensors.modbus_inputs import ModbusInputs
from drivers.sensors.nut import NutSensors, decode_status
from drivers.sensors.nut_twin import SimulatedUpsd
from drivers.sensors.port import Change, SensorState

ACTIVE, INACTIVE, UNKNOWN = SensorState.ACTIVE, SensorState.INACTIVE, SensorState.UNKNOWN


def frame(text: str) -> bytes:
    data = bytes.fromhex(text)
    return data + crc16(data)


@pytest.fixture
def box() -> SimulatedBox:
    return SimulatedBox()


@pytest.fixture
def wire(box: SimulatedBox) -> Iterator[SimulatedBus]:
    with SimulatedBus({40: box}) as bus:
        yield bus


@pytest.fixture
def shared() -> Iterator[SharedPorts]:
    ports = SharedPorts()
    yield ports
    ports.close()


@pytest.fixture
def lamps(wire: SimulatedBus, shared: SharedPorts) -> ModbusCoils:
    options = {"outputs": "card=0 alarm=1 door=!3", "safe": "alarm=off door=off"}
    device = make_device("indicators", "modbus_coils", wire.url(40), options, shared)
    assert isinstance(device, ModbusCoils)
    device.open()
    return device


@pytest.fixture
def contacts(wire: SimulatedBus, shared: SharedPorts) -> ModbusInputs:
    options = {"inputs": "door=0 cabinet=!1 on-battery=2 battery-low=3", "debounce": "0"}
    device = make_device("sensors", "modbus_inputs", wire.url(40), options, shared)
    assert isinstance(device, ModbusInputs)
    device.open()
    return device


def test_a_lamp_is_switched_and_looked_at_byte_for_byte() -> None:
    dialogue = [
        Say(frame("28 01 0000 0003"), (frame("28 01 01 00"),)),
        Say(frame("28 05 0002 FF00"), (frame("28 05 0002 FF00"),)),
        Say(frame("28 01 0000 0003"), (frame("28 01 01 04"),)),
    ]
    with MemoryPort(dialogue) as line:
        device = ModbusCoils(ModbusBus(line, 19200), 40, NamedBits.parse("card=0 paper=2", "outputs"))
        device.open()
        device.set("paper", True)


def test_outputs_are_switched_read_back_and_left_safe(lamps: ModbusCoils, box: SimulatedBox) -> None:
    lamps.set("card", True)
    lamps.set("alarm", True)
    lamps.set("door", True)
    assert box.outputs[:4] == [True, True, False, False]
    assert lamps.states() == {"card": True, "alarm": True, "door": True}
    lamps.close()
    assert box.outputs[:4] == [True, False, False, True], "the card lamp has no safe state and stays"
    with pytest.raises(DeviceError) as caught:
        lamps.set("card", False)
    assert caught.value.fault is Fault.ABSENT


def test_an_output_that_does_not_switch_is_said(lamps: ModbusCoils, box: SimulatedBox) -> None:
    box.switch = lambda *_: True  # type: ignore[method-assign]  # because its relay is stuck
    with pytest.raises(DeviceError) as caught:
        lamps.set("card", True)
    assert (caught.value.fault, caught.value.uncertain) == (Fault.MECHANICAL, True)


def test_two_who_switch_one_lamp_at_once_do_not_take_each_other_for_a_broken_relay() -> None:
    class Board(ModbusBus):
        """Whoever looks at the outputs takes long enough for somebody else to switch them."""

        coils: ClassVar[list[bool]] = [False]
        looks = 0

        def read_coils(self, *_: object) -> tuple[bool, ...]:
            self.looks += 1
            if self.looks == 2:  # the first look is that of opening
                second.start()
                switched_off.wait(0.3)
            return tuple(self.coils)

        def write_coil(self, unit: int, address: int, on: bool, within: Within | None = None) -> None:
            del unit, within
            self.coils[address] = on
            if not on:
                switched_off.set()

    switched_off = threading.Event()
    lamp = ModbusCoils(Board(MemoryPort([]), 19200), 40, NamedBits.parse("lamp=0", "outputs"))
    second = threading.Thread(target=lamp.set, args=("lamp", False))
    lamp.open()
    lamp.set("lamp", True)
    second.join(20)
    assert lamp.states() == {"lamp": False}


def test_a_name_that_does_not_exist_and_a_board_that_cannot_be_read(wire: SimulatedBus, shared: SharedPorts) -> None:
    device = make_device("indicators", "modbus_coils", wire.url(40), {"outputs": "card=0", "readback": "no"}, shared)
    assert isinstance(device, ModbusCoils)
    device.open()
    with pytest.raises(DeviceError) as unknown:
        device.set("lamp", True)
    assert unknown.value.fault is Fault.CONFIGURATION
    assert not device.capabilities.reads_back
    with pytest.raises(DeviceError) as unsupported:
        device.states()
    assert unsupported.value.fault is Fault.UNSUPPORTED


def test_a_flashing_lamp_goes_on_and_off_until_it_is_set(lamps: ModbusCoils, box: SimulatedBox) -> None:
    lamps.flash("card", 0.2)
    assert box.outputs[0]
    for on in (False, True, False):
        box.wait_for(lambda outputs, on=on: outputs[0] is on)  # type: ignore[misc]  # because mypy sees no default here
    lamps.set("card", True)
    changes = len(box.switched)
    lamps.flash("alarm", 0.2)
    box.wait_for(lambda outputs: not outputs[1])
    assert all(number == 1 for number, _ in box.switched[changes:]), "the card lamp was set and stays"
    lamps.close()
    assert box.outputs[:2] == [True, False]
    with pytest.raises(DeviceError):
        lamps.flash("alarm", 0.01)


def test_contacts_mean_what_their_names_say(contacts: ModbusInputs, box: SimulatedBox) -> None:
    box.contacts[0] = True
    assert contacts.read() == {"door": ACTIVE, "cabinet": ACTIVE, "on-battery": INACTIVE, "battery-low": INACTIVE}
    box.contacts[1] = box.contacts[3] = True
    status = contacts.probe()
    assert [condition.code for condition in status.conditions] == ["door.open", "power.low"]
    assert status.state is DeviceState.FAULT, "a battery that is nearly empty stops the machine"
    box.contacts[0] = box.contacts[3] = False
    assert contacts.probe().conditions == ()


def test_the_conditions_say_who_has_to_act(contacts: ModbusInputs, box: SimulatedBox) -> None:
    box.contacts[2] = True
    found = {condition.code: condition for condition in contacts.probe().conditions}
    assert found["cabinet.open"].action is Action.STAFF
    assert found["power.battery"].action is Action.WAIT
    assert not found["power.battery"].blocking


def test_a_silent_box_is_unknown_and_never_closed(contacts: ModbusInputs, box: SimulatedBox) -> None:
    assert [change.now for change in contacts.poll()] == [INACTIVE, ACTIVE, INACTIVE, INACTIVE]
    assert contacts.poll() == ()
    box.faults.silent = True
    assert contacts.poll()[0] == Change("door", INACTIVE, UNKNOWN)
    assert contacts.poll() == ()
    with pytest.raises(DeviceError):
        contacts.read()
    assert contacts.probe().state is DeviceState.UNKNOWN
    box.faults.silent = False
    box.contacts[0] = True
    changes: tuple[Change, ...] = ()
    while not changes:
        changes = contacts.poll()
    assert changes[0] == Change("door", UNKNOWN, ACTIVE)


def test_a_box_of_map_v1_is_read_as_a_register_and_says_its_own_faults(
    wire: SimulatedBus, shared: SharedPorts, box: SimulatedBox
) -> None:
    device = make_device("sensors", "modbus_inputs", wire.url(40), {"inputs": "door=5", "map": "v1"}, shared)
    assert isinstance(device, ModbusInputs)
    device.open()
    box.contacts[5] = True
    assert device.read() == {"door": ACTIVE}
    box.faults_word = 4
    assert [found.code for found in device.probe().conditions] == ["node.supply-low", "door.open"]
    bus = device._bus
    bus.write(40, 30, (0b101,))
    assert box.outputs[:3] == [True, False, True]
    bus.write_coils(40, 0, (False, True))
    assert bus.read_coils(40, 0, 3) == (False, True, True)


def test_a_contact_counts_as_changed_only_when_it_stays() -> None:
    seen = Debounce(["door"], 0.2)
    seen.see({"door": False}, 10.0)
    assert seen.states == {"door": INACTIVE}
    for now, active, state in (
        (10.125, True, INACTIVE),
        (10.25, False, INACTIVE),
        (10.375, True, INACTIVE),
        (10.5, True, INACTIVE),
        (10.625, True, ACTIVE),
    ):
        seen.see({"door": active}, now)
        assert seen.states == {"door": state}, now
    assert [change.now for change in seen.changes()] == [ACTIVE]
    assert seen.changes() == ()


@pytest.mark.parametrize(
    ("kind", "model", "options"),
    [
        ("indicators", "modbus_coils", {"outputs": ""}),
        ("indicators", "modbus_coils", {"outputs": "card=0 card=1"}),
        ("indicators", "modbus_coils", {"outputs": "card=0 door=0"}),
        ("indicators", "modbus_coils", {"outputs": "card=one"}),
        ("indicators", "modbus_coils", {"outputs": "card=0 door=100"}),
        ("indicators", "modbus_coils", {"outputs": "card=0", "safe": "lamp=off"}),
        ("indicators", "modbus_coils", {"outputs": "card=0", "safe": "card=dim"}),
        ("indicators", "modbus_coils", {"outputs": "card=0", "map": "v2"}),
        ("sensors", "modbus_inputs", {"inputs": ""}),
        ("sensors", "modbus_inputs", {"inputs": "door=16", "map": "v1"}),
        ("sensors", "modbus_inputs", {"inputs": "door=0", "debounce": "long"}),
    ],
)
def test_a_mistake_in_the_settings_is_named(kind: str, model: str, options: dict[str, str]) -> None:
    with pytest.raises(DeviceError) as caught:
        make_device(kind, model, "modbus+serial:///dev/x?unit=40", options)
    assert caught.value.fault is Fault.CONFIGURATION


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("01 0000 0004", "01 01 00"),
        ("02 000F 0001", "02 01 00"),
        ("02 000F 0002", "82 02"),
        ("05 0003 FF00", "05 0003 FF00"),
        ("05 0003 0001", "85 03"),
        ("0F 0000 0003 01 05", "0F 0000 0003"),
        ("0F 0000 0003 02 0500", "8F 03"),
        ("06 001E 0003", "06 001E 0003"),
        ("04 0014 0001", "04 02 0000"),
    ],
)
def test_the_simulated_box_answers_as_the_specification_says(request_: str, answer: str) -> None:
    assert carry_out(SimulatedBox(), bytes.fromhex(request_)) == bytes.fromhex(answer)


@pytest.fixture
def upsd() -> Iterator[SimulatedUpsd]:
    server = SimulatedUpsd()
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize(
    ("flags", "codes", "state"),
    [
        ("OL CHRG", [], DeviceState.READY),
        ("OB DISCHRG", ["power.battery"], DeviceState.IMPAIRED),
        ("OB LB", ["power.battery", "power.low"], DeviceState.FAULT),
        ("OL RB", ["power.replace-battery"], DeviceState.IMPAIRED),
        ("FSD OB LB", ["power.battery", "power.low"], DeviceState.FAULT),
    ],
)
def test_what_a_ups_says_becomes_conditions(
    upsd: SimulatedUpsd, flags: str, codes: list[str], state: DeviceState
) -> None:
    device = make_device("sensors", "nut", upsd.url)
    device.open()
    upsd.flags = flags
    status = device.probe()
    assert ([condition.code for condition in status.conditions], status.state) == (codes, state)
    device.close()


def test_a_ups_that_its_server_has_lost_is_unknown(upsd: SimulatedUpsd, wait_until: Callable[..., None]) -> None:
    device = make_device("sensors", "nut", upsd.url)
    assert isinstance(device, NutSensors)
    device.open()
    upsd.stale = True
    status = device.probe()
    assert (status.state, [found.code for found in status.conditions]) == (DeviceState.UNKNOWN, ["power.unknown"])
    assert {change.now for change in device.poll()} == {UNKNOWN}
    upsd.stale = False
    wait_until(lambda: device.probe().state is DeviceState.READY)
    upsd.unplug()
    assert device.probe().state is DeviceState.ABSENT
    device.close()


def test_another_ups_is_a_mistake_of_the_settings(upsd: SimulatedUpsd) -> None:
    with pytest.raises(DeviceError) as caught:
        make_device("sensors", "nut", f"tcp://127.0.0.1:{upsd.port}?ups=cellar").open()
    assert caught.value.fault is Fault.CONFIGURATION
    with pytest.raises(DeviceError) as name:
        make_device("sensors", "nut", "tcp://127.0.0.1?ups=a%0Ab")
    assert name.value.fault is Fault.CONFIGURATION


@pytest.mark.parametrize(
    "line",
    [
        "",
        "OK",
        'VAR other ups.status "OL"',
        'VAR hall ups.status "CHRG"',
        'VAR hall ups.status "OL WET"',
        "ERR",
        "ERR X",
    ],
)
def test_what_is_no_status_is_not_guessed(line: str) -> None:
    with pytest.raises(DeviceError) as caught:
        decode_status(line, "hall")
    assert caught.value.fault is Fault.BAD_DATA
