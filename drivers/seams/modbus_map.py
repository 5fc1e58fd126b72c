"""Map v1: which register of a node means what. The same for bars, keypads, rating boxes, contacts and relays.

Input registers: 0 magic 5144h, 1 map version, 2 class, 3 firmware, 4 uptime in seconds, 5 fault bits, 6 to 9
reserved (0), 10 sequence of the oldest event that was not acknowledged (0: none since power-up), 11 the event (key
or level), 12 its age in seconds, 13 the session it belongs to (rating boxes), 20 contacts as bits. Holding
registers: 10 acknowledged sequence, 12 session of the invitation (0: idle), 20 command sequence, 21 style, 22 length
in bytes, 23 to 86 text in GB18030, high byte first, 30 outputs as bits. Contacts are also discrete inputs 0 to 15 and
outputs coils 0 to 15, as on any relay board. All holding registers are 0 after power-up.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.device import Condition, DeviceError, Fault, Status
from drivers.seams.bus_line import Within
from drivers.seams.modbus import ModbusBus
from drivers.seams.node_health import BUS_NOISY, NO_LINE, NodeClass, NodeFault, conditions_of, gone_status, status_of

__all__ = ["NO_LINE", "NodeClass", "NodeFault"]

MAGIC = 0x5144
VERSION = 1

IDENTITY, IDENTITY_COUNT = 0, 6
UPTIME = 4
EVENT, EVENT_COUNT = 10, 4
ACKNOWLEDGED = 10
SESSION = 12
COMMAND = 20
TEXT = 23
TEXT_BYTES = 128
CONTACTS = 20
OUTPUTS = 30
CONTACT_COUNT = 16


@dataclass(frozen=True, slots=True)
class Identity:
    """What a node says about itself."""

    node_class: int
    firmware: int
    uptime: int
    faults: int

    @classmethod
    def parse(cls, registers: tuple[int, ...]) -> Identity:
        """Raises ``DeviceError(BAD_DATA)`` when it is no node of ours or of a newer map."""
        magic, version, node_class, firmware, uptime, faults = registers
        if magic != MAGIC:
            raise DeviceError(Fault.BAD_DATA, f"magic {magic:04X}h instead of {MAGIC:04X}h")
        if version != VERSION:
            raise DeviceError(Fault.UNSUPPORTED, f"map version {version}")
        return cls(node_class, firmware, uptime, faults)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return conditions_of(self.faults)


def identify(bus: ModbusBus, unit: int, expected: NodeClass, within: Within | None = None) -> Identity:
    """Asks a node who it is. Raises CONFIGURATION when it is of another class, and what the bus raises."""
    identity = Identity.parse(bus.read_input(unit, IDENTITY, IDENTITY_COUNT, within))
    if identity.node_class != expected:
        raise DeviceError(Fault.CONFIGURATION, f"node {unit} is of class {identity.node_class}, not {expected.value}")
    return identity


def noise_of(bus: ModbusBus, unit: int) -> tuple[Condition, ...]:
    """``bus.noisy`` when many answers of a node were spoiled lately."""
    return (BUS_NOISY,) if bus.counts(unit).is_noisy else ()


def probe_node(bus: ModbusBus, unit: int, expected: NodeClass) -> Status:
    """How a node is; a silent one is unknown, never ok. Does not raise."""
    try:
        identity = identify(bus, unit, expected)
    except DeviceError as error:
        return gone_status(error)
    return status_of(
        (*identity.conditions, *noise_of(bus, unit)), f"firmware {identity.firmware >> 8}.{identity.firmware & 0xFF}"
    )
