"""What rigs of devices on a simulated RS-485 bus have in common."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

from drivers.conformance.rig import Rig
from drivers.device import Cancel, DeviceError, Fault
from drivers.seams.bus_line import BusLine, LineTimes
from drivers.seams.modbus_twin import SimulatedBus, SimulatedNode
from drivers.seams.serial_port import SerialPort
from drivers.seams.twin_tongues import Tongue

T = TypeVar("T")

UNIT = 8
_POLL_SECONDS = 0.01
TIMES = LineTimes(turnaround=0.03, first_rest=0.005, rest=0.01, reopen=0.0)


class BusRig(Rig):
    """One node on a bus of its own; every driver that is made gets the line anew, since a pty is held for one alone."""

    seconds: ClassVar[float] = 0.5
    cycles: ClassVar[int] = 150

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

    def unplug(self) -> None:
        self._bus.unplug()

    def plug_in(self) -> None:
        self._bus.plug_in()


def until_pressed(poll: Callable[[float], T | None], timeout: float, cancel: Cancel | None = None) -> T:
    """Polls until something was pressed. Raises SILENT when nothing was in time, CANCELLED, and what ``poll`` raises.

    One poll that noise has spoiled is no reason to give up; a broken line is.
    """
    deadline = time.monotonic() + timeout
    failed: DeviceError | None = None
    while (left := deadline - time.monotonic()) > 0:
        if cancel is not None:
            cancel.check()
        try:
            pressed = poll(left)
        except DeviceError as error:
            if error.fault not in (Fault.SILENT, Fault.CHECKSUM):
                raise
            failed, pressed = error, None
        else:
            failed = None
        if pressed is not None:
            return pressed
        time.sleep(_POLL_SECONDS)
    raise failed or DeviceError(Fault.SILENT, "nothing was pressed")
