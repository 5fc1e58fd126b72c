"""A simulated RS-485 bus with bars, keypads and rating boxes on it, for demo and tests.

The far end of a pty: real Modbus RTU bytes, a slave of its own that shares no code with the driver's
side (not even the CRC), and a menu of faults per node and for the wire.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from drivers.seams.led_picture import draw_bar
from drivers.seams.pty_line import PtyLine

if TYPE_CHECKING:
    from PIL import Image

T = TypeVar("T")

_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS, _ILLEGAL_VALUE = 1, 2, 3
_EVENTS_KEPT = 8
_UPTIME_AT_FIRST = 3600.0
"""Seconds for which the nodes have had power when the simulation begins, as in a real hall."""


def crc16(data: bytes) -> bytes:
    """CRC-16/MODBUS, low byte first, bit by bit as the specification draws it."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value.to_bytes(2, "little")


@dataclass
class NodeFaults:
    """What may be wrong with one node; every field can be set while it runs."""

    silent: bool = False
    exception: int = 0
    """Answers everything with this exception code."""
    wrong_crc: int = 0
    """So many of the next answers have a wrong checksum."""
    lost_replies: int = 0
    """So many of the next requests are carried out, but the answer is lost."""
    lost_requests: int = 0
    """So many of the next requests never arrive."""
    slow_seconds: float = 0.0
    """Thinks so long before it answers."""


class SimulatedNode:
    """Registers of one node by map v1. Subclasses say what registers 10 and up mean."""

    node_class = 0
    faults_word = 0
    """Register 5: bits of the node's own faults."""

    def __init__(self) -> None:
        self.faults = NodeFaults()
        self.requests = 0
        self._lock = threading.RLock()
        self._holding: dict[int, int] = {}
        self._started = time.monotonic() - _UPTIME_AT_FIRST

    def power_cycle(self) -> None:
        """Off and on again: all that was in registers is gone."""
        with self._lock:
            self._holding.clear()
            self._started = time.monotonic()

    def read_input(self, address: int, count: int) -> list[int] | None:
        with self._lock:
            uptime = int(time.monotonic() - self._started) & 0xFFFF
            known = {0: 0x5144, 1: 1, 2: self.node_class, 3: 0x0102, 4: uptime, 5: self.faults_word}
            known |= dict.fromkeys(range(6, 10), 0) | self._event_registers()
            wanted = range(address, address + count)
            return [known[number] for number in wanted] if all(number in known for number in wanted) else None

    def read_holding(self, address: int, count: int) -> list[int] | None:
        with self._lock:
            wanted = range(address, address + count)
            if not all(self._has_holding(number) for number in wanted):
                return None
            return [self._holding.get(number, 0) for number in wanted]

    def write(self, address: int, values: list[int]) -> bool:
        with self._lock:
            if not all(self._has_holding(address + offset) for offset in range(len(values))):
                return False
            before = dict(self._holding)
            self._holding.update({address + offset: value for offset, value in enumerate(values)})
            self._written(before)
            return True

    def _event_registers(self) -> dict[int, int]:
        return dict.fromkeys(range(10, 14), 0)

    def _has_holding(self, number: int) -> bool:
        del number
        return False

    def _written(self, before: Mapping[int, int]) -> None:
        """What the node does after registers were written."""


class SimulatedBar(SimulatedNode):
    """LED bar: shows the text of a command once its sequence changes."""

    node_class = 1

    def __init__(self, columns: int = 16) -> None:
        super().__init__()
        self.columns = columns
        self.text = ""
        self.style = 0
        self.shown: list[str] = []
        """Every text that was shown, in order."""
        self._changed = threading.Condition(self._lock)

    def power_cycle(self) -> None:
        super().power_cycle()
        with self._lock:
            self.text, self.style = "", 0

    def wait_for(self, wanted: Callable[[str], bool], timeout: float = 5.0) -> str:
        """Waits until the text satisfies ``wanted``; returns it, or raises ``TimeoutError``."""
        with self._changed:
            if not self._changed.wait_for(lambda: wanted(self.text), timeout):
                raise TimeoutError(f"the bar shows {self.text!r}")
            return self.text

    def picture(self, offset: int = 0) -> Image.Image:
        """The bar as a person sees it: red dots on black; ``offset`` cells of a scrolling text are gone by."""
        with self._lock:
            return draw_bar(self.text, self.columns, offset)

    def _has_holding(self, number: int) -> bool:
        return 20 <= number <= 86

    def _written(self, before: Mapping[int, int]) -> None:
        if self._holding.get(20, 0) == before.get(20, 0):
            return
        length = min(self._holding.get(22, 0), 128)
        data = b"".join(self._holding.get(23 + index, 0).to_bytes(2, "big") for index in range(64))[:length]
        self.text = data.decode("gb18030", errors="replace")
        self.style = self._holding.get(21, 0)
        self.shown.append(self.text)
        self._changed.notify_all()


