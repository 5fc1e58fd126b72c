"""A round of twenty windows on one RS-485 line, against the time that its bytes take.

A round: every window's keypad and every window's rating box is polled once through its driver (``poll``): 40 polls,
nothing pressed. One poll is a request of 8 bytes and an answer of 25 (input registers 4 to 13 of map v1). Computed: its
bytes at 10 bits each, two silences as Modbus over serial line wants them (3.5 characters, above 19200 baud 1.75 ms),
and 5 ms in which the node thinks. The simulated line keeps that pace; one silence is in the node's time, the other is
the master's. Of ten rounds each poll counts with its best time, so that other work of the machine does not count.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from pymodbus.client import ModbusSerialClient

from drivers.device import DeviceError
from drivers.keypad.modbus_keypad import ModbusKeypad
from drivers.rating_device.modbus_rater import ModbusRater
from drivers.seams.bus_line import BusLine
from drivers.seams.modbus import ModbusBus
from drivers.seams.modbus_twin import SimulatedBus, SimulatedKeypad, SimulatedNode, SimulatedRater
from drivers.seams.serial_port import SerialPort
from hall24.bench import Figure

ABOUT = (
    "RS-485: a round of 20 windows against its line time, a dead node, our polls against plain pymodbus (bench_rs485)"
)
WINDOWS = 20
NODE_SECONDS = 0.005
REQUEST, ANSWER = 8, 25
SPEEDS = (9600, 19200, 115200)
LONG_RUN_SECONDS = 30.0
ROUNDS = 10


def silence(baud: int) -> float:
    """Between frames (Modbus over serial line 1.02, 2.5.1.1)."""
    return max(3.5 * 10 / baud, 0.00175)


def computed(baud: int) -> float:
    """Seconds of one poll on the wire."""
    return (REQUEST + ANSWER) * 10 / baud + 2 * silence(baud) + NODE_SECONDS


def plain(baud: int) -> float:
    """The same with 3.5 characters of silence at every speed."""
    return (REQUEST + ANSWER) * 10 / baud + 2 * 3.5 * 10 / baud + NODE_SECONDS


def measure(scratch: Path) -> list[Figure]:
    """For every speed a round; then half a minute with one dead node at 19200."""
    del scratch
    return [figure for baud in SPEEDS for figure in _speed(baud)] + _dead_node()


def _nodes() -> dict[int, SimulatedNode]:
    keypads: dict[int, SimulatedNode] = {unit: SimulatedKeypad() for unit in range(1, WINDOWS + 1)}
    return keypads | {100 + unit: SimulatedRater() for unit in range(1, WINDOWS + 1)}


def _speed(baud: int) -> list[Figure]:
    with SimulatedBus(_nodes(), baud=baud, node_seconds=NODE_SECONDS + silence(baud)) as wire:
        line = BusLine(SerialPort(wire.path, baud), baud)
        polls = _drivers(ModbusBus(line), wire)
        ours = _best(polls) / len(polls)
        line.close()
        client = ModbusSerialClient(wire.path, baudrate=baud, timeout=1.0, retries=0)
        client.connect()
        raw = [lambda unit=unit: _raw(client, unit) for unit in wire.nodes]
        theirs = _best(raw) / len(raw)
        client.close()
    name = f"{baud} baud"
    return [
        Figure(f"{name}: round of {WINDOWS} windows", 1000 * ours * 2 * WINDOWS, "ms"),
        Figure(f"{name}: round ÷ computed line time", ours / computed(baud), "×", most=1.1),
        Figure(f"{name}: round ÷ line time with 3.5 characters of silence at every speed", ours / plain(baud), "×"),
        Figure(f"{name}: our poll ÷ plain pymodbus", ours / theirs, "×"),
    ]


def _drivers(bus: ModbusBus, wire: SimulatedBus) -> list[Callable[[], object]]:
    polls: list[Callable[[], object]] = []
    for unit, node in wire.nodes.items():
        device = (ModbusKeypad if isinstance(node, SimulatedKeypad) else ModbusRater)(bus, unit)
        device.open()
        device.poll()  # the first one asks also what was acknowledged
        polls.append(device.poll)
    return polls


def _raw(client: ModbusSerialClient, unit: int) -> None:
    reply = client.read_input_registers(4, count=10, device_id=unit)
    if reply.isError():
        raise DeviceError  # pragma: no cover  # because the simulated node always answers


def _best(calls: list[Callable[[], object]]) -> float:
    """A round in which every call takes its best time of many."""
    return sum(min(times) for times in zip(*([_timed([call]) for call in calls] for _ in range(ROUNDS)), strict=True))


def _timed(calls: list[Callable[[], object]]) -> float:
    begin = time.perf_counter()
    for call in calls:
        call()
    return time.perf_counter() - begin


def _dead_node() -> list[Figure]:
    """Rounds for half a minute with a node that has died: the time that it takes from the others."""
    baud = 19200
    with SimulatedBus(_nodes(), baud=baud, node_seconds=NODE_SECONDS + silence(baud)) as wire:
        line = BusLine(SerialPort(wire.path, baud), baud)
        dead, *others = _drivers(ModbusBus(line), wire)
        wire.nodes[1].faults.silent = True
        settled = time.monotonic() + 10.0  # it rests half a second, one, two, four, then five for good
        while time.monotonic() < settled:
            _quiet([dead, *others])
        begin, lost, used = time.monotonic(), 0.0, 0.0
        while time.monotonic() - begin < LONG_RUN_SECONDS:
            lost += _timed([lambda: _quiet([dead])])
            used += _timed(others)
        line.close()
    return [Figure("a dead node: what it adds to a round", 100 * lost / used, "%", most=5.0)]


def _quiet(polls: list[Callable[[], object]]) -> None:
    for poll in polls:
        try:
            poll()
        except DeviceError:
            continue
