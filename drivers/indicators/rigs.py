"""Lamps and locks on the bench."""

from __future__ import annotations

from typing import ClassVar, cast

from drivers.conformance.bus_rig import UNIT, BusRig
from drivers.conformance.rig import Rig
from drivers.device import Cancel, Device
from drivers.indicators.modbus_coils import ModbusCoils
from drivers.indicators.port import Indicators
from drivers.seams.modbus import ModbusBus
from drivers.seams.modbus_twin import SimulatedBox, SimulatedNode
from drivers.seams.named_bits import NamedBits

LAMP = 2


class RelayBoardRig(BusRig):
    """``act`` switches a lamp to what it is not; its effect is a coil that changed."""

    model: ClassVar[str] = "indicators/modbus_coils"
    variant: ClassVar[str] = "relay board"
    has_map: ClassVar[bool] = False

    def node(self) -> SimulatedNode:
        self._box = SimulatedBox()
        return self._box

    def make(self) -> Device:
        outputs = NamedBits.parse(f"door=!0 card-lamp={LAMP}", "outputs")
        return ModbusCoils(ModbusBus(self.line()), UNIT, outputs, safe={"door": False}, has_map=self.has_map)

    def prepare(self) -> None:
        """A lamp can always be switched."""

    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        lamps = cast("Indicators", device)
        on = not self._box.outputs[LAMP]
        lamps.set("card-lamp", on, timeout, cancel)
        return self._box.outputs[LAMP] == on

    @property
    def expected(self) -> object:
        return True

    def effects(self) -> int | None:
        self.wait_until_carried_out()
        return sum(1 for number, _ in self._box.switched if number == LAMP)


class MappedBoxRig(RelayBoardRig):
    """A node of map v1, class 4."""

    variant: ClassVar[str] = "map v1"
    has_map: ClassVar[bool] = True


RIGS: tuple[type[Rig], ...] = (RelayBoardRig, MappedBoxRig)