@dataclass
class _Pressed:
    sequence: int
    code: int
    session: int
    at: float = field(default_factory=time.monotonic)


class _PressedNode(SimulatedNode):
    """A node with keys: presses wait in a small memory until each one is acknowledged."""

    def __init__(self) -> None:
        super().__init__()
        self._sequence = 0
        self._waiting: deque[_Pressed] = deque(maxlen=_EVENTS_KEPT)
        self._last: _Pressed | None = None
        self._taken = threading.Condition(self._lock)

    @property
    def unacknowledged(self) -> int:
        """Presses that the master has not acknowledged yet."""
        with self._lock:
            return len(self._waiting)

    def wait_until_taken(self, timeout: float = 5.0) -> None:
        """Waits until every press was acknowledged; raises ``TimeoutError``."""
        with self._taken:
            if not self._taken.wait_for(lambda: not self._waiting, timeout):
                raise TimeoutError(f"{len(self._waiting)} presses were not taken")

    def power_cycle(self) -> None:
        super().power_cycle()
        with self._lock:
            self._sequence = 0
            self._waiting.clear()
            self._last = None

    def _press(self, code: int, session: int = 0, age: float = 0.0) -> None:
        with self._lock:
            self._sequence = self._sequence % 0xFFFF + 1
            self._waiting.append(_Pressed(self._sequence, code, session, time.monotonic() - age))

    def _event_registers(self) -> dict[int, int]:
        shown = self._waiting[0] if self._waiting else self._last
        if shown is None:
            return super()._event_registers()
        age = min(int(time.monotonic() - shown.at), 0xFFFF)
        return {10: shown.sequence, 11: shown.code, 12: age, 13: shown.session}

    def _has_holding(self, number: int) -> bool:
        return number == 10

    def _written(self, before: Mapping[int, int]) -> None:
        del before
        if self._waiting and self._holding.get(10, 0) == self._waiting[0].sequence:
            self._last = self._waiting.popleft()
            self._taken.notify_all()


class SimulatedKeypad(_PressedNode):
    """The officer's keypad."""

    node_class = 2
    KEYS = ("call-next", "recall", "start", "pass", "finish", "pause", "hold")

    def press(self, key: str | int, age: float = 0.0) -> None:
        """Presses a key by its name or its number; ``age``: it was pressed so many seconds ago."""
        self._press(key if isinstance(key, int) else self.KEYS.index(key) + 1, age=age)


class SimulatedRater(_PressedNode):
    """The citizen's rating box: its keys do something only while it invites."""

    node_class = 3
    LEVELS = ("very-dissatisfied", "dissatisfied", "basically-satisfied", "satisfied", "very-satisfied")

    def __init__(self) -> None:
        super().__init__()
        self._invited = threading.Condition(self._lock)

    @property
    def session(self) -> int:
        with self._lock:
            return self._holding.get(12, 0)

    @property
    def invited(self) -> bool:
        return self.session != 0

    def wait_for_invitation(self, timeout: float = 5.0, *, invited: bool = True) -> int:
        """Waits until the box invites (or does not any more); returns the session, or raises ``TimeoutError``."""
        with self._invited:
            if not self._invited.wait_for(lambda: (self._holding.get(12, 0) != 0) == invited, timeout):
                raise TimeoutError("the rating box was not invited" if invited else "the invitation did not end")
            return self._holding.get(12, 0)

    def press(self, level: str | int, age: float = 0.0) -> bool:
        """Presses a level by its name or its number (5 is the best); False: nothing happened, nobody was invited."""
        with self._lock:
            if not self.invited:
                return False
            code = level if isinstance(level, int) else self.LEVELS.index(level) + 1
            self._press(code, self.session, age)
            return True

    def _has_holding(self, number: int) -> bool:
        return number in (10, 12)

    def _written(self, before: Mapping[int, int]) -> None:
        super()._written(before)
        self._invited.notify_all()


