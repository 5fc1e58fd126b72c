"""What rigs of devices on a simulated RS-485 bus have in common."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, Protocol, TypeVar

from drivers.conformance.rig import NotConformingError, Rig
from drivers.device import Cancel, DeviceError, Fault
from drivers.seams.bus_line import BusLine, LineTimes
from drivers.seams.modbus_twin import SimulatedBus, SimulatedKeys, SimulatedNode
from drivers.seams.serial_port import SerialPort
from drivers.seams.twin_tongues import Tongue

UNIT = 8
_POLL_SECONDS = 0.01
_IDLE_SECONDS = 0.004
_BUSY_SECONDS = 5.0
TIMES = LineTimes(turnaround=0.2, first_rest=0.005, rest=0.01, reopen=0.0)


class BusRig(Rig):
    """One node on a bus of its own; every driver that is made gets the line anew, since a pty is held for one alone."""

    seconds: ClassVar[float] = 3.0
    spoiled_seconds: ClassVar[float | None] = 0.5
    cycles: ClassVar[int] = 60

    def __init__(self) -> None:
        super().__init__()
        self._node = self.node()
        self._bus = SimulatedBus({UNIT: self._node}, frames={UNIT: self._node}, tongues=self.tongues())
        self._bus_line: BusLine | None = None

    @abstractmethod
    def node(self) -> SimulatedNode:
        """The device itself."""

    def tongues(self) -> Sequence[Tongue]:
        """What else it speaks."""
        return ()

    def line(self) -> BusLine:
        """A new line to the bus, spoiled on demand; the one before is let go."""
        if self._bus_line is not None:
            self._bus_line.close()
        self._bus_line = BusLine(self.wrap(SerialPort(self._bus.path, 19200)), 19200, times=TIMES)
        return self._bus_line

    def start(self) -> None:
        self._bus.start()

    def stop(self) -> None:
        if self._bus_line is not None:
            self._bus_line.close()
        self._bus.stop()

    def silence(self, silent: bool) -> None:
        self._node.faults.silent = silent

    def settle(self) -> None:
        """A node that was counted as dead has rested."""
        time.sleep(TIMES.rest)

    def wait_until_carried_out(self) -> None:
        """What is still on its way to the node, of a command that was broken off, comes there."""
        wait_until_idle(lambda: self._bus.is_idle)

    def unplug(self) -> None:
        self._bus.unplug()

    def plug_in(self) -> None:
        self._bus.plug_in()


def wait_until_idle(is_idle: Callable[[], bool]) -> None:
    """Waits until a simulated device has had nothing to do for a moment: the system hands bytes on within that."""
    idle_since = time.monotonic()
    end = idle_since + _BUSY_SECONDS
    while (now := time.monotonic()) - idle_since < _IDLE_SECONDS and now < end:
        time.sleep(0.001)
        if not is_idle():
            idle_since = time.monotonic()


class Press(Protocol):
    """What keys and rating boxes give out."""

    @property
    def sequence(self) -> int: ...


P = TypeVar("P", bound=Press)


class Officer(Generic[P]):
    """Does what a hall does: carries each press out once, by its sequence, and acknowledges it until that is heard.

    Not ``exact``: of a device that cannot tell presses apart, everything that it gives out is carried out.
    """

    def __init__(self, *, exact: bool = True) -> None:
        self._exact = exact
        self._done: set[int] = set()
        self.carried_out = 0

    def take(
        self,
        poll: Callable[[float], P | None],
        acknowledge: Callable[[P], None],
        timeout: float,
        cancel: Cancel | None = None,
    ) -> P:
        """Waits for a new press. Raises SILENT when there was none in time, CANCELLED, and what the device raises.

        A poll that noise has spoiled is no reason to give up; a broken line is. Once a press was carried out, whatever
        fails is ``uncertain``.
        """
        deadline = time.monotonic() + timeout
        failed: DeviceError | None = None
        while (left := deadline - time.monotonic()) > 0:
            if cancel is not None:
                cancel.check()
            try:
                press, failed = poll(left), None
            except DeviceError as error:
                if error.fault not in (Fault.SILENT, Fault.CHECKSUM):
                    raise
                press, failed = None, error
            if press is None:
                time.sleep(_POLL_SECONDS)
                continue
            new = press.sequence not in self._done or not self._exact
            if new:
                self._done.add(press.sequence)
                self.carried_out += 1
            try:
                acknowledge(press)
            except DeviceError as error:
                error.uncertain = error.uncertain or new
                raise
            if new:
                return press
        raise failed or DeviceError(Fault.SILENT, "nothing was pressed")


def effects_of(officer: Officer[P], keys: SimulatedKeys) -> int:
    """How many presses were carried out. Raises when one was doubled, or lost."""
    if officer.carried_out > keys.pressed:
        raise NotConformingError(f"{keys.pressed} presses, {officer.carried_out} carried out")
    if keys.taken > officer.carried_out:
        raise NotConformingError(f"{keys.taken} presses are gone, {officer.carried_out} carried out")
    return officer.carried_out


def press_again(keys: SimulatedKeys, press: Callable[[], object]) -> None:
    """Sees to it that there is a press that nobody has taken: of two that wait, one at most was given out."""
    if keys.unacknowledged < 2:
        press()
