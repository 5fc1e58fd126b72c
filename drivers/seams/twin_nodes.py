"""Simulated nodes of a bus: bars, keypads, rating boxes, contacts and relays. What they are, not what they speak.

Registers are those of map v1; ``modbus_twin`` speaks Modbus for them, ``frame_twin`` the CRC-16 frame.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drivers.seams.led_picture import draw_bar

if TYPE_CHECKING:
    from PIL import Image

_EVENTS_KEPT = 8
_UPTIME_AT_FIRST = 3600.0
"""Seconds for which the nodes have had power when the simulation begins, as in a real hall."""


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

    @property
    def uptime(self) -> int:
        """Seconds since it got power."""
        return int(time.monotonic() - self._started)

    def read_contacts(self, address: int, count: int) -> list[bool] | None:
        """Discrete inputs; None: there are none."""
        del address, count
        return None

    def read_outputs(self, address: int, count: int) -> list[bool] | None:
        """Coils; None: there are none."""
        del address, count
        return None

    def switch(self, address: int, on: list[bool]) -> bool:
        """Writes coils; False: there are none."""
        del address, on
        return False


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

    def wait_for(self, wanted: Callable[[str], bool], timeout: float = 20.0) -> str:
        """Waits until the text satisfies ``wanted``; returns it, or raises ``TimeoutError``."""
        with self._changed:
            if not self._changed.wait_for(lambda: wanted(self.text), timeout):
                raise TimeoutError(f"the bar shows {self.text!r}")
            return self.text

    def show(self, style: int, data: bytes) -> None:
        """What a frame says instead of registers."""
        with self._lock:
            self.text, self.style = data.decode("gb18030", errors="replace"), style
            self.shown.append(self.text)
            self._changed.notify_all()

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
class Pressed:
    """A press as the node keeps it."""

    sequence: int
    code: int
    session: int
    at: float = field(default_factory=time.monotonic)


class SimulatedKeys(SimulatedNode):
    """A node with keys: presses wait in a small memory until each one is acknowledged."""

    def __init__(self) -> None:
        super().__init__()
        self.pressed = 0
        self.taken = 0
        """How many presses there were so far, and how many of them were acknowledged."""
        self.frame_event_bytes = 5
        """How much a frame says of a press: 1 the code, 3 with its age, 5 with its session."""
        self._sequence = 0
        self._waiting: deque[Pressed] = deque(maxlen=_EVENTS_KEPT)
        self._last: Pressed | None = None
        self._taken = threading.Condition(self._lock)

    @property
    def unacknowledged(self) -> int:
        """Presses that the master has not acknowledged yet."""
        with self._lock:
            return len(self._waiting)

    @property
    def oldest(self) -> Pressed | None:
        """The press that is shown."""
        with self._lock:
            return self._waiting[0] if self._waiting else None

    def take(self, sequence: int, modulus: int = 0x10000) -> None:
        """Forgets the oldest press when it has that sequence; ``modulus`` for sequences of fewer bits."""
        with self._lock:
            if self._waiting and (self._waiting[0].sequence - 1) % modulus + 1 == sequence:
                self._last = self._waiting.popleft()
                self.taken += 1
                self._taken.notify_all()

    def forget(self) -> None:
        """Nobody has pressed anything."""
        with self._lock:
            self._waiting.clear()

    def wait_until_taken(self, timeout: float = 20.0) -> None:
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
            self.pressed += 1
            self._sequence = self._sequence % 0xFFFF + 1
            self._waiting.append(Pressed(self._sequence, code, session, time.monotonic() - age))

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
        self.take(self._holding.get(10, 0))


class SimulatedKeypad(SimulatedKeys):
    """The officer's keypad."""

    node_class = 2
    KEYS = ("call-next", "recall", "start", "pass", "finish", "pause", "hold")

    def press(self, key: str | int, age: float = 0.0) -> None:
        """Presses a key by its name or its number; ``age``: it was pressed so many seconds ago."""
        self._press(key if isinstance(key, int) else self.KEYS.index(key) + 1, age=age)


class SimulatedRater(SimulatedKeys):
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

    def become(self, session: int) -> None:
        """What a frame says instead of register 12."""
        with self._lock:
            self._holding[12] = session
            self._invited.notify_all()

    def wait_for_invitation(self, timeout: float = 20.0, *, invited: bool = True) -> int:
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


class SimulatedBox(SimulatedNode):
    """Contacts and relays, 16 of each."""

    node_class = 4

    def __init__(self) -> None:
        super().__init__()
        self.contacts = [False] * 16
        self.outputs = [False] * 16
        self.switched: list[tuple[int, bool]] = []
        """Every time that an output changed: which one, and whether it is on."""
        self._changed = threading.Condition(self._lock)

    def power_cycle(self) -> None:
        super().power_cycle()
        with self._lock:
            self.outputs = [False] * 16

    def wait_for(self, wanted: Callable[[list[bool]], bool], timeout: float = 20.0) -> None:
        """Waits until the outputs satisfy ``wanted``, or raises ``TimeoutError``."""
        with self._changed:
            if not self._changed.wait_for(lambda: wanted(self.outputs), timeout):
                raise TimeoutError("the outputs did not become so")

    def read_contacts(self, address: int, count: int) -> list[bool] | None:
        with self._lock:
            return self.contacts[address : address + count] if address + count <= 16 else None

    def read_outputs(self, address: int, count: int) -> list[bool] | None:
        with self._lock:
            return self.outputs[address : address + count] if address + count <= 16 else None

    def switch(self, address: int, on: list[bool]) -> bool:
        with self._lock:
            if address + len(on) > 16:
                return False
            for number, value in enumerate(on, address):
                if self.outputs[number] != value:
                    self.outputs[number] = value
                    self.switched.append((number, value))
            self._changed.notify_all()
            return True

    def _event_registers(self) -> dict[int, int]:
        return super()._event_registers() | {20: sum(value << bit for bit, value in enumerate(self.contacts))}

    def _has_holding(self, number: int) -> bool:
        return number == 30

    def _written(self, before: Mapping[int, int]) -> None:
        del before
        self.switch(0, [bool(self._holding.get(30, 0) >> bit & 1) for bit in range(16)])
