"""What nodes of a bus are, and what is wrong with them, whatever they speak. Pure."""

from __future__ import annotations

from enum import IntEnum

from drivers.device import Action, Condition, DeviceError, DeviceState, Fault, Status

NO_LINE = frozenset({Fault.ABSENT, Fault.UNPLUGGED, Fault.CANCELLED})
_NO_ANSWER = frozenset({Fault.SILENT, Fault.CHECKSUM, Fault.BUSY})
NODE_SILENT = Condition("node.silent", Action.ENGINEER, blocking=True)
BUS_ABSENT = Condition("bus.absent", Action.ENGINEER, blocking=True)
BUS_NOISY = Condition("bus.noisy", Action.ENGINEER)
"""It works, by asking again and again: wires, termination, a second master, two nodes with one address."""
NODE_WRONG = Condition("node.wrong", Action.CONFIGURE, blocking=True)


class NodeClass(IntEnum):
    """What a node says that it is."""

    DISPLAY = 1
    KEYPAD = 2
    RATER = 3
    INPUT_OUTPUT = 4


class NodeFault(IntEnum):
    """Bits of a node's word of faults."""

    INTERNAL = 1
    KEY_STUCK = 2
    SUPPLY_LOW = 4


_CONDITIONS = {
    NodeFault.INTERNAL: Condition("node.internal", Action.ENGINEER, blocking=True),
    NodeFault.KEY_STUCK: Condition("node.key-stuck", Action.STAFF),
    NodeFault.SUPPLY_LOW: Condition("node.supply-low", Action.ENGINEER),
}


def conditions_of(faults: int) -> tuple[Condition, ...]:
    """The conditions behind a word of faults."""
    return tuple(condition for bit, condition in _CONDITIONS.items() if faults & bit)


def status_of(conditions: tuple[Condition, ...], detail: str = "") -> Status:
    """How a node is that answered."""
    if any(condition.blocking for condition in conditions):
        return Status(DeviceState.FAULT, conditions, detail)
    return Status(DeviceState.IMPAIRED if conditions else DeviceState.READY, conditions, detail)


def gone_status(error: DeviceError) -> Status:
    """How a node is that did not answer as it should; a silent one is unknown, never ok."""
    if error.fault in NO_LINE:
        return Status(DeviceState.ABSENT, (BUS_ABSENT,))
    if error.fault in _NO_ANSWER:
        return Status(DeviceState.UNKNOWN, (NODE_SILENT,))
    return Status(DeviceState.FAULT, (NODE_WRONG,), error.detail)
