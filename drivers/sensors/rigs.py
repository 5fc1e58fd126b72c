"""Contacts and power supplies on the bench."""

from __future__ import annotations

from typing import ClassVar, cast

from drivers.conformance.bus_rig import UNIT, BusRig
from drivers.conformance.rig import Rig
from drivers.device import Cancel, Device
from drivers.seams.modbus import ModbusBus
from drivers.seams.modbus_twin import SimulatedBox, SimulatedNode
from drivers.seams.named_bits import NamedBits
from drivers.seams.tcp_port import TcpPort
from drivers.sensors.modbus_inputs import ModbusInputs
from drivers.sensors.nut import NutSensors
from drivers.sensors.nut_twin import SimulatedUpsd
from drivers.sensors.port import Sensors, SensorState


class ContactsRig(BusRig):
    """``act`` reads: the door is open, the cabinet (whose contact is the other way round) closed."""

    model: ClassVar[str] = "sensors/modbus_inputs"
    variant: ClassVar[str] = "contacts"
    has_map: ClassVar[bool] = False

    def node(self) -> SimulatedNode:
        box = SimulatedBox()
        box.contacts[1] = box.contacts[3] = True
        return box

    def make(self) -> Device:
        inputs = NamedBits.parse("door=1 cabinet=!3 presence=2", "inputs")
        return ModbusInputs(ModbusBus(self.line()), UNIT, inputs, has_map=self.has_map)

    def prepare(self) -> None:
        """Nothing is used up by reading."""

    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        return dict(cast("Sensors", device).read(timeout, cancel))

    @property
    def expected(self) -> object:
        return {"door": SensorState.ACTIVE, "cabinet": SensorState.INACTIVE, "presence": SensorState.INACTIVE}


class MappedContactsRig(ContactsRig):
    """A node of map v1, class 4."""

    variant: ClassVar[str] = "map v1"
    has_map: ClassVar[bool] = True


class UpsRig(Rig):
    """A UPS on battery."""

    model: ClassVar[str] = "sensors/nut"
    spoils: ClassVar[bool] = False
    """TCP gives whole bytes or none."""
    seconds: ClassVar[float] = 3.0
    cycles: ClassVar[int] = 150

    def __init__(self) -> None:
        super().__init__()
        self._upsd = SimulatedUpsd()
        self._upsd.flags = "OB DISCHRG"

    def start(self) -> None:
        self._upsd.start()

    def stop(self) -> None:
        self._upsd.stop()

    def make(self) -> Device:
        return NutSensors(TcpPort("127.0.0.1", self._upsd.port), self._upsd.ups, probe_seconds=0.2)

    def prepare(self) -> None:
        """Nothing is used up by asking."""

    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        return dict(cast("Sensors", device).read(timeout, cancel))

    @property
    def expected(self) -> object:
        return {
            "on-battery": SensorState.ACTIVE,
            "battery-low": SensorState.INACTIVE,
            "replace-battery": SensorState.INACTIVE,
        }

    def silence(self, silent: bool) -> None:
        self._upsd.silent = silent

    def unplug(self) -> None:
        self._upsd.unplug()

    def plug_in(self) -> None:
        self._upsd.plug_in()


RIGS: tuple[type[Rig], ...] = (ContactsRig, MappedContactsRig, UpsRig)