class SimulatedBus:
    """The wire with its nodes by unit number. ``baud`` 0 sends without the pace of a real wire.

    ``noise`` is sent before each of the next ``noisy`` answers.
    """

    def __init__(self, nodes: Mapping[int, SimulatedNode], *, baud: int = 0) -> None:
        self.nodes = dict(nodes)
        self.noise = b""
        self.noisy = 0
        self.seen: list[bytes] = []
        """Every sound frame that the master sent, for tests that look at bytes."""
        self._baud = baud
        self._line = PtyLine(self._received, baud=baud, name="bus")
        self._heard = bytearray()
        self._heard_at = 0.0

    @property
    def path(self) -> str:
        """What ``${BUS}`` of a hall description stands for."""
        return self._line.path

    def url(self, unit: int) -> str:
        """The device URL of one node."""
        return f"modbus+serial://{self.path}?baud={self._baud or 19200}&unit={unit}"

    def start(self) -> None:
        self._line.start()

    def stop(self) -> None:
        self._line.stop()

    def __enter__(self) -> SimulatedBus:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def unplug(self) -> None:
        """Pulls the adapter out; the nodes keep their power."""
        self._line.unplug()

    def plug_in(self) -> None:
        self._heard.clear()
        self._line.plug_in()

    def bar(self, unit: int) -> SimulatedBar:
        """The bar with that number. Raises ``TypeError`` when another thing is there."""
        return _expect(self.nodes[unit], SimulatedBar)

    def keypad(self, unit: int) -> SimulatedKeypad:
        return _expect(self.nodes[unit], SimulatedKeypad)

    def rater(self, unit: int) -> SimulatedRater:
        return _expect(self.nodes[unit], SimulatedRater)

    def _received(self, data: bytes) -> None:
        now = time.monotonic()
        if now - self._heard_at > 0.05:
            self._heard.clear()  # a pause on the wire ends whatever was begun
        self._heard_at = now
        self._heard += data
        while (frame := self._next_frame()) is not None:
            self.seen.append(frame)
            self._answer(frame)

    def _next_frame(self) -> bytes | None:
        """Takes the first frame with a right checksum out of what was heard; drops what stands before it."""
        heard = self._heard
        while len(heard) >= 8:
            length = 9 + heard[6] if heard[1] == 16 else 8
            if len(heard) >= length and crc16(bytes(heard[: length - 2])) == heard[length - 2 : length]:
                frame = bytes(heard[:length])
                del heard[:length]
                return frame
            if len(heard) < length <= 137:
                return None
            del heard[:1]
        return None

    def _answer(self, frame: bytes) -> None:
        node = self.nodes.get(frame[0])
        if node is None or node.faults.silent:
            return
        node.requests += 1
        if node.faults.lost_requests > 0:
            node.faults.lost_requests -= 1
            return
        exception = node.faults.exception
        reply = bytes((frame[1] | 0x80, exception)) if exception else carry_out(node, frame[1:-2])
        if node.faults.lost_replies > 0:
            node.faults.lost_replies -= 1
            return
        if node.faults.slow_seconds and not self._line.pause(node.faults.slow_seconds):
            return
        adu = frame[:1] + reply
        check = crc16(adu)
        if node.faults.wrong_crc > 0:
            node.faults.wrong_crc -= 1
            check = bytes((check[0] ^ 0xFF, check[1]))
        if self.noisy > 0:
            self.noisy -= 1
            adu = self.noise + adu
        self._line.send(adu + check)


def carry_out(node: SimulatedNode, request: bytes) -> bytes:
    """Function code and data of the answer to function code and data of a request."""
    function = request[0]
    address = int.from_bytes(request[1:3], "big")
    count = int.from_bytes(request[3:5], "big")
    if function in (3, 4):
        if not 1 <= count <= 125:
            return bytes((function | 0x80, _ILLEGAL_VALUE))
        registers = (node.read_holding if function == 3 else node.read_input)(address, count)
        if registers is None:
            return bytes((function | 0x80, _ILLEGAL_ADDRESS))
        return bytes((function, 2 * count)) + b"".join(value.to_bytes(2, "big") for value in registers)
    if function == 6:
        return request if node.write(address, [count]) else bytes((function | 0x80, _ILLEGAL_ADDRESS))
    if function == 16:
        data = request[6:]
        if request[5] != 2 * count or len(data) != 2 * count:
            return bytes((function | 0x80, _ILLEGAL_VALUE))
        values = [int.from_bytes(data[index : index + 2], "big") for index in range(0, len(data), 2)]
        return request[:5] if node.write(address, values) else bytes((function | 0x80, _ILLEGAL_ADDRESS))
    return bytes((function | 0x80, _ILLEGAL_FUNCTION))


def _expect(node: SimulatedNode, kind: type[T]) -> T:
    if not isinstance(node, kind):
        raise TypeError(f"a {type(node).__name__} is there")
    return node
